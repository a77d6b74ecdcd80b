"""What a feed holds: the stored bytes of its events, in one query for each kind of feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, true

from plans.feeds import FeedKind
from store.events import COORDINATION, DEADLINE, OBLIGATION, SHARED, WORKDAY
from store.feeds import FeedRow
from store.schema import coordinations, deadlines, events, feed_tasks, feed_units, feeds, obligations, tasks


@dataclass(frozen=True, slots=True)
class Window:
    """The days whose events stand in feeds; both belong to it."""

    first: date
    last: date
    withdrawn_after: date  # what was crossed out until then has left


def feed_events(tx: Connection, feed: FeedRow, language: str, window: Window | None) -> list[bytes]:
    """The events of a feed as their bytes, in no particular order; `window` None: on whatever day."""
    query = select(events.c.content).where(events.c.language == language, _stands(window))
    if feed.kind is FeedKind.UNIT:
        mine = [_owed(query).where(obligations.c.unit_id == feed.subject_id)]
        mine.append(_helped(query).where(coordinations.c.unit_id == feed.subject_id))
        mine.append(query.where(events.c.owner == COORDINATION, events.c.scope == feed.id))
    elif feed.kind is FeedKind.PERSON:
        mine = _of_person(query, feed.id)
    elif feed.kind.counts:
        mine = [query.where(events.c.owner == DEADLINE, events.c.scope == feed.id)]
    elif feed.kind is FeedKind.PLAN:
        of_plan = query.join(deadlines, deadlines.c.id == events.c.owner_id).join(tasks)
        mine = [of_plan.where(events.c.owner == DEADLINE, events.c.scope == SHARED, tasks.c.plan_id == feed.subject_id)]
    elif feed.kind is FeedKind.ALL:
        mine = [query.where(events.c.owner == DEADLINE, events.c.scope == SHARED)]
    else:
        mine = [query.where(events.c.owner == WORKDAY)]
    return [bytes(content) for some in mine for content in tx.scalars(some)]


def _stands(window: Window | None) -> ColumnElement[bool]:
    """An event on a day of the window, and what is open however long ago its day was."""
    if window is None:
        return true()
    shown = or_(events.c.withdrawn_on.is_(None), events.c.withdrawn_on > window.withdrawn_after)
    inside = and_(events.c.day <= window.last, or_(events.c.day >= window.first, events.c.lasting))
    return and_(shown, inside)


def _owed(query: Any) -> Any:
    return query.join(obligations, and_(events.c.owner == OBLIGATION, events.c.owner_id == obligations.c.id))


def _helped(query: Any) -> Any:
    shared = and_(
        events.c.owner == COORDINATION, events.c.scope == SHARED, events.c.owner_id == coordinations.c.deadline_id
    )
    return query.join(coordinations, shared)


def _of_person(query: Any, feed: int) -> list[Any]:
    """What a person is told of as an officer of the task, else of the unit, or as head; what the units help with."""
    mine = feed_units.alias("mine")
    held = select(mine.c.unit_id).where(mine.c.feed_id == feed)
    own = exists().where(
        feed_tasks.c.feed_id == feed,
        feed_tasks.c.task_id == deadlines.c.task_id,
        feed_tasks.c.unit_id == obligations.c.unit_id,
    )
    of_others = feed_tasks.alias("of_others")
    named = exists().where(of_others.c.task_id == deadlines.c.task_id, of_others.c.unit_id == obligations.c.unit_id)
    as_head = obligations.c.unit_id.in_(held.where(mine.c.role == "head"))
    as_officer = obligations.c.unit_id.in_(held.where(mine.c.role == "officers"))
    tasked = select(feed_tasks.c.unit_id).where(feed_tasks.c.feed_id == feed)
    owed = _owed(query).join(deadlines, deadlines.c.id == obligations.c.deadline_id)
    told = or_(as_head, own, and_(as_officer, ~named))
    around = or_(obligations.c.unit_id.in_(held), obligations.c.unit_id.in_(tasked))
    # What one of the person's units helps with no more, unless another one does.
    copies = select(feeds.c.id).where(feeds.c.kind == FeedKind.UNIT.value, feeds.c.subject_id.in_(held))
    still = exists().where(coordinations.c.deadline_id == events.c.owner_id, coordinations.c.unit_id.in_(held))
    left = query.where(events.c.owner == COORDINATION, events.c.scope.in_(copies), ~still)
    return [owed.where(around, told), _helped(query).where(coordinations.c.unit_id.in_(held)), left]
