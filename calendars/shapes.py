"""Many events at once: what all units of a deadline share is rendered by icalendar once, the rest is filled in.

The bytes are those of `event_bytes`; a test draws facts and compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter

from calendars.events import event_bytes
from calendars.facts import EventFacts
from calendars.sayings import one_line
from plans.words import Words

_WIDTH = 74  # octets in a line without its line break; RFC 5545 §3.1 allows 75, icalendar writes one less
BREAK = b"\r\n "
_PLACE = "\ue000"  # of the private use area: text that holds it itself is rendered alone
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_OWN = ("uid", "unit_name", "stamp", "sequence")  # what differs from unit to unit
_shared = attrgetter(*(f.name for f in fields(EventFacts) if f.name not in (*_OWN, "dates")))
_FILLED = (b"DESCRIPTION:", b"DTSTAMP:", b"LAST-MODIFIED:", b"SEQUENCE:", b"UID:")


@dataclass(frozen=True, slots=True)
class _Shape:
    """An event between its places: `parts` are the bytes before, between and after the lines of `_FILLED`."""

    parts: tuple[bytes, ...]
    names: tuple[bytes, ...]  # those of `_FILLED`, in the order in which they stand
    before: bytes  # the description up to the unit's line, unfolded
    after: bytes


def render_many(facts: Iterable[EventFacts], words: Words) -> list[bytes]:
    """`event_bytes` of each, in order; many times as fast where they are of the same deadline and status."""
    shapes: dict[object, _Shape | None] = {}
    found = []
    for one in facts:
        dates = replace(one.dates, steps=()) if one.dates.steps else one.dates  # no event tells the steps
        key = dates, bool(one.unit_name), _shared(one)
        if key not in shapes:
            shapes[key] = _shape(one, words)
        shape = shapes[key]
        found.append(event_bytes(one, words) if shape is None else _fill(shape, one, words))
    return found


@lru_cache(8)
def moment(stamp: datetime) -> bytes:
    """A DATE-TIME in UTC; what one action renders has one stamp."""
    return f"{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode()


def fold(line: bytes) -> bytes:
    r"""An unfolded content line as icalendar folds it: between characters, and not behind a `\` or `^` that escapes."""
    pieces, start = [], 0
    while len(line) - start > _WIDTH:
        end = start + _WIDTH
        while line[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        if line[end - 1] in b"\\^" and end - 1 > start:
            end -= 1
        pieces.append(line[start:end])
        start = end
    pieces.append(line[start:])
    return BREAK.join(pieces)


def _shape(facts: EventFacts, words: Words) -> _Shape | None:
    """None where the place cannot be told from a text that holds the same character."""
    named = bool(facts.unit_name)
    facts = replace(facts, uid="", stamp=_ANY_TIME, sequence=0, unit_name=_PLACE if named else None)
    lines = event_bytes(facts, words).replace(BREAK, b"").split(b"\r\n")
    parts: list[bytes] = []
    names: list[bytes] = []
    between: list[bytes] = []
    before = after = b""
    for line in lines:
        name = next((n for n in _FILLED if line.startswith(n)), None)
        if name is None:
            between.append(fold(line) + b"\r\n")
            continue
        if name == b"DESCRIPTION:":
            before, _, after = line.partition(_unit(_PLACE, words)) if named else (line, b"", b"")
            if _PLACE.encode() in before + after:
                return None
        parts.append(b"".join(between))
        names.append(name)
        between = []
    parts.append(b"".join(between).removesuffix(b"\r\n"))
    return _Shape(tuple(parts), tuple(names), before, after)


def _fill(shape: _Shape, facts: EventFacts, words: Words) -> bytes:
    stamp = moment(facts.stamp)
    unit = _unit(facts.unit_name, words) if facts.unit_name else b""
    lines = {
        b"DESCRIPTION:": fold(shape.before + unit + shape.after),
        b"DTSTAMP:": b"DTSTAMP:" + stamp,
        b"LAST-MODIFIED:": b"LAST-MODIFIED:" + stamp,
        b"SEQUENCE:": b"SEQUENCE:%d" % facts.sequence,
        b"UID:": fold(b"UID:" + _escaped(one_line(facts.uid))),
    }
    filled = [shape.parts[0]]
    for name, part in zip(shape.names, shape.parts[1:], strict=True):
        filled += [lines[name], b"\r\n", part]
    return b"".join(filled)


def _unit(name: str, words: Words) -> bytes:
    return _escaped(words("feed.unit", unit=one_line(name)))


def _escaped(line: str) -> bytes:
    """TEXT of one line (RFC 5545 §3.3.11); icalendar's own does the same and takes as long as all the rest here."""
    return line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").encode()
