"""A chain of reports: which turns of the tasks that a report collects it sums up. Knows no store and no calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from plans.periods import Period
from plans.plan import Task

# Working days that whoever sums up needs. Nghị định 09/2019/NĐ-CP, Điều 8 khoản 5 điểm b asks for one at least, and for
# a date of its own at every level where a report is summed up over several; five is this project's choice.
AHEAD = 5
FEWEST, MOST = 1, 60


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a task: its period and its last day."""

    period: Period
    last_day: date


def ahead_of(task: Task) -> int:
    """How many working days before its own date a task needs what it collects."""
    return AHEAD if task.ahead is None else task.ahead


def collected_name(plan: str, written: str) -> tuple[str, str]:
    """(plan, task) of what a task of `plan` says it collects."""
    other, _, slug = written.rpartition("/")
    return other or plan, slug


def belonging_turns(upward: Turn, turns: Iterable[Turn]) -> list[Turn]:
    """The turns that `upward` is about, in order of date, even those that come too late for it.

    That of the same period, else all that lie within its period (four quarters of a year); for an upward turn without
    a span of its own (`once`, an event), the latest ones that come no later.
    """
    turns = sorted(turns, key=lambda t: (t.last_day, t.period))
    same = [t for t in turns if t.period == upward.period]
    if same:
        return same
    span = upward.period.span()
    if span is not None:
        return [t for t in turns if _lies_within(t, span)]
    latest = max((t.last_day for t in turns if t.last_day <= upward.last_day), default=None)
    return [t for t in turns if t.last_day == latest]


def collected_turns(upward: Turn, turns: Iterable[Turn]) -> list[Turn]:
    """The turns that `upward` sums up: those that belong to it and, but for its own period's, come no later."""
    found = belonging_turns(upward, turns)
    return [t for t in found if t.period == upward.period or t.last_day <= upward.last_day]


def _lies_within(turn: Turn, span: tuple[date, date]) -> bool:
    first, last = _span(turn)
    return span[0] <= first and last <= span[1]


def _span(turn: Turn) -> tuple[date, date]:
    """Of a period that has no span, the day that says where it belongs."""
    parts = turn.period.parts()
    if "day" in parts:
        day = date.fromisoformat(turn.period.key)
    elif "week" in parts:  # a week is of the month and the year that have its Thursday (ISO 8601)
        day = date.fromisocalendar(int(parts["year"]), int(parts["week"]), 4)
    else:
        day = turn.last_day
    return turn.period.span() or (day, day)
