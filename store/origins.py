"""What obligations' dates rest on (the rule, or the unit's own day of an event), and which are in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, update

from plans.deadlines import Basis, DueDates
from store.deadlines import dates_of
from store.moments import reopen_moments_of_due
from store.obligations import batches, set_dues
from store.schema import dues, extensions, obligations, passages


@dataclass(frozen=True, slots=True)
class Resting:
    """What an obligation's dates rest on."""

    obligation: int
    units: tuple[int, ...]  # who owes it, then those it has come from, the last first, to the one it was first with
    origin: int | None  # dates of the unit's own event; None: the rule's


@dataclass(frozen=True, slots=True)
class InForce:
    """The dates in force for an obligation, with their explanation, and the document that granted them."""

    dates: DueDates
    document: str | None = None


def in_force(tx: Connection, numbers: Iterable[int]) -> dict[int, InForce]:
    """Obligation → the dates in force for it."""
    granted = and_(extensions.c.obligation_id == obligations.c.id, extensions.c.due_id == obligations.c.due_id)
    query = (
        select(obligations.c.id.label("obligation"), extensions.c.document, dues)
        .select_from(obligations)
        .join(dues, dues.c.id == obligations.c.due_id)
        .outerjoin(extensions, granted)
        .order_by(extensions.c.id)
    )
    return {
        r.obligation: InForce(dates_of(r, with_steps=True), r.document)
        for some in batches(numbers)
        for r in tx.execute(query.where(obligations.c.id.in_(some)))
    }


def event_dues(tx: Connection, deadline_id: int) -> dict[int, DueDates]:
    """The dates that units' own events have given a deadline so far, those no longer used too."""
    query = select(dues).where(dues.c.deadline_id == deadline_id, dues.c.basis == Basis.EVENT.value)
    return {r.id: dates_of(r, with_steps=True) for r in tx.execute(query.order_by(dues.c.id))}


def resting(tx: Connection, deadline_id: int) -> list[Resting]:
    """Every obligation of a deadline, by number."""
    mine = obligations.c.deadline_id == deadline_id
    passed: dict[int, list[int]] = defaultdict(list)
    ways = select(passages.c.obligation_id, passages.c.from_id).join(obligations).where(mine)
    for number, unit in tx.execute(ways.order_by(passages.c.id)):
        passed[number].append(unit)
    rows = tx.execute(select(obligations.c.id, obligations.c.unit_id, obligations.c.origin_id).where(mine))
    return [Resting(i, _owners(unit, passed[i]), origin) for i, unit, origin in sorted(rows, key=lambda r: r.id)]


def _owners(unit: int, passed: Sequence[int]) -> tuple[int, ...]:
    """A way that was taken back counts no more: what came back to its first unit has come from nobody."""
    if not passed or unit == passed[0]:
        return (unit,)
    start = max(n for n, old in enumerate(passed) if old == passed[0])
    return unit, *reversed(passed[start:])


def rest_on(tx: Connection, numbers: Iterable[int], origin: int | None) -> None:
    """Let obligations rest on these dates (None: on the rule's); `settle_in_force` says which then are in force."""
    values = {"origin_id": origin, "revision": obligations.c.revision + 1}
    for some in batches(numbers):
        tx.execute(update(obligations).where(obligations.c.id.in_(some)).values(values))


def settle_in_force(tx: Connection, deadline_ids: Iterable[int]) -> list[int]:
    """Put in force the later of what obligations rest on and of their last extension; returns those it changes.

    To be called whenever either has moved, in whichever direction: an extension that was overtaken is still granted.
    A request to complete an answer stays in force. The stages of dates newly in force are queued again.
    """
    rule, base, now, granted = (dues.alias(name) for name in ("rule", "base", "now", "granted"))
    targets: dict[int, list[int]] = defaultdict(list)
    for some in batches(deadline_ids):
        last = (
            select(extensions.c.obligation_id, func.max(extensions.c.id).label("number"))
            .join(dues, dues.c.id == extensions.c.due_id)
            .where(dues.c.basis == Basis.EXTENSION.value, dues.c.deadline_id.in_(some))
            .group_by(extensions.c.obligation_id)
            .subquery()
        )
        query = (
            select(
                obligations.c.id,
                obligations.c.due_id,
                base.c.id.label("base"),
                base.c.last_day,
                base.c.late_at,
                granted.c.id.label("granted"),
                granted.c.last_day.label("granted_day"),
                granted.c.late_at.label("granted_at"),
            )
            .join(now, now.c.id == obligations.c.due_id)
            .join(rule, (rule.c.deadline_id == obligations.c.deadline_id) & (rule.c.basis == Basis.RULE.value))
            .join(base, base.c.id == func.coalesce(obligations.c.origin_id, rule.c.id))
            .outerjoin(last, last.c.obligation_id == obligations.c.id)
            .outerjoin(extensions, extensions.c.id == last.c.number)
            .outerjoin(granted, granted.c.id == extensions.c.due_id)
            .where(
                obligations.c.deadline_id.in_(some),
                now.c.basis != Basis.RESUBMISSION.value,
                or_(obligations.c.due_id != base.c.id, granted.c.id.is_not(None)),
            )
        )
        for r in tx.execute(query):
            longer = r.granted is not None and (r.granted_day, r.granted_at) >= (r.last_day, r.late_at)
            target = r.granted if longer else r.base
            if target != r.due_id:
                targets[target].append(r.id)
    for target, numbers in sorted(targets.items()):
        set_dues(tx, numbers, target)
        reopen_moments_of_due(tx, target)
    return sorted(number for numbers in targets.values() for number in numbers)
