"""One event: what it says, and that no text can make it say more."""

import unicodedata
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from icalendar import Calendar, Event

from calendars.due import dates_for
from calendars.events import Progress, clean, event_bytes, one_line, start_of, uid
from calendars.working import WorkingCalendar
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import LANGUAGES, words
from tests.calendars.facts import CAMPAIGN, FACTS, HOSTILE, VI, WHEN, ZONE


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
        "Chỉ tính là quá hạn khi đã hết thứ Hai\\, 05/12/2022.\\n"
        "Đơn vị thực hiện: Sở Nội vụ\\n"
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
        ({"cancelled": True, "coordinating": True}, "(Phối hợp) [Đã hủy] "),
        ({"cancelled": True, "status": Status.WAIVED}, "[Không phải thực hiện] "),
        ({"progress": Progress(12, 45)}, "[12/45 chưa gửi] "),
        ({"progress": Progress(12, 45), "kind": Kind.WORK}, "[12/45 chưa hoàn thành] "),
        ({"progress": Progress(12, 45, returned=3)}, "[12/45 chưa gửi] "),
        ({"progress": Progress(0, 45, returned=3)}, "[3/45 cần bổ sung] "),
        ({"progress": Progress(12, 45, overdue=12), "status": Status.OVERDUE}, "[Quá hạn: 12/45 chưa gửi] "),
        ({"progress": Progress(12, 45, overdue=10), "status": Status.OVERDUE}, "[12/45 chưa gửi, 10 quá hạn] "),
        ({"progress": Progress(0, 45, returned=3, overdue=3)}, "[Quá hạn: 3/45 cần bổ sung] "),
        ({"progress": Progress(0, 45, missing=12), "status": Status.MISSING}, "[12/45 không gửi] "),
        ({"progress": Progress(0, 45), "status": Status.ON_TIME}, "[Đã đủ 45/45] "),
        ({"progress": Progress(0, 1), "status": Status.ON_TIME}, "[Đã gửi] "),
        ({"progress": Progress(1, 1)}, ""),
        ({"progress": Progress(12, 45), "cancelled": True}, "[Đã hủy] "),
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


def test_categories_say_nothing_that_the_clock_would_make_wrong():
    """An event of a coordinating unit is not rendered anew when its day has passed."""
    assert [str(c) for c in parsed(replace(FACTS, coordinating=True))["categories"].cats] == ["Phối hợp"]


def test_period_closed_without_the_report_is_not_crossed_out():
    """Some clients hide what is cancelled: they would hide that it is missing."""
    assert "status" not in parsed(replace(FACTS, status=Status.MISSING))


@pytest.mark.parametrize(
    ("progress", "changes", "lines"),
    [
        (Progress(12, 45), {}, ["Đã gửi: 33/45 đơn vị."]),
        (Progress(12, 45), {"kind": Kind.WORK}, ["Đã hoàn thành: 33/45 đơn vị."]),
        (
            Progress(12, 45, returned=2, overdue=10, waiting=5, extended=4),
            {},
            [
                "Đã gửi: 31/45 đơn vị.",
                "Trong đó chờ xác nhận: 5.",
                "Cần bổ sung: 2.",
                "Đã quá hạn: 10.",
                "Được gia hạn đến ngày khác: 4.",
            ],
        ),
        (Progress(0, 45, missing=3), {}, ["Đã gửi: 42/45 đơn vị.", "Không gửi: 3."]),
        (Progress(1, 1, extended=1), {}, ["Được gia hạn đến ngày khác: 1."]),
        (Progress(1, 1), {"leads": ("Sở Nội vụ",)}, ["Đơn vị thực hiện: Sở Nội vụ"]),
        (
            Progress(2, 2),
            {"leads": ("Sở Văn hóa, Thể thao và Du lịch", "Sở Y tế")},
            ["Đã gửi: 0/2 đơn vị.", "Đơn vị thực hiện: Sở Văn hóa, Thể thao và Du lịch; Sở Y tế"],
        ),
        (
            None,
            {"leads": ("A", "B", "C", "D"), "coordinating": True},
            ["Đơn vị thực hiện: 4 đơn vị", "Vai trò trong việc này: phối hợp."],
        ),
    ],
)
def test_description_counts_and_names_the_units(progress, changes, lines):
    plain = {"unit_name": None, "document": None, "quote": None, "link": None, "dates": WHEN}
    facts = replace(FACTS, **plain, progress=progress, **changes)
    assert str(parsed(facts)["description"]).split("\n")[2:] == lines


