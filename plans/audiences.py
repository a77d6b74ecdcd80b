"""Which units a reference means on a day: a unit, an audience, or nobody yet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from plans.succession import heir
from plans.units import Membership, Roster, Unit, valid

_DAY = timedelta(days=1)
UNDETERMINED = "@chua-xac-dinh"  # "các cơ quan có liên quan": a person decides who


def resolve(references: Iterable[str], roster: Roster, on: date, excluding: Iterable[str] = ()) -> list[str]:
    """The slugs of the units that `references` mean on day `on`, each once, in the roster's order.

    `excluding` (a plan's `to`, `via` and coordinator) is taken out of audiences and groups, not of units named. A unit
    named that has ended, here or there, means its only successor: documents outlive the units they name.
    """
    references = list(references)
    excluded = {heir(roster, name, on).unit or name for name in excluding}
    found: set[str] = set()
    for reference in references:
        if reference in roster.units:
            found.add(heir(roster, reference, on).unit or reference)
        elif reference in roster.audiences:
            found |= _audience(reference, roster, on, frozenset()) - excluded
        elif reference in roster.groups:
            found |= _group(reference, roster, on) - excluded
    return [s for s, u in roster.units.items() if s in found and valid(u.since, u.until, on)]


class Resolver:
    """`resolve` for many days: a roster means the same on all days between two of its dates."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        members = [m for group in roster.groups.values() for m in group.members]
        spans: list[Unit | Membership] = [*roster.units.values(), *members]
        starts = {s.since for s in spans if s.since} | {s.until + _DAY for s in spans if s.until and s.until < date.max}
        self._changes = sorted(starts)
        self._found: dict[tuple[int, tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}

    def resolve(self, references: tuple[str, ...], on: date, excluding: tuple[str, ...] = ()) -> tuple[str, ...]:
        """See `plans.audiences.resolve`."""
        key = (bisect_right(self._changes, on), references, excluding)
        if key not in self._found:
            self._found[key] = tuple(resolve(references, self.roster, on, excluding))
        return self._found[key]

    def resolve_each(
        self, references: tuple[str, ...], on: date, own: Mapping[str, date], excluding: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """As `resolve`, but of units with a day of their `own` as it is on that day, where they live so long."""
        together = self.resolve(references, on, excluding)
        if not own:
            return together
        found = set(together)
        for slug, day in own.items():
            unit = self.roster.units.get(slug)
            if unit is not None and valid(unit.since, unit.until, day):
                found.discard(slug)
                found |= {slug} & set(self.resolve(references, day, excluding))
        return tuple(slug for slug in self.roster.units if slug in found)


def _group(slug: str, roster: Roster, on: date) -> set[str]:
    return {m.unit for m in roster.groups[slug].members if valid(m.since, m.until, on)}


def _heads(slug: str, roster: Roster, on: date) -> set[str]:
    return {m.unit for m in roster.groups[slug].members if m.head and valid(m.since, m.until, on)}


def _audience(slug: str, roster: Roster, on: date, seen: frozenset[str]) -> set[str]:
    """The units of an audience; one that includes itself through others adds nothing the second time."""
    audience = roster.audiences[slug]
    seen |= {slug}
    found = {s for s, u in roster.units.items() if u.kind in audience.kinds} | set(audience.units)
    for group in audience.groups:
        found |= _group(group, roster, on) if group in roster.groups else set()
    for group in audience.heads:
        found |= _heads(group, roster, on) if group in roster.groups else set()
    for other in audience.audiences:
        if other in roster.audiences and other not in seen:
            found |= _audience(other, roster, on, seen)
    return found - set(audience.exceptions)
