"""Announcements: what has changed for someone, told inside a digest and kept in the ledger like any reminder.

The stage of such a row is one of `News` and the moment of the act, so that every act announces once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from plans.deadlines import DueDates
from plans.requests import RequestKind
from plans.rules import Operator
from plans.status import OPEN_STATES, State

PREFIX = "n-"


class News(StrEnum):
    """What is announced."""

    NEW = "n-new"  # a task that the unit did not owe before
    MOVED = "n-moved"  # another date; an extension too
    TAKEN = "n-taken"  # the person has become responsible
    GIVEN = "n-given"  # the person is no longer
    CANCELLED = "n-cancelled"  # it need not be done any more
    RESTORED = "n-restored"  # it must be done after all
    REFUSED = "n-refused"  # what the reader asked for about it was not granted
    ENDED = "n-ended"  # to the coordinator: its unit ended, and nobody succeeds


@dataclass(frozen=True, slots=True)
class Before:
    """The dates that were in force before a change, as far as they are told."""

    stated: date
    operator: Operator
    at: time | None
    last_day: date
    act_by: date


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a unit asked for in vain, and why."""

    kinds: tuple[RequestKind, ...]
    reason: str


def stage_of(news: News, now: datetime) -> str:
    """The stage of an announcement made at `now`."""
    return f"{news}.{int(now.timestamp())}"


def news_of(stage: str) -> News | None:
    """What a stage announces; None for a reminder."""
    return News(stage.partition(".")[0]) if stage.startswith(PREFIX) else None


def still_true(news: News, state: State, *, told: bool) -> bool:
    """Whether an announcement may still be made: the item is as it says, and its reader is (or is no longer) told."""
    if news is News.GIVEN:
        return not told and state in OPEN_STATES
    if news in (News.CANCELLED, News.ENDED):
        return told and state in (State.CANCELLED, State.WAIVED)
    return told and state in OPEN_STATES


def before_detail(dates: DueDates) -> dict[str, Any]:
    """The dates that were in force, as the ledger keeps them beside an announcement."""
    return {
        "stated": dates.stated.isoformat(),
        "operator": dates.operator.value,
        "at": f"{dates.at:%H:%M}" if dates.at else None,
        "last_day": dates.last_day.isoformat(),
        "act_by": dates.act_by.isoformat(),
    }


def refusal_of(detail: Mapping[str, Any] | None) -> Refusal | None:
    """What was refused, as the ledger keeps it beside an announcement."""
    if not detail or "refused" not in detail:
        return None
    return Refusal(tuple(map(RequestKind, detail["refused"])), str(detail.get("reason") or ""))


def before_of(detail: Mapping[str, Any] | None) -> Before | None:
    """The dates that `before_detail` kept."""
    if not detail or "stated" not in detail:
        return None
    return Before(
        stated=date.fromisoformat(detail["stated"]),
        operator=Operator(detail["operator"]),
        at=time.fromisoformat(detail["at"]) if detail["at"] else None,
        last_day=date.fromisoformat(detail["last_day"]),
        act_by=date.fromisoformat(detail["act_by"]),
    )
