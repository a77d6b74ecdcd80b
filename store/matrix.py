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
from store.options import named_groups
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
class Cell:
    """How a unit stands with a deadline; units that stand alike share one."""

    status: Status
    late_on: date  # the last day that is in time, by the dates in force


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit that owes some of the deadlines."""

    id: int
    slug: str
    name: str
    groups: tuple[str, ...]  # slugs, of today
    cells: tuple[Cell | None, ...]  # one a column; None: does not owe it


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """How the units of a group stand with all the deadlines together; of what is left by the filter."""

    slug: str
    name: str
    units: int
    counts: Mapping[Status, int]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Columns by last day and key, without those that nobody here owes; units and groups in their own order."""

    columns: tuple[Column, ...]
    rows: tuple[UnitRow, ...]
    groups: tuple[GroupTotal, ...]
    counts: Mapping[Status, int]


def read_matrix(tx: Connection, which: Filter, now: datetime, today: date) -> Matrix:
    """Of the filter's plan and year (of all its years where it names none); nothing of no plan.

    Its status is not looked at: a cell left out would read as one that nobody owes.
    """
    columns: dict[int, Any] = {}
    alike: list[_Alike] = []
    for choice in choices(tx, which, today) if which.plan else ():
        dated = {r.deadline_id: r for r in tx.execute(_columns().where(*choice.dated()))}
        columns |= dated
        alike += _alike(tx, dated, choice.units, now, today)
    owed = {some.deadline for some in alike if some.units}
    found = (_column(r) for r in columns.values() if r.deadline_id in owed)
    ordered = sorted(found, key=lambda c: (c.dates.last_day, c.key))
    in_groups = _members(tx, today)
    rows = _rows(tx, [c.id for c in ordered], alike, in_groups)
    counts: Counter[Status] = Counter()
    for some in alike:
        counts[some.cell.status] += len(some.units)
    return Matrix(tuple(ordered), rows, _totals(tx, rows, alike, in_groups), +counts)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Units that stand alike with a deadline: counted together, because there are thousands of cells."""

    deadline: int
    cell: Cell
    units: frozenset[int]


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


def _alike(tx: Connection, of: Iterable[int], only: frozenset[int] | None, now: datetime, today: date) -> list[_Alike]:
    o = obligations.c
    query = (
        select(o.deadline_id, o.due_id, o.state, o.late, func.aggregate_strings(cast(o.unit_id, String), ","))
        .where(among(o.deadline_id, list(of)))
        .group_by(o.deadline_id, o.due_id, o.state, o.late)
    )
    rows = list(tx.execute(query))
    dated = {
        r.id: r
        for r in tx.execute(
            select(dues, deadlines.c.tracked, tasks.c.kind)
            .join(deadlines, deadlines.c.id == dues.c.deadline_id)
            .join(tasks, tasks.c.id == deadlines.c.task_id)
            .where(among(dues.c.id, {r.due_id for r in rows}))
        )
    }
    found = []
    for deadline, due, state, late, joined in rows:
        day, numbers = dated[due], frozenset(map(int, joined.split(",")))
        standing = status(
            State(state), Kind(day.kind), dates_of(day), day.soon, tracked=day.tracked, late=late, now=now, today=today
        )
        cell = Cell(standing, day.late_on)
        found.append(_Alike(deadline, cell, numbers if only is None else numbers & only))
    return found


def _members(tx: Connection, today: date) -> dict[str, frozenset[int]]:
    """Group → its units of today, in the order of groups."""
    m = memberships.c
    query = select(groups.c.slug, m.unit_id, m.since, m.until).join(groups, groups.c.id == m.group_id)
    found: dict[str, set[int]] = {}
    for r in tx.execute(query.order_by(groups.c.position, m.position)):
        if valid(r.since, r.until, today):
            found.setdefault(r.slug, set()).add(r.unit_id)
    return {slug: frozenset(members) for slug, members in found.items()}


def _rows(
    tx: Connection, columns: list[int], alike: Iterable[_Alike], in_groups: Mapping[str, frozenset[int]]
) -> tuple[UnitRow, ...]:
    place = {number: at for at, number in enumerate(columns)}
    cells: dict[int, list[Cell | None]] = {}
    for some in alike:
        if not some.units:
            continue
        at, cell = place[some.deadline], some.cell
        for unit in some.units:
            if unit not in cells:
                cells[unit] = [None] * len(columns)
            cells[unit][at] = cell
    named = select(units.c.id, units.c.slug, units.c.name).order_by(units.c.position, units.c.id)
    return tuple(
        UnitRow(r.id, r.slug, r.name, tuple(s for s, some in in_groups.items() if r.id in some), tuple(cells[r.id]))
        for r in tx.execute(named)
        if r.id in cells
    )


def _totals(
    tx: Connection, rows: Iterable[UnitRow], alike: Iterable[_Alike], in_groups: Mapping[str, frozenset[int]]
) -> tuple[GroupTotal, ...]:
    counts: dict[str, Counter[Status]] = {slug: Counter() for slug in in_groups}
    for some in alike:
        for slug, members in in_groups.items():
            counts[slug][some.cell.status] += len(members & some.units)
    many = Counter(slug for row in rows for slug in row.groups)
    return tuple(GroupTotal(slug, name, many[slug], +counts[slug]) for slug, name in named_groups(tx) if many[slug])


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A plan, with the years and groups of which there is a matrix."""

    slug: str
    title: str
    number: str | None
    years: tuple[int, ...]  # ascending
    groups: tuple[tuple[str, str], ...]  # (slug, name) of all, in their order


def plan_offer(tx: Connection, slug: str) -> PlanOffer | None:
    """None where there is no such plan."""
    plan = tx.execute(select(plans.c.id, plans.c.title, plans.c.number).where(plans.c.slug == slug)).first()
    if plan is None:
        return None
    dated = _columns().with_only_columns(deadlines.c.period, dues.c.last_day).where(plans.c.id == plan.id).distinct()
    years = {int(Period(period).parts().get("year", day.year)) for period, day in tx.execute(dated)}
    return PlanOffer(slug, plan.title, plan.number, tuple(sorted(years)), named_groups(tx))


@dataclass(frozen=True, slots=True)
class Late:
    """An answer that was accepted as late."""

    deadline: int
    unit: int
    obligation: int
    received_on: date


def late_answers(tx: Connection, found: Matrix) -> list[Late]:
    """Of the deadlines of a matrix, whoever owes them."""
    o = obligations.c
    query = select(o.deadline_id, o.unit_id, o.id, o.received_on).where(
        among(o.deadline_id, [c.id for c in found.columns]), o.state == State.ACCEPTED.value, o.late.is_(True)
    )
    return [Late(*r) for r in tx.execute(query) if r.received_on is not None]
