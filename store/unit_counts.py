"""How many obligations of a sort each unit has, as far as anyone counts: the latest dates first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from plans.paging import MOST
from store.choosing import Choice
from store.schema import obligations
from store.statuses import Scope
from store.walking import latest_first


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
        owed = latest_first(choice, scope)
        some = select(obligations.c.unit_id).select_from(owed).limit(left + 1).subquery()
        for unit, many in tx.execute(select(some.c.unit_id, func.count()).group_by(some.c.unit_id)):
            found[unit] += many
    return UnitCounts(found, found.total() <= most)
