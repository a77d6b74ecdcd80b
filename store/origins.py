"""Obligations whose dates rest on their unit's own day of an event, not on the day that goes for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, select, update

from plans.deadlines import Basis, DueDates
from store.deadlines import dates_of
from store.schema import dues, obligations


@dataclass(frozen=True, slots=True)
class Resting:
    """What an obligation's dates rest on."""

    obligation: int
    unit: int
    origin: int | None  # dates of the unit's own event; None: the rule's


def event_dues(tx: Connection, deadline_id: int) -> dict[int, DueDates]:
    """The dates that units' own events have given a deadline so far, those no longer used too."""
    query = select(dues).where(dues.c.deadline_id == deadline_id, dues.c.basis == Basis.EVENT.value)
    return {r.id: dates_of(r, with_steps=True) for r in tx.execute(query.order_by(dues.c.id))}


def resting(tx: Connection, deadline_id: int) -> list[Resting]:
    """Every obligation of a deadline, by number."""
    query = select(obligations.c.id, obligations.c.unit_id, obligations.c.origin_id)
    rows = tx.execute(query.where(obligations.c.deadline_id == deadline_id).order_by(obligations.c.id))
    return [Resting(*row) for row in rows]


def rest_on(tx: Connection, numbers: Sequence[int], origin: int | None, rule_due: int) -> list[int]:
    """Let obligations rest on these dates (None: on the rule's); returns those for which they are in force now.

    A later date that was granted, or a request to complete an answer, stays in force.
    """
    base = func.coalesce(obligations.c.origin_id, rule_due)
    target = rule_due if origin is None else origin
    follows = and_(obligations.c.id.in_(list(numbers)), obligations.c.due_id == base)
    in_force = sorted(tx.scalars(select(obligations.c.id).where(follows)))
    values = {
        "due_id": case((obligations.c.due_id == base, target), else_=obligations.c.due_id),
        "origin_id": origin,
        "revision": obligations.c.revision + 1,
    }
    tx.execute(update(obligations).where(obligations.c.id.in_(list(numbers))).values(values))
    return in_force
