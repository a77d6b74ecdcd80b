"""One event as the bytes of one VEVENT (RFC 5545): a pure function of its facts and a language.

The clock is never read: the same facts are the same bytes, so that an unchanged feed keeps its ETag.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from icalendar import Event

from calendars.facts import EventFacts, Progress, start_of, uid
from calendars.sayings import categories, clean, description, one_line, summary, uri
from plans.status import Status
from plans.words import Words

__all__ = ["FORMAT", "EventFacts", "Progress", "clean", "event_bytes", "one_line", "start_of", "uid"]

FORMAT = 2  # raised whenever the same facts are rendered otherwise: all stored events are then rendered anew
_DAY = timedelta(days=1)
_ENDED = (Status.CANCELLED, Status.WAIVED)


def event_bytes(facts: EventFacts, words: Words) -> bytes:
    """One all-day VEVENT; CRLF, folded at 75 octets.

    All-day and without a time zone, so that no client shows it on another day; free, so that nobody seems busy.
    """
    if facts.cancelled and facts.status not in _ENDED:
        facts = replace(facts, status=Status.CANCELLED)
    event = Event()
    event.add("uid", one_line(facts.uid))
    event.add("dtstamp", facts.stamp)  # without METHOD, the last revision (RFC 5545 §3.8.7.2)
    event.add("last-modified", facts.stamp)
    event.add("sequence", facts.sequence)
    event.add("summary", summary(facts, words))
    event.add("description", "\n".join(description(facts, words)))
    event.add("categories", list(categories(facts, words)))
    if facts.link:
        event.add("url", uri(facts.link))
    event.add("dtstart", facts.day)
    event.add("dtend", facts.day + _DAY)  # exclusive (RFC 5545 §3.6.1); some clients hide an event without a length
    event.add("transp", "TRANSPARENT")
    if facts.status in _ENDED:
        # Crossed out rather than left out, so that clients that keep copies learn of it. A period that was closed
        # without the report is no such thing: clients that hide what is cancelled would hide that it is missing.
        event.add("status", "CANCELLED")
    event.add("x-nhachan-status", facts.status.value)
    if facts.coordinating or facts.start:
        event.add("x-nhachan-role", "coordinating" if facts.coordinating else "start")
    rendered: bytes = event.to_ical()
    return rendered
