"""What people do on this site from beginning to end, on a phone, a tablet and a desk, with and without script."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser

from actions.office import Act, Office
from actions.receiving import Receipt, submit
from calendars.working import WorkingCalendar
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.status import State
from store.obligations import of_deadline
from store.plans import plan_summaries
from store.units import read_roster
from tests.conftest import local, make_desk
from tests.web.journeys.windows import SIZES, Window, opened
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, Post, Scene

pytestmark = pytest.mark.chromium
WINDOWS = [pytest.param(w, s, id=f"{w}-{'script' if s else 'plain'}") for w in SIZES for s in (True, False)]


def owed(scene: Scene, key: DeadlineKey = KEY) -> dict[str, Obligation]:
    with scene.office.database.read() as tx:
        return {o.unit: o for o in of_deadline(tx, key)}


def record(window: Window, how_many: int) -> None:
    """By keyboard alone, as fast as one can type: the common day, then number after number, then save."""
    page, keys = window.page, window.page.keyboard
    page.focus("#chung")
    keys.press("Control+A")
    keys.type("4/12")
    page.locator("input.number").first.focus()
    for n in range(how_many):
        keys.insert_text(f"{n + 1}/BC-TĐKT")
        if window.script:
            keys.press("Enter")
        else:
            for _ in range(3):  # the day of the row, the tick of the next, its number
                keys.press("Tab")
    page.locator(".save button").focus()
    with page.expect_navigation():
        keys.press("Enter")


def tick(window: Window, *units: str) -> None:
    """The boxes of these units on the list."""
    for unit in units:
        window.page.locator("tr", has=window.page.locator(f'a[href="/units/{unit}"]')).locator("[name=viec]").check()


@pytest.mark.parametrize(("width", "script"), WINDOWS)
def test_coordinators_day(chrome: Browser, loaded: Scene, width: int, script: bool, pictures: Path) -> None:
    loaded.now = local("2026-12-07 09:00")
    names = sorted(owed(loaded).values(), key=lambda o: o.unit_name)
    said = names[-1].unit
    by = Act(f"link:vanthu.{said}@dienbien.example", local("2026-12-07 08:30"))
    submit(loaded.office, by, KEY, [said], Receipt(date(2026, 12, 4), "12/BC"), by_unit=True)
    with opened(chrome, loaded, width, script=script) as window:
        page = window.page
        window.sign_in(TDKT)
        window.fits()
        assert page.get_by_role("heading", name="Bảng theo dõi").is_visible()
        # In the morning: what came by post.
        page.locator("main a", has_text="Báo cáo kết quả").first.click()
        window.follow("Ghi nhận văn bản đến")
        window.fits()
        record(window, 45)
        assert "Đã ghi nhận 45 đơn vị" in page.inner_text("main")
        window.picture(pictures, f"journey-receipts-{width}")
        accepted = [o for o in owed(loaded).values() if o.state is State.ACCEPTED]
        assert len(accepted) == 45
        # Who is late; two of them are urged.
        window.open("/?trangthai=qua-han")
        late = [o.unit for o in names if owed(loaded)[o.unit].state is State.OPEN][:3]
        tick(window, *late[:2])
        window.press("Đôn đốc")
        window.fits()
        assert page.get_by_text("Mỗi người dưới đây nhận một thư").is_visible()
        window.press("Thực hiện")
        assert page.get_by_role("status").first.is_visible()
        # What units said themselves is confirmed.
        window.follow("Chờ xác nhận")
        tick(window, said)
        window.press("Xác nhận")
        window.press("Thực hiện")
        assert owed(loaded)[said].state is State.ACCEPTED
        # One of them has asked by telephone for more time.
        window.open("/?trangthai=qua-han")
        tick(window, late[2])
        window.press("Gia hạn")
        page.fill("[name=ngay]", "15/12/2026")
        page.fill("[name=ly-do]", "Sáp nhập đơn vị")
        window.press("Xem trước")
        window.fits()
        window.press("Thực hiện")
        assert owed(loaded)[late[2]].dates.last_day == date(2026, 12, 15)
        window.picture(pictures, f"journey-board-{width}")


@pytest.mark.parametrize(("width", "script"), WINDOWS)
def test_officers_minute(chrome: Browser, loaded: Scene, width: int, script: bool) -> None:
    """From the link in the mail to "đã gửi", in one press."""
    loaded.now = local("2026-12-03 15:00")
    with opened(chrome, loaded, width, script=script) as window:
        window.open(window.scene.link("so-cong-thuong"))
        window.page.fill("[name=number]", "125/BC-SCT")
        window.press("Đã gửi báo cáo")
        window.fits()
        assert window.page.get_by_text("đã ghi nhận").first.is_visible()
    (one,) = [o for o in owed(loaded).values() if o.unit == "so-cong-thuong"]
    assert (one.state, one.received_on) == (State.SUBMITTED, date(2026, 12, 3))


PLAN = """plan:
  id: ke-hoach-2027
  number: 15/KH-UBND
  title: Kế hoạch kiểm tra thi đua năm 2027
  issued: 05/01/2027
  coordinator: so-noi-vu
