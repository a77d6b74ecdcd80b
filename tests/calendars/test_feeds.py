"""A feed is the join of its events: same events, same bytes."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from calendars.due import dates_for
from calendars.events import EventFacts, event_bytes
from calendars.feeds import etag, feed_bytes, readable_name, token
from calendars.working import WorkingCalendar
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import words

FACTS = EventFacts(
    uid="0",
    title="Báo cáo",
    kind=Kind.REPORT,
    status=Status.PENDING,
    dates=dates_for(date(2026, 12, 5), Operator.BEFORE, None, WorkingCalendar(), ZoneInfo("Asia/Ho_Chi_Minh")),
    stamp=datetime(2026, 11, 1, tzinfo=UTC),
)
EVENTS = [event_bytes(replace(FACTS, uid=str(n), title=f"Báo cáo {n}"), words("vi")) for n in range(20)]
SECRET = b"0123456789abcdef0123456789abcdef"


def test_feed_byte_by_byte():
    assert (
        feed_bytes("Lịch: Sở Nội vụ", EVENTS[:1])
        == (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//nhachan//nhachan//VI\r\n"
            "NAME:Lịch: Sở Nội vụ\r\nX-WR-CALNAME:Lịch: Sở Nội vụ\r\n"
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n"
        ).encode()
        + EVENTS[0]
        + b"END:VCALENDAR\r\n"
    )


def test_name_is_text_and_escaped_as_such():
    """RFC 7986 §5.1, RFC 5545 §3.8.8.2: readers cut a name off at a semicolon that is not."""
    lines = feed_bytes("Sở Văn hóa, Thể thao; Du lịch", []).decode().split("\r\n")
    assert lines[3:5] == [f"{name}:Sở Văn hóa\\, Thể thao\\; Du lịch" for name in ("NAME", "X-WR-CALNAME")]


def test_order_of_events_does_not_matter():
    shuffled = EVENTS.copy()
    Random(1).shuffle(shuffled)
    assert feed_bytes("Lịch", iter(shuffled)) == feed_bytes("Lịch", EVENTS)


def test_event_given_twice_stands_once():
    assert feed_bytes("Lịch", EVENTS + EVENTS) == feed_bytes("Lịch", EVENTS)


def test_feed_without_events():
    assert Calendar.from_ical(feed_bytes("Lịch", [])).subcomponents == []


def test_feed_comes_back_through_a_parser():
    calendar = Calendar.from_ical(feed_bytes("Lịch", EVENTS))
    assert sorted(str(e["uid"]) for e in calendar.walk("VEVENT")) == sorted(map(str, range(20)))
    assert calendar["refresh-interval"].dt == timedelta(hours=1)
    assert [key for key in calendar if key in ("METHOD", "X-WR-TIMEZONE")] == []
    assert calendar.walk("VTIMEZONE") == []


@settings(deadline=None)
@given(st.text(st.characters(), max_size=300) | st.sampled_from(["a\r\nMETHOD:PUBLISH", "đ" * 5000, "a;b,c\\N"]))
def test_no_name_breaks_out_of_its_property(name):
    body = feed_bytes(name, EVENTS[:1])
    assert set(Calendar.from_ical(body)) == {
        "PRODID",
        "VERSION",
        "NAME",
        "X-WR-CALNAME",
        "REFRESH-INTERVAL",
        "X-PUBLISHED-TTL",
    }
    assert max(map(len, body.split(b"\r\n"))) <= 75


def test_etag_is_strong_and_follows_the_bytes():
    tags = [etag(b"a"), etag(b"a"), etag(b"b")]
    assert tags[0] == tags[1] != tags[2]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tags[0])


def test_token_is_stable_and_differs_by_secret_owner_and_version():
    made = [
        token(SECRET, "unit:so-noi-vu", 1),
        token(SECRET, "unit:so-noi-vu", 2),
        token(SECRET, "unit:so-y-te", 1),
        token(SECRET[::-1], "unit:so-noi-vu", 1),
    ]
    assert len(set(made)) == 4
    assert made[0] == token(SECRET, "unit:so-noi-vu", 1)
    assert [t for t in made if not re.fullmatch(r"[A-Za-z0-9_-]{32}", t)] == []


def test_short_secret_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        token(b"short", "unit:so-noi-vu", 1)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sở Nội vụ tỉnh Điện Biên", "so-noi-vu-tinh-dien-bien.ics"),
        ("Ban TĐKT - Sở Nội vụ (2026)", "ban-tdkt-so-noi-vu-2026.ics"),
        ("../../etc/passwd", "etc-passwd.ics"),
        ("Ủy ban nhân dân xã Ẳng Nưa", "uy-ban-nhan-dan-xa-ang-nua.ics"),
        ("📮", "lich.ics"),
        ("", "lich.ics"),
        ("a" * 300, "a" * 60 + ".ics"),
    ],
)
def test_readable_name(text, name):
    assert readable_name(text) == name
