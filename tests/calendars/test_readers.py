"""Four programs of other people read in a feed what was meant, whatever the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calendars.events import EventFacts, one_line
from calendars.feeds import feed_bytes
from calendars.options import FeedOptions, with_options
from calendars.sayings import categories, description, summary
from calendars.shapes import render_many
from calendars.special_days import day_bytes, special_days
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.status import Status
from tests.calendars.facts import FACTS, NASTY, VI, event_facts
from tests.calendars.readers import IcalJs, Item, occurrences, read_icalendar, read_vobject, started_ical_js

OPTIONS = st.builds(FeedOptions, alarms=st.booleans(), todo=st.booleans())
PLAIN = FeedOptions()
Reader = Callable[[bytes], tuple[str, list[Item]]]
ENDED = (Status.CANCELLED, Status.WAIVED)
RINGING = (Status.PENDING, Status.DUE_SOON, Status.DUE_TODAY, Status.OVERDUE, Status.RETURNED)
TODO_STATUS = {
    Status.SUBMITTED: "IN-PROCESS",
    **dict.fromkeys((Status.ON_TIME, Status.LATE), "COMPLETED"),
    **dict.fromkeys((*ENDED, Status.MISSING), "CANCELLED"),
}


@pytest.fixture(scope="module")
def ical_js() -> Iterator[IcalJs | str]:
    yield from started_ical_js()


@pytest.fixture(scope="module")
def thunderbird(ical_js: IcalJs | str) -> IcalJs:
    if isinstance(ical_js, str):
        pytest.skip(ical_js)
    return ical_js


def feed_of(facts: list[EventFacts], options: FeedOptions = PLAIN, name: str = "Lịch") -> bytes:
    return feed_bytes(name, with_options(render_many(facts, VI), options, VI))


def meant(facts: EventFacts, options: FeedOptions) -> Item:
    """What a reader should find, put together without the renderer."""
    if facts.cancelled and facts.status not in ENDED:
        facts = replace(facts, status=Status.CANCELLED)
    asked = not (facts.coordinating or facts.start)
    todo = options.todo and asked
    names = {"UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "SUMMARY", "DESCRIPTION", "CATEGORIES", "X-NHACHAN-STATUS"}
    names |= {"DUE", "STATUS"} if todo else {"DTSTART", "DTEND", "TRANSP"}
    names |= {name for name, there in (("URL", facts.link), ("X-NHACHAN-ROLE", not asked)) if there}
    if facts.status in ENDED:
        names.add("STATUS")
    status = TODO_STATUS.get(facts.status, "NEEDS-ACTION") if todo else "CANCELLED" if "STATUS" in names else None
    return Item(
        uid=facts.uid,
        component="VTODO" if todo else "VEVENT",
        summary=summary(facts, VI),
        description="\n".join(description(facts, VI)),
        start=None if todo else facts.day.isoformat(),
        end=(facts.day if todo else facts.day + timedelta(days=1)).isoformat(),
        categories=tuple(categories(facts, VI)),
        status=status,
        sequence=facts.sequence,
        alarms=(-16 * 3600, 8 * 3600) if options.alarms and asked and facts.status in RINGING else (),
        names=tuple(sorted(names)),
    )


def check_all(readers: list[Reader], facts: list[EventFacts], options: FeedOptions, name: str) -> None:
    body = feed_of(facts, options, name)
    assert max(map(len, body.split(b"\r\n"))) <= 75
    expected = one_line(name), sorted(meant(one, options) for one in facts)
    assert [reader(body) for reader in readers] == [expected] * len(readers)
    days = sorted((one.day, one.uid) for one in facts)
    events = {item.uid for item in expected[1] if item.component == "VEVENT"}
    first, last = days[0][0], days[-1][0] + timedelta(days=1)
    assert occurrences(body, first, last) == [(d.isoformat(), uid) for d, uid in days if uid in events]


CASES = (
    st.lists(event_facts(), min_size=1, max_size=3, unique_by=lambda facts: facts.uid),
    OPTIONS,
    st.sampled_from([text[:100] for text in NASTY]) | st.text(st.characters(), max_size=30),
)
LONG = [
    replace(FACTS, uid=f"{n}", title=text, quote=text, unit_name=text, document=text) for n, text in enumerate(NASTY)
]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(*CASES)
@example(LONG, FeedOptions(alarms=True, todo=True), "Sở Nội vụ")
def test_icalendar_vobject_and_recurring_ical_events_agree(facts, options, name):
    """The last of them by the days on which its occurrences are, none twice."""
    check_all([read_icalendar, read_vobject], facts, options, name)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(*CASES)
@example(LONG, FeedOptions(alarms=True, todo=True), "Sở Nội vụ")
def test_ical_js_of_thunderbird_agrees(thunderbird, facts, options, name):
    check_all([thunderbird], facts, options, name)


def test_the_working_calendar_is_read_alike(ical_js):
    calendar, stamp = WorkingCalendar(shipped_workdays()), datetime(2026, 1, 1, tzinfo=UTC)
    days = list(special_days(calendar, date(2026, 1, 1), date(2026, 12, 31), "nhachan.example", stamp))
    body = feed_bytes("Ngày nghỉ, ngày làm bù", [day_bytes(day, VI) for day in days])
    readers = [read_icalendar, read_vobject, *([] if isinstance(ical_js, str) else [ical_js])]
    name, items = read_icalendar(body)
    assert [reader(body) for reader in readers] == [(name, items)] * len(readers)
    assert sorted((i.start, i.uid) for i in items) == sorted((d.day.isoformat(), d.uid) for d in days)
    worked = sorted(i.end for i in items if i.categories == ("Ngày làm việc",))
    assert worked == ["2026-01-11", "2026-08-23"]
    assert occurrences(body, date(2026, 1, 1), date(2027, 1, 1)) == sorted((i.start, i.uid) for i in items)