tasks:
  - id: bao-cao-quy
    title: Báo cáo tự kiểm tra hằng quý
    kind: report
    product: báo cáo
    owed_by: [so-y-te, so-tai-chinh]
    due: {quarterly: {before: 20}}
"""


def clerks_list(folder: Path) -> Path:
    """The list that an office has anyway."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Đơn vị", "Loại", "Người phụ trách", "E-mail"])
    sheet.append(["Sở Nội vụ", "Sở", "Chuyên viên Ban TĐKT", "tdkt@snv.example"])
    sheet.append(["Sở Y tế", "Sở", "Văn thư Sở Y tế", "vanthu@syt.example"])
    sheet.append(["Sở Tài chính", "Sở", "Văn thư Sở Tài chính", "vanthu@stc.example"])
    content = io.BytesIO()
    book.save(content)
    path = folder / "danh-ba.xlsx"
    path.write_bytes(content.getvalue())
    return path


@contextmanager
def empty(office: Office, calendar: WorkingCalendar, folder: Path) -> Iterator[Scene]:
    scene = Scene(office, make_desk(office, folder / "maildir"), Post(), local("2027-01-11 09:00"))
    scene.cookie(ADMINISTRATOR)
    yield scene


def begin_by_form(window: Window, pictures: Path) -> None:
    """What a clerk has is the document: its data first, then task after task."""
    page = window.page
    page.get_by_role("link", name="Thêm kế hoạch").click()
    window.fits()
    window.picture(pictures, f"journey-new-plan-{window.width}")
    window.press("Xem trước")  # the browser itself asks for what is missing
    assert page.get_by_role("heading", name="Thêm kế hoạch").is_visible()
    page.fill("#title", "Kế hoạch thi đua năm 2027")
    page.fill("#number", "12/KH-UBND")
    page.fill("#issued", "05/13/2027")
    page.select_option("#coordinator", label="Sở Nội vụ")
    page.fill("#until", "2027")
    window.press("Xem trước")
    window.fits()
    assert page.get_by_text("Không có ngày 05/13/2027").first.is_visible()
    page.fill("#issued", "5/1/2027")
    window.press("Xem trước")
    window.fits()
    assert page.get_by_text("31/12/2027").is_visible()
    window.press("Thêm kế hoạch")
    window.fits()
    window.follow("Thêm nhiệm vụ đầu tiên")
    window.fits()
    page.fill("#title", "Báo cáo công tác thi đua hằng quý")
    page.get_by_text("Chọn từ danh bạ").click()
    page.get_by_label("Tất cả các đơn vị").check()
    page.select_option("#due", "quarterly")
    page.fill("#quarterly-number", "20")
    window.press("Xem trước kết quả")
    window.fits()
    window.press("Lưu, thêm nhiệm vụ khác")
    window.fits()
    assert page.input_value("#owed_by") == "Sở Y tế\nSở Tài chính"
    page.fill("#title", "Báo cáo sơ kết 6 tháng đầu năm")
    page.select_option("#due", "once")
    page.fill("#once-day", "30/6/2027")
    window.press("Xem trước kết quả")
    window.press("Lưu")
    window.fits()
    assert page.get_by_role("link", name="Thêm nhiệm vụ khác").is_visible()
    window.picture(pictures, f"journey-task-added-{window.width}")


@pytest.mark.parametrize(("width", "script"), WINDOWS)
def test_newcomers_first_hour(
    chrome: Browser,
    sqlite_office: Office,
    calendar: WorkingCalendar,
    tmp_path: Path,
    width: int,
    script: bool,
    pictures: Path,
) -> None:
    """Import the units, add a plan by form and one by its file, see what will be mailed."""
    with empty(sqlite_office, calendar, tmp_path) as scene, opened(chrome, scene, width, script=script) as window:
        page = window.page
        window.signed_in(ADMINISTRATOR)
        window.open("/")
        page.get_by_role("link", name="Nhập danh bạ").click()
        window.fits()
        page.set_input_files("[type=file]", clerks_list(tmp_path))
        window.press("Xem thay đổi")
        window.fits()
        assert page.get_by_text("3 đơn vị mới").is_visible()
        page.locator("main form button").first.click()
        page.wait_for_load_state()
        with sqlite_office.database.read() as tx:
            assert {"so-noi-vu", "so-y-te", "so-tai-chinh"} <= set(read_roster(tx).units)
        window.open("/")
        begin_by_form(window, pictures)
        window.open("/plans")
        window.follow("Thêm kế hoạch")
        page.fill("#van-ban", PLAN)
        window.press("Kiểm tra và xem trước")
        window.fits()
        window.press("Nạp")
        window.fits()
        with sqlite_office.database.read() as tx:
            assert [p.slug for p in plan_summaries(tx)] == ["12-kh-ubnd-2027", "ke-hoach-2027"]
        window.open("/lich?thang=2027-03")
        for title in ("Báo cáo công tác thi đua", "Báo cáo tự kiểm tra"):
            assert page.get_by_text(title).first.is_visible()
        window.fits()
