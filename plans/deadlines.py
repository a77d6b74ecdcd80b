"""A deadline (hạn) is a task in one period; its dates are a pure function of rule, period and working calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from plans.periods import Period
from plans.rules import Operator


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation: `code` names a sentence of the catalogue (`why.<code>`); dates in ISO form."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DueDates:
    """The four dates of a deadline and how each was found: act by ≤ last day ≤ stated, last day ≤ late on."""

    stated: date  # what the document names
    operator: Operator
    last_day: date  # strict: the last day on which it is surely in time; part of the ledger's key
    act_by: date  # the last working day ≤ last day: reminders count to it
    late_on: date  # lenient: still not late on this day; overdue counts from it
    late_at: datetime  # the instant, in UTC, from which it is late
    at: time | None = None  # a time of day, local, where the document names one
    opens: date | None = None  # first day of the period in which the work is done
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if self.late_at.tzinfo is None:
            raise ValueError("late_at must be aware")
        if not (self.act_by <= self.last_day <= self.stated and self.last_day <= self.late_on):
            raise ValueError(f"dates out of order: {self}")


class Basis(StrEnum):
    """What a set of due dates rests on."""

    RULE = "rule"
    EVENT = "event"  # the rule, counted from a unit's own day of the event
    EXTENSION = "extension"  # gia hạn
    RESUBMISSION = "resubmission"  # yêu cầu bổ sung


@dataclass(frozen=True, slots=True, order=True)
class DeadlineKey:
    """`<plan>/<task>/<period>`: how people and job ids name a deadline."""

    plan: str
    task: str
    period: Period

    def __str__(self) -> str:
        return f"{self.plan}/{self.task}/{self.period}"

    @classmethod
    def parse(cls, text: str) -> DeadlineKey | None:
        parts = text.strip("/").split("/")
        return cls(parts[0], parts[1], Period(parts[2])) if len(parts) == 3 and all(parts) else None
