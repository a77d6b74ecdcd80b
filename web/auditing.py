"""Entries of the audit trail in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plans.periods import Period
from plans.words import Words
from store.marks import AuditEntry

_ORDER = (
    "number",
    "document",
    "received",
    "until",
    "old",
    "new",
    "old_act_by",
    "new_act_by",
    "period",
    "track_from",
    "asked_until",
    "passed",
    "merged",
    "declared_by",
    "note",
)
_FLAGS = ("by_unit", "late", "void")


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as people read it."""

    at: datetime
    actor: str
    action: str
    unit: str | None  # slug; None where it concerns all
    said: tuple[str, ...]
    reason: str | None


def tell_entry(entry: AuditEntry, subject: str, words: Words) -> Told:
    """An entry under `subject`, a deadline's name; what follows it names the unit."""
    unit = entry.subject.removeprefix(subject).strip("/") or None
    kind, _, address = entry.actor.partition(":")
    actor = words(f"actor.{kind}", address=address) if words.has(f"actor.{kind}") else entry.actor
    action = words(f"audit.{entry.action}")
    return Told(entry.at, actor, action, unit, tuple(_said(entry.detail, words)), entry.reason)


def _said(detail: Mapping[str, Any], words: Words) -> Iterator[str]:
    for name in _ORDER:
        value = detail.get(name)
        if value:
            shown = words.period(Period(value)) or value if name == "period" else value
            yield words(f"audit.said.{name}", value=shown)
    for name in _FLAGS:
        if detail.get(name):
            yield words(f"audit.said.{name}")
    gone = detail.get("obligations") or detail.get("units")
    if gone:
        yield words("audit.said.obligations", value=len(gone))
    if detail.get("why"):
        yield words(f"audit.why.{detail['why']}")
