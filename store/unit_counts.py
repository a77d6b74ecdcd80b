"""How many obligations of a sort each unit has, as far as anyone counts: the latest dates first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from plans.paging import MOST
from store.choosing import Choice
from store.ordered_joins import InOrder
from store.schema import deadlines, dues, obligations, tasks
from store.statuses import Scope
from store.walking import ALL


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """Number of a unit → how many; `whole`: that is all there are, and not the latest `MOST` of them."""

    of: Mapping[int, int]
    whole: bool = True


def count_by_unit(tx: Connection, chosen: Iterable[Choice], scope: Scope, most: int = MOST) -> UnitCounts:
    """Of parts that share no obligation. What it costs does not grow with what the tables hold."""
    found: Counter[int] = Counter()
    for choice in chosen:
        left = most - found.total()
        if left <= 0:
            return UnitCounts(found, False)
        days = (
            select(dues.c.id, dues.c.deadline_id)
            .join(deadlines, deadlines.c.id == dues.c.deadline_id)
            .join(tasks, tasks.c.id == deadlines.c.task_id)
            .where(*scope.dated, *choice.dated())
            .order_by(dues.c.act_by if scope.few_days else dues.c.late_at.desc())
            .limit(ALL)
            .subquery()
        )
        of_day = and_(obligations.c.deadline_id == days.c.deadline_id, obligations.c.due_id == days.c.id)
        owed = InOrder(days, obligations, and_(of_day, *scope.owed(), *choice.owed()))
        some = select(obligations.c.unit_id).select_from(owed).limit(left + 1).subquery()
        for unit, many in tx.execute(select(some.c.unit_id, func.count()).group_by(some.c.unit_id)):
            found[unit] += many
    return UnitCounts(found, found.total() <= most)
