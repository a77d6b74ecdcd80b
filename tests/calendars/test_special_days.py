"""The working calendar as events: what people have to know of, and nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from icalendar import Event

from calendars.special_days import day_bytes, special_days
from calendars.working import WorkingCalendar
from plans.words import words
from plans.workdays import Workday

VI = words("vi")
STAMP = datetime(2026, 8, 1, 2, 3, 4, tzinfo=UTC)
ROWS = [
    Workday(date(2026, 8, 22), working=True, name="Làm bù cho ngày 31/8", source="Công văn 9441/VPCP-KGVX"),
    Workday(date(2026, 8, 31), working=False, name="Nghỉ hoán đổi dịp Quốc khánh"),
    Workday(date(2026, 9, 1), working=False, name="Quốc khánh (ngày liền kề trước)", confirmed=False),
]


def shown(first, last, rows=ROWS):
    found = special_days(WorkingCalendar(rows), first, last, "nhachan.example", STAMP)
    return [(facts, Event.from_ical(day_bytes(facts, VI))) for facts in found]


def test_days_off_and_working_saturdays():
    events = [event for _, event in shown(date(2026, 8, 20), date(2026, 9, 7))]
    assert [(e["dtstart"].dt, e["dtend"].dt, str(e["summary"])) for e in events] == [
        (date(2026, 8, 22), date(2026, 8, 23), "Đi làm bù (thứ Bảy)"),
        (date(2026, 8, 31), date(2026, 9, 1), "[Ngày nghỉ] Nghỉ hoán đổi dịp Quốc khánh"),
        (date(2026, 9, 1), date(2026, 9, 2), "[Ngày nghỉ] Quốc khánh (ngày liền kề trước) (dự kiến)"),
        (date(2026, 9, 2), date(2026, 9, 3), "[Ngày nghỉ] Quốc khánh"),
    ]
    assert [str(e.get("description", "")) for e in events] == [
        "Làm bù cho ngày 31/8\nCăn cứ: Công văn 9441/VPCP-KGVX",
        "",
        "Chưa có thông báo chính thức; ngày này có thể thay đổi.",
        "",
    ]
    assert [[str(c) for c in e["categories"].cats] for e in events] == [
        ["Ngày làm việc"], ["Ngày nghỉ"], ["Ngày nghỉ"], ["Ngày nghỉ"],
    ]  # fmt: skip
    assert {(e["dtstamp"].dt, e["sequence"], str(e["transp"])) for e in events} == {(STAMP, 0, "TRANSPARENT")}


def test_a_holiday_that_is_worked_is_no_day_made_up_for():
    row = Workday(date(2026, 9, 2), working=True, name="Trực phòng chống bão")
    [(_, event)] = shown(row.day, row.day, [row])
    assert (str(event["summary"]), str(event["description"])) == ("Ngày làm việc (thứ Tư)", row.name)


def test_uid_is_of_the_day_whatever_it_is_called():
    [(one, _)] = shown(date(2026, 8, 31), date(2026, 8, 31))
    [(renamed, _)] = shown(one.day, one.day, [replace(ROWS[1], name="Nghỉ bù")])
    [(other, _)] = shown(date(2026, 9, 2), date(2026, 9, 2))
    assert one.uid == renamed.uid != other.uid


def test_plain_weeks_have_no_events():
    assert shown(date(2026, 11, 2), date(2026, 11, 23)) == []


@pytest.mark.parametrize("name", ["x\r\nATTENDEE:mailto:a@b", "a\nEND:VEVENT", "ế" * 500, "a;b,c\\N"])
def test_no_name_breaks_out_of_its_property(name):
    [(_, event)] = shown(ROWS[1].day, ROWS[1].day, [replace(ROWS[1], name=name, source=name)])
    assert sorted(event) == sorted(
        [
            "SUMMARY",
            "DTSTART",
            "DTEND",
            "DTSTAMP",
            "UID",
            "SEQUENCE",
            "CATEGORIES",
            "DESCRIPTION",
            "LAST-MODIFIED",
            "TRANSP",
        ]
    )
