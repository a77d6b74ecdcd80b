"""Deadlines by the thousand: written set by set, never unit by unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, literal, select, true

from plans.deadlines import Basis, DueDates
from plans.periods import Period
from store.deadlines import Moment, due_columns, moment_columns
from store.schema import coordinations, deadlines, dues, obligations, stage_moments, units

_ROWS = 200_000  # of one INSERT … SELECT
_MANY = 100_000  # from how many on building an index anew costs less than growing it row by row
_NAMED = 5_000  # units named in one statement: SQLite takes 32,766 parameters


@dataclass(frozen=True, slots=True)
class NewDeadline:
    """A deadline to be made, with the dates its rule gives it and who owes it."""

    period: Period
    tracked: bool
    dates: DueDates
    soon: date
    moments: Sequence[Moment]
    owing: Mapping[str, Sequence[int]]  # variant of the policy → unit numbers
    helping: Sequence[int]


def add_deadlines(tx: Connection, task_id: int, new: Sequence[NewDeadline]) -> list[int]:
    """Make deadlines of a task with their dates, moments and obligations; returns their numbers in order."""
    if not new:
        return []
    rows = [{"task_id": task_id, "period": n.period.key, "tracked": n.tracked} for n in new]
    # RETURNING keeps no order of its own.
    made = {p: i for i, p in tx.execute(deadlines.insert().returning(deadlines.c.id, deadlines.c.period), rows)}
    numbers = [made[n.period.key] for n in new]
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
    _add_obligations(tx, numbers, new)
    helping = [
        {"deadline_id": number, "unit_id": unit} for number, n in zip(numbers, new, strict=True) for unit in n.helping
    ]
    if helping:
        tx.execute(coordinations.insert(), helping)
    return numbers


def _add_obligations(tx: Connection, numbers: Sequence[int], new: Sequence[NewDeadline]) -> None:
    """One statement for all deadlines that the same units owe under the same variant."""
    sets: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
    for number, n in zip(numbers, new, strict=True):
        for variant, owing in n.owing.items():
            for start in range(0, len(owing), _NAMED):
                sets[variant, tuple(owing[start : start + _NAMED])].append(number)
    for (variant, owing), owed in sets.items():
        step = max(1, _ROWS // len(owing))
        for start in range(0, len(owed), step):
            query = (
                select(deadlines.c.id, units.c.id, dues.c.id, literal("open"), literal(variant))
                .select_from(deadlines)
                .join(dues, dues.c.deadline_id == deadlines.c.id)
                .join(units, true())
                .where(
                    deadlines.c.id.in_(owed[start : start + step]),
                    dues.c.basis == Basis.RULE.value,
                    units.c.id.in_(owing),
                )
                .order_by(deadlines.c.id, units.c.id)
            )
            names = ["deadline_id", "unit_id", "due_id", "state", "variant"]
            tx.execute(obligations.insert().from_select(names, query))


@contextmanager
def many_obligations(tx: Connection, coming: int) -> Iterator[None]:
    """Leave the indexes of obligations for the end where that is quicker: by far the most rows are those to come.

    On SQLite only, where the writer is alone; on PostgreSQL it would keep readers out.
    """
    there = tx.scalar(select(func.count()).select_from(obligations)) if coming >= _MANY else 0
    if tx.dialect.name != "sqlite" or coming < _MANY or coming < (there or 0):
        yield
        return
    indexes = sorted(obligations.indexes, key=lambda i: str(i.name))
    for index in indexes:
        index.drop(tx)
    yield
    for index in indexes:
        index.create(tx)


@dataclass(frozen=True, slots=True)
class Holders:
    """The units that have an obligation in a deadline (cancelled ones too), and those that help with it."""

    owing: frozenset[int]
    helping: frozenset[int]


def holders_of(tx: Connection, deadline_ids: Iterable[int]) -> dict[int, Holders]:
    """Deadline → who holds what in it."""
    owing: dict[int, set[int]] = defaultdict(set)
    helping: dict[int, set[int]] = defaultdict(set)
    found = sorted(set(deadline_ids))
    for start in range(0, len(found), _NAMED):
        some = found[start : start + _NAMED]
        mine = select(obligations.c.deadline_id, obligations.c.unit_id).where(obligations.c.deadline_id.in_(some))
        for deadline_id, unit_id in tx.execute(mine):
            owing[deadline_id].add(unit_id)
        theirs = select(coordinations.c.deadline_id, coordinations.c.unit_id)
        for deadline_id, unit_id in tx.execute(theirs.where(coordinations.c.deadline_id.in_(some))):
            helping[deadline_id].add(unit_id)
    return {i: Holders(frozenset(owing[i]), frozenset(helping[i])) for i in found}
