"""Rows of a register of incoming documents and the units that they come from, as far as the names tell.

What a name says exactly is sure. The rest is put forward, the likeliest first, for a person to choose: a receipt of
another unit's would hide who is late.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plans.files.register import Entry
from plans.naming import UnitNames, abbreviates, begins, fold, initials, short_form, words_of
from plans.units import Unit

SUGGESTIONS = 3
LIKELY = 0.6  # a unit that comes this near, and clearly nearer than the next, is put forward as chosen
_CLEARLY = 0.15
_WORTH_SAYING = 0.3
_SIGNED = 0.3  # what the number's "-SGDĐT" adds
_ALONE = 0.7  # what it says where the name says nothing
_BEGUN, _MISTYPED = 0.7, 0.8
_COMPARED = 2_000  # different senders, more than any register has: each takes a millisecond
_MANY = 5  # units that begin alike: none of them is meant more than the others
_COMMITTEE = re.compile(r"^uy ban nhan dan (?=\w)")
_PARTS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A unit that a row may come from."""

    unit: str  # slug
    score: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class Matched:
    """A row and the units it may come from, the likeliest first."""

    entry: Entry
    unit: str | None  # chosen, surely or as likely; None where a person has to
    sure: bool
    suggestions: tuple[Suggestion, ...]
    elsewhere: str | None = None  # slug of a unit that it surely comes from and that is not among those asked for

    @property
    def confidence(self) -> float:
        """Of the unit chosen; 0 where none is."""
        return next((s.score for s in self.suggestions if s.unit == self.unit), 0.0)


def match_register(rows: Iterable[Entry], units: Iterable[Unit], others: Iterable[Unit] = ()) -> list[Matched]:
    """What each row comes from of `units`; of what surely comes from one of `others` nothing is put forward."""
    asked, elsewhere = UnitNames(units), UnitNames(others)
    likeness = _Likeness(asked.units)
    return [_match(row, asked, elsewhere, likeness) for row in rows]


def _match(row: Entry, asked: UnitNames, elsewhere: UnitNames, likeness: _Likeness) -> Matched:
    found = asked.find(row.unit)
    if len(found) == 1:
        return Matched(row, found[0], sure=True, suggestions=(Suggestion(found[0], 1.0),))
    if found:  # several of one name: a person knows which
        return Matched(row, None, sure=False, suggestions=tuple(Suggestion(u, 0.9) for u in found[:SUGGESTIONS]))
    if len(other := elsewhere.find(row.unit)) == 1:
        return Matched(row, None, sure=False, suggestions=(), elsewhere=other[0])
    scored = sorted(((score, unit) for unit, score in likeness.of(row).items()), key=lambda s: (-s[0], s[1]))
    near = tuple(Suggestion(unit, round(score, 2)) for score, unit in scored[:SUGGESTIONS] if score >= _WORTH_SAYING)
    clear = near and near[0].score >= LIKELY and (len(near) == 1 or near[0].score - near[1].score >= _CLEARLY)
    return Matched(row, near[0].unit if clear else None, sure=False, suggestions=near)


class _Likeness:
    """How near what was written comes to each unit: rare words weigh more, "sở" and "xã" hardly anything."""

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self.names = {slug: short_form(unit.name) for slug, unit in units.items()}
        self.words = {slug: frozenset(name.split()) for slug, name in self.names.items()}
        self.signs = {
            slug: {initials(words_of(unit.name)), initials(self.names[slug].split())} for slug, unit in units.items()
        }
        self._known = {sign for signs in self.signs.values() for sign in signs if sign}
        self.sequences = {slug: tuple(name.split()) for slug, name in self.names.items()}
        held = Counter(word for words in self.words.values() for word in words)
        self.weights = {word: math.log((len(units) + 1) / number) for word, number in held.items()}
        self._rare = math.log(len(units) + 1)
        self._own = {slug: self._weight(words) for slug, words in self.words.items()}
        self._cache: dict[tuple[str, str], dict[str, float]] = {}

    def of(self, row: Entry) -> dict[str, float]:
        """Unit → how near a row comes, from 0 to 1."""
        # A letter's number names the office before its department, "44/SYT-VP"; a report's after its kind.
        signed = next((sign for sign in signs_of(row.number) if sign in self._known), "")
        key = (row.unit, signed)
        if key not in self._cache:
            if len(self._cache) >= _COMPARED:
                return {}
            self._cache[key] = self._scores(*key)
        return self._cache[key]

    def _scores(self, written: str, signed: str) -> dict[str, float]:
        name = _COMMITTEE.sub("", short_form(written))
        written_words = name.split()
        words, weight = frozenset(written_words), self._weight(frozenset(written_words))
        begun = self._begun(written_words)
        found = {
            slug: max(self._shared(words, weight, slug), begun.get(slug, 0.0), self._mistyped(written_words, own))
            for slug, own in self.sequences.items()
        }
        signing = [slug for slug, signs in self.signs.items() if signed and signed in signs]
        for slug in signing:  # every commune signs as UBND
            found[slug] = min(max(found[slug] + _SIGNED / len(signing), _ALONE / len(signing)), 0.99)
        return found

    def _weight(self, words: frozenset[str]) -> float:
        return math.fsum(self.weights.get(word, self._rare) for word in words)

    def _shared(self, words: frozenset[str], weight: float, slug: str) -> float:
        """`weight`: that of the words written."""
        both = words & self.words[slug]
        common = math.fsum(self.weights[word] for word in both) if both else 0.0
        if not common:
            return 0.0
        # "Mường Nhé" says all that tells xã Mường Nhé from others.
        inside = common / weight if len(words) > 1 else 0.0
        return max(common / (weight + self._own[slug] - common), 0.75 * inside)

    def _begun(self, short: Sequence[str]) -> dict[str, float]:
        """Units whose names begin so: "BQL KKT", "UBND thành phố"."""
        found = [
            slug
            for slug, name in self.sequences.items()
            if short and begins(short, name) and any(abbreviates(short, name[:n]) for n in range(1, len(name)))
        ]
        return dict.fromkeys(found, _BEGUN) if len(found) <= _MANY else {}

    def _mistyped(self, written: Sequence[str], own: Sequence[str]) -> float:
        """Of names of as many words of which each is right or has one wrong letter: "Sở Ngoại vụ" is not Sở Nội vụ."""
        if len(written) != len(own) or len(own) < 2:
            return 0.0
        wrong = [(a, b) for a, b in zip(written, own, strict=True) if a != b]
        return _MISTYPED if len(wrong) <= 2 and all(_one_letter(a, b) for a, b in wrong) else 0.0


def _one_letter(one: str, other: str) -> bool:
    """Whether two words differ by a letter put in, left out, changed or by two that changed places."""
    if max(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1:  # "xã A" and "xã B" are two
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    rests = (one[at + 1 :], other[at + 1 :]), (one[at:], other[at + 1 :]), (one[at + 1 :], other[at:])
    return swapped or any(a == b for a, b in rests)


def signs_of(number: str | None) -> tuple[str, ...]:
    """What may be the issuer in the number of a document, folded: 125/BC-SGDĐT gives `bc`, `sgddt`."""
    _, _, letters = (number or "").partition("/")
    return tuple(fold(part).replace(" ", "") for part in _PARTS.findall(letters.replace("&", "")))


def unmatched(rows: Sequence[Matched]) -> list[Matched]:
    """The rows that a person has to look at: not sure, and not surely another's."""
    return [row for row in rows if not row.sure and row.elsewhere is None]
