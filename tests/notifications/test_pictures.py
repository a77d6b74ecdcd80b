"""Mails as a browser draws them, on a phone and on a desk. `NHACHAN_SCREENSHOTS=docs/images` keeps the pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from notifications.composing import compose_digest, compose_monday
from notifications.items import Line, Mail, MondayPage
from plans.deadlines import Basis
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from tests.chromium import measure, pixels, shoot
from tests.notifications.samples import CALENDAR, SETTINGS, WORDS, digest, due, item

PHONE, DESK = 360, 800
LARGEST = 300_000  # bytes

pytestmark = pytest.mark.chromium

REPORT = item(1, title="Báo cáo kết quả thực hiện phong trào thi đua hằng năm")
_SITE = "https://nhachan.dienbien.example"


def reminder() -> Mail:
    return compose_digest(digest(REPORT), date(2026, 11, 20), CALENDAR, WORDS, SETTINGS, b"BEGIN:VCALENDAR")


def overdue() -> Mail:
    late = item(
        2,
        period="2026-11",
        title="Báo cáo công tác thi đua, khen thưởng hằng tháng",
        dates=due(date(2026, 11, 25)),
        status=Status.OVERDUE,
        document="88/KH-UBND",
        quote="trước ngày 25 hằng tháng",
    )
    returned = item(
        3,
        period="once",
        title="Kế hoạch phát động phong trào thi đua năm 2027",
        product="kế hoạch",
        dates=due(date(2026, 12, 10), Operator.BY),
        basis=Basis.RESUBMISSION,
        status=Status.RETURNED,
        reason="Thiếu biểu số liệu kèm theo",
        quote="chậm nhất ngày 30 tháng 11",
    )
    return compose_digest(
        digest(REPORT, late, returned), date(2026, 12, 1), CALENDAR, WORDS, SETTINGS, b"BEGIN:VCALENDAR"
    )


def monday() -> Mail:
    report = Line(
        "Báo cáo kết quả thực hiện phong trào thi đua năm 2026",
        "Sở Y tế",
        date(2026, 12, 4),
        1,
        f"{_SITE}/deadlines/dien-bien-2458/bao-cao-nam/2026",
        "2458/UBND-NC",
    )
    work = replace(
        report, title="Tổng kết cụm, khối thi đua", unit_name="Sở Nội vụ", kind=Kind.WORK, days_late=3,
        document="88/KH-UBND", last_day=date(2026, 12, 2),
    )  # fmt: skip
    late = [
        replace(report, unit_name=name) for name in ("Sở Y tế", "Sở Xây dựng", "UBND xã Mường Phăng", "Công an tỉnh")
    ]
    late[2] = replace(late[2], sent_back=True)
    due_soon = replace(report, title="Báo cáo sơ kết công tác khen thưởng", last_day=date(2026, 12, 11), days_late=0)
    page = MondayPage(
        "Ban Thi đua - Khen thưởng",
        "tdkt@dienbien.example",
        date(2026, 12, 7),
        overdue=(*late, work),
        due_this_week=(replace(due_soon, unit_name="Sở Tài chính"), replace(due_soon, unit_name="Sở Công Thương")),
        to_confirm=(
            replace(report, unit_name="Sở Tư pháp", days_late=0),
            replace(report, unit_name="Tỉnh đoàn", days_late=0),
        ),
        undeliverable=(
            Line(
                "[Nhắc hạn] Báo cáo TĐKT năm 2026",
                "UBND xã Na Son",
                date(2026, 12, 4),
                note="vanthu.nason@dienbien.example",
            ),
        ),
        board=f"{_SITE}/",
    )
    return compose_monday(page, WORDS, SETTINGS)


MAILS = {
    "mail-reminder": (reminder, ("Còn 9 ngày làm việc", "Thời hạn: trước ngày 05/12/2026", "Đã gửi báo cáo")),
    "mail-overdue": (overdue, ("Chưa ghi nhận, đã qua hạn 4 ngày làm việc", "Bổ sung: Thiếu biểu số liệu kèm theo")),
    "mail-monday": (monday, ("Sở Y tế: quá hạn 1 ngày làm việc", "Mở bảng theo dõi", "Đã gửi, chờ xác nhận (02)")),
}


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", MAILS)
def test_mail_is_drawn(name: str, width: int, chromium: str, pictures: Path, tmp_path: Path) -> None:
    make, words = MAILS[name]
    html = make().html
    wide, high, shown = measure(chromium, html, tmp_path, width)
    assert wide == width, "the reader has to scroll to the side"
    assert [w for w in words if w not in shown] == []
    assert "Thư do hệ thống nhắc hạn gửi tự động." in shown
    page = tmp_path / "mail.html"
    page.write_text(html, encoding="utf-8")
    picture = shoot(chromium, page.as_uri(), pictures / f"{name}-{width}.png", width, high, tmp_path / "profile")
    drawn_width, drawn_height, rows = pixels(picture)
    assert (drawn_width, drawn_height) == (width, high)
    assert len(rows) > high // 8, "the picture is almost blank"
    assert picture.stat().st_size < LARGEST


def test_mail_of_the_longest_words_fits_a_phone(chromium: str, tmp_path: Path) -> None:
    """Names without a space, addresses of two hundred letters."""
    long = "x" * 200
    one = item(title=long, unit_name=long, document=long, quote=long, reason=long, status=Status.RETURNED)
    told = digest(one, *[item(n, title=long, unit_name=long) for n in range(2, 40)], name=long, feed=f"{_SITE}/{long}")
    mail = compose_digest(told, date(2026, 12, 1), CALENDAR, WORDS, SETTINGS)
    assert measure(chromium, mail.html, tmp_path, PHONE)[0] == PHONE


def test_measure_sees_what_is_too_wide(chromium: str, tmp_path: Path) -> None:
    html = '<html><head><title></title></head><body><div style="width:500px">một hai</div></body></html>'
    wide, _, shown = measure(chromium, html, tmp_path, PHONE)
    assert (wide > PHONE, shown) == (True, "một hai")