@pytest.mark.parametrize(
    ("progress", "by_date", "expected"),
    [
        (Progress(12, 45), Status.DUE_SOON, Status.DUE_SOON),
        (Progress(12, 45, overdue=1), Status.OVERDUE, Status.OVERDUE),
        (Progress(12, 45, extended=12), Status.OVERDUE, Status.PENDING),
        (Progress(0, 45, returned=1), Status.DUE_SOON, Status.RETURNED),
        (Progress(3, 45, returned=1), Status.DUE_SOON, Status.DUE_SOON),
        (Progress(0, 45, returned=2, overdue=1), Status.OVERDUE, Status.OVERDUE),
        (Progress(0, 45, waiting=1), Status.OVERDUE, Status.SUBMITTED),
        (Progress(0, 45), Status.OVERDUE, Status.ON_TIME),
        (Progress(0, 45, missing=1, waiting=1), Status.OVERDUE, Status.MISSING),
    ],
)
def test_status_of_a_deadline_follows_its_units(progress, by_date, expected):
    assert progress.status(by_date) is expected


def test_a_campaign_starts_with_an_event_of_its_own():
    start = start_of(replace(FACTS, dates=CAMPAIGN, status=Status.OVERDUE, progress=Progress(1, 2)))
    event = parsed(start)
    assert str(event["summary"]) == "Bắt đầu: Báo cáo kết quả phong trào thi đua"
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 5, 8), date(2026, 5, 9))
    assert [str(c) for c in event["categories"].cats] == ["Bắt đầu"]
    assert str(event["uid"]) == uid("start", FACTS.uid)
    assert "Thời hạn: từ ngày 08/05/2026 đến hết ngày 30/10/2026 (thứ Sáu)." in str(event["description"])
    assert (str(event["x-nhachan-status"]), str(event["x-nhachan-role"])) == ("pending", "start")


def test_the_end_of_a_campaign_is_one_day_too():
    event = parsed(replace(FACTS, dates=CAMPAIGN))
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 10, 30), date(2026, 10, 31))


def test_start_of_a_campaign_called_off_is_crossed_out():
    start = start_of(replace(FACTS, dates=CAMPAIGN, status=Status.CANCELLED, coordinating=True))
    event = parsed(start)
    assert (str(event["summary"]), str(event["status"]), str(event["x-nhachan-role"])) == (
        "(Phối hợp) [Đã hủy] Bắt đầu: Báo cáo kết quả phong trào thi đua",
        "CANCELLED",
        "coordinating",
    )


def test_start_says_the_same_whatever_was_handed_in():
    shown = {start_of(replace(FACTS, dates=CAMPAIGN, status=s)).status for s in Status}
    assert shown == {Status.PENDING, Status.CANCELLED, Status.WAIVED}


@pytest.mark.parametrize(
    "dates",
    [
        WHEN,
        dates_for(date(2026, 3, 31), Operator.WITHIN, None, WorkingCalendar(), ZONE, opens=date(2026, 1, 1)),
        dates_for(date(2026, 5, 8), Operator.BY, None, WorkingCalendar(), ZONE, opens=date(2026, 5, 8)),
    ],
    ids=["a day", "within a quarter", "from a day to itself"],
)
def test_nothing_else_has_a_start(dates):
    assert start_of(replace(FACTS, dates=dates)) is None


def test_start_needs_a_first_day():
    with pytest.raises(ValueError, match="first day"):
        replace(FACTS, start=True)


def test_late_after_is_said_where_it_is_another_day_than_the_last():
    saturday = dates_for(date(2026, 12, 5), Operator.BY, time(16, 30), WorkingCalendar(), ZONE)
    lines = str(parsed(replace(FACTS, dates=saturday))["description"]).split("\n")
    assert "Tính là quá hạn từ 16:30, thứ Hai, 07/12/2026." in lines
    for changes in ({"coordinating": True}, {"kind": Kind.MILESTONE}):
        said = str(parsed(replace(FACTS, dates=saturday, **changes))["description"])
        assert "quá hạn" not in said


@pytest.mark.parametrize(
    "changes", [{"cancelled": True}, {"status": Status.CANCELLED}, {"cancelled": True, "status": Status.WAIVED}]
)
def test_cancelled_event_says_so(changes):
    assert parsed(replace(FACTS, **changes))["status"] == "CANCELLED"


def test_what_is_not_known_leaves_no_line():
    facts = replace(FACTS, unit_name=None, document=None, quote=None, link=None)
    event = parsed(facts)
    assert str(event["description"]) == (
        "Thời hạn: trước ngày 05/12/2022 (thứ Hai).\nNgày cuối cùng: Chủ nhật, 04/12/2022.\n"
        "Cần hoàn thành trước ngày nghỉ, chậm nhất: thứ Sáu, 02/12/2022.\n"
        "Chỉ tính là quá hạn khi đã hết thứ Hai, 05/12/2022."
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


@settings(deadline=None, max_examples=60)
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


@settings(deadline=None, max_examples=50)
@given(HOSTILE)
def test_description_comes_back_as_it_was(quote):
    facts = replace(FACTS, quote=quote)
    first = VI("feed.quote", quote=clean(quote).strip()) + "\n" if clean(quote).strip() else ""
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
