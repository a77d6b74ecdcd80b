"""Units, their officers, groups and audiences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from plans.feeds import FeedKind
from plans.people import posts_of
from plans.status import OPEN_STATES
from plans.units import Audience, Group, Membership, Officer, Overseer, Role, Roster, Unit
from store.database import insert_or_ignore
from store.people import ensure_people, people_ids, welcome
from store.recipients import rebuild
from store.schema import (
    audiences,
    deadlines,
    feeds,
    groups,
    memberships,
    obligations,
    officers,
    overseers,
    people,
    plans,
    units,
)

_OPEN = [state.value for state in OPEN_STATES]


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What saving a roster did, by slug or address."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    absent: tuple[str, ...]  # in the store but not in the file: kept

    @property
    def empty(self) -> bool:
        return not (self.added or self.changed)


def read_roster(tx: Connection) -> Roster:
    """Everything a unit file says, as last saved."""
    of_unit: dict[int, list[Officer]] = defaultdict(list)
    people_of = select(officers, people.c.address).join(people).order_by(officers.c.position)
    for row in tx.execute(people_of):
        of_unit[row.unit_id].append(Officer(row.name, row.address, Role(row.role)))
    rows = list(tx.execute(select(units).order_by(units.c.position, units.c.id)))
    slugs = {r.id: r.slug for r in rows}
    members: dict[int, list[Membership]] = defaultdict(list)
    for row in tx.execute(select(memberships).order_by(memberships.c.position)):
        members[row.group_id].append(Membership(slugs[row.unit_id], row.head, row.since, row.until))
    watched: dict[tuple[str, str], list[str]] = {}
    over = select(overseers.c.unit_id, overseers.c.name, people.c.address).join(people)
    for row in tx.execute(over.order_by(overseers.c.position, overseers.c.id)):
        named = watched.setdefault((row.name, row.address), [])
        if row.unit_id is not None:
            named.append(slugs[row.unit_id])
    seers = [Overseer(name, address, tuple(named)) for (name, address), named in watched.items()]
    return Roster(
        units={r.slug: _unit(r, of_unit[r.id]) for r in rows},
        groups={
            g.slug: Group(g.slug, g.name, tuple(members[g.id]))
            for g in tx.execute(select(groups).order_by(groups.c.position))
        },
        audiences={
            a.slug: Audience(a.slug, a.name, **{k: tuple(v) for k, v in a.body.items()})
            for a in tx.execute(select(audiences).order_by(audiences.c.position))
        },
        overseers=tuple(s for s in seers if s.units),
        leaders=tuple(s for s in seers if not s.units),
    )


def _unit(row: Any, found: list[Officer]) -> Unit:
    return Unit(
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        parent=row.parent,
        mailbox=row.mailbox,
        officers=tuple(found),
        since=row.since,
        until=row.until,
        successors=tuple(row.successors),
    )


def save_roster(tx: Connection, old: Roster, new: Roster, today: date) -> RosterChange:
    """Bring the store from `old` (what it holds) to `new`; units that `new` leaves out stay.

    Who is written to for the units written is derived anew, as it is on the local day `today`.
    """
    added = [s for s in new.units if s not in old.units]
    changed = [s for s, u in new.units.items() if s in old.units and old.units[s] != u]
    absent = tuple(s for s in old.units if s not in new.units)
    if not added and not changed and _rest(old) == _rest(new):
        return RosterChange((), (), absent)
    order = {s: i for i, s in enumerate([*new.units, *absent])}
    if added:
        tx.execute(units.insert(), [{"slug": s, **_columns(new.units[s], order[s])} for s in added])
    for slug in changed:
        tx.execute(
            update(units)
            .where(units.c.slug == slug)
            .values(revision=units.c.revision + 1, **_columns(new.units[slug], order[slug]))
        )
    ids = unit_ids(tx)
    written = [new.units[s] for s in (*added, *changed)]
    _save_officers(tx, written, new, ids)
    before = {s: set(posts_of(u)) for s, u in old.units.items()}
    welcome(tx, {a for u in written for a in posts_of(u) if a not in before.get(u.slug, ())}, today)
    rebuild(tx, today, [ids[u.slug] for u in written])
    _save_groups(tx, new, ids)
    named = [f"group:{g}" for g in new.groups if old.groups.get(g) != new.groups[g]]
    named += [f"audience:{a}" for a in new.audiences if old.audiences.get(a) != new.audiences[a]]
    if (old.overseers, old.leaders) != (new.overseers, new.leaders):
        named.append("overseers")
    return RosterChange(tuple(added), (*changed, *named), absent)


def _rest(roster: Roster) -> tuple[Any, ...]:
    return roster.groups, roster.audiences, roster.overseers, roster.leaders


def _columns(unit: Unit, position: int) -> dict[str, Any]:
    return {
        "name": unit.name,
        "kind": unit.kind,
        "parent": unit.parent,
        "mailbox": unit.mailbox,
        "since": unit.since,
        "until": unit.until,
        "successors": list(unit.successors),
        "position": position,
    }


def _officers_of(roster: Roster) -> set[str]:
    """Addresses of named officers, whose name wins over a mailbox's or an overseer's."""
    return {o.address for u in roster.units.values() for o in u.officers}


def _save_officers(tx: Connection, written: Sequence[Unit], roster: Roster, ids: dict[str, int]) -> None:
    named = _officers_of(roster)
    boxes = {u.mailbox: u.name for u in written if u.mailbox}
    wanted = {o.address: o.name for u in written for o in u.officers}
    ensure_people(tx, {a: n for a, n in boxes.items() if a not in named})
    ensure_people(tx, wanted)
    known = people_ids(tx, wanted)
    tx.execute(delete(officers).where(officers.c.unit_id.in_([ids[u.slug] for u in written])))
    posts = [
        {"unit_id": ids[u.slug], "person_id": known[o.address], "name": o.name, "role": o.role.value, "position": i}
        for u in written
        for i, o in enumerate(u.officers)
    ]
    if posts:
        tx.execute(officers.insert(), posts)


def _save_groups(tx: Connection, roster: Roster, ids: dict[str, int]) -> None:
    """Memberships, audiences and overseers are small and have no history of their own yet: written whole.

    Groups keep their numbers, by which feeds know them.
    """
    for table in (memberships, audiences, overseers):
        tx.execute(delete(table))
    tx.execute(delete(groups).where(groups.c.slug.not_in(list(roster.groups))))
    if roster.groups:
        for i, g in enumerate(roster.groups.values()):
            said = {"name": g.name, "position": i}
            written = insert_or_ignore(tx, groups).values(slug=g.slug, **said)
            tx.execute(written.on_conflict_do_update(index_elements=["slug"], set_=said))
        numbers = {slug: number for slug, number in tx.execute(select(groups.c.slug, groups.c.id))}
        in_groups = [(numbers[g.slug], m) for g in roster.groups.values() for m in g.members]
        of_groups = [
            {"group_id": g, "unit_id": ids[m.unit], "head": m.head, "since": m.since, "until": m.until, "position": i}
            for i, (g, m) in enumerate(in_groups)
        ]
        if of_groups:
            tx.execute(memberships.insert(), of_groups)
    if roster.audiences:
        named = [
            {"slug": a.slug, "name": a.name, "position": i, "body": _audience_body(a)}
            for i, a in enumerate(roster.audiences.values())
        ]
        tx.execute(audiences.insert(), named)
    seers = [*roster.overseers, *roster.leaders]
    officials = _officers_of(roster)
    ensure_people(tx, {s.address: s.name for s in seers if s.address not in officials})
    known = people_ids(tx, {s.address for s in seers})
    watched = [
        {"person_id": known[s.address], "name": s.name, "unit_id": ids[u] if u else None, "position": i}
        for i, s in enumerate(seers)
        for u in (s.units or (None,))
    ]
    if watched:
        tx.execute(overseers.insert(), watched)


def _audience_body(audience: Audience) -> dict[str, list[str]]:
    return {k: list(v) for k, v in asdict(audience).items() if k not in ("slug", "name")}


def unit_ids(tx: Connection) -> dict[str, int]:
    """Slug → number of every unit."""
    return {slug: number for slug, number in tx.execute(select(units.c.slug, units.c.id))}


def unit_names(tx: Connection) -> dict[str, str]:
    """Slug → name of every unit."""
    return {slug: name for slug, name in tx.execute(select(units.c.slug, units.c.name))}


def feed_versions(tx: Connection) -> dict[str, int]:
    """Slug → version of its feed's token, of every unit that has one."""
    query = select(feeds.c.owner, feeds.c.version).where(feeds.c.kind == FeedKind.UNIT.value)
    return {slug: version for slug, version in tx.execute(query)}


