"""Which feeds there are and whose deadlines each shows: derived from units, groups, plans and people.

Only what differs is written, and only feeds of which something does are touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from plans.feeds import FeedKind, owner_of
from plans.people import HEAD, OFFICERS
from plans.units import Role, Unit
from store.feeds import touch
from store.recipients import named_for, named_officers, read_posts
from store.schema import feed_tasks, feed_units, feeds, groups, memberships, overseers, people, plans, units

SCOPE = "scope"  # of a unit in a feed that counts over some units


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A feed that is to be there."""

    kind: FeedKind
    subject: int | None
    name: str


@dataclass(frozen=True, slots=True)
class _Member:
    """A unit whose deadlines a feed shows."""

    unit: int
    role: str
    since: date | None = None
    until: date | None = None


def settle_feeds(tx: Connection, now: datetime) -> set[int]:
    """Make the feeds that are missing, and bring names and members to what units, groups, plans and people are.

    Nothing is taken away: who answers for nothing any more has an empty calendar. Returns the units that some feed
    counts now, or counted until now, and that it did not count, or does no more.
    """
    posts, named = read_posts(tx), named_officers(tx)
    known = {address: (number, name) for number, address, name in tx.execute(select(*_PEOPLE))}
    charges = _charges(posts, known)
    of_tasks = {
        (person, task, unit)
        for task, some in named.items()
        for unit, post in posts.items()
        for address in named_for(some, post)
        if (person := known.get(address, (0, ""))[0])
    }
    scopes = dict(_scopes(tx))
    wanted = dict(_wanted(tx, posts, scopes))
    answering = {*charges, *(person for person, _, _ in of_tasks)}
    names = dict(known.values())
    wanted |= {owner_of(FeedKind.PERSON, p): _Wanted(FeedKind.PERSON, p, names[p]) for p in sorted(answering)}
    numbers, changed = _bring_feeds(tx, wanted, now)
    members = {(numbers[owner], m) for owner, some in scopes.items() for m in some}
    members |= {(numbers[owner_of(FeedKind.PERSON, p)], m) for p, some in charges.items() for m in some}
    moved, recounted = _bring_members(tx, members)
    tasked = {(numbers[owner_of(FeedKind.PERSON, p)], task, unit) for p, task, unit in of_tasks}
    touch(tx, changed | moved | _bring_tasks(tx, tasked), now)
    return recounted


_PEOPLE = (people.c.id, people.c.address, people.c.name)


def _charges(posts: Mapping[int, Unit], known: Mapping[str, tuple[int, str]]) -> dict[int, set[_Member]]:
    """Person → the units for which the person answers in ordinary times: as an officer, else as its mailbox, its head.

    Who is away today or can't be reached answers for them all the same.
    """
    found: dict[int, set[_Member]] = defaultdict(set)
    for number, unit in posts.items():
        heads = [o.address for o in unit.officers if o.role is Role.HEAD]
        told = [o.address for o in unit.officers if o.role is not Role.HEAD]
        told = told or ([unit.mailbox] if unit.mailbox else []) or heads
        for role, addresses in ((OFFICERS, told), (HEAD, heads)):
            for address in addresses:
                if address in known:
                    found[known[address][0]].add(_Member(number, role))
    return found


def _scopes(tx: Connection) -> Iterator[tuple[str, list[_Member]]]:
    """Owner → the units it counts, of feeds that count over some units."""
    rows = list(tx.execute(select(units.c.id, units.c.slug, units.c.parent).order_by(units.c.id)))
    under: dict[str, list[Any]] = defaultdict(list)
    for r in rows:
        if r.parent:
            under[r.parent].append(r)
    for r in rows:
        if r.slug in under:
            yield owner_of(FeedKind.BRANCH, r.slug), [_Member(n, SCOPE) for n in _branch(r, under)]
    of_groups: dict[str, list[_Member]] = defaultdict(list)
    in_groups = select(groups.c.slug, memberships.c.unit_id, memberships.c.since, memberships.c.until)
    for slug, unit, since, until in tx.execute(in_groups.join(groups).order_by(groups.c.id, memberships.c.position)):
        of_groups[slug].append(_Member(unit, SCOPE, since, until))
    for slug in tx.scalars(select(groups.c.slug).order_by(groups.c.id)):
        yield owner_of(FeedKind.GROUP, slug), of_groups[slug]
    watched: dict[int, list[_Member]] = defaultdict(list)
    for person, unit in tx.execute(select(overseers.c.person_id, overseers.c.unit_id).order_by(overseers.c.id)):
        if unit is not None:
            watched[person].append(_Member(unit, SCOPE))
    for person, members in sorted(watched.items()):
        yield owner_of(FeedKind.OVERSEER, person), members


def _branch(top: Any, under: Mapping[str, list[Any]]) -> list[int]:
    """A unit and all under it, each once, even where they name each other in a circle."""
    found, waiting = {top.id: None}, [top]
    while waiting:
        for child in under.get(waiting.pop().slug, ()):
            if child.id not in found:
                found[child.id] = None
                waiting.append(child)
    return list(found)


