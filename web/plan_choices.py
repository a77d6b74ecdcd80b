"""Whom a task may ask, to be ticked instead of typed: audiences and groups, units one by one, or all of them.

What is ticked is written into the field of names, which alone says who owes the task.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from plans.audiences import resolve
from plans.referring import References, lines_of
from plans.units import Roster, valid

EVERY = "@tat-ca"  # as a box: every unit that there is today, each by its name
MOST = 200  # units that are listed one by one


@dataclass(frozen=True, slots=True)
class Choices:
    """Boxes: what each says when it is sent, and what it is called."""

    several: tuple[tuple[str, str, int], ...] = ()  # audiences and groups, and how many units they are today
    units: tuple[tuple[str, str], ...] = ()
    every: int = 0  # units; 0: not offered, since an audience follows the roster and says it better


def choices_of(roster: Roster, today: date) -> Choices:
    """What may be ticked on a day."""
    named = {**{s: a.name for s, a in roster.audiences.items()}, **{s: g.name for s, g in roster.groups.items()}}
    units = tuple((s, u.name) for s, u in roster.units.items() if valid(u.since, u.until, today))
    listed = units if len(units) <= MOST else ()
    sizes = {slug: len(resolve([slug], roster, today)) for slug in named}
    several = tuple((slug, name, sizes[slug]) for slug, name in named.items() if sizes[slug])
    return Choices(several, listed, 0 if roster.audiences else len(listed))


def with_chosen(
    text: str, chosen: Iterable[str], names: References, choices: Choices, excluding: Collection[str | None]
) -> str:
    """A field of names with what was ticked added, each once; `excluding` is left out of all units."""
    wanted = list(chosen)
    if EVERY in wanted and choices.every:
        wanted += [slug for slug, _ in choices.units if slug not in excluding]
    lines = lines_of(text)
    known = {names.find(line) for line in lines}
    offered = [slug for slug, *_ in (*choices.several, *choices.units) if slug in wanted and slug not in known]
    return "\n".join([*lines, *map(names.shown, offered)])
