"""Calendar events as bytes, rendered once when what they say changes; a feed is the join of its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, or_, select, update

from plans.status import OPEN_STATES
from store.database import insert_or_ignore
from store.schema import coordinations, deadlines, events, obligations, units

OBLIGATION, COORDINATION = "obligation", "coordination"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What is kept of an event besides its bytes."""

    owner_id: int
    uid: str
    sequence: int
    stamp: datetime
    status: str
    facts: str


def events_of(tx: Connection, owner: str, owner_ids: Iterable[int], language: str) -> dict[int, StoredEvent]:
    """Owner number → event, for those that have one."""
    query = select(events.c.owner_id, events.c.uid, events.c.sequence, events.c.stamp, events.c.status, events.c.facts)
    mine = (
        events.c.owner == owner,
        events.c.owner_id.in_(list(owner_ids)),
        events.c.component == "event",
        events.c.language == language,
    )
    return {r.owner_id: StoredEvent(*r) for r in tx.execute(query.where(*mine))}


def save_events(tx: Connection, owner: str, language: str, rows: Sequence[tuple[StoredEvent, date, bytes]]) -> None:
    """Write events with the day they stand on and their bytes; those there were before are replaced."""
    for event, day, content in rows:
        values: dict[str, Any] = {
            "uid": event.uid,
            "sequence": event.sequence,
            "stamp": event.stamp,
            "status": event.status,
            "day": day,
            "facts": event.facts,
            "content": content,
        }
        statement = insert_or_ignore(tx, events).values(
            owner=owner, owner_id=event.owner_id, component="event", language=language, **values
        )
        key = ["owner", "owner_id", "component", "language"]
        changed = {k: v for k, v in values.items() if k != "uid"}  # a UID is fixed at creation
        tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))


def drop_events(tx: Connection, owner: str, owner_ids: Sequence[int]) -> None:
    if owner_ids:
        tx.execute(delete(events).where(events.c.owner == owner, events.c.owner_id.in_(list(owner_ids))))


def take_over(tx: Connection, language: str) -> dict[str, list[int]]:
    """Give the events of every other language to this one, to be rendered anew; returns the numbers of each owner.

    They keep UID and sequence, by which a subscriber knows them. An event that was made in this language meanwhile
    gives way: the other has the UID that was given first.
    """
    other = events.alias("other")
    same = and_(*(other.c[name] == events.c[name] for name in ("owner", "owner_id", "component")))
    made_since = exists().where(same, other.c.language != language)
    tx.execute(delete(events).where(events.c.language == language, made_since))
    taken = update(events).where(events.c.language != language).values(language=language, facts="")
    found: dict[str, list[int]] = {OBLIGATION: [], COORDINATION: []}
    for owner, number in tx.execute(taken.returning(events.c.owner, events.c.owner_id)):
        found[owner].append(number)
    return found


def unit_feed(tx: Connection, unit: str, language: str, first: date, last: date) -> list[bytes]:
    """The events of a unit's obligations, and of the deadlines it coordinates, that stand in [first, last].

    An open obligation of a tracked deadline stays however long ago it was due. In no particular order.
    """
    is_event = and_(events.c.component == "event", events.c.language == language)
    in_window = events.c.day.between(first, last)
    still_open = and_(
        obligations.c.state.in_([s.value for s in OPEN_STATES]), deadlines.c.tracked, events.c.day <= last
    )
    own = (
        select(events.c.content)
        .join(obligations, and_(events.c.owner == OBLIGATION, events.c.owner_id == obligations.c.id))
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(units, units.c.id == obligations.c.unit_id)
        .where(units.c.slug == unit, is_event, or_(in_window, still_open))
    )
    helped = (
        select(events.c.content)
        .join(coordinations, and_(events.c.owner == COORDINATION, events.c.owner_id == coordinations.c.deadline_id))
        .join(units, units.c.id == coordinations.c.unit_id)
        .where(units.c.slug == unit, is_event, in_window)
    )
    return [bytes(c) for c in (*tx.scalars(own), *tx.scalars(helped))]


def contents_of(tx: Connection, obligation_ids: Iterable[int], language: str) -> dict[int, bytes]:
    """Obligation → its event, for the calendar files of mails."""
    query = select(events.c.owner_id, events.c.content).where(
        events.c.owner == OBLIGATION,
        events.c.owner_id.in_(list(obligation_ids)),
        events.c.component == "event",
        events.c.language == language,
    )
    return {number: bytes(content) for number, content in tx.execute(query)}


def event_statuses(tx: Connection, language: str) -> list[tuple[int, str]]:
    """Obligation → the status its event shows, for obligations whose status the clock can change."""
    query = (
        select(obligations.c.id, events.c.status)
        .join(events, and_(events.c.owner == OBLIGATION, events.c.owner_id == obligations.c.id))
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .where(
            obligations.c.state.in_([s.value for s in OPEN_STATES]),
            deadlines.c.tracked,
            events.c.language == language,
        )
    )
    return [(i, s) for i, s in tx.execute(query)]


def coordinated_deadlines(tx: Connection, deadline_ids: Iterable[int]) -> set[int]:
    """Those of these deadlines that are in force, tracked and coordinated by some unit."""
    query = (
        select(coordinations.c.deadline_id)
        .distinct()
        .join(deadlines, deadlines.c.id == coordinations.c.deadline_id)
        .where(
            coordinations.c.deadline_id.in_(list(deadline_ids)), deadlines.c.cancelled_at.is_(None), deadlines.c.tracked
        )
    )
    return set(tx.scalars(query))


def coordinated_by(tx: Connection, unit: str) -> set[int]:
    """The deadlines in force and tracked in which a unit only helps."""
    query = (
        select(coordinations.c.deadline_id)
        .join(units, units.c.id == coordinations.c.unit_id)
        .join(deadlines, deadlines.c.id == coordinations.c.deadline_id)
        .where(units.c.slug == unit, deadlines.c.cancelled_at.is_(None), deadlines.c.tracked)
    )
    return set(tx.scalars(query))
