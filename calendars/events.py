"""One obligation as the bytes of one iCalendar component (RFC 5545): a pure function of its facts and a language.

The clock is never read: the same facts are the same bytes, so that an unchanged feed keeps its ETag.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote as percent_encode
from uuid import UUID, uuid5

from icalendar import Event

from calendars.due import stated_step
from plans.deadlines import DueDates
from plans.plan import Kind
from plans.status import Status
from plans.words import Words

_NAMESPACE = UUID("6f1f0f0e-3d3b-5c52-9b0c-6e68616368f6")  # any fixed value; changing it would change every UID
_DAY = timedelta(days=1)
# C0 and C1 controls, lone surrogates and bidirectional overrides: some clients break on them, some are deceived.
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_URI = "%:/?#[]@!$&'()*+,;=~"  # RFC 3986: what needs no encoding besides letters, digits and "-._"
# Crossed out rather than left out, so that clients that keep copies learn of it; a closed period asks for nothing.
_OVER = (Status.CANCELLED, Status.MISSING)


@dataclass(frozen=True, slots=True)
class EventFacts:
    """Everything that an event says; text as the people wrote it, cleaned on rendering."""

    uid: str  # fixed at creation, see `uid`
    title: str
    kind: Kind
    status: Status
    dates: DueDates
    stamp: datetime  # the last change of the row, aware
    sequence: int = 0  # raised on every change (RFC 5545 §3.8.7.4)
    coordinating: bool = False  # the unit of this feed coordinates and owes nothing
    unit_name: str | None = None  # None in an event that stands for all units
    formerly: str | None = None  # name of the unit it passed from, which has ended
    document: str | None = None  # number of the plan, "2458/UBND-NC"
    quote: str | None = None  # the document's own words for the date
    link: str | None = None
    sent_back: bool = False  # something was handed in and is to be completed
    cancelled: bool = False  # stays in the feed, crossed out, so that clients that keep copies learn of it
    progress: tuple[int, int] | None = None  # (not done yet, all): an event per deadline says "12/45 chưa gửi"

    def __post_init__(self) -> None:
        if self.stamp.tzinfo is None:
            raise ValueError("stamp must be aware")


def uid(kind: str, *parts: str | int) -> str:
    """A UID made of what names the thing at its creation, without host or unit in readable form (RFC 7986 §5.3).

    Store it: made again after a rename it would be another. Two installations that may share a subscriber need a part
    of their own in `parts`.
    """
    return str(uuid5(_NAMESPACE, json.dumps([kind, *parts], ensure_ascii=False)))


def event_bytes(facts: EventFacts, words: Words) -> bytes:
    """One all-day VEVENT on the act-by day; CRLF, folded at 75 octets."""
    if facts.cancelled and facts.status is not Status.CANCELLED:
        facts = replace(facts, status=Status.CANCELLED)
    event = Event()
    act_by = facts.dates.act_by
    event.add("uid", one_line(facts.uid))
    event.add("dtstamp", facts.stamp)  # without METHOD, the last revision (RFC 5545 §3.8.7.2)
    event.add("last-modified", facts.stamp)
    event.add("sequence", facts.sequence)
    event.add("summary", _summary(facts, words))
    event.add("description", "\n".join(_description(facts, words)))
    event.add("categories", list(_categories(facts, words)))
    if facts.link:
        event.add("url", _uri(facts.link))
    event.add("dtstart", act_by)
    event.add("dtend", act_by + _DAY)  # exclusive (RFC 5545 §3.6.1); some clients hide an event without a length
    event.add("transp", "TRANSPARENT")
    if facts.status in _OVER:
        event.add("status", "CANCELLED")
    event.add("x-nhachan-status", facts.status.value)
    if facts.coordinating:
        event.add("x-nhachan-role", "coordinating")
    rendered: bytes = event.to_ical()
    return rendered


def clean(text: str) -> str:
    r"""`text` in NFC with `\n` as its only control character.

    A backslash before a capital N is written small: icalendar 7 takes it for a line break when it escapes text.
    """
    text = _UNWANTED.sub("", _BREAKS.sub("\n", text)).replace("\t", " ").replace("\\N", "\\n")
    return unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """`clean` text with every run of white space as one space."""
    return " ".join(clean(text).split())


def _uri(link: str) -> str:
    return percent_encode(one_line(link), safe=_URI)


def _status_word(facts: EventFacts, words: Words) -> str:
    return words.status(facts.status, facts.kind, sent_back=facts.sent_back, within="feed.status")


def _summary(facts: EventFacts, words: Words) -> str:
    title = one_line(facts.title)
    if facts.progress is not None:
        left, total = facts.progress
        code = (
            "feed.progress_done" if not left else "feed.progress" if facts.kind is Kind.REPORT else "feed.progress_work"
        )
        title = f"[{words(code, left=left, total=total)}] {title}"
    elif facts.status is not Status.PENDING:
        title = f"[{_status_word(facts, words)}] {title}"
    return f"({words('feed.coordinating')}) {title}" if facts.coordinating else title


def _categories(facts: EventFacts, words: Words) -> Iterator[str]:
    yield _status_word(facts, words)
    if facts.coordinating:
        yield words("feed.coordinating")


def _description(facts: EventFacts, words: Words) -> Iterator[str]:
    """The document's words come first; then what follows from them."""
    dates = facts.dates
    if facts.quote:
        yield words("feed.quote", quote=clean(facts.quote).strip())
    yield words.step(stated_step(dates))
    yield words("feed.last_day", day=dates.last_day)
    if dates.act_by != dates.last_day:
        yield words("feed.act_by", day=dates.act_by)
    if facts.unit_name:
        yield words("feed.unit", unit=one_line(facts.unit_name))
    if facts.formerly:
        yield words("feed.formerly", unit=one_line(facts.formerly))
    if facts.document:
        yield words("feed.document", number=one_line(facts.document))
    if facts.link:
        yield words("feed.link", link=_uri(facts.link))
