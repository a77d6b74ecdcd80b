"""The wall calendar: a year on one sheet of A3, however much is due."""

from __future__ import annotations

import re
from datetime import date, timedelta

from plans.deadlines import Basis, DeadlineKey
from plans.periods import Period
from plans.plan import Kind
from plans.words import words
from store.months import DayOfDeadline
from tests.web.scenes import Scene
from web.pages.wall import LETTERS, LINES, key_of, year_sheet


def due(day: date, title: str = "Báo cáo", task: str = "bao-cao", basis: Basis = Basis.RULE) -> DayOfDeadline:
    return DayOfDeadline(DeadlineKey("ke", task, Period("once")), title, Kind.REPORT, basis, day, day, day, 1, 1)


def test_keys_go_on_after_z() -> None:
    assert [key_of(n) for n in (0, 25, 26, 27, 51, 52, 701, 702)] == ["a", "z", "aa", "ab", "az", "ba", "zz", "aaa"]


def test_days_lead_to_what_is_said_of_their_month(played: Scene) -> None:
    some = [
        due(date(2026, 12, 4), "Báo cáo năm"),
        due(date(2026, 12, 10), "Báo cáo quý", basis=Basis.EXTENSION),
        due(date(2026, 12, 10), "Kế hoạch"),
        due(date(2026, 12, 10), "Hồ sơ"),
    ]
    months = year_sheet(2026, some, played.office.calendar, words("vi"))
    assert [month.number for month in months] == list(range(1, 13))
    december = months[-1]
    days = {day.number: day for week in december.weeks for day in week if day}
    assert len(days) == 31
    assert {number: day.keys for number, day in days.items() if day.keys} == {4: "a", 10: "b–d"}
    assert [(e.key, e.day.day, e.text) for e in december.entries] == [
        ("a", 4, "Báo cáo năm"),
        ("b", 10, "Báo cáo quý (được gia hạn)"),
        ("c", 10, "Kế hoạch"),
        ("d", 10, "Hồ sơ"),
    ]
    assert [number for number, day in days.items() if not day.working] == [5, 6, 12, 13, 19, 20, 26, 27]
    assert december.weeks[0][0] is None, "the month begins on a Tuesday"


def test_month_says_as_much_as_there_is_room_for(played: Scene) -> None:
    def december(number: int, title: str) -> tuple[int, int, int]:
        some = [due(date(2026, 12, 1) + timedelta(days=n % 31), title, f"viec-{n}") for n in range(number)]
        month = year_sheet(2026, sorted(some, key=lambda d: d.act_by), played.office.calendar, words("vi"))[-1]
        assert all(len(entry.text) <= 2 * LETTERS for entry in month.entries)
        dots = sum(day.keys.endswith("•") for week in month.weeks for day in week if day)
        return len(month.entries), month.more, dots

    room = LINES + 1  # of five weeks
    assert december(room, "Ngắn") == (room, 0, 0)
    assert december(room + 1, "Ngắn") == (room - 1, 2, 2)
    assert december(room // 2, "Dài " * 40) == (room // 2, 0, 0)
    assert december(room // 2 + 1, "Dài " * 40) == (room // 2 + 1, 0, 0), "the last ones on one line"
    assert december(room, "Dài " * 40) == (room, 0, 0)
    assert december(70, "Dài " * 40) == (room - 1, 70 - (room - 1), 31 - (room - 1) // 3)


def test_sheet_is_of_a_unit_or_of_all_that_may_be_read(played: Scene) -> None:
    def tasks(path: str, visitor: Scene = played) -> list[str]:
        html = visitor.get(path).text
        return re.findall(r'<time datetime="([\d-]+)">\d\d/\d\d</time>', html)

    every = tasks("/lich-treo-tuong?nam=2026")
    unit = tasks("/lich-treo-tuong?nam=2026&donvi=so-cong-thuong")
    assert unit == ["2026-12-04"]
    assert len(every) > 3
    officer = played.seen_by("vanthu.sct@dienbien.example")
    assert tasks("/lich-treo-tuong?nam=2026", officer) == unit
    assert "Sở Công Thương</p>" in officer.get("/lich-treo-tuong").text
    assert officer.get("/lich-treo-tuong?donvi=so-tu-phap").status_code == 404
    assert "Chưa có thời hạn nào trong năm 2050" in played.get("/lich-treo-tuong?nam=2050").text
    assert "Lịch treo tường 2026" in played.get("/lich-treo-tuong?nam=x").text
