"""Deadlines by the thousand: written and compared set by set, never unit by unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, case, func, literal, select

from plans.deadlines import Basis, DueDates
from plans.periods import Period
from plans.status import State
from store.deadlines import due_columns
from store.moments import Moment, moment_columns
from store.schema import coordinations, deadlines, dues, obligations, stage_moments
from store.unit_sets import addressed

_FEW = 100_000  # up to which building an index of obligations anew costs next to nothing
_BATCH = 500


@dataclass(frozen=True, slots=True)
class NewDeadline:
    """A deadline to be made, with the dates its rule gives it and who owes it."""

    task: int
    period: Period
    tracked: bool
    dates: DueDates
    soon: date
    moments: Sequence[Moment]
    owing: int  # number of a set of units (`store.unit_sets`)
    helping: Sequence[int]


def add_deadlines(tx: Connection, new: Sequence[NewDeadline]) -> list[int]:
    """Make deadlines with their dates, moments and obligations; returns their numbers in order."""
    if not new:
        return []
    rows = [{"task_id": n.task, "period": n.period.key, "tracked": n.tracked} for n in new]
    # RETURNING keeps no order of its own.
    insert = deadlines.insert().returning(deadlines.c.id, deadlines.c.task_id, deadlines.c.period)
    made = {(task, period): i for i, task, period in tx.execute(insert, rows)}
    numbers = [made[n.task, n.period.key] for n in new]
    dated = [
        {"deadline_id": number, "basis": Basis.RULE.value, **due_columns(n.dates, n.soon)}
        for number, n in zip(numbers, new, strict=True)
    ]
    of_deadline = {d: i for i, d in tx.execute(dues.insert().returning(dues.c.id, dues.c.deadline_id), dated)}
    moments = [
        {**moment_columns(of_deadline[number], moment), "queued_at": None}
        for number, n in zip(numbers, new, strict=True)
        for moment in n.moments
    ]
    if moments:
        tx.execute(stage_moments.insert(), moments)
    sets: dict[int, list[int]] = defaultdict(list)
    for number, n in zip(numbers, new, strict=True):
        sets[n.owing].append(number)
    for owing, owed in sets.items():
        _add_obligations(tx, owed, owing)
    helping = [
        {"deadline_id": number, "unit_id": unit} for number, n in zip(numbers, new, strict=True) for unit in n.helping
    ]
    if helping:
        tx.execute(coordinations.insert(), helping)
    return numbers


def _add_obligations(tx: Connection, numbers: Sequence[int], owing: int) -> None:
    """In the order of deadlines, in which the index by deadline only grows at its end."""
    columns = (dues.c.deadline_id, addressed.c.unit_id, dues.c.id, literal("open"), addressed.c.variant)
    names = ["deadline_id", "unit_id", "due_id", "state", "variant"]
    for start in range(0, len(numbers), _BATCH):
        query = (
            select(*columns)
            .join(addressed, addressed.c.set_id == owing)
            .where(dues.c.deadline_id.in_(numbers[start : start + _BATCH]), dues.c.basis == Basis.RULE.value)
            .order_by(dues.c.deadline_id, addressed.c.unit_id)
        )
        tx.execute(obligations.insert().from_select(names, query))


@contextmanager
def indexed_at_the_end(tx: Connection, *, fresh: bool) -> Iterator[None]:
    """Build the index by unit at the end, where a new plan comes (`fresh`) and there are few obligations so far.

    Grown row by row, it costs more than all the rest; the others only grow at their end. On SQLite only, where the
    writer is alone; on PostgreSQL it would keep readers out.
    """
    there = select(func.count()).select_from(select(obligations.c.id).limit(_FEW).subquery())
    if not fresh or tx.dialect.name != "sqlite" or (tx.scalar(there) or 0) >= _FEW:
        yield
        return
    (index,) = (i for i in obligations.indexes if i.name == "ix_obligations_unit_id_deadline_id")
    index.drop(tx)
    yield
    index.create(tx)


@dataclass(frozen=True, slots=True)
class Holders:
    """The units that have an obligation in a deadline (cancelled ones too), and those that help with it."""

    owing: frozenset[int]
    helping: frozenset[int]


def holders_of(tx: Connection, deadline_ids: Iterable[int]) -> dict[int, Holders]:
    """Deadline → who holds what in it."""
    owing: dict[int, set[int]] = defaultdict(set)
    found = sorted(set(deadline_ids))
    for start in range(0, len(found), _BATCH):
        some = found[start : start + _BATCH]
        mine = select(obligations.c.deadline_id, obligations.c.unit_id).where(obligations.c.deadline_id.in_(some))
        for deadline_id, unit_id in tx.execute(mine):
            owing[deadline_id].add(unit_id)
    helping = helpers_of(tx, found)
    return {i: Holders(frozenset(owing[i]), helping[i]) for i in found}


def helpers_of(tx: Connection, deadline_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Deadline → the units that coordinate it."""
    helping: dict[int, set[int]] = defaultdict(set)
    found = sorted(set(deadline_ids))
    for start in range(0, len(found), _BATCH):
        theirs = select(coordinations.c.deadline_id, coordinations.c.unit_id)
        rows = tx.execute(theirs.where(coordinations.c.deadline_id.in_(found[start : start + _BATCH])))
        for deadline_id, unit_id in rows:
            helping[deadline_id].add(unit_id)
    return {i: frozenset(helping[i]) for i in found}


def owed_as_wanted(tx: Connection, wanted: Mapping[int, int], sizes: Mapping[int, int]) -> set[int]:
    """Of these deadlines (→ number of a set of units), those that just these units owe, none of them cancelled.

    `sizes`: set → how many units it has.
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for deadline_id, number in sorted(wanted.items()):
        groups[number].append(deadline_id)
    same: set[int] = set()
    for number, owed in groups.items():
        fits = and_(
            addressed.c.set_id == number,
            addressed.c.unit_id == obligations.c.unit_id,
            addressed.c.variant == obligations.c.variant,
        )
        cancelled = func.sum(case((obligations.c.state == State.CANCELLED.value, 1), else_=0))
        for start in range(0, len(owed), _BATCH):
            query = (
                select(obligations.c.deadline_id, func.count(), func.count(addressed.c.unit_id), cancelled)
                .outerjoin(addressed, fits)
                .where(obligations.c.deadline_id.in_(owed[start : start + _BATCH]))
                .group_by(obligations.c.deadline_id)
            )
            size = sizes[number]
            same |= {d for d, there, fitting, gone in tx.execute(query) if (there, fitting, gone) == (size, size, 0)}
    return same
