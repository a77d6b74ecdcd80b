"""Obligations in the order of their dates, found by walking from date to date and stopping where enough are found.

Dates are few, obligations many: which dates have what is asked for is looked up first, an index entry each, so that
neither a page nor a bounded count grows with what the tables hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, tuple_

from plans.paging import MOST
from store.choosing import Choice, among
from store.obligations import in_force
from store.ordered_joins import InOrder
from store.schema import deadlines, dues, obligations, tasks, units
from store.statuses import Scope

ALL = 1 << 40  # a LIMIT that limits nothing: it keeps an engine from turning the order of a join round
_PLACE = (units.c.position, units.c.id, obligations.c.id)
Row = tuple[datetime, int, int, int]  # late-after, position and number of the unit, number of the obligation


def walk(
    tx: Connection, choice: Choice, scope: Scope, size: int, mark: Row | None = None, *, newest_first: bool = False
) -> list[Row]:
    """The first `size` obligations after `mark` by late-after, unit and number; the latest dates first if so asked."""
    found: list[Row] = []
    begin, whole, some = (mark[0] if mark else None), True, 4
    while len(found) < size:
        days, more = _days(tx, choice, scope, begin, some, newest_first=newest_first, whole=whole)
        if days:
            query = _of_days(scope, choice, days)
            if mark is not None:
                query = query.where(or_(dues.c.late_at != mark[0], tuple_(*_PLACE) > tuple_(*mark[1:])))
            order = dues.c.late_at.desc() if newest_first else dues.c.late_at
            found += [tuple(r) for r in tx.execute(query.order_by(order, *_PLACE).limit(size - len(found)))]
        if not more:
            break
        begin, whole, some = days[-1][1], False, 4 * some
    return found


def _days(
    tx: Connection, choice: Choice, scope: Scope, begin: datetime | None, some: int, *, newest_first: bool, whole: bool
) -> tuple[list[tuple[int, datetime]], bool]:
    """(number, late-after) of about so many dates that have what is asked for, and whether there are more.

    From `begin` on (after it unless `whole`), all dates of an instant or none: units have one order over them.
    """
    late_at = dues.c.late_at
    there = (
        select(obligations.c.id)
        .where(in_force, *scope.owed(), *choice.owed())
        .limit(1)
        .correlate(dues)
        .scalar_subquery()  # as an EXISTS, PostgreSQL would look all obligations through to answer it
    )
    query = (
        select(dues.c.id, late_at)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .where(*scope.dates(), *choice.dated(), there.is_not(None))
    )
    if begin is not None and newest_first:
        query = query.where(late_at <= begin if whole else late_at < begin)
    elif begin is not None:
        query = query.where(late_at >= begin if whole else late_at > begin)
    ordered = query.order_by(late_at.desc() if newest_first else late_at, dues.c.id)
    found = [(number, at) for number, at in tx.execute(ordered.limit(some + 1))]
    if len(found) <= some:
        return found, False
    last = found[-1][1]
    before = [day for day in found if day[1] != last]
    return before or [(number, at) for number, at in tx.execute(query.where(late_at == last))], True


def _of_days(scope: Scope, choice: Choice, days: Sequence[tuple[int, datetime]]) -> Select[Any]:
    owed = InOrder(dues, obligations, and_(in_force, *scope.owed(), *choice.owed()))
    return (
        select(dues.c.late_at, *_PLACE)
        .select_from(InOrder(owed, units, units.c.id == obligations.c.unit_id))
        .where(among(dues.c.id, [number for number, _ in days]))
    )


def count(tx: Connection, choice: Choice, scope: Scope, most: int = MOST) -> int:
    """How many there are, up to one more than `most`; the latest dates first, of which most is still to come in."""
    some = select(obligations.c.unit_id).select_from(latest_first(choice, scope)).limit(most + 1).subquery()
    return tx.scalar(select(func.count()).select_from(some)) or 0


def latest_first(choice: Choice, scope: Scope) -> InOrder:
    """Dates and what is owed by them, for a count that stops: the latest first, of which most is still to come in."""
    days = (
        select(dues.c.id, dues.c.deadline_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .where(*scope.dates(), *choice.dated())
        .order_by(dues.c.act_by if scope.few_days else dues.c.late_at.desc())
        .limit(ALL)
        .subquery()
    )
    of_day = and_(obligations.c.deadline_id == days.c.deadline_id, obligations.c.due_id == days.c.id)
    return InOrder(days, obligations, and_(of_day, *scope.owed(), *choice.owed()))
