"""Which units a reference means on a day: a unit, an audience, or nobody yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from plans.units import Roster, valid

UNDETERMINED = "@chua-xac-dinh"  # "các cơ quan có liên quan": a person decides who


def resolve(references: Iterable[str], roster: Roster, on: date, excluding: Iterable[str] = ()) -> list[str]:
    """The slugs of the units that `references` mean on day `on`, each once, in the roster's order.

    `excluding` (a plan's `to`, `via` and coordinator) is taken out of audiences and groups, not of units named.
    """
    references = list(references)
    excluded = set(excluding)
    found: set[str] = set()
    for reference in references:
        if reference in roster.units:
            found.add(reference)
        elif reference in roster.audiences:
            found |= _audience(reference, roster, on, frozenset()) - excluded
        elif reference in roster.groups:
            found |= _group(reference, roster, on) - excluded
    return [s for s, u in roster.units.items() if s in found and valid(u.since, u.until, on)]


def _group(slug: str, roster: Roster, on: date) -> set[str]:
    return {m.unit for m in roster.groups[slug].members if valid(m.since, m.until, on)}


def _audience(slug: str, roster: Roster, on: date, seen: frozenset[str]) -> set[str]:
    """The units of an audience; one that includes itself through others adds nothing the second time."""
    audience = roster.audiences[slug]
    seen |= {slug}
    found = {s for s, u in roster.units.items() if u.kind in audience.kinds} | set(audience.units)
    for group in audience.groups:
        found |= _group(group, roster, on) if group in roster.groups else set()
    for other in audience.audiences:
        if other in roster.audiences and other not in seen:
            found |= _audience(other, roster, on, seen)
    return found - set(audience.exceptions)
