"""Two rosters compared: what a file changes in units, people and groups; and the sign by which a roster is known."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date

from plans.people import OFFICERS, Absence, addressees, posts_of
from plans.units import Membership, Officer, Overseer, Roster, Unit

FIELDS = ("name", "kind", "parent", "mailbox", "since", "until", "successors")  # of a unit, in the order of its page


def fingerprint(roster: Roster) -> str:
    """The same for the same roster: 16 hexadecimal digits."""
    said = json.dumps(asdict(roster), ensure_ascii=False, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit that stays, and what of it changes: (field, before, after)."""

    unit: Unit  # as it is to be
    fields: tuple[tuple[str, object, object], ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A person whose place in one unit goes, and who has one in another."""

    person: Officer  # in the new unit
    old: Unit
    new: Unit


@dataclass(frozen=True, slots=True)
class Renamed:
    """A person who stays in a unit under another name, or in another role."""

    unit: Unit
    old: Officer
    new: Officer


@dataclass(frozen=True, slots=True)
class GroupChange:
    """A group that is new, goes, or whose name, members or heads change."""

    slug: str
    name: str
    what: str  # added | changed | removed
    old_name: str | None = None
    joined: tuple[Membership, ...] = ()
    left: tuple[Membership, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedChange:
    """An audience, an overseer or a leader that is new, goes, or is another one."""

    kind: str  # audience | overseer | leader
    name: str
    what: str  # added | changed | removed


@dataclass(frozen=True, slots=True)
class RosterDifference:
    """What makes one roster the other."""

    added: tuple[Unit, ...] = ()
    changed: tuple[UnitChange, ...] = ()
    ended: tuple[Unit, ...] = ()  # whose last day is named where there was none
    people_added: tuple[tuple[Unit, Officer], ...] = ()  # of units that were there before
    people_removed: tuple[tuple[Unit, Officer], ...] = ()
    people_moved: tuple[Moved, ...] = ()
    people_renamed: tuple[Renamed, ...] = ()
    groups: tuple[GroupChange, ...] = ()
    others: tuple[NamedChange, ...] = ()

    @property
    def empty(self) -> bool:
        return not any(getattr(self, f.name) for f in fields(self))


def compare_rosters(old: Roster, new: Roster) -> RosterDifference:
    """What changes from `old` to `new`; the order of units and of people is no change."""
    added = tuple(u for s, u in new.units.items() if s not in old.units)
    pairs = [(old.units[s], u) for s, u in new.units.items() if s in old.units]
    changes = [(b, UnitChange(a, _fields(b, a))) for b, a in pairs]
    ended = tuple(c.unit for b, c in changes if b.until is None and c.unit.until is not None)
    people = [_people(b, a) for b, a in pairs]
    gone = [(b, o) for (b, _), (_, left, _) in zip(pairs, people, strict=True) for o in left]
    come = [(a, o) for (_, a), (joined, _, _) in zip(pairs, people, strict=True) for o in joined]
    come_anew = [(u, o) for u in added for o in u.officers]
    moved = _moved(gone, [*come, *come_anew])
    moved_from = {(m.old.slug, m.person.address) for m in moved}
    moved_to = {(m.new.slug, m.person.address) for m in moved}
    return RosterDifference(
        added=added,
        changed=tuple(c for _, c in changes if c.fields),
        ended=ended,
        people_added=tuple((u, o) for u, o in come if (u.slug, o.address) not in moved_to),
        people_removed=tuple((u, o) for u, o in gone if (u.slug, o.address) not in moved_from),
        people_moved=tuple(moved),
        people_renamed=tuple(
            Renamed(a, b, o) for (_, a), (_, _, same) in zip(pairs, people, strict=True) for b, o in same
        ),
        groups=tuple(_groups(old, new)),
        others=(
            *_named(
                "audience",
                old.audiences,
                new.audiences,
                {s: a.name for s, a in {**old.audiences, **new.audiences}.items()},
            ),
            *_seers("overseer", old.overseers, new.overseers),
            *_seers("leader", old.leaders, new.leaders),
        ),
    )


def _fields(old: Unit, new: Unit) -> tuple[tuple[str, object, object], ...]:
    return tuple((f, getattr(old, f), getattr(new, f)) for f in FIELDS if getattr(old, f) != getattr(new, f))


def _people(old: Unit, new: Unit) -> tuple[list[Officer], list[Officer], list[tuple[Officer, Officer]]]:
    """Who comes, who goes, and who stays under another name or in another role."""
    before = [o for o in old.officers if o not in new.officers]
    after = [o for o in new.officers if o not in old.officers]
    same = []
    for o in list(after):
        match = next((b for b in before if b.address == o.address and b.role == o.role), None)
        match = match or next((b for b in before if b.address == o.address), None)
        if match is not None:
            same.append((match, o))
            before.remove(match)
            after.remove(o)
    return after, before, same


def _moved(gone: Iterable[tuple[Unit, Officer]], come: Iterable[tuple[Unit, Officer]]) -> list[Moved]:
    left = {o.address: u for u, o in gone}
    found: dict[str, Moved] = {}
    for unit, officer in come:
        if officer.address in left and left[officer.address].slug != unit.slug:
            found.setdefault(officer.address, Moved(officer, left[officer.address], unit))
    return list(found.values())


def _groups(old: Roster, new: Roster) -> Iterable[GroupChange]:
    for slug, group in new.groups.items():
        before = old.groups.get(slug)
        if before is None:
            yield GroupChange(slug, group.name, "added", None, group.members)
        elif before != group:
            joined, left = _less(group.members, before.members), _less(before.members, group.members)
            renamed = before.name if before.name != group.name else None
            if joined or left or renamed:
                yield GroupChange(slug, group.name, "changed", renamed, joined, left)
    for slug, group in old.groups.items():
        if slug not in new.groups:
            yield GroupChange(slug, group.name, "removed", None, (), group.members)


def _less(one: Iterable[Membership], other: Iterable[Membership]) -> tuple[Membership, ...]:
    return tuple((Counter(one) - Counter(other)).elements())


def _named(
    kind: str, old: Mapping[str, object], new: Mapping[str, object], names: Mapping[str, str]
) -> Iterable[NamedChange]:
    for key, one in new.items():
        if old.get(key) != one:
            yield NamedChange(kind, names[key], "changed" if key in old else "added")
    for key in old:
        if key not in new:
            yield NamedChange(kind, names[key], "removed")


def _seers(kind: str, old: Iterable[Overseer], new: Iterable[Overseer]) -> Iterable[NamedChange]:
    before, after = {o.address: o for o in old}, {o.address: o for o in new}
    names = {a: f"{o.name} <{a}>" for a, o in {**before, **after}.items()}
    return _named(kind, before, after, names)


@dataclass(frozen=True, slots=True)
class NewlyTold:
    """Someone to whom the mail of units goes from now on, and did not before."""

    address: str
    name: str | None  # None: a mailbox
    units: tuple[str, ...]  # slugs


def newly_told(
    old: Roster, new: Roster, absent: Collection[Absence], unreachable: Collection[str], today: date
) -> list[NewlyTold]:
    """Who is written to for units on a day once `old` has become `new`, and for which; deputies of the absent too.

    Addresses that `new` names where `old` did not are taken for reachable, as `store.people.welcome` does.
    """
    found: dict[str, list[str]] = {}
    for slug, unit in new.units.items():
        before = old.units.get(slug)
        if before is not None and posts_of(before) == posts_of(unit) and before.officers == unit.officers:
            continue
        fresh = set(posts_of(unit)) - set(posts_of(before) if before else ())
        had = {a.address for a in addressees(before, absent, unreachable, today)[OFFICERS]} if before else set()
        has = addressees(unit, absent, set(unreachable) - fresh, today)[OFFICERS]
        for a in has:
            if a.address not in had:
                found.setdefault(a.address, []).append(slug)
    names = {o.address: o.name for u in new.units.values() for o in u.officers}
    return [NewlyTold(address, names.get(address), tuple(slugs)) for address, slugs in sorted(found.items())]
