"""A feed: already rendered events joined into one iCalendar, its ETag, its secret address and its file name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from icalendar import Calendar, Event, vText

from calendars.sayings import one_line
from plans.unicode_forms import decomposed
from plans.words import Words

_TOKEN_BYTES = 24  # 192 bits: longer than anyone can guess, short enough to be read over the telephone
_SECRET_BYTES = 16
_NAME_LENGTH = 60
_REFRESH = timedelta(hours=1)
_END = b"END:VCALENDAR\r\n"


def feed_bytes(name: str, events: Iterable[bytes]) -> bytes:
    """A VCALENDAR of `events` (whole components, CRLF) in the order of their bytes, each once.

    `name` is written for clients of RFC 7986 (NAME) and for all others (X-WR-CALNAME). METHOD is absent: a feed is
    published data, not an invitation (RFC 5546). All events last whole days, so no VTIMEZONE is due.
    """
    return _head(name) + b"".join(sorted(set(events))) + _END


@lru_cache(
    1024
)  # every mail carries a calendar of the same name, and building one costs more than writing the mail around it
def _head(name: str) -> bytes:
    calendar, name = Calendar(), one_line(name)
    calendar.add("prodid", "-//nhachan//nhachan//VI")
    calendar.add("version", "2.0")
    # TEXT, both (RFC 7986 §5.1, RFC 5545 §3.8.8.2): icalendar would not escape the comma in "Sở Văn hóa, Thể thao".
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    calendar.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    head: bytes = calendar.to_ical().removesuffix(_END)
    return head


def ended_event(
    uid: str, until: date, successors: Sequence[str], stamp: datetime, sequence: int, words: Words
) -> bytes:
    """The event on a unit's last day that sends its subscribers elsewhere; `successors` are names.

    It never says where another unit's calendar is: that address is its secret.
    """
    event = Event()
    event.add("uid", one_line(uid))
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("sequence", sequence)
    code = "feed.ended_without" if not successors else "feed.ended" if len(successors) == 1 else "feed.ended_many"
    event.add("summary", words(code, names=", ".join(one_line(name) for name in successors)))
    event.add("description", words("feed.ended_about", until=until))
    event.add("dtstart", until)
    event.add("dtend", until + timedelta(days=1))  # exclusive (RFC 5545 §3.6.1)
    event.add("transp", "TRANSPARENT")
    rendered: bytes = event.to_ical()
    return rendered


def etag(body: bytes) -> str:
    """A strong entity tag with its quotation marks (RFC 9110 §8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def token(secret: bytes, owner: str, version: int) -> str:
    """The secret part of a feed's address, 32 characters that need no escaping; another version is another address.

    Raises ValueError for a secret too short to protect it.
    """
    if len(secret) < _SECRET_BYTES:
        raise ValueError(f"the secret needs at least {_SECRET_BYTES} bytes")
    digest = hmac.digest(secret, f"feed\n{version}\n{owner}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:_TOKEN_BYTES]).decode()


def readable_name(text: str) -> str:
    """A plain file name: "Sở Nội vụ tỉnh Điện Biên" → "so-noi-vu-tinh-dien-bien.ics". Clients show it as a name."""
    plain = decomposed(text.casefold().replace("đ", "d"))
    letters = plain.encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", letters)[:_NAME_LENGTH].strip("-")
    return f"{name or 'lich'}.ics"
