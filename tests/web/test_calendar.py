"""The calendar of a month: deadlines on their days, days off, and the mails to come."""

from __future__ import annotations

import re
from datetime import date

import pytest

from plans.workdays import Workday
from tests.actions.province import mail_of
from tests.conftest import local
from tests.web.scenes import TDKT, Scene
from tests.web.test_pages import said
from web.pages.calendar import days_of, month_of

OFFICER = "vanthu.sct@dienbien.example"  # of Sở Công Thương


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("2026-11", date(2026, 11, 1)),
        ("2026-1", date(2026, 1, 1)),
        ("", date(2026, 12, 1)),
        ("2026-13", date(2026, 12, 1)),
        ("9999-12", date(2026, 12, 1)),
        ("٢٠٢٦-01", date(2026, 12, 1)),
        ("2026-11-03", date(2026, 12, 1)),
    ],
)
def test_month_of_an_address(text: str, first: date) -> None:
    assert month_of(text, date(2026, 12, 9)) == first


def cells(html: str) -> dict[str, str]:
    """Day → what its cell says."""
    found = re.findall(r'<td class="([^"]*)">\s*<p class="day"><time datetime="([^"]+)">(.*?)</td>', html, re.DOTALL)
    return {day: " ".join(re.sub(r"<[^>]+>", " ", f"[{kind}] {text}").split()) for kind, day, text in found}


def test_grid_has_whole_weeks_and_deadlines_on_the_day_to_act_by(played: Scene) -> None:
    html = played.get("/lich?thang=2026-12").text
    days = cells(html)
    assert (min(days), max(days), len(days)) == ("2026-11-30", "2027-01-03", 35)
    assert "14/79 chưa gửi" in days["2026-12-04"]
    assert "yêu cầu bổ sung" in days["2026-12-10"]
    assert "được gia hạn" in days["2026-12-15"]
    assert days["2026-12-31"].count("chưa xong") == 5
    assert "việc khác" not in days["2026-12-31"], "the fifth takes no more room than the words for it"
    assert "hôm nay" in days["2026-12-09"]
    assert [day for day in days if "hôm nay" in days[day]] == ["2026-12-09"]
    assert days["2026-12-05"].startswith("[off")
    assert "Tết Dương lịch" in days["2027-01-01"]
    assert re.findall(r"</span>(\d+)</th>\s*<td", html) == ["49", "50", "51", "52", "53"]


def test_days_off_and_days_worked_instead_are_named(played: Scene) -> None:
    swapped = [
        Workday(date(2026, 12, 25), False, "Nghỉ hoán đổi"),
        Workday(date(2026, 12, 26), True, "Ngày làm bù"),
    ]
    calendar = played.office.calendar.having(swapped)
    off, worked, plain = days_of([date(2026, 12, n) for n in (25, 26, 28)], calendar, {}, {})
    assert (off.working, off.name, off.is_made_up, off.says_something) == (False, "Nghỉ hoán đổi", False, True)
    assert (worked.working, worked.name, worked.is_made_up) == (True, "Ngày làm bù", True)
    assert (plain.working, plain.says_something) == (True, False)


def test_list_forecasts_the_mails_that_then_leave(replayed: Scene) -> None:
    scene = replayed
    scene.tick("2026-12-09 08:00")  # what was left from the days before
    html = scene.get("/lich?thang=2026-12&xem=danh-sach").text
    forecast = {
        day[:2]: int(found[1])
        for day in html.split('<li id="ngay-2026-12-')[1:]
        if (found := re.search(r"Sẽ gửi khoảng (\d+) thư", day))
    }
    days = {}
    for day in ("09", "10", "11"):
        scene.post.letters.clear()
        for clock in ("09:31", "14:00"):
            scene.tick(f"2026-12-{day} {clock}")
        subjects = [mail_of(letter)["Subject"] for letter in scene.post.letters]
        days[day] = len([subject for subject in subjects if "[Thư không gửi được]" not in subject])
    assert days == {day: forecast[day] for day in days}


def test_months_that_have_nothing_are_not_led_to(played: Scene) -> None:
    months = {}
    for month in ("2026-11", "2026-12", "2040-01"):
        html = played.get(f"/lich?thang={month}").text
        months[month] = [
            re.search(r"thang=([\d-]+)", link)[1] for link in re.findall(r'rel="(?:prev|next)" href="([^"]+)', html)
        ]  # type: ignore[index]
    assert months == {"2026-11": ["2026-12"], "2026-12": ["2026-11", "2027-01"], "2040-01": []}
    empty = said(played, "/lich?thang=2040-01")
    assert "Tháng 1/2040 không có thời hạn nào và không có thư nào sẽ gửi" in empty
    assert "ngày chữ nhạt" not in empty
    # 04/12 stands on its last week.
    assert "Tháng 11/2026 không có thời hạn nào" in said(played, "/lich?thang=2026-11")
    assert "ngày chữ nhạt là của tháng trước hoặc tháng sau" in said(played, "/lich?thang=2026-11")


def test_calendar_is_narrowed_and_keeps_it_when_leafing(played: Scene) -> None:
    html = played.get("/lich?thang=2026-12&kehoach=dien-bien-2458&viec=bao-cao&xem=danh-sach").text
    assert "Xét tặng Huy hiệu" not in html
    assert "chưa gửi" in html
    follow = re.search(r'rel="next" href="([^"]+)"', html)
    assert follow is not None
    assert follow[1] == "/lich?thang=2027-01&amp;xem=danh-sach&amp;kehoach=dien-bien-2458&amp;viec=bao-cao"
    assert "không có thời hạn nào" in said(played, "/lich?thang=2026-12&kehoach=khong-co")


def test_officer_sees_the_days_of_the_own_unit(played: Scene) -> None:
    days = cells(played.seen_by(OFFICER).get("/lich?thang=2026-12").text)
    assert days["2026-12-04"].endswith("chưa gửi")
    assert "/" not in days["2026-12-04"].replace("Khen/", "")
    assert "yêu cầu bổ sung" not in days["2026-12-10"]
    mine = [int(n) for text in days.values() for n in re.findall(r"sẽ gửi (\d+) thư", text)]
    assert mine
    assert max(mine) <= 4, "the unit's own people"


def test_coordinator_sees_the_whole_of_the_own_plans(played: Scene) -> None:
    assert "14/79 chưa gửi" in cells(played.seen_by(TDKT).get("/lich?thang=2026-12").text)["2026-12-04"]


def test_past_months_forecast_nothing(replayed: Scene) -> None:
    replayed.now = local("2027-03-01 09:00")
    assert "sẽ gửi" not in replayed.get("/lich?thang=2026-12").text.split('class="grid"')[1].split("</table>")[0]
