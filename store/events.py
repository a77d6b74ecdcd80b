"""Calendar events as bytes, rendered once when what they say changes; a feed is the join of its events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, literal, select, union, update

from plans.deadlines import Basis
from store.database import insert_or_ignore
from store.schema import coordinations, deadlines, dues, events, obligations, units, waiting_events

OBLIGATION, COORDINATION, DEADLINE, WORKDAY = "obligation", "coordination", "deadline", "workday"
EVENT, START = "event", "start"
SHARED = 0  # the scope of an event that all feeds share
_KEY = ("owner", "owner_id", "scope", "component", "language")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event in one language."""

    owner_id: int
    scope: int
    component: str
    language: str
    uid: str
    sequence: int
    stamp: datetime
    status: str
    day: date
    lasting: bool  # stays in feeds however long ago its day was
    withdrawn_on: date | None
    facts: str  # hash of what it says; empty: to be compared with what it would say now
    content: bytes

    @property
    def key(self) -> tuple[int, int, str]:
        """Owner, scope and component: the same event in every language."""
        return self.owner_id, self.scope, self.component


_FIELDS = [events.c[name] for name in StoredEvent.__dataclass_fields__]


def events_of(
    tx: Connection, owner: str, owner_ids: Iterable[int], scopes: Collection[int] | None = None
) -> list[StoredEvent]:
    """The events of these owners in every language; with `scopes` those of these and the shared ones."""
    numbers, found = sorted(set(owner_ids)), []
    query = select(*_FIELDS).where(events.c.owner == owner)
    if scopes is not None:
        query = query.where(events.c.scope.in_([SHARED, *scopes]))
    for start in range(0, len(numbers), _BATCH):
        rows = tx.execute(query.where(events.c.owner_id.in_(numbers[start : start + _BATCH])))
        found += [_event(row) for row in rows]
    return found


def _event(row: Any) -> StoredEvent:
    return StoredEvent(**{**row._mapping, "content": bytes(row.content)})


def save_events(tx: Connection, owner: str, rows: Sequence[StoredEvent]) -> None:
    """Write events; those there were before are replaced under the UID that was fixed at their creation."""
    if not rows:
        return
    statement = insert_or_ignore(tx, events)
    changed = {
        name: statement.excluded[name] for name in StoredEvent.__dataclass_fields__ if name not in (*_KEY, "uid")
    }
    upsert = statement.on_conflict_do_update(index_elements=list(_KEY), set_=changed)
    names = list(StoredEvent.__dataclass_fields__)
    tx.execute(upsert, [{"owner": owner, **{name: getattr(row, name) for name in names}} for row in rows])


def drop_copies(tx: Connection, deadline: int, scopes: Sequence[int]) -> None:
    """Forget what feeds of their own kept of a deadline's shared event."""
    mine = and_(events.c.owner == COORDINATION, events.c.owner_id == deadline, events.c.scope.in_(list(scopes)))
    tx.execute(delete(events).where(mine))


def take_over(tx: Connection, language: str, kept: Collection[str]) -> None:
    """Give events that are not in this language to it, and forget those in languages that are not `kept`.

    They keep UID and sequence, by which a subscriber knows them, and are marked to be rendered anew.
    """
    other = events.alias("other")
    same = and_(*(other.c[name] == events.c[name] for name in _KEY if name != "language"))
    there = exists().where(same, other.c.language == language)
    first = ~exists().where(same, other.c.language < events.c.language)  # one of several goes over
    tx.execute(update(events).where(~there, first).values(language=language))
    tx.execute(delete(events).where(events.c.language.not_in([language, *kept])))


def stored_owners(tx: Connection) -> bool:
    """Whether there is any event."""
    return tx.scalar(select(events.c.id).limit(1)) is not None


def first_stamp(tx: Connection) -> datetime | None:
    """When the event was written that has been as it is for the longest time."""
    found: datetime | None = tx.scalar(select(func.min(events.c.stamp)))
    return found


def contents_of(tx: Connection, obligation_ids: Iterable[int], language: str) -> dict[int, bytes]:
    """Obligation → its event, for the calendar files of mails."""
    asked = {"numbers": list(obligation_ids), "language": language}
    return {number: bytes(content) for number, content in tx.execute(_CONTENTS, asked)}


_CONTENTS = select(events.c.owner_id, events.c.content).where(
    events.c.owner == OBLIGATION,
    events.c.owner_id.in_(bindparam("numbers", expanding=True)),
    events.c.scope == SHARED,
    events.c.component == EVENT,
    events.c.language == bindparam("language"),
)


# -- rendered afterwards ---------------------------------------------------------------------------------------------


def wait(tx: Connection, owner: str, ids: Iterable[int]) -> None:
    """Leave the events of these to be rendered afterwards."""
    rows = [{"owner": owner, "owner_id": number} for number in sorted(set(ids))]
    if rows:
        tx.execute(insert_or_ignore(tx, waiting_events).on_conflict_do_nothing(), rows)


def wait_for_deadlines(tx: Connection, ids: Iterable[int]) -> None:
    """The same of all that is owed by these deadlines, and of the deadlines themselves."""
    numbers = sorted(set(ids))
    for start in range(0, len(numbers), _BATCH):
        some = numbers[start : start + _BATCH]
        owed = select(literal(OBLIGATION), obligations.c.id).where(obligations.c.deadline_id.in_(some))
        _wait_from(tx, owed)
    wait(tx, DEADLINE, numbers)
    wait(tx, COORDINATION, numbers)