def _wanted(tx: Connection, posts: Mapping[int, Unit], scopes: Iterable[str]) -> Iterator[tuple[str, _Wanted]]:
    """Owner → feed, of all but people, in the order in which they are numbered."""
    for kind in (FeedKind.ALL, FeedKind.WORKDAYS):
        yield owner_of(kind, ""), _Wanted(kind, None, "")
    counting = set(scopes)
    for kind in (FeedKind.UNIT, FeedKind.BRANCH):
        for number, unit in sorted(posts.items()):
            owner = owner_of(kind, unit.slug)
            if kind is FeedKind.UNIT or owner in counting:
                yield owner, _Wanted(kind, number, unit.name)
    for number, slug, name in tx.execute(select(groups.c.id, groups.c.slug, groups.c.name).order_by(groups.c.id)):
        yield owner_of(FeedKind.GROUP, slug), _Wanted(FeedKind.GROUP, number, name)
    seers = select(overseers.c.person_id, people.c.name).join(people).where(overseers.c.unit_id.is_not(None))
    for number, name in sorted({(r.person_id, r.name) for r in tx.execute(seers)}):
        yield owner_of(FeedKind.OVERSEER, number), _Wanted(FeedKind.OVERSEER, number, name)
    of_plans = select(plans.c.id, plans.c.slug, plans.c.number, plans.c.title).order_by(plans.c.id)
    for number, slug, document, title in tx.execute(of_plans):
        yield owner_of(FeedKind.PLAN, slug), _Wanted(FeedKind.PLAN, number, " ".join(filter(None, (document, title))))


def _bring_feeds(tx: Connection, wanted: Mapping[str, _Wanted], now: datetime) -> tuple[dict[str, int], set[int]]:
    """Owner → number of every feed, and the feeds that are called otherwise now."""
    query = select(feeds.c.owner, feeds.c.id, feeds.c.subject_id, feeds.c.name)
    have = {r.owner: r for r in tx.execute(query)}
    new = [
        {"owner": owner, "kind": w.kind.value, "subject_id": w.subject, "name": w.name, "touched_at": now}
        for owner, w in wanted.items()
        if owner not in have
    ]
    if new:
        tx.execute(feeds.insert(), new)
    renamed = [
        {"number": have[owner].id, "subject": w.subject, "called": w.name}
        for owner, w in wanted.items()
        if owner in have and (have[owner].subject_id, have[owner].name) != (w.subject, w.name)
    ]
    if renamed:
        naming = update(feeds).where(feeds.c.id == bindparam("number"))
        tx.execute(naming.values(subject_id=bindparam("subject"), name=bindparam("called")), renamed)
    numbers = {owner: number for owner, number in tx.execute(select(feeds.c.owner, feeds.c.id))} if new else {}
    return numbers or {owner: r.id for owner, r in have.items()}, {r["number"] for r in renamed}


def _bring_members(tx: Connection, wanted: set[tuple[int, _Member]]) -> tuple[set[int], set[int]]:
    """The feeds whose members differ from what was stored, and the units that some of these count otherwise now."""
    f = feed_units.c
    rows = list(tx.execute(select(f.id, f.feed_id, f.unit_id, f.role, f.since, f.until)))
    have = {(r.feed_id, _Member(r.unit_id, r.role, r.since, r.until)): r.id for r in rows}
    gone, new = have.keys() - wanted, wanted - have.keys()
    if gone:
        one = delete(feed_units).where(f.id == bindparam("number"))
        tx.execute(one, [{"number": have[key]} for key in gone])
    if new:
        rows_of = (
            {"feed_id": feed, "unit_id": m.unit, "role": m.role, "since": m.since, "until": m.until} for feed, m in new
        )
        tx.execute(feed_units.insert(), sorted(rows_of, key=lambda r: (r["feed_id"], r["unit_id"], r["role"])))
    differing = gone | new
    return {feed for feed, _ in differing}, {m.unit for _, m in differing if m.role == SCOPE}


def _bring_tasks(tx: Connection, wanted: set[tuple[int, int, int]]) -> set[int]:
    f = feed_tasks.c
    have = {(r.feed_id, r.task_id, r.unit_id) for r in tx.execute(select(f.feed_id, f.task_id, f.unit_id))}
    gone, new = have - wanted, wanted - have
    if gone:
        one = delete(feed_tasks).where(
            f.feed_id == bindparam("feed"), f.task_id == bindparam("task"), f.unit_id == bindparam("unit")
        )
        tx.execute(one, [dict(zip(("feed", "task", "unit"), key, strict=True)) for key in gone])
    if new:
        keys = ("feed_id", "task_id", "unit_id")
        tx.execute(feed_tasks.insert(), [dict(zip(keys, key, strict=True)) for key in sorted(new)])
    return {feed for feed, _, _ in gone | new}
