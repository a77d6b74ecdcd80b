"""The shape of a digest: what it says apart from whom it names. All mails of a wave have the same few.

A shape is drawn once; each of its mails is that, with its own names and links in the places left open. What stands in a
place is what the templates would have printed there: the value on one line, escaped where it is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace

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


def shape_of(digest: Digest) -> tuple[Digest, dict[str, str]] | None:
    """The digest with places instead of names and links, and what belongs there; None for one that has no shape."""
    if len(digest.units) > _MOST_UNITS or len(digest.items) > _MOST_ITEMS:
        return None
    values: dict[str, str] = {}

    def place(number: int, value: str | None) -> str | None:
        if not value:
            return value
        values[chr(number)] = plain(value)
        return chr(number)

    numbers: dict[int, int] = {}
    items: list[Item] = []
    for n, item in enumerate(digest.items):
        at = _ITEMS + 3 * n
        own = {
            "obligation": numbers.setdefault(item.obligation, len(numbers)),
            "unit": place(at, item.unit),
            "unit_name": place(at + 1, item.unit_name),
            "link": place(at + 2, item.link),
        }
        items.append(replace(item, **own))  # type: ignore[arg-type]
    shape = replace(
        digest,
        name=place(_NAME, digest.name) or "",
        address=place(_ADDRESS, digest.address) or "",
        feed=place(_FEED, digest.feed),
        page=place(_PAGE, digest.page),
        units=tuple(place(_UNITS + n, unit) or "" for n, unit in enumerate(digest.units)),
        items=tuple(items),
    )
    # A name of blanks leaves no place open: lines and sentences would close up where it stood.
    return (shape, values) if all(values.values()) else None


def may_be_filled(shape: Digest, drawn: Drawn, places: Sequence[str]) -> bool:
    """Whether a drawn shape can serve for others.

    Not where its own words hold a character that stands for a place, or where its subject names somebody: how much of a
    title fits there depends on the name.
    """
    found = sum(len(_PLACE.findall(text)) for text in _texts(shape))
    return found == len(places) and not _PLACE.search(drawn.subject)


def _texts(value: object) -> Iterator[str]:
    """Every string in a value made of dataclasses, tuples and mappings."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, Mapping):
        yield from _texts(tuple(value.items()))
