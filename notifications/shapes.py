"""The shape of a digest: what it says apart from whom it names. All mails of a wave have the same few.

A shape is drawn once; each of its mails is that, with its own names and links in the places left open. What stands in a
place is what the templates would have printed there: the value on one line, escaped where it is HTML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from operator import attrgetter

from markupsafe import escape

from notifications.items import Digest, Item
from notifications.mime import Clean, cleaned
from notifications.rendering import laid_out, wrapped
from notifications.titles import plain
from plans.letters import Section

_NAME, _ADDRESS, _FEED, _PAGE = "\ue100\ue101\ue102\ue103"
_UNITS, _ITEMS = 0xE110, 0xE200  # the first of theirs; an item has three
_UNIT, _ITEM_UNIT, _ITEM_NAME, _ITEM_LINK = "\ue110\ue200\ue201\ue202"  # of a digest of one unit and one item
_MOST_UNITS, _MOST_ITEMS = 100, 300
_PLACE = re.compile("([\ue100-\ue8ff])")
_SPECIAL = re.compile("[&<>'\"]")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A digest as its templates say it; `text` is not laid out yet."""

    subject: str
    text: str
    html: str


class Form:
    """A drawn shape, to be filled in."""

    def __init__(self, drawn: Drawn) -> None:
        self.subject = drawn.subject
        self._html = _PLACE.split(drawn.html)
        # Clean values make clean mails of what is clean: looking through each again takes longer than filling it in.
        self.clean = cleaned(drawn.text) == drawn.text and cleaned(drawn.html) == drawn.html
        self._said = Clean if self.clean else str
        self._places = self._html[1::2]
        self._names = tuple(dict.fromkeys(self._places))
        lines = drawn.text.splitlines()
        laid = laid_out(line.rstrip() if _PLACE.search(line) else wrapped(line.rstrip()) for line in lines)
        # Text that stays, and between its pieces the lines that hold a place; of each of these what stands before the
        # first, that place, and what follows, cut at its places.
        self._text = [""]
        self._open: list[tuple[str, str, list[str]]] = []
        for line in laid.splitlines(keepends=True):
            if _PLACE.search(line):
                before, place, *after = _PLACE.split(line.removesuffix("\n"))
                self._open.append((before, place, after))
                self._text += ["", "\n"]
            else:
                self._text[-1] += line

    def fill(self, values: Mapping[str, str]) -> Drawn:
        """The digest of these values, each clean; its text is laid out."""
        html = self._html.copy()
        html[1::2] = [_escaped(values[place]) for place in html[1::2]]
        return Drawn(self.subject, self._said(self._text_of(values)), self._said("".join(html)))

    def sections(self, first: int) -> tuple[Section, Section]:
        """Text and HTML of a clean form in base64; their places take what `own` gives, the first the number `first`."""
        text = tuple(_octets(piece) for piece in self._text[::2])
        lines = range(first, first + len(text) - 1)
        numbers = {place: lines.stop + n for n, place in enumerate(self._names)}
        html = tuple(_octets(piece) for piece in self._html[::2])
        return (
            Section(text, tuple(lines), encoded=True),
            Section(html, tuple(numbers[place] for place in self._places), encoded=True),
        )

    def own(self, values: Mapping[str, str]) -> tuple[list[bytes], list[bytes]]:
        """The lines of a clean form's text that hold a place, and what stands in the places of its HTML."""
        lines = [_octets(line) for line in self._lines(values)]
        return lines, [_escaped(values[place]).encode() for place in self._names]

    def _text_of(self, values: Mapping[str, str]) -> str:
        text = self._text.copy()
        text[1::2] = self._lines(values)
        return "".join(text)

    def _lines(self, values: Mapping[str, str]) -> list[str]:
        """The lines of the text that hold a place."""
        found = []
        for before, place, after in self._open:
            if len(after) > 1:
                after = after.copy()
                after[1::2] = [values[other] for other in after[1::2]]
            found.append(wrapped("".join((before, values[place], *after))))
        return found


def _octets(text: str) -> bytes:
    return text.encode().replace(b"\n", b"\r\n")


def _escaped(value: str) -> str:
    return str(escape(value)) if _SPECIAL.search(value) else value