def wait_for_all(tx: Connection) -> None:
    """The same of everything: compared with what is stored, so that what would say the same stays as it is."""
    tx.execute(update(events).values(facts=""))
    _wait_from(tx, select(literal(OBLIGATION), obligations.c.id))
    for owner in (DEADLINE, COORDINATION):
        _wait_from(tx, select(literal(owner), deadlines.c.id))


def _wait_from(tx: Connection, query: Any) -> None:
    rows = insert_or_ignore(tx, waiting_events).from_select(["owner", "owner_id"], query.where(literal(1) == 1))
    tx.execute(rows.on_conflict_do_nothing())


def next_waiting(tx: Connection, limit: int) -> dict[str, list[int]]:
    """Owner → some that wait, taken off the list; obligations first, whose deadlines wait behind them.

    Two nodes take different ones.
    """
    for owner in (OBLIGATION, DEADLINE, COORDINATION):
        w = waiting_events.c
        query = select(w.owner_id).where(w.owner == owner).order_by(w.owner_id).limit(limit)
        some = list(tx.scalars(query.with_for_update(skip_locked=True)))
        if some:
            tx.execute(delete(waiting_events).where(w.owner == owner, w.owner_id.in_(some)))
            return {owner: some}
    return {}


def count_waiting(tx: Connection) -> int:
    return int(tx.scalar(select(func.count()).select_from(waiting_events)) or 0)


# -- whose they are --------------------------------------------------------------------------------------------------


def places_of(tx: Connection, obligation_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Obligation → its deadline and its unit."""
    numbers = sorted(set(obligation_ids))
    found: dict[int, tuple[int, int]] = {}
    query = select(obligations.c.id, obligations.c.deadline_id, obligations.c.unit_id)
    for start in range(0, len(numbers), _BATCH):
        some = obligations.c.id.in_(numbers[start : start + _BATCH])
        found |= {r.id: (r.deadline_id, r.unit_id) for r in tx.execute(query.where(some))}
    return found


def lock_obligations(tx: Connection, ids: Iterable[int]) -> None:
    """Keep others from changing them until the transaction ends: what is rendered from them stays true."""
    query = select(obligations.c.id).where(obligations.c.id.in_(sorted(set(ids)))).order_by(obligations.c.id)
    tx.execute(query.with_for_update()).all()


def lock_deadlines(tx: Connection, ids: Iterable[int]) -> None:
    """Let only one transaction at a time count what is owed by them; rows that refer to them may be added."""
    query = select(deadlines.c.id).where(deadlines.c.id.in_(sorted(set(ids)))).order_by(deadlines.c.id)
    tx.execute(query.with_for_update(key_share=True)).all()


def coordinated_deadlines(tx: Connection, deadline_ids: Iterable[int]) -> dict[int, set[int]]:
    """Deadline → the units that coordinate it, of those of these deadlines that some unit coordinates."""
    numbers = sorted(set(deadline_ids))
    found: dict[int, set[int]] = defaultdict(set)
    query = select(coordinations.c.deadline_id, coordinations.c.unit_id)
    for start in range(0, len(numbers), _BATCH):
        some = coordinations.c.deadline_id.in_(numbers[start : start + _BATCH])
        for deadline, unit in tx.execute(query.where(some)):
            found[deadline].add(unit)
    return dict(found)


def coordinated_by(tx: Connection, unit: str, since: date | None = None) -> set[int]:
    """The deadlines in force and tracked in which a unit only helps; with `since`, those not over before that day."""
    query = (
        select(coordinations.c.deadline_id)
        .join(units, units.c.id == coordinations.c.unit_id)
        .join(deadlines, deadlines.c.id == coordinations.c.deadline_id)
        .where(units.c.slug == unit, deadlines.c.cancelled_at.is_(None), deadlines.c.tracked)
    )
    if since is not None:
        ahead = and_(dues.c.deadline_id == deadlines.c.id, dues.c.basis == Basis.RULE.value, dues.c.last_day >= since)
        query = query.join(dues, ahead)
    return set(tx.scalars(query))


@dataclass(frozen=True, slots=True)
class Edges:
    """The days at which events come into the window of feeds or leave it."""

    first: tuple[date, date]  # ends of the window's beginnings on two days, the earlier first
    last: tuple[date, date]  # the same of its ends
    withdrawn: tuple[date, date]  # the same of what was withdrawn long enough ago


def crossing(tx: Connection, edges: Edges) -> dict[str, set[tuple[int, int]]]:
    """Owner → (owner number, scope) of the events that stand between these days, and may come or go."""
    day, gone = events.c.day, events.c.withdrawn_on
    out = and_(day >= edges.first[0], day < edges.first[1])
    into = and_(day > edges.last[0], day <= edges.last[1])
    over = and_(gone > edges.withdrawn[0], gone <= edges.withdrawn[1])
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    some = (select(events.c.owner, events.c.owner_id, events.c.scope).where(which) for which in (out, into, over))
    for owner, number, scope in tx.execute(union(*some)):
        found[owner].add((number, scope))
    return found
