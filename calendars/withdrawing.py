"""A stored event as one that takes place no more, where nobody knows its facts any longer."""

from __future__ import annotations

from datetime import datetime

from icalendar import vText

from calendars.shapes import BREAK, fold, moment
from plans.status import Status
from plans.words import Words

_STATUS = b"X-NHACHAN-STATUS"


def crossed_out(body: bytes, stamp: datetime, sequence: int, words: Words) -> bytes:
    """`body` with STATUS:CANCELLED, said in its title and categories too; `words` are those of its language.

    What says no status of its own (a coordinating item, a start, a day) becomes what `event_bytes` makes of it when it
    is cancelled. The lines are ours, so nothing is parsed.
    """
    cancelled = vText(words(f"feed.status.{Status.CANCELLED}")).to_ical()
    before = vText(f"({words('feed.coordinating')}) ").to_ical()
    lines: list[bytes] = []
    for line in body.replace(BREAK, b"").split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if name == b"STATUS":
            continue
        if name == b"TRANSP":  # before which icalendar sorts it
            lines.append(b"STATUS:CANCELLED")
        elif name == b"SUMMARY":
            role = before if value.startswith(before) else b""
            value = role + b"[" + cancelled + b"] " + value.removeprefix(role)
        elif name == b"CATEGORIES":
            value = cancelled + b"," + value
        elif name in (b"DTSTAMP", b"LAST-MODIFIED"):
            value = moment(stamp)
        elif name == b"SEQUENCE":
            value = b"%d" % sequence
        elif name == _STATUS:
            value = Status.CANCELLED.encode()
        lines.append(fold(name + colon + value))
    return b"\r\n".join(lines)
