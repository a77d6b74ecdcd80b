"""Dates under another working calendar, stages under other policies: what they rest on stays, what moves is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection

from actions.dating import stages_of
from actions.office import Office
from actions.wanted import SOON
from calendars.due import Occurrence, dates_for, due_dates
from calendars.occurrences import counted
from calendars.working import WorkingCalendar
from plans.deadlines import Basis, DeadlineKey, DueDates, Step
from plans.plan import Task
from plans.policies import PolicyBook
from plans.rules import Count, Relative
from store import redating as stored
from store.moments import moment_columns
from store.policies import read_policies
from store.redating import DatedDue, DueHolder, MomentRow

_RESTS_ON_RULE = (Basis.RULE, Basis.EVENT)


@dataclass(frozen=True, slots=True)
class MovedStage:
    """A stage with another moment; None: it did not, or does not, take place."""

    code: str
    old: datetime | None
    new: datetime | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A set of dates that another working calendar changes, with its stages."""

    due: int
    deadline_id: int
    deadline: DeadlineKey
    basis: Basis
    before: DueDates
    after: DueDates
    stages: tuple[MovedStage, ...]
    holders: tuple[DueHolder, ...]  # who goes by them

    @property
    def open(self) -> int:
        return sum(holder.open for holder in self.holders)

    @property
    def moves_date(self) -> bool:
        """Whether a day that people go by is another one; otherwise only stages or words change."""
        return _days(self.before) != _days(self.after)


def redate(
    tx: Connection, office: Office, calendar: WorkingCalendar, around: Collection[date] | None = None
) -> list[Moved]:
    """Give all deadlines the dates and stages they have under `calendar`; returns what was written, by act-by.

    Looks only at what days in `around` can move, where given. A stage that stays in the past is not queued again.
    """
    moments = stored.moments_of_dues(tx, around)
    found = stored.dated_dues(tx, around)
    tasks = stored.tasks_of_dues(tx, (due.task_id for due in found))
    new_office, book = replace(office, calendar=calendar), read_policies(tx)
    dates: list[tuple[int, DueDates, date]] = []
    stages: dict[int, list[MomentRow]] = {}
    changed: list[tuple[DatedDue, DueDates, tuple[MovedStage, ...]]] = []
    for due in found:
        task = tasks[due.task_id]
        after = redated(due, task, calendar, new_office)
        soon = calendar.add(after.act_by, -SOON)
        wanted = _wanted(new_office, book, due, task, after)
        have = moments.get(due.id, {})
        moved = moved_stages(have, wanted)
        new_dates, new_stages = (after, soon) != (due.dates, due.soon), _differ(have, wanted)
        if new_dates:
            dates.append((due.id, after, soon))
        if new_stages:
            again = after.last_day != due.dates.last_day  # another key in the ledger: everyone is to be told
            stages[due.id] = [_queued(have.get(key), row, again=again) for key, row in wanted.items()]
        if new_dates or new_stages:
            changed.append((due, after, moved))
    stored.write_dates(tx, dates)
    stored.write_moments(tx, stages)
    return _told(tx, changed)


def redated(due: DatedDue, task: Task, calendar: WorkingCalendar, office: Office) -> DueDates:
    """The dates of `due` under `calendar`: a pure function of what is stored with it and its task."""
    old, of_rule = due.dates, due.basis in _RESTS_ON_RULE
    turn = _turn(due, task, calendar) if of_rule else None
    if turn is not None:
        return due_dates(task.due, turn, calendar, office.zone, task.strict, task.source.quote)
    return dates_for(
        old.stated,
        old.operator,
        old.at,
        calendar,
        office.zone,
        strict=of_rule and task.strict,
        opens=old.opens,
        quote=task.source.quote if of_rule else None,
        lead_steps=_lead(old.steps),
    )


def _turn(due: DatedDue, task: Task, calendar: WorkingCalendar) -> Occurrence | None:
    """The turn of a rule that counts working days: its stated day depends on them. None for any other rule.

    The day of the event is in the step that counted from it.
    """
    rule = task.due
    if not isinstance(rule, Relative) or rule.count is not Count.WORKDAYS:
        return None
    event = next((step.params["event"] for step in due.dates.steps if "event" in step.params), None)
    if event is None:
        return None
    day = date.fromisoformat(str(event))
    return Occurrence(due.key.period, counted(rule, day, calendar), due.dates.opens, day)


def _lead(steps: Iterable[Step]) -> list[Step]:
    """How the stated day was found; from there on the working calendar decides."""
    return list(takewhile(lambda step: not step.code.startswith("stated"), steps))


def _wanted(
    office: Office, book: PolicyBook, due: DatedDue, task: Task, dates: DueDates
) -> dict[tuple[str, str], MomentRow]:
    if not due.reminds:
        return {}
    found = stages_of(office, book, task, due.basis, dates, due.set_on, due.round)
    return {(m.variant, m.code): moment_columns(due.id, m) for m in found}


def _differ(have: Mapping[tuple[str, str], MomentRow], wanted: Mapping[tuple[str, str], MomentRow]) -> bool:
    return have.keys() != wanted.keys() or any(
        have[key][name] != value for key, row in wanted.items() for name, value in row.items()
    )


def _queued(old: Mapping[str, Any] | None, row: MomentRow, *, again: bool) -> MomentRow:
    """Queued is what was: the ledger's key keeps whoever was told from being told again, whatever happens here."""
    was = None if old is None or again else old["queued_at"]
    skipped = old is not None and old["skipped"] and old["at"] == row["at"]
    return {**row, "queued_at": was if was is not None and row["at"] <= was else None, "skipped": skipped}


def moved_stages(
    have: Mapping[tuple[str, str], Mapping[str, Any]], wanted: Mapping[tuple[str, str], Mapping[str, Any]]
) -> tuple[MovedStage, ...]:
    """The stages whose moments differ, the earliest first; those that were queued and stay in the past are left out."""
    found = set()
    for key in have.keys() | wanted.keys():
        old, new = have.get(key), wanted.get(key)
        at = (old["at"] if old else None, new["at"] if new else None)
        over = old is not None and old["queued_at"] is not None and (at[1] is None or at[1] <= old["queued_at"])
        if at[0] != at[1] and not over:
            found.add(MovedStage(key[1], *at))
    return tuple(sorted(found, key=lambda s: (s.new or s.old, s.code)))


def _told(tx: Connection, changed: Collection[tuple[DatedDue, DueDates, tuple[MovedStage, ...]]]) -> list[Moved]:
    holders: dict[int, list[DueHolder]] = {}
    for holder in stored.holders_of_dues(tx, (due.id for due, _, _ in changed)):
        holders.setdefault(holder.due, []).append(holder)
    found = [
        Moved(due.id, due.deadline_id, due.key, due.basis, due.dates, after, moved, tuple(holders.get(due.id, ())))
        for due, after, moved in changed
    ]
    return sorted(found, key=lambda m: (m.after.act_by, m.deadline, m.due))


def _days(dates: DueDates) -> tuple[object, ...]:
    return dates.stated, dates.last_day, dates.act_by, dates.late_on, dates.late_at
