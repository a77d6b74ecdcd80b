"""Pages in the night, when it is still yesterday in UTC, and on the first day of Tết: what they call today."""

from __future__ import annotations

import re

import pytest

from tests.conftest import local
from tests.web.scenes import TDKT, Scene
from tests.web.test_calendar import cells
from tests.web.test_pages import said

OFFICER = "vanthu.sct@dienbien.example"  # of Sở Công Thương, late since 04/12/2026


def agenda(scene: Scene) -> dict[str, str]:
    """Day → what the calendar's list calls it."""
    html = scene.get("/lich?xem=danh-sach").text
    return dict(re.findall(r'<li id="ngay-([\d-]+)".*?<span class="quiet">([^<]+)</span>', html, re.DOTALL))


@pytest.mark.parametrize(
    ("at", "today", "full", "late", "days"),
    [
        (
            "2026-12-10 00:30",
            "2026-12-10",
            "Thứ Năm, 10/12/2026",
            "chậm 4 ngày làm việc",
            {"2026-12-04": "6 ngày trước", "2026-12-10": "hôm nay", "2026-12-11": "ngày mai"},
        ),
        ("2026-12-09 23:59", "2026-12-09", "Thứ Tư, 09/12/2026", "chậm 3 ngày làm việc", {"2026-12-10": "ngày mai"}),
        (
            "2027-02-06 00:30",  # mùng 1; the last working day was 03/02
            "2027-02-06",
            "Thứ Bảy, 06/02/2027",
            "chậm 42 ngày làm việc",
            {"2027-02-05": "hôm qua", "2027-02-06": "hôm nay", "2027-02-07": "ngày mai", "2027-02-10": "4 ngày nữa"},
        ),
        ("2027-02-03 16:00", "2027-02-03", "Thứ Tư, 03/02/2027", "chậm 42 ngày làm việc", {"2027-02-04": "ngày mai"}),
    ],
)
def test_today_is_the_day_of_the_office(
    replayed: Scene, at: str, today: str, full: str, late: str, days: dict[str, str]
) -> None:
    replayed.now = local(at)
    board = said(replayed.seen_by(OFFICER), "/")
    assert f"Bảng theo dõi {full}" in board
    assert late in board
    assert f"Bảng theo dõi {full}" in said(replayed.seen_by(TDKT), "/")
    assert [day for day, text in cells(replayed.get("/lich").text).items() if "hôm nay" in text] == [today]
    found = agenda(replayed)
    assert {day: found[day] for day in days} == days
    link = replayed.seen_by(None).get(replayed.link("so-cong-thuong")).text
    assert f'name="day" type="text" class="short" autocomplete="off" required value="{full[-10:]}"' in link
    assert late in " ".join(re.sub(r"<[^>]+>", " ", link).split())


def test_what_is_due_today_is_so_from_midnight_to_midnight(replayed: Scene) -> None:
    coordinator, found = replayed.seen_by(TDKT), []
    for at in ("2026-12-14 23:59", "2026-12-15 00:00", "2026-12-15 23:59", "2026-12-16 00:00"):
        replayed.now = local(at)
        page = coordinator.get("/?trangthai=den-han-hom-nay").text
        found.append(len(re.findall(r'name="viec" value="\d+"', page)))
    assert found == [0, 1, 1, 0], "one unit was given until 15/12"
