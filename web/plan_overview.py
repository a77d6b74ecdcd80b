"""What the page of a plan shows: its tasks by quarter of a year, each with its deadlines and how far they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from plans.access import Rights
from plans.audiences import UNDETERMINED
from plans.deadlines import DeadlineKey, DueDates
from plans.files.due_entry import due_entry
from plans.filtering import Filter
from plans.plan import Kind, Plan, Task
from plans.rules import Undetermined, Within, recurs
from plans.status import Status
from plans.units import Roster, Unit
from store.coordinating import acting_of
from store.matrix import Column, read_matrix
from store.plan_list import years_of_tasks
from store.plans import StoredPlan, read_plan, with_end
from store.units import read_roster, unit_ids

_DONE = (Status.SUBMITTED, Status.ON_TIME, Status.LATE)
_AHEAD, _BEHIND = 3, 1  # turns of a task that are shown without asking, beside those with something overdue


@dataclass(frozen=True, slots=True)
class Turn:
    """One deadline of a task, and how far it is."""

    key: DeadlineKey
    dates: DueDates
    counts: Mapping[Status, int]  # without what nobody has to do any more

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        return sum(self.counts.get(status, 0) for status in _DONE)

    @property
    def overdue(self) -> int:
        return self.counts.get(Status.OVERDUE, 0)

    @property
    def tracked(self) -> bool:
        return Status.UNTRACKED not in self.counts

    @property
    def complete(self) -> bool:
        return self.done == self.total > 0


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task as the plan's page shows it."""

    task: Task
    owed_by: tuple[str, ...]  # names
    coordinating: tuple[str, ...]
    undetermined_units: bool
    undetermined_date: bool
    due: tuple[str, Mapping[str, str]]  # as `plans.files.due_entry`
    turns: tuple[Turn, ...] = ()  # of the year, in order of date: what is overdue, what comes next
    others: tuple[Turn, ...] = ()  # the rest of the year
    years: tuple[int, ...] = ()  # in which it has deadlines, where this year is none of them

    @property
    def overdue(self) -> int:
        return sum(turn.overdue for turn in self.turns)


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Everything that a plan's page shows."""

    stored: StoredPlan
    until: date | None  # on which it really ends
    coordinator: Unit | None  # today
    formerly: Unit | None  # the one its file names, where that has ended
    year: int
    years: tuple[int, ...]
    sections: tuple[tuple[str, tuple[TaskLine, ...]], ...]  # name: q1 … q4, fixed, milestone, target, standing …
    undecided: int  # tasks that wait for a person's decision
    counts: Mapping[Status, int]  # of the year

    @property
    def plan(self) -> Plan:
        return self.stored.plan


def read_plan_page(
    tx: Connection, slug: str, rights: Rights, now: datetime, today: date, year: int | None
) -> PlanPage | None:
    """The tasks are the document's, for all to read; the deadlines and their numbers are what the visitor may read."""
    stored = read_plan(tx, slug)
    if stored is None:
        return None
    roster, of_tasks = read_roster(tx), years_of_tasks(tx, slug)
    years = sorted(set().union(*of_tasks.values()))
    year = year or min(years, key=lambda y: (abs(y - today.year), -y), default=today.year)
    turns = _turns(tx, slug, rights, year, now, today)
    lines = [_line(t, roster, turns.get(t.slug, []), today, of_tasks.get(t.slug, set())) for t in stored.plan.tasks]
    named = roster.units.get(stored.plan.coordinator or "")
    coordinator = roster.units.get(acting_of(tx, stored.id) or "")
    counts: Counter[Status] = Counter()
    for turn in (t for some in turns.values() for t in some):
        counts.update(turn.counts)
    return PlanPage(
        stored,
        with_end(tx, stored.plan).until,
        coordinator,
        named if named != coordinator else None,
        year,
        tuple(years),
        _sections(lines),
        sum(line.undetermined_date or line.undetermined_units for line in lines),
        counts,
    )


def _turns(tx: Connection, slug: str, rights: Rights, year: int, now: datetime, today: date) -> dict[str, list[Turn]]:
    """Task → its deadlines in a year, in order of date."""
    whole = rights.may_read_whole_plan(slug)
    mine = rights.units | {unit for plan, _, unit in rights.named if plan == slug}
    ids = {} if whole else unit_ids(tx)
    units = None if whole else frozenset(ids[unit] for unit in mine if unit in ids)
    matrix = read_matrix(tx, Filter(plan=slug, year=year, units=units), now, today)
    counts: dict[int, Counter[Status]] = {column.id: Counter() for column in matrix.columns}
    for row in matrix.rows:
        for column, cell in zip(matrix.columns, row.cells, strict=True):
            if cell is None or cell.status in (Status.CANCELLED, Status.WAIVED):
                continue
            if _reads(rights, column, row.slug):
                counts[column.id][cell.status] += 1
    found: dict[str, list[Turn]] = {}
    for column in matrix.columns:
        if whole or counts[column.id]:
            found.setdefault(column.key.task, []).append(Turn(column.key, column.dates, counts[column.id]))
    return found


def _reads(rights: Rights, column: Column, unit: str) -> bool:
    return rights.may_read_item(column.key.plan, column.key.task, unit)


def _line(task: Task, roster: Roster, turns: list[Turn], today: date, years: set[int]) -> TaskLine:
    ahead = [t for t in turns if t.dates.late_on >= today][:_AHEAD]
    behind = [t for t in turns if t.dates.late_on < today and not t.overdue][-_BEHIND:]
    shown = [t for t in turns if t.overdue or t in ahead or t in behind]
    undated = isinstance(task.due, Undetermined)
    return TaskLine(
        task=task,
        owed_by=tuple(_names(task.owed_by, roster)),
        coordinating=tuple(_names(task.coordinating, roster)),
        undetermined_units=not task.owed_by or UNDETERMINED in task.owed_by,
        undetermined_date=undated and task.kind is not Kind.STANDING,
        due=due_entry(task.due),
        turns=tuple(shown),
        others=tuple(t for t in turns if t not in shown),
        years=() if turns else tuple(sorted(years)),
    )


def _names(references: Iterable[str], roster: Roster) -> list[str]:
    found = (roster.units.get(r) or roster.audiences.get(r) or roster.groups.get(r) for r in references)
    return [one.name for one in found if one is not None]


def _sections(lines: Iterable[TaskLine]) -> tuple[tuple[str, tuple[TaskLine, ...]], ...]:
    names = ("q1", "q2", "q3", "q4", "fixed", "milestone", "target", "standing", "undecided", "other")
    found: dict[str, list[TaskLine]] = {name: [] for name in names}
    for line in lines:
        found[_section(line)].append(line)
    return tuple((name, tuple(some)) for name, some in found.items() if some)


def _section(line: TaskLine) -> str:
    """Work of one quarter stands under it; what falls due again and again, and what nobody can be late with, apart."""
    kind, rule = line.task.kind, line.task.due
    if not kind.can_be_late:
        return kind.value
    if recurs(rule):
        return "fixed"
    every = sorted((*line.turns, *line.others), key=lambda t: t.dates.last_day)
    if not every:
        return "other" if line.years else "undecided"
    quarter = rule.period.parts().get("quarter") if isinstance(rule, Within) else None
    return f"q{quarter or (every[-1].dates.last_day.month + 2) // 3}"
