"""How many units have done what a deadline asks, over all who owe it and over those that single feeds count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from plans.deadlines import Basis, DueDates
from plans.rules import Operator
from plans.status import OPEN_STATES, State
from store.deadlines import dates_of
from store.events import SHARED
from store.schema import deadlines, dues, feed_units, feeds, obligations, units

_OPEN = tuple(s.value for s in OPEN_STATES)
_LEFT_OUT = (State.CANCELLED.value, State.WAIVED.value)
_BATCH = 500
_NAMED = 3  # units that owe a deadline up to which they are told by name


@dataclass(frozen=True, slots=True)
class Standing:
    """So many obligations of a deadline that go by the same dates and are in the same state."""

    state: State
    number: int
    basis: Basis
    late_at: datetime


def standings(
    tx: Connection, deadline_ids: Iterable[int], scopes: Collection[int] | None = None
) -> dict[tuple[int, int], list[Standing]]:
    """(deadline, scope) → what is owed there and still concerns somebody; scope 0: by all units.

    `scopes`: only those of these feeds that count over some units; None: of all of them. A member of a group is counted
    where it is one on the last day.
    """
    numbers = sorted(set(deadline_ids))
    found: dict[tuple[int, int], list[Standing]] = defaultdict(list)
    for start in range(0, len(numbers), _BATCH):
        some = obligations.c.deadline_id.in_(numbers[start : start + _BATCH])
        which = (obligations.c.deadline_id, obligations.c.due_id, obligations.c.state)
        by_all = select(*which, func.count().label("number")).where(some, obligations.c.state.not_in(_LEFT_OUT))
        rows: list[tuple[int, Any]] = [(SHARED, r) for r in tx.execute(by_all.group_by(*which))]
        if scopes is None or scopes:
            rows += [(r.feed_id, r) for r in tx.execute(_scoped(some, which, scopes))]
        dated = {r.id: r for r in tx.execute(_DUES.where(dues.c.id.in_({r.due_id for _, r in rows})))}
        for scope, r in rows:
            due = dated[r.due_id]
            standing = Standing(State(r.state), int(r.number), Basis(due.basis), due.late_at)
            found[r.deadline_id, scope].append(standing)
    return found


_DUES = select(dues.c.id, dues.c.basis, dues.c.late_at)


def _scoped(some: Any, which: Iterable[Any], scopes: Collection[int] | None) -> Any:
    member = and_(
        feed_units.c.unit_id == obligations.c.unit_id,
        feed_units.c.role == "scope",
        or_(feed_units.c.since.is_(None), feed_units.c.since <= dues.c.last_day),
        or_(feed_units.c.until.is_(None), feed_units.c.until >= dues.c.last_day),
    )
    by = (feed_units.c.feed_id, *which)
    query = (
        select(*by, func.count(obligations.c.id.distinct()).label("number"))
        .select_from(obligations)
        .join(dues, dues.c.id == obligations.c.due_id)
        .join(feed_units, member)
        .where(some, obligations.c.state.not_in(_LEFT_OUT))
    )
    if scopes is not None:
        query = query.where(feed_units.c.feed_id.in_(list(scopes)))
    return query.group_by(*by)


def scopes_of_units(tx: Connection, numbers: Collection[int]) -> set[int] | None:
    """The feeds that count these units among others; None for so many that it may be all of them."""
    if len(numbers) > _BATCH:
        return None
    query = select(feed_units.c.feed_id).where(feed_units.c.role == "scope", feed_units.c.unit_id.in_(list(numbers)))
    return set(tx.scalars(query))


def owners_of(tx: Connection, scopes: Collection[int]) -> dict[int, str]:
    """Feed → what addresses name it by."""
    numbers = sorted(scopes)
    found: dict[int, str] = {}
    for start in range(0, len(numbers), _BATCH):
        query = select(feeds.c.id, feeds.c.owner).where(feeds.c.id.in_(numbers[start : start + _BATCH]))
        found |= {number: owner for number, owner in tx.execute(query)}
    return found


def leads_of(tx: Connection, deadline_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Deadline → names of the units that owe it, where they are few."""
    numbers = sorted(set(deadline_ids))
    found: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(numbers), _BATCH):
        owed = and_(
            obligations.c.deadline_id.in_(numbers[start : start + _BATCH]), obligations.c.state.not_in(_LEFT_OUT)
        )
        few = select(obligations.c.deadline_id).where(owed).group_by(obligations.c.deadline_id)
        few = few.having(func.count() <= _NAMED)
        query = select(obligations.c.deadline_id, units.c.name).join(units, units.c.id == obligations.c.unit_id)
        for deadline, name in tx.execute(query.where(owed, obligations.c.deadline_id.in_(few)).order_by(units.c.id)):
            found[deadline].append(name)
    return {deadline: tuple(names) for deadline, names in found.items()}


def spans_of(tx: Connection, deadline_ids: Iterable[int]) -> dict[int, DueDates]:
    """Deadline → the dates of its rule, of those that begin on a day: campaigns. What rests on them never moves it."""
    numbers = sorted(set(deadline_ids))
    found: dict[int, DueDates] = {}
    span = (dues.c.basis == Basis.RULE.value, dues.c.opens.is_not(None), dues.c.operator != Operator.WITHIN.value)
    for start in range(0, len(numbers), _BATCH):
        some = dues.c.deadline_id.in_(numbers[start : start + _BATCH])
        found |= {r.deadline_id: dates_of(r) for r in tx.execute(select(dues).where(some, *span))}
    return found


@dataclass(frozen=True, slots=True)
class Turning:
    """What the clock changes between two days."""

    obligations: list[int]
    deadlines: list[int]


def turning(tx: Connection, days: tuple[date, date], moments: tuple[datetime, datetime]) -> Turning:
    """What is open and becomes due soon, due, or overdue within these days and moments, both ends included."""
    dates = or_(*(c.between(*days) for c in (dues.c.soon, dues.c.act_by, dues.c.last_day)))
    dated = or_(dates, dues.c.late_at.between(*moments))
    own = (
        select(obligations.c.id)
        .join(dues, and_(dues.c.id == obligations.c.due_id, dues.c.deadline_id == obligations.c.deadline_id))
        .where(dated, obligations.c.state.in_(_OPEN))
    )
    of_rules = (
        select(dues.c.deadline_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .where(dated, dues.c.basis == Basis.RULE.value, deadlines.c.tracked, deadlines.c.cancelled_at.is_(None))
    )
    return Turning(sorted(tx.scalars(own)), sorted(tx.scalars(of_rules)))


def of_units(tx: Connection, numbers: Collection[int]) -> list[int]:
    """The deadlines of which these units owe something."""
    query = select(obligations.c.deadline_id).distinct()
    if len(numbers) <= _BATCH:
        query = query.where(obligations.c.unit_id.in_(list(numbers)))
    return sorted(tx.scalars(query))
