"""What the cells of a roster name: units, groups, audiences and kinds, by their codes or as people write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from plans.files import values
from plans.files.reading import Reference
from plans.files.register import Entry
from plans.files.sheet_rows import Row
from plans.matching import match_register
from plans.naming import UnitNames, fold
from plans.succession import has_ended
from plans.units import Audience, Group, Roster, Unit

_LOOKED_UP = 500  # new units whose names are compared with those of all others


def kind_words(roster: Roster) -> dict[str, str]:
    """What kinds are called, as `fold` gives it → kind: codes of the installation's own, and audiences of just one."""
    found = {fold(unit.kind): unit.kind for unit in roster.units.values()}
    for audience in roster.audiences.values():
        alone = not (audience.groups or audience.heads or audience.units or audience.audiences)
        if alone and len(audience.kinds) == 1:
            name = fold(audience.name)
            for said in (name, name.removeprefix("cac ")):
                found.setdefault(said, audience.kinds[0])
    return found


class Names:
    """Where the names in a file are looked up: among what it says itself, and what is stored."""

    def __init__(
        self, units: Iterable[Unit], groups: Mapping[str, Group], audiences: Mapping[str, Audience], today: date
    ) -> None:
        self.units = UnitNames(units)
        self.groups = {fold(g.name): s for s, g in groups.items()} | {s: s for s in groups}
        self.audiences = {fold(a.name): s for s, a in audiences.items()} | {s: s for s in audiences}
        self.today = today

    def unit(self, text: str) -> tuple[str, ...]:
        """The units of this name; of several those at work, if there are any."""
        found = self.units.find(text)
        living = tuple(s for s in found if not has_ended(self.units.units[s], self.today))
        return living or found

    def likely(self, rows: Mapping[str, Row], listed: Mapping[str, Unit]) -> dict[str, Unit]:
        """Of units that a file adds (code → its row) those that probably mean another one, and which."""
        some = list(rows.items())[:_LOOKED_UP]
        entries = [Entry(row.number, listed[slug].name, row.at("name"), None, row.at("name")) for slug, row in some]
        matches = match_register(entries, self.units.units.values())
        found = zip((slug for slug, _ in some), matches, strict=True)
        return {slug: self.units.units[m.unit] for slug, m in found if m.unit is not None}

    # References; each keeps its place, for what is checked once everything is known. ----------------------------------

    def units_in(self, row: Row, key: str, owner: str, noted_as: str | None = None) -> tuple[str, ...]:
        """The units that a cell names; faults are noted."""
        return self._all(row, key, owner, noted_as or key, self.unit)

    def groups_in(self, row: Row, key: str, owner: str) -> tuple[str, ...]:
        return self._all(row, key, owner, key, lambda text: _one(self.groups, text))

    def audiences_in(self, row: Row, key: str, owner: str) -> tuple[str, ...]:
        return self._all(row, key, owner, key, lambda text: _one(self.audiences, text))

    def _all(
        self, row: Row, key: str, owner: str, noted_as: str, find: Callable[[str], tuple[str, ...]]
    ) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for text in row.items(key):
            # "Sở Văn hóa, Thể thao và Du lịch" has a comma in it; "so-y-te, so-noi-vu" are two.
            whole = find(text)
            for item in [text] if whole or "," not in text else [t for t in (p.strip() for p in text.split(",")) if t]:
                slugs = find(item)
                if len(slugs) > 1:
                    params = {"name": item, "units": ", ".join(slugs)}
                    row.reading.error("register.unit_ambiguous", row.at(key), **params)
                    continue
                slug = slugs[0] if slugs else item
                row.reading.places.setdefault(Reference(owner, noted_as, slug), row.at(key))
                found[slug] = None
        return tuple(found)


def _one(known: Mapping[str, str], text: str) -> tuple[str, ...]:
    slug = known.get(text) or known.get(fold(text))
    return (slug,) if slug else ()


def new_slug(name: str, taken: Iterable[str]) -> str:
    """A code made of a name, with a number where another has it already; "" where the name has no letter."""
    wanted, others = values.slugify(name), set(taken)
    if wanted in others:
        cut = wanted[: values.LONGEST_SLUG - 4].rstrip("-")
        wanted = next(s for n in range(2, len(others) + 3) if (s := f"{cut}-{n}") not in others)
    return wanted
