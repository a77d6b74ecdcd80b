"""The matrix of a plan's year: which unit stands how with which deadline; read as strings of numbers, not rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, String, cast, func, select

from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.filtering import Filter
from plans.periods import Period
from plans.plan import Kind
from plans.status import State, Status, status
from plans.units import valid
from store.choosing import among, choices
from store.deadlines import dates_of
from store.schema import deadlines, dues, groups, memberships, obligations, plans, tasks, units


@dataclass(frozen=True, slots=True)
class Column:
    """A deadline, with the dates its rule gives it."""

    id: int
    key: DeadlineKey
    title: str
    kind: Kind
    product: str | None
    dates: DueDates


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit that owes some of the deadlines."""

    id: int
    slug: str
    name: str
    groups: tuple[str, ...]  # slugs, of today
    cells: tuple[Status | None, ...]  # one a column; None: does not owe it


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """How the units of a group stand with all the deadlines together; of what is left by the filter."""

    slug: str
    name: str
    units: int
    counts: Mapping[Status, int]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Columns by last day and key, units and groups in their own order."""

    columns: tuple[Column, ...]
    rows: tuple[UnitRow, ...]
    groups: tuple[GroupTotal, ...]
    counts: Mapping[Status, int]


def read_matrix(tx: Connection, which: Filter, now: datetime, today: date) -> Matrix:
    """Of the filter's plan and year (of all its years where it names none); nothing of no plan.

    Its status is not looked at: a cell left out would read as one that nobody owes.
    """
    columns: dict[int, Any] = {}
    cells: dict[int, dict[int, Status]] = {}
    for choice in choices(tx, which, today) if which.plan else ():
        found = {r.deadline_id: r for r in tx.execute(_columns().where(*choice.dated()))}
        columns |= found
        for unit, number, standing in _cells(tx, found, choice.units, now, today):
            cells.setdefault(unit, {})[number] = standing
    ordered = sorted((_column(r) for r in columns.values()), key=lambda c: (c.dates.last_day, c.key))
    rows = _rows(tx, [c.id for c in ordered], cells, today)
    return Matrix(tuple(ordered), rows, _totals(tx, rows), Counter(s for row in rows for s in row.cells if s))


def _columns() -> Any:
    return (
        select(dues, deadlines.c.period, tasks.c.slug.label("task"), tasks.c.title, tasks.c.kind, tasks.c.product)
        .add_columns(plans.c.slug.label("plan"))
        .select_from(dues)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .where(dues.c.basis == Basis.RULE.value, deadlines.c.cancelled_at.is_(None))
    )


def _column(row: Any) -> Column:
    key = DeadlineKey(row.plan, row.task, Period(row.period))
    return Column(row.deadline_id, key, row.title, Kind(row.kind), row.product, dates_of(row))


def _cells(
    tx: Connection, of: Iterable[int], only: frozenset[int] | None, now: datetime, today: date
) -> Iterable[tuple[int, int, Status]]:
    """(unit, deadline, status): units that stand alike with a deadline come as one row, their numbers in a string."""
    o = obligations.c
    alike = (
        select(o.deadline_id, o.due_id, o.state, o.late, func.aggregate_strings(cast(o.unit_id, String), ","))
        .where(among(o.deadline_id, list(of)))
        .group_by(o.deadline_id, o.due_id, o.state, o.late)
    )
    rows = list(tx.execute(alike))
    query = (
        select(dues, deadlines.c.tracked, tasks.c.kind)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .where(among(dues.c.id, {r.due_id for r in rows}))
    )
    dated = {r.id: r for r in tx.execute(query)}
    for deadline, due, state, late, joined in rows:
        day = dated[due]
        standing = status(
            State(state), Kind(day.kind), dates_of(day), day.soon, tracked=day.tracked, late=late, now=now, today=today
        )
        for number in map(int, joined.split(",")):
            if only is None or number in only:
                yield number, deadline, standing


def _rows(
    tx: Connection, columns: list[int], cells: Mapping[int, Mapping[int, Status]], today: date
) -> tuple[UnitRow, ...]:
    in_groups: dict[int, list[str]] = {}
    m = memberships.c
    query = select(m.unit_id, m.since, m.until, groups.c.slug).join(groups, groups.c.id == m.group_id)
    for r in tx.execute(query.order_by(groups.c.position, m.position)):
        if valid(r.since, r.until, today):
            in_groups.setdefault(r.unit_id, []).append(r.slug)
    named = select(units.c.id, units.c.slug, units.c.name).order_by(units.c.position, units.c.id)
    return tuple(
        UnitRow(r.id, r.slug, r.name, tuple(in_groups.get(r.id, ())), tuple(map(cells[r.id].get, columns)))
        for r in tx.execute(named)
        if r.id in cells
    )


def _totals(tx: Connection, rows: Iterable[UnitRow]) -> tuple[GroupTotal, ...]:
    counts: dict[str, Counter[Status]] = {}
    members: Counter[str] = Counter()
    for row in rows:
        own = Counter(s for s in row.cells if s)
        for slug in row.groups:
            members[slug] += 1
            counts.setdefault(slug, Counter()).update(own)
    named = select(groups.c.slug, groups.c.name).order_by(groups.c.position)
    return tuple(
        GroupTotal(g.slug, g.name, members[g.slug], counts[g.slug]) for g in tx.execute(named) if members[g.slug]
    )
