"""The working calendar as events: days off that have a name, and rest days that are worked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Event

from calendars.facts import uid
from calendars.sayings import one_line
from calendars.working import WorkingCalendar
from plans.words import Words

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What the event of one day says."""

    uid: str  # by the day alone, so that a corrected name changes the event and makes no other
    day: date
    working: bool
    weekend: bool  # a rest day of every week
    name: str | None
    source: str | None
    confirmed: bool  # False: what the law makes likely, while the year's announcement is awaited
    stamp: datetime  # the last change, aware
    sequence: int = 0


def special_days(
    calendar: WorkingCalendar, first: date, last: date, domain: str, stamp: datetime
) -> Iterator[DayFacts]:
    """The days in [first, last] that people have to know of, by date; plain weekends and plain working days are none.

    `domain` tells two installations apart.
    """
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        row, name, working = calendar.row_of(day), calendar.name_of(day), calendar.is_working(day)
        if name is None and not (working and calendar.is_weekend(day)):
            continue
        yield DayFacts(
            uid=uid("workday", domain, day.isoformat()),
            day=day,
            working=working,
            weekend=calendar.is_weekend(day),
            name=name,
            source=row.source if row else None,
            confirmed=row is None or row.confirmed,
            stamp=stamp,
        )


def day_bytes(facts: DayFacts, words: Words) -> bytes:
    """One all-day VEVENT: "[Ngày nghỉ] Quốc khánh", "Đi làm bù (thứ Bảy)"; CRLF, folded at 75 octets."""
    name = one_line(facts.name) if facts.name else None
    if facts.working:
        title = words("feed.day_made_up" if facts.weekend else "feed.day_worked", day=facts.day)
    else:
        title = words("feed.day_off", name=name)
    said = [name] if facts.working and name else []
    if not facts.confirmed:
        said.append(words("feed.day_awaited"))
    if facts.source:
        said.append(words("feed.day_source", source=one_line(facts.source)))
    event = Event()
    event.add("uid", facts.uid)
    event.add("dtstamp", facts.stamp)
    event.add("last-modified", facts.stamp)
    event.add("sequence", facts.sequence)
    event.add("summary", title if facts.confirmed else words("feed.day_expected", title=title))
    if said:
        event.add("description", "\n".join(said))
    event.add("categories", [words("feed.day_category_worked" if facts.working else "feed.day_category_off")])
    event.add("dtstart", facts.day)
    event.add("dtend", facts.day + _DAY)
    event.add("transp", "TRANSPARENT")
    rendered: bytes = event.to_ical()
    return rendered
