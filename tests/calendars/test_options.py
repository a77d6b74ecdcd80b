"""What the address of a feed asks for, made from stored events."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from icalendar import Event, Todo

from calendars.events import event_bytes
from calendars.options import FeedOptions, as_todo, read_options, with_alarms, with_options
from plans.status import Status
from tests.calendars.facts import FACTS, VI

EVENT = event_bytes(FACTS, VI)
HELPED = event_bytes(replace(FACTS, coordinating=True), VI)


@pytest.mark.parametrize(
    ("query", "options"),
    [
        (b"", FeedOptions()),
        (b"alarms=1", FeedOptions(alarms=True)),
        (b"todo=1&role=lead&lang=en", FeedOptions(todo=True, lead_only=True, language="en")),
        (b"alarms=0&todo=&role=all&lang=fr&_=1764300000", FeedOptions()),
        (b"alarms=1&alarms=0", FeedOptions()),
        (b"alarms=0&alarms=1", FeedOptions(alarms=True)),
        (b"alarms", FeedOptions()),
        (b"\xff\xfe=%ff&&&==&lang=%76%69", FeedOptions(language="vi")),
    ],
)
def test_query(query, options):
    assert read_options(query) == options


def test_without_options_the_stored_bytes_are_passed_on():
    assert with_options(iter([EVENT, HELPED]), FeedOptions(language="en"), VI) == [EVENT, HELPED]


def test_role_lead_leaves_out_what_a_unit_only_helps_with():
    assert with_options([HELPED, EVENT], FeedOptions(lead_only=True), VI) == [EVENT]


def test_options_add_up():
    found = with_options([EVENT, HELPED], FeedOptions(alarms=True, todo=True, lead_only=True), VI)
    assert found == [with_alarms(as_todo(EVENT), VI)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "NEEDS-ACTION"),
        ({"status": Status.OVERDUE}, "NEEDS-ACTION"),
        ({"status": Status.RETURNED}, "NEEDS-ACTION"),
        ({"status": Status.SUBMITTED}, "IN-PROCESS"),
        ({"status": Status.ON_TIME}, "COMPLETED"),
        ({"status": Status.LATE}, "COMPLETED"),
        ({"status": Status.MISSING}, "CANCELLED"),
        ({"status": Status.WAIVED, "cancelled": True}, "CANCELLED"),
        ({"cancelled": True}, "CANCELLED"),
    ],
)
def test_todo_is_the_event_due_on_its_day(changes, expected):
    body = event_bytes(replace(FACTS, **changes), VI)
    event, todo = Event.from_ical(body), Todo.from_ical(as_todo(body))
    assert (todo["due"].dt, str(todo["status"])) == (date(2022, 12, 2), expected)
    assert [key for key in ("DTSTART", "DTEND", "TRANSP") if key in todo] == []
    kept = set(event) - {"DTSTART", "DTEND", "TRANSP", "STATUS"}
    assert set(todo) - {"DUE", "STATUS"} == kept
    assert [key for key in kept if event[key] != todo[key]] == []


def test_what_a_unit_only_helps_with_is_no_todo():
    assert as_todo(HELPED) == HELPED


def test_alarms_ring_the_day_before_and_on_the_day():
    body = with_alarms(EVENT, VI)
    alarms = Event.from_ical(body).walk("VALARM")
    assert [a["trigger"].dt for a in alarms] == [timedelta(hours=-16), timedelta(hours=8)]
    assert [str(a["description"]) for a in alarms] == ["Nhắc hạn", "Nhắc hạn"]
    assert body.endswith(b"END:VALARM\r\nEND:VEVENT\r\n")


def test_alarms_of_a_todo_relate_to_its_due_date():
    alarms = Todo.from_ical(with_alarms(as_todo(EVENT), VI)).walk("VALARM")
    assert [a["trigger"].params["RELATED"] for a in alarms] == ["END", "END"]


@pytest.mark.parametrize(
    "changes", [{"status": Status.ON_TIME}, {"status": Status.MISSING}, {"coordinating": True}, {"cancelled": True}]
)
def test_nothing_rings_where_nothing_is_left_to_do(changes):
    body = event_bytes(replace(FACTS, **changes), VI)
    assert with_alarms(body, VI) == body
