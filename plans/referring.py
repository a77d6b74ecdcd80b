"""What people write for units, audiences and groups in a form: their names, or the identifiers that files have."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from plans.audiences import UNDETERMINED
from plans.files.values import SLUG
from plans.naming import UnitNames, fold
from plans.problems import Place, Problem
from plans.units import Roster

_LONGEST = 200  # characters of a name that is compared
_COMPARED = 50  # names that are not known of which it is said what comes near: each takes a millisecond or more


class References:
    """The names of a roster, to find what is referred to by, and to show it with."""

    def __init__(self, roster: Roster) -> None:
        self._units = UnitNames(roster.units.values())
        several = {slug: one.name for slug, one in roster.groups.items()}
        several |= {slug: one.name for slug, one in roster.audiences.items()}
        self._names = {**several, **{slug: unit.name for slug, unit in roster.units.items()}}
        self._several: dict[str, str] = {}
        for slug, name in several.items():
            self._several.setdefault(fold(name), slug)
        self._taken: dict[str, int] = {}
        for name in self._names.values():
            self._taken[fold(name)] = self._taken.get(fold(name), 0) + 1

    @property
    def offered(self) -> list[str]:
        """What may be written, in the order of the roster: audiences and groups first."""
        return [self.shown(slug) for slug in self._names]

    def shown(self, slug: str) -> str:
        """How a form shows a reference: its name where that tells it apart, else the identifier."""
        name = self._names.get(slug)
        plain = name is not None and self._taken[fold(name)] == 1 and ";" not in name and "\n" not in name
        return name if plain and name is not None and self.find(name) == slug else slug

    def find(self, text: str) -> str | None:
        """The identifier of what is written; None where nothing, or more than one unit, is called so."""
        text = text.strip()
        if text in self._names or text == UNDETERMINED:
            return text
        if (slug := self._several.get(fold(text))) is not None:
            return slug
        found = self._units.find(text)
        return found[0] if len(found) == 1 else None

    def read(self, field: str, texts: Iterable[str]) -> tuple[list[str], list[Problem]]:
        """The identifiers of what is written, each once, and what isn't known, at the place `field`."""
        found: dict[str, None] = {}
        problems: list[Problem] = []
        for text in texts:
            slug = self.find(text)
            if slug is not None:
                found[slug] = None
            elif SLUG.fullmatch(text.strip()):
                found[text.strip()] = None  # an identifier that is wrong is told when the plan is checked
            else:
                compared = len(problems) < _COMPARED
                problems.append(self._unknown(field, text.strip()[:_LONGEST], compared=compared))
        return list(found), problems

    def _unknown(self, field: str, text: str, *, compared: bool) -> Problem:
        several = self._units.find(text)
        if len(several) > 1:
            return Problem("edit.name_several", {"name": text, "ids": ", ".join(several[:5])}, Place(field))
        near = [unit.name for unit in self._units.nearest(text)] if compared else []
        if compared and not near:
            folded = {fold(name): name for name in self._names.values()}
            near = [folded[f] for f in get_close_matches(fold(text), folded, 3)]
        if near:
            return Problem("edit.name_unknown.nearest", {"name": text, "nearest": "; ".join(near)}, Place(field))
        return Problem("edit.name_unknown", {"name": text}, Place(field))


def lines_of(text: str) -> list[str]:
    """The names of a field: one a line, or with semicolons between them."""
    return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]