@dataclass(frozen=True, slots=True)
class Shape:
    """A digest as far as all of its wave say the same: equal shapes are drawn the same."""

    rest: tuple[object, ...]  # what is no place of the digest and its items
    places: tuple[str, ...]
    digest: Digest = field(compare=False)  # one that has this shape

    def opened(self) -> Digest:
        """The digest with places instead of names and links."""
        numbers: dict[int, int] = {}
        items = []
        for n, item in enumerate(self.digest.items):
            unit, name, link = (chr(_ITEMS + 3 * n + m) for m in range(3))
            number = numbers.setdefault(item.obligation, len(numbers))
            has = item.link and link
            items.append(
                replace(item, obligation=number, unit=item.unit and unit, unit_name=item.unit_name and name, link=has)
            )
        d = self.digest
        return replace(
            d,
            name=d.name and _NAME,
            address=d.address and _ADDRESS,
            feed=d.feed and _FEED,
            page=d.page and _PAGE,
            units=tuple(u and chr(_UNITS + n) for n, u in enumerate(d.units)),
            items=tuple(items),
        )


@lru_cache(1024)
def _joins(character: str) -> bool:
    """Whether it may compose with one before it: a mark, or a vowel or final of Hangul."""
    return character >= "\u0300" and (unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff")


_PLACES = {"name", "address", "feed", "page", "units", "items"}
_OF_DIGEST = attrgetter(*(f.name for f in fields(Digest) if f.name not in _PLACES))
_OF_ITEM = attrgetter(*(f.name for f in fields(Item) if f.name not in ("obligation", "unit", "unit_name", "link")))


def shape_of(digest: Digest) -> tuple[Shape, dict[str, str]] | None:
    """The shape of a digest and what belongs into its places; None for one that has none."""
    if len(digest.units) > _MOST_UNITS or len(digest.items) > _MOST_ITEMS:
        return None
    named = {_NAME: digest.name, _ADDRESS: digest.address, _FEED: digest.feed, _PAGE: digest.page}
    named |= {chr(_UNITS + n): unit for n, unit in enumerate(digest.units)}
    numbers: dict[int, int] = {}
    rest: list[object] = [_OF_DIGEST(digest), len(digest.units)]
    for n, item in enumerate(digest.items):
        at = _ITEMS + 3 * n
        named |= {chr(at): item.unit, chr(at + 1): item.unit_name, chr(at + 2): item.link}
        rest += [numbers.setdefault(item.obligation, len(numbers)), _OF_ITEM(item)]
    values = _values(named)
    return None if values is None else (Shape(tuple(rest), tuple(values), digest), values)


def values_of_one(
    name: str, address: str, feed: str | None, page: str, for_unit: str, unit: str, unit_name: str, link: str
) -> dict[str, str] | None:
    """What belongs into the places of a digest of one unit and one item; None as `shape_of`."""
    whole = {_NAME: name, _ADDRESS: address, _FEED: feed, _PAGE: page, _UNIT: for_unit}
    return _values({**whole, _ITEM_UNIT: unit, _ITEM_NAME: unit_name, _ITEM_LINK: link})


def _values(named: Mapping[str, str | None]) -> dict[str, str] | None:
    values = {place: plain(value) for place, value in named.items() if value}
    # A name of blanks leaves no place open: lines and sentences would close up where it stood. One that begins with a
    # mark would join what stands before it.
    return values if all(value and not _joins(value[0]) for value in values.values()) else None


def may_be_filled(opened: Digest, drawn: Drawn, places: Sequence[str]) -> bool:
    """Whether a shape that was drawn opened can serve for others.

    Not where its own words hold a character that stands for a place, or where its subject names somebody: how much of a
    title fits there depends on the name.
    """
    found = sum(len(_PLACE.findall(text)) for text in _texts(opened))
    return found == len(places) and not _PLACE.search(drawn.subject)


def _texts(value: object) -> Iterator[str]:
    """Every string in a value made of dataclasses, tuples and mappings."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for own in fields(value):
            yield from _texts(getattr(value, own.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, Mapping):
        yield from _texts(tuple(value.items()))
