"""Urging (đôn đốc): a mail that a coordinator asks for, kept in the ledger under a stage of its own.

The stage holds the local day on which the mail may first leave: the ledger's key then lets a day urge once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

PREFIX = "urge-"
LONGEST_NOTE = 1000  # characters


def urge_stage(day: date) -> str:
    """The stage of what is urged on a local day."""
    return f"{PREFIX}{day.isoformat()}"


def urged_on(stage: str) -> date | None:
    """The day of a stage of urging; None for any other stage."""
    if not stage.startswith(PREFIX):
        return None
    try:
        return date.fromisoformat(stage.removeprefix(PREFIX))
    except ValueError:
        return None


def note_of(detail: Mapping[str, Any] | None) -> str | None:
    """What the coordinator added, as the ledger keeps it beside the stage."""
    found = (detail or {}).get("note")
    return str(found) if found else None
