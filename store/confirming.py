"""What units have declared and nobody has confirmed yet: the coordinator's queue, the longest waiting first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Select, and_, exists, func, literal_column, or_, select

from plans.filtering import Filter
from plans.obligations import Obligation
from plans.paging import MOST, Count, Page, cut, read_key
from plans.status import State
from store.choosing import Choice, choices
from store.obligations import by_ids, in_force
from store.ordered_joins import InOrder
from store.schema import deadlines, dues, obligations, submissions, tasks

_later = submissions.alias("later")


@dataclass(frozen=True, slots=True)
class Declared:
    """An obligation that waits, and what its unit said that it sent."""

    obligation: Obligation
    number: str | None
    received_on: date
    recorded_at: datetime
    recorded_by: str
    note: str | None
    declared_by: str | None = None  # the name typed by whoever used the link of another


def waiting(tx: Connection, which: Filter, today: date, *, size: int = 50, after: str | None = None) -> Page[Declared]:
    """Declarations by the moment they were made; the status that the filter names is not looked at."""
    s = submissions.c
    mark = read_key(after, 1)
    found: list[Any] = []
    for choice in choices(tx, which, today):
        columns = (s.id, s.obligation_id, s.number, s.received_on, s.recorded_at, s.recorded_by, s.note, s.declared_by)
        query = _waiting(choice, *columns)
        if mark is not None:
            query = query.where(s.recorded_at >= mark[0], or_(s.recorded_at > mark[0], s.id > mark[1][0]))
        found += tx.execute(query.order_by(s.recorded_at, s.id).limit(size + 1))
    found.sort(key=lambda r: (r.recorded_at, r.id))
    some = cut(found, size, lambda r: (r.recorded_at, r.id))
    owed = {o.id: o for o in by_ids(tx, [r.obligation_id for r in some.rows])}
    rows = (Declared(owed[r.obligation_id], *list(r)[2:]) for r in some.rows)
    return Page(tuple(rows), some.after)


def count_waiting(tx: Connection, chosen: Iterable[Choice]) -> Count:
    """How many wait, in parts that share none."""
    found = 0
    for choice in chosen:
        some = _joined(select(obligations.c.id), choice).limit(MOST + 1).subquery()
        found += tx.scalar(select(func.count()).select_from(some)) or 0
    return Count.of(found)


# Said in full, not as a parameter: SQLite looks into the index of what waits only where it sees that it may.
_waits = obligations.c.state == literal_column(f"'{State.SUBMITTED.value}'")


def _joined(query: Select[Any], choice: Choice, begin: FromClause = obligations) -> Select[Any]:
    """What waits, with no more of its dates than the choice asks for; `begin` has the obligations."""
    query = query.select_from(begin).join(deadlines, deadlines.c.id == obligations.c.deadline_id)
    if conditions := choice.dated():
        query = query.join(dues, in_force).join(tasks, tasks.c.id == deadlines.c.task_id).where(*conditions)
    return query.where(_waits, deadlines.c.tracked, *choice.owed())


def _waiting(choice: Choice, *columns: Any) -> Select[Any]:
    """The newest submission of each obligation that waits; what counts as not sent is no submission."""
    s = submissions.c
    newer = and_(_later.c.obligation_id == s.obligation_id, _later.c.id > s.id, _later.c.void.is_(False))
    mine = s.obligation_id == obligations.c.id
    if (
        choice == Choice()
    ):  # all that waits: along its index, as far as a page goes; of less, what is asked for is put in order
        query = _joined(select(*columns), choice, InOrder(submissions, obligations, and_(mine, _waits)))
    else:
        query = _joined(select(*columns), choice).join(submissions, mine)
    return query.where(
        s.accepted_at.is_(None), s.returned_at.is_(None), s.void.is_(False), ~exists(select(_later.c.id).where(newer))
    )
