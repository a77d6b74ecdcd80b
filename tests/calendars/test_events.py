"""One event: what it says, and that no text can make it say more."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from calendars.due import dates_for
from calendars.events import EventFacts, clean, event_bytes, one_line, uid
from calendars.working import WorkingCalendar
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import LANGUAGES, words

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VI = words("vi")
FACTS = EventFacts(
    uid="5c306223-deb9-55cc-909e-5448fee79d80",
    title="Báo cáo kết quả phong trào thi đua",
    kind=Kind.REPORT,
    status=Status.PENDING,
    dates=dates_for(date(2022, 12, 5), Operator.BEFORE, None, WorkingCalendar(), ZONE),
    stamp=datetime(2022, 11, 1, 3, 4, 5, 678, tzinfo=UTC),
    sequence=2,
    unit_name="Sở Nội vụ",
    document="2458/UBND-NC",
    quote="trước ngày 05 tháng 12 hàng năm",
    link="https://nhachan.example/obligations/12",
)


def parsed(facts, language="vi"):
    return Event.from_ical(event_bytes(facts, words(language)))


def summary(**changes):
    return str(parsed(replace(FACTS, **changes))["summary"])


def test_pending_event_byte_by_byte():
    unfolded = event_bytes(FACTS, VI).decode().replace("\r\n ", "").split("\r\n")
    assert unfolded == [
        "BEGIN:VEVENT",
        "SUMMARY:Báo cáo kết quả phong trào thi đua",
        "DTSTART;VALUE=DATE:20221202",
        "DTEND;VALUE=DATE:20221203",
        "DTSTAMP:20221101T030405Z",
        "UID:5c306223-deb9-55cc-909e-5448fee79d80",
        "SEQUENCE:2",
        "CATEGORIES:Chưa đến hạn",
        "DESCRIPTION:Nguyên văn: “trước ngày 05 tháng 12 hàng năm”\\n"
        "Thời hạn: trước ngày 05/12/2022 (thứ Hai).\\n"
        "Ngày cuối cùng: Chủ nhật\\, 04/12/2022.\\n"
        "Cần hoàn thành trước ngày nghỉ\\, chậm nhất: thứ Sáu\\, 02/12/2022.\\n"
        "Đơn vị: Sở Nội vụ\\n"
        "Văn bản: 2458/UBND-NC\\n"
        "Xem chi tiết: https://nhachan.example/obligations/12",
        "LAST-MODIFIED:20221101T030405Z",
        "TRANSP:TRANSPARENT",
        "URL:https://nhachan.example/obligations/12",
        "X-NHACHAN-STATUS:pending",
        "END:VEVENT",
        "",
    ]


@pytest.mark.parametrize(
    ("changes", "prefix"),
    [
        ({"status": Status.PENDING}, ""),
        ({"status": Status.DUE_SOON}, "[Sắp đến hạn] "),
        ({"status": Status.DUE_TODAY}, "[Đến hạn] "),
        ({"status": Status.OVERDUE}, "[Quá hạn] "),
        ({"status": Status.SUBMITTED}, "[Đã gửi] "),
        ({"status": Status.SUBMITTED, "kind": Kind.WORK}, "[Đã hoàn thành] "),
        ({"status": Status.RETURNED}, "[Cần bổ sung] "),
        ({"status": Status.ON_TIME}, "[Đã gửi] "),
        ({"status": Status.LATE, "kind": Kind.WORK}, "[Hoàn thành quá hạn] "),
        ({"status": Status.OVERDUE, "kind": Kind.WORK}, "[Quá hạn] "),
        ({"status": Status.OVERDUE, "sent_back": True}, "[Quá hạn bổ sung] "),
        ({"status": Status.MISSING}, "[Không gửi] "),
        ({"status": Status.MISSING, "kind": Kind.WORK}, "[Không hoàn thành] "),
        ({"status": Status.MISSING, "sent_back": True}, "[Không bổ sung] "),
        ({"status": Status.MISSING, "sent_back": True, "kind": Kind.WORK}, "[Không bổ sung] "),
        ({"status": Status.ON_TIME, "sent_back": True}, "[Đã gửi] "),
        ({"cancelled": True}, "[Đã hủy] "),
        ({"coordinating": True}, "(Phối hợp) "),
        ({"coordinating": True, "status": Status.ON_TIME}, "(Phối hợp) [Đã gửi] "),
        ({"progress": (12, 45)}, "[12/45 chưa gửi] "),
        ({"progress": (12, 45), "kind": Kind.WORK}, "[12/45 chưa hoàn thành] "),
        ({"progress": (0, 45), "status": Status.ON_TIME}, "[Đã đủ 45/45] "),
    ],
)
def test_summary_begins_with_the_status_in_words(changes, prefix):
    assert summary(**changes) == f"{prefix}Báo cáo kết quả phong trào thi đua"


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_has_its_words(status, language):
    text = event_bytes(replace(FACTS, status=status), words(language)).decode()
    assert "feed." not in text


def test_categories_hold_status_and_role():
    event = parsed(replace(FACTS, status=Status.OVERDUE, coordinating=True))
    assert [str(c) for c in event["categories"].cats] == ["Quá hạn", "Phối hợp"]


@pytest.mark.parametrize("changes", [{"cancelled": True}, {"status": Status.CANCELLED}, {"status": Status.MISSING}])
def test_cancelled_event_says_so(changes):
    assert parsed(replace(FACTS, **changes))["status"] == "CANCELLED"


def test_what_is_not_known_leaves_no_line():
    facts = replace(FACTS, unit_name=None, document=None, quote=None, link=None)
    event = parsed(facts)
    assert str(event["description"]) == (
        "Thời hạn: trước ngày 05/12/2022 (thứ Hai).\nNgày cuối cùng: Chủ nhật, 04/12/2022.\n"
        "Cần hoàn thành trước ngày nghỉ, chậm nhất: thứ Sáu, 02/12/2022."
    )
    assert "url" not in event


def test_description_gives_the_time_of_day():
    dates = dates_for(date(2026, 11, 20), Operator.BEFORE, time(16, 30), WorkingCalendar(), ZONE)
    event = parsed(replace(FACTS, dates=dates, quote=None, unit_name=None, document=None, link=None))
    assert str(event["description"]) == (
        "Thời hạn: trước 16:30 ngày 20/11/2026 (thứ Sáu).\nNgày cuối cùng: thứ Sáu, 20/11/2026."
    )


def test_stamp_is_written_in_utc():
    local = FACTS.stamp.astimezone(timezone(timedelta(hours=7)))
    assert event_bytes(replace(FACTS, stamp=local), VI) == event_bytes(FACTS, VI)


def test_naive_stamp_is_refused():
    with pytest.raises(ValueError, match="aware"):
        replace(FACTS, stamp=datetime(2026, 1, 1))  # noqa: DTZ001


def test_english():
    assert str(parsed(replace(FACTS, status=Status.OVERDUE), language="en")["summary"]) == (
        "[Overdue] Báo cáo kết quả phong trào thi đua"
    )


def test_uid_is_the_same_for_the_same_parts_only():
    made = {uid("obligation", "a", 1), uid("obligation", "a1"), uid("obligation", 1, "a"), uid("deadline", "a", 1)}
    assert len(made) == 4
    assert uid("obligation", "a", 1) == uid("obligation", "a", 1)


def test_uid_never_changes():
    assert uid("obligation", "dien-bien-2458/bao-cao-nam/2026", "so-noi-vu") == "bc4657bf-3935-53a5-919b-2ae5774eff0f"


NAMES = set(parsed(replace(FACTS, coordinating=True)))
HOSTILE = st.text(st.characters(), max_size=300) | st.sampled_from(
    [
        "x\r\nATTENDEE:mailto:a@b",
        "a\nEND:VEVENT\nBEGIN:VEVENT",
        "\\N \\n \\, \\; , ; : \" ^n ^'",
        "📮👩‍💻🇻🇳" * 40,
        "Tuyên dương, khen thưởng; đợt 1\u2028đợt 2\x85đợt 3\x00\x07",
        "\ud800 lone",
        "ế" * 5000,
        " ",
    ]
)


@settings(deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
@example("x\r\nX-EVIL:1", "x\nX-EVIL:1", "x\rX-EVIL:1", "https://a/\r\nX-EVIL:1")
def test_no_text_breaks_out_of_its_property(title, quote, unit, link):
    facts = replace(FACTS, title=title, quote=quote, unit_name=unit, link=link, document=unit, uid=unit)
    body = event_bytes(facts, VI)
    assert body == event_bytes(facts, VI)
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert [line for line in lines if set(line) & set(b"\r\n\x00\x07\x7f")] == []
    for line in lines:
        line.decode()  # no character is split between two lines
    found = parsed(facts)
    assert set(found) <= NAMES
    assert found.subcomponents == []
    assert str(found["summary"]) == one_line(title)
    assert found["sequence"] == 2
    heads = [line.split(b":")[0].split(b";")[0] for line in lines if line and not line.startswith(b" ")]
    assert len(heads) == len(set(heads) - {b"BEGIN", b"END"}) + 2


@settings(deadline=None)
@given(HOSTILE)
def test_description_comes_back_as_it_was(quote):
    facts = replace(FACTS, quote=quote)
    first = VI("feed.quote", quote=clean(quote).strip()) + "\n" if quote else ""
    rest = str(parsed(replace(FACTS, quote=None))["description"])
    assert str(parsed(facts)["description"]) == first + rest


@settings(deadline=None)
@given(HOSTILE)
def test_clean_text_is_nfc_without_controls_and_stays_so(text):
    found = clean(text)
    assert [c for c in found if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"] == []
    assert unicodedata.normalize("NFC", found) == found
    assert clean(found) == found


def test_decomposed_vietnamese_is_composed():
    assert summary(title=unicodedata.normalize("NFD", "Sở Nội vụ")) == "Sở Nội vụ"


def test_feed_of_one_event_is_a_calendar():
    body = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + event_bytes(FACTS, VI) + b"END:VCALENDAR\r\n"
    assert len(Calendar.from_ical(body).walk("VEVENT")) == 1
