"""An event that is withdrawn says so in words, as if it had been rendered so."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Event

from calendars.events import event_bytes
from calendars.options import as_todo, with_alarms
from calendars.special_days import day_bytes, special_days
from calendars.withdrawing import crossed_out
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.status import Status
from plans.words import LANGUAGES, words
from tests.calendars.facts import FACTS, VI, event_facts

NOW = datetime(2026, 12, 1, 2, 3, 4, tzinfo=UTC)


@settings(deadline=None, max_examples=40)
@given(event_facts(), st.sampled_from(LANGUAGES))
def test_what_has_no_status_of_its_own_is_crossed_out_as_if_rendered_so(facts, language):
    facts = replace(
        facts, status=Status.PENDING, coordinating=not facts.start, progress=None, cancelled=False, sent_back=False
    )
    body = crossed_out(event_bytes(facts, words(language)), NOW, 7, words(language))
    assert body == event_bytes(replace(facts, cancelled=True, stamp=NOW, sequence=7), words(language))


def test_nothing_is_to_be_done_in_it():
    body = crossed_out(event_bytes(FACTS, VI), NOW, 7, VI)
    assert str(Event.from_ical(body)["summary"]) == f"[Đã hủy] {FACTS.title}"
    assert with_alarms(body, VI) == body
    assert b"\r\nSTATUS:CANCELLED\r\n" in as_todo(body)


@pytest.mark.parametrize(
    ("day", "title", "category"),
    [
        (date(2026, 9, 2), "[Đã hủy] [Ngày nghỉ] Quốc khánh", "Ngày nghỉ"),
        (date(2026, 1, 10), "[Đã hủy] Đi làm bù (thứ Bảy)", "Ngày làm việc"),
    ],
)
def test_day_of_the_working_calendar(day, title, category):
    [facts] = special_days(WorkingCalendar(shipped_workdays()), day, day, "nhachan.example", FACTS.stamp)
    event = Event.from_ical(crossed_out(day_bytes(facts, VI), NOW, 1, VI))
    assert (str(event["summary"]), str(event["status"]), event["sequence"]) == (title, "CANCELLED", 1)
    assert [str(c) for c in event["categories"].cats] == ["Đã hủy", category]
    assert event["dtstamp"].dt == event["last-modified"].dt == NOW
