"""What the query of a feed's address asks for, made from stored events: alarms, to-dos, without coordinating items.

Stored events are our own bytes, one property on each unfolded line, so that a variant costs no rendering.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from urllib.parse import parse_qsl

from icalendar import Alarm

from plans.status import Status
from plans.words import LANGUAGES, Words

_ALARMED = (Status.PENDING, Status.DUE_SOON, Status.DUE_TODAY, Status.OVERDUE, Status.RETURNED)
_TRIGGERS = (timedelta(hours=-16), timedelta(hours=8))  # 08:00 of the day before, and of the day itself
_STATUS = b"\r\nX-NHACHAN-STATUS:"
_ROLE = b"\r\nX-NHACHAN-ROLE:"
_COORDINATING = _ROLE + b"coordinating\r\n"
_CANCELLED = b"\r\nSTATUS:CANCELLED\r\n"
_START = b"DTSTART;VALUE=DATE:"
_EVENT_ONLY = (b"DTEND", b"TRANSP", b"STATUS:")
_TODO_STATUS = {
    Status.SUBMITTED: b"IN-PROCESS",
    Status.ON_TIME: b"COMPLETED",
    Status.LATE: b"COMPLETED",
    Status.WAIVED: b"CANCELLED",
    Status.MISSING: b"CANCELLED",  # the period is closed: nothing is left to do
    Status.CANCELLED: b"CANCELLED",
}


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """The variants of one feed: `?alarms=1`, `?todo=1`, `?role=lead`, `?lang=en`."""

    alarms: bool = False
    todo: bool = False
    lead_only: bool = False
    language: str | None = None  # None: the office's


def read_options(query: bytes) -> FeedOptions:
    """The options in the query of a URL.

    What is unknown or odd means the default, since clients and proxies add things of their own.
    """
    given = dict(parse_qsl(query.decode("latin-1")))
    language = given.get("lang")
    return FeedOptions(
        alarms=given.get("alarms") == "1",
        todo=given.get("todo") == "1",
        lead_only=given.get("role") == "lead",
        language=language if language in LANGUAGES else None,
    )


def with_options(events: Iterable[bytes], options: FeedOptions, words: Words) -> list[bytes]:
    """Stored events as `options` want them, in their order; `words` are those of the feed's language."""
    bodies = list(events)
    if options.lead_only:
        bodies = [body for body in bodies if _COORDINATING not in body]
    if options.todo:
        bodies = [as_todo(body) for body in bodies]
    if options.alarms:
        bodies = [with_alarms(body, words) for body in bodies]
    return bodies


def as_todo(body: bytes) -> bytes:
    """A stored VEVENT as a VTODO due on its day, under the same UID.

    What nobody can complete stays an event: the start of a campaign, a day off, and what a unit only helps with, which
    as a to-do would be open for ever.
    """
    status = _status(body)
    if status is None or _ROLE in body:
        return body
    lines = [b"BEGIN:VTODO"]
    for line in body.split(b"\r\n")[1:-2]:
        if line.startswith(_START):
            lines += [b"DUE;VALUE=DATE:" + line.removeprefix(_START), b"STATUS:" + _todo_status(body, status)]
        elif not line.startswith(_EVENT_ONLY):
            lines.append(line)
    return b"\r\n".join([*lines, b"END:VTODO", b""])


def with_alarms(body: bytes, words: Words) -> bytes:
    """`body` with a VALARM at 08:00 of the day before and of the day itself, unless nothing is left to do in it."""
    if _status(body) not in _ALARMED or _ROLE in body or _CANCELLED in body:
        return body
    end = body[body.rindex(b"END:V") :]
    return body.removesuffix(end) + _alarms(words, to_end=end.startswith(b"END:VTODO")) + end


@lru_cache(8)
def _alarms(words: Words, *, to_end: bool) -> bytes:
    related = {"related": "END"} if to_end else {}  # a VTODO has no start to relate to
    alarms = b""
    for trigger in _TRIGGERS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", words("feed.alarm"))
        alarm.add("trigger", trigger, parameters=related)
        alarms += alarm.to_ical()
    return alarms


def _status(body: bytes) -> Status | None:
    _, found, rest = body.partition(_STATUS)
    return Status(rest[: rest.index(b"\r\n")].decode()) if found else None


def _todo_status(body: bytes, status: Status) -> bytes:
    return b"CANCELLED" if _CANCELLED in body else _TODO_STATUS.get(status, b"NEEDS-ACTION")
