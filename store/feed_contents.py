"""What a feed holds: the stored bytes of its events, in one query for each kind of feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Integer,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)

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


_SCOPED = events.c.scope != literal_column("0")  # as the index of scopes says it: it serves nothing else


def feed_events(tx: Connection, feed: FeedRow, language: str, window: Window | None) -> list[bytes]:
    """The events of a feed as their bytes, in no particular order; `window` None: on whatever day."""
    given: dict[str, object] = {"language": language, "feed": feed.id, "subject": feed.subject_id}
    if window is not None:
        given |= {"first": window.first, "last": window.last, "withdrawn_after": window.withdrawn_after}
    if feed.kind is FeedKind.WORKDAYS:
        days = (window.first, window.last) if window else (date.min, date.max)
        given |= {"first_day": days[0].toordinal(), "last_day": days[1].toordinal()}
    queries = _queries(feed.kind, bounded=window is not None)
    return [bytes(content) for query in queries for content in tx.scalars(query, given)]


@cache  # to build and to compile them takes longer than to run them
def _queries(kind: FeedKind, *, bounded: bool) -> list[Any]:
    query = select(events.c.content).where(events.c.language == bindparam("language"))
    if bounded:
        query = query.where(_stands())
    number, subject = bindparam("feed", type_=Integer), bindparam("subject", type_=Integer)
    if kind is FeedKind.UNIT:
        owed = _owed(query).where(obligations.c.unit_id == subject)
        helped = _helped(query).where(coordinations.c.unit_id == subject)
        return [owed, helped, query.where(events.c.owner == COORDINATION, _SCOPED, events.c.scope == number)]
    if kind is FeedKind.PERSON:
        return _of_person(query, number)
    if kind.counts:
        return [query.where(events.c.owner == DEADLINE, _SCOPED, events.c.scope == number)]
    if kind in (FeedKind.PLAN, FeedKind.ALL):
        numbers = select(deadlines.c.id)
        if kind is FeedKind.PLAN:
            numbers = numbers.join(tasks).where(tasks.c.plan_id == subject)
        counted = (events.c.owner == DEADLINE, events.c.scope == SHARED, events.c.owner_id.in_(numbers))
        return [query.where(*counted)]
    days = events.c.owner_id.between(bindparam("first_day", type_=Integer), bindparam("last_day", type_=Integer))
    return [query.where(events.c.owner == WORKDAY, days)]


def _stands() -> ColumnElement[bool]:
    """An event on a day of the window, and what is open however long ago its day was."""
    first, last = bindparam("first", type_=Date), bindparam("last", type_=Date)
    shown = or_(events.c.withdrawn_on.is_(None), events.c.withdrawn_on > bindparam("withdrawn_after", type_=Date))
    day = func.coalesce(events.c.day, last)  # not by the index of days, which holds those of all feeds
    return and_(shown, day <= last, or_(day >= first, events.c.lasting))


def _owed(query: Any) -> Any:
    return query.join(obligations, and_(events.c.owner == OBLIGATION, events.c.owner_id == obligations.c.id))


def _helped(query: Any) -> Any:
    shared = and_(
        events.c.owner == COORDINATION, events.c.scope == SHARED, events.c.owner_id == coordinations.c.deadline_id
    )
    return query.join(coordinations, shared)


def _of_person(query: Any, feed: BindParameter[int]) -> list[Any]:
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
    # Units that stopped at different times left a copy each, under one UID: the latest stands for all.
    other = events.alias("other")
    same = and_(*(other.c[name] == events.c[name] for name in ("owner", "owner_id", "component", "language")))
    later = or_(other.c.stamp > events.c.stamp, and_(other.c.stamp == events.c.stamp, other.c.id > events.c.id))
    replaced = exists().where(same, other.c.scope.in_(copies), later)
    left = query.where(events.c.owner == COORDINATION, _SCOPED, events.c.scope.in_(copies), ~still, ~replaced)
    return [owed.where(around, told), _helped(query).where(coordinations.c.unit_id.in_(held)), left]
