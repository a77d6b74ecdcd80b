"""What is answered under a feed's address, ready to be sent, and how long it stays true."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calendars.options import FeedOptions
from web.feeds.conditions import http_date
from web.headers import SECURITY

Header = tuple[bytes, bytes]
Message = dict[str, Any]  # of ASGI
Mark = tuple[int, int]  # see store.watching

SECURE: tuple[Header, ...] = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY.items())
KEPT_FOR: Header = (b"cache-control", b"private, max-age=3600")
_OVERHEAD = 3_000  # bytes that an answer costs besides its calendar
NOTHING: Message = {"type": "http.response.body", "body": b""}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The bytes of a feed in one variant, and what they were made from."""

    feed: int
    token: str  # of the version in force
    made_from: tuple[int, int]  # version and revision of the row
    body: bytes
    tag: bytes  # with its quotation marks
    modified: datetime


@dataclass(slots=True)
class Answer:
    """A calendar as messages of ASGI: sent as they are, each time the same objects."""

    calendar: Calendar
    mark: Mark | None  # true while the database has this mark; None: ask each time
    whole: Message
    unchanged: Message
    body: Message
    # For the shortcut: the headers that all answers of this second share, and what goes before the body and without it.
    heads: tuple[list[Header], bytes, bytes] | None = None

    @property
    def size(self) -> int:
        return len(self.calendar.body) + _OVERHEAD


def answer(calendar: Calendar, file_name: str, mark: Mark | None, *, dated: bool) -> Answer:
    """`dated` is False for a calendar changed within this second: another change could follow under the same date."""
    validators = [(b"etag", calendar.tag), KEPT_FOR]
    if dated:
        validators.append((b"last-modified", http_date(calendar.modified)))
    about = [
        (b"content-type", b"text/calendar; charset=utf-8"),
        (b"content-length", str(len(calendar.body)).encode()),
        (b"content-disposition", f'inline; filename="{file_name}"'.encode()),
    ]
    return Answer(
        calendar,
        mark,
        whole=start(200, [*about, *validators, *SECURE]),
        unchanged=start(304, [*validators, *SECURE]),
        body={"type": "http.response.body", "body": calendar.body},
    )


def start(status: int, headers: Sequence[Header]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


class Cache:
    """The answers used last, as many as go into `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._answers: OrderedDict[tuple[str, FeedOptions], Answer] = OrderedDict()

    def get(self, owner: str, options: FeedOptions) -> Answer | None:
        key = owner, options
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def put(self, owner: str, options: FeedOptions, new: Answer) -> None:
        self.drop(owner, options)
        self._answers[owner, options] = new
        self._size += new.size
        while self._size > self._limit and self._answers:
            _, oldest = self._answers.popitem(last=False)
            self._size -= oldest.size

    def drop(self, owner: str, options: FeedOptions) -> None:
        old = self._answers.pop((owner, options), None)
        if old is not None:
            self._size -= old.size

    def __len__(self) -> int:
        return len(self._answers)
