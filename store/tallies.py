"""Deadlines with the units that stand in a certain way with each: read as strings of numbers, not rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, String, and_, cast, func, select

from plans.deadlines import DeadlineKey
from plans.filtering import Filter
from plans.periods import Period
from plans.plan import Kind
from plans.status import State
from store.choosing import choices
from store.obligations import in_force
from store.ordered_joins import InOrder
from store.schema import deadlines, dues, obligations, plans, tasks, units
from store.statuses import Scope


@dataclass(frozen=True, slots=True)
class Tally:
    """The units of one deadline and last day that a scope holds for."""

    key: DeadlineKey
    title: str
    kind: Kind
    document: str | None  # number of the plan
    last_day: date
    late_on: date
    units: frozenset[int]
    sent_back: frozenset[int]  # those among them whose answer is to be completed


def tallies(tx: Connection, which: Iterable[Filter], scope: Scope, today: date) -> list[Tally]:
    """By last day, title and key; tracked deadlines only. Filters must share no obligation."""
    found: dict[tuple[DeadlineKey, date], Tally] = {}
    names = (plans.c.slug.label("plan"), tasks.c.slug.label("task"), deadlines.c.period)
    said = (tasks.c.title, tasks.c.kind, plans.c.number, dues.c.last_day, dues.c.late_on)
    joined = func.aggregate_strings(cast(obligations.c.unit_id, String), ",").label("units")
    for choice in (choice for one in which for choice in choices(tx, one, today)):
        dated = (
            dues.join(deadlines, deadlines.c.id == dues.c.deadline_id)
            .join(tasks, tasks.c.id == deadlines.c.task_id)
            .join(plans, plans.c.id == tasks.c.plan_id)
        )
        query = (
            select(*names, *said, obligations.c.state, joined)
            .select_from(InOrder(dated, obligations, and_(in_force, *scope.owed(), *choice.owed())))
            .where(deadlines.c.tracked, *scope.dates(), *choice.dated())
            .group_by(dues.c.id, obligations.c.state, deadlines.c.id, tasks.c.id, plans.c.id)
        )
        for r in tx.execute(query):
            key = DeadlineKey(r.plan, r.task, Period(r.period))
            numbers = frozenset(map(int, r.units.split(",")))
            back = numbers if r.state == State.RETURNED.value else frozenset()
            one = Tally(key, r.title, Kind(r.kind), r.number, r.last_day, r.late_on, numbers, back)
            other = found.get((key, r.last_day))
            found[key, r.last_day] = one if other is None else _both(one, other)
    return sorted(found.values(), key=lambda t: (t.last_day, t.title, t.key))


def _both(one: Tally, other: Tally) -> Tally:
    late_on, back = max(one.late_on, other.late_on), one.sent_back | other.sent_back
    return Tally(one.key, one.title, one.kind, one.document, one.last_day, late_on, one.units | other.units, back)


def names_of(tx: Connection) -> dict[int, str]:
    """Number → name of every unit."""
    return {number: name for number, name in tx.execute(select(units.c.id, units.c.name))}
