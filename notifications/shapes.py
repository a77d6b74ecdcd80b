"""The shape of a digest: what it says apart from whom it names. All mails of a wave have the same few.

A shape is drawn once; each of its mails is that, with its own names and links in the places left open. What stands in a
place is what the templates would have printed there: the value on one line, escaped where it is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from operator import attrgetter

from markupsafe import escape

from notifications.items import Digest, Item
from notifications.rendering import laid_out, wrapped
from notifications.titles import plain

_NAME, _ADDRESS, _FEED, _PAGE, _UNITS, _ITEMS = 0xE100, 0xE101, 0xE102, 0xE103, 0xE110, 0xE200
_MOST_UNITS, _MOST_ITEMS = 100, 300
_PLACE = re.compile("([\ue100-\ue8ff])")


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
        lines = drawn.text.splitlines()
        self._open = [n for n, line in enumerate(lines) if _PLACE.search(line)]
        self._lines = [line if n in self._open else wrapped(line.rstrip()) for n, line in enumerate(lines)]

    def fill(self, values: Mapping[str, str]) -> Drawn:
        """The digest of these values; its text is laid out."""
        html = list(self._html)
        for place in range(1, len(html), 2):
            html[place] = escape(values[html[place]])
        lines = list(self._lines)
        for n in self._open:
            lines[n] = wrapped(_PLACE.sub(lambda found: values[found[1]], lines[n]).rstrip())
        return Drawn(self.subject, laid_out(lines), "".join(html))


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
            name=d.name and chr(_NAME),
            address=d.address and chr(_ADDRESS),
            feed=d.feed and chr(_FEED),
            page=d.page and chr(_PAGE),
            units=tuple(u and chr(_UNITS + n) for n, u in enumerate(d.units)),
            items=tuple(items),
        )


_PLACES = {"name", "address", "feed", "page", "units", "items"}
_OF_DIGEST = attrgetter(*(f.name for f in fields(Digest) if f.name not in _PLACES))
_OF_ITEM = attrgetter(*(f.name for f in fields(Item) if f.name not in ("obligation", "unit", "unit_name", "link")))


def shape_of(digest: Digest) -> tuple[Shape, dict[str, str]] | None:
    """The shape of a digest and what belongs into its places; None for one that has none."""
    if len(digest.units) > _MOST_UNITS or len(digest.items) > _MOST_ITEMS:
        return None
    named = [(_NAME, digest.name), (_ADDRESS, digest.address), (_FEED, digest.feed), (_PAGE, digest.page)]
    named += [(_UNITS + n, unit) for n, unit in enumerate(digest.units)]
    numbers: dict[int, int] = {}
    rest: list[object] = [_OF_DIGEST(digest), len(digest.units)]
    for n, item in enumerate(digest.items):
        at = _ITEMS + 3 * n
        named += [(at, item.unit), (at + 1, item.unit_name), (at + 2, item.link)]
        rest += [numbers.setdefault(item.obligation, len(numbers)), _OF_ITEM(item)]
    values = {chr(number): plain(value) for number, value in named if value}
    # A name of blanks leaves no place open: lines and sentences would close up where it stood.
    return (Shape(tuple(rest), tuple(values), digest), values) if all(values.values()) else None


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