def coordinating_units(tx: Connection) -> set[str]:
    """The units that coordinate some plan today."""
    return set(tx.scalars(select(units.c.slug).where(units.c.id.in_(select(plans.c.acting_id)))))


def feed_of(tx: Connection, unit: str) -> tuple[str, str, int] | None:
    """(slug, name, version of the feed's token) of a unit; None where it has no feed."""
    return feeds_of(tx, [unit]).get(unit)


def feeds_of(tx: Connection, slugs: Iterable[str]) -> dict[str, tuple[str, str, int]]:
    """The same of several units, by their slugs."""
    query = select(units.c.slug, units.c.name, feeds.c.version).join(feeds, feeds.c.owner == units.c.slug)
    rows = tx.execute(query.where(units.c.slug.in_(list(slugs)), feeds.c.revoked_at.is_(None)))
    return {slug: (slug, name, version) for slug, name, version in rows}


def open_items_of(tx: Connection, slugs: Iterable[str]) -> dict[str, int]:
    """Unit → how many obligations that are tracked are open, of these units; those with none are left out."""
    query = (
        select(units.c.slug, func.count())
        .join(obligations, obligations.c.unit_id == units.c.id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .where(units.c.slug.in_(list(slugs)), deadlines.c.tracked, obligations.c.state.in_(_OPEN))
        .group_by(units.c.slug)
    )
    return {slug: number for slug, number in tx.execute(query)}
