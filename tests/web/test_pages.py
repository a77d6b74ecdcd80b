"""What the pages say, on the sample province a few days after its yearly report was due."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI

from actions.adjusting import close
from actions.office import Office
from actions.workdays import change_workdays, days_between
from notifications.settings import SmtpSettings
from plans.words import words
from plans.workdays import Workday
from store.leases import database_now
from store.schema import leases
from tests.conftest import load_text, local, make_desk, make_office
from tests.web.scenes import KEY, Post, Scene, act
from web.app import create_app


def said(scene: Scene, path: str) -> str:
    """A page as its reader reads it: words alone, on one line."""
    response = scene.get(path)
    assert response.status_code == 200, path
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    body = re.sub(r"<head>.*?</head>|<style.*?</style>|<svg.*?</svg>", "", response.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_board_counts_what_it_lists(played: Scene) -> None:
    page = said(played, "/")
    assert "14 Quá hạn, chưa ghi nhận 2 Cần xong trong 7 ngày tới 2 Đã gửi, chờ xác nhận 1 Thư không gửi được" in page
    assert "Quá hạn, chưa ghi nhận 14 việc" in page
    assert page.count("3 ngày làm việc 14:00, 07/12/2026") == 14


def test_board_names_unit_task_last_day_how_late_the_last_reminder_and_who_is_responsible(played: Scene) -> None:
    title = "Báo cáo kết quả thực hiện phong trào thi đua năm 2026"
    row = f"Sở Công Thương {title} 2458/UBND-NC thứ Sáu, 04/12/2026 3 ngày làm việc 14:00, 07/12/2026 Quá hạn 1 ngày"
    assert f"{row} làm việc Chuyên viên Văn phòng Sở Công Thương, Văn thư Sở Công Thương" in said(played, "/")


def test_board_says_who_gets_more_time(played: Scene) -> None:
    page = said(played, "/")
    assert "(yêu cầu bổ sung) thứ Năm, 10/12/2026 còn 1 ngày làm việc 1/1 đơn vị" in page
    assert "(được gia hạn) thứ Ba, 15/12/2026 còn 4 ngày làm việc 1/1 đơn vị" in page


def test_board_says_that_mail_is_kept_here(played: Scene) -> None:
    assert f"chưa gửi cho ai : chưa cấu hình máy chủ thư. Thư mục: {played.desk.mail.maildir}" in said(played, "/")


def test_board_says_which_server_mail_leaves_by(played: Scene) -> None:
    mail = replace(played.desk.mail, outlet="smtp", smtp=SmtpSettings("mail.tinh.example", password="bi-mat"))
    other = Scene(played.office, replace(played.desk, mail=mail), played.post, played.now)
    page = said(other, "/")
    assert "Thư gửi từ nhachan@dienbien.example qua máy chủ mail.tinh.example ." in page
    assert "bi-mat" not in other.get("/").text


def test_board_without_plans_says_how_to_begin(sqlite_office: Office, tmp_path: Path) -> None:
    scene = Scene(sqlite_office, make_desk(sqlite_office, tmp_path), Post(), local("2026-11-02 09:00"))
    page = said(scene, "/")
    assert "Chưa có kế hoạch nào" in page
    assert re.findall(r'<a class="button[^>]*href="([^"]*)"', scene.get("/").text) == ["/danh-ba", "/plans/moi"]
    assert page.index("Thêm kế hoạch") < page.index("nhachan load")
    assert "Chương trình nhắc chưa chạy lần nào." in page


def test_board_with_nothing_late_says_so(loaded: Scene) -> None:
    page = said(loaded, "/")
    assert "0 Quá hạn, chưa ghi nhận" in page
    assert "Không có việc nào quá hạn." in page
    assert "0 Đã gửi, chờ xác nhận" in page
    assert "Chương trình nhắc" not in page


AWAITED = "Ngày nghỉ Tết năm 2027 chưa được nhập theo thông báo chính thức."


@pytest.mark.parametrize(("now", "warned"), [("2026-09-30 09:00", False), ("2026-10-01 09:00", True)])
def test_board_says_from_october_that_next_years_days_are_missing(loaded: Scene, now: str, warned: bool) -> None:
    loaded.now = local(now)
    page = said(loaded, "/")
    assert (AWAITED in page, "nhập ở trang Ngày làm việc" in page) == (warned, warned)


def test_board_notices_days_that_another_process_enters(loaded: Scene) -> None:
    assert AWAITED in said(loaded, "/")
    other = make_office(loaded.office.database, loaded.office.calendar)
    tet = days_between(date(2027, 2, 4), date(2027, 2, 10))
    change_workdays(other, act("2026-11-02 09:00"), [Workday(day, False, "Nghỉ Tết") for day in tet])
    assert AWAITED not in said(loaded, "/")
    assert loaded.office.calendar.is_announced(2027)


def test_board_warns_when_the_scheduler_is_silent(loaded: Scene) -> None:
    with loaded.office.database.write() as tx:
        tx.execute(leases.update().values(beat_at=database_now(tx) - timedelta(minutes=2, seconds=30)))
    assert "Chương trình nhắc đã ngừng từ 08:57, 02/11/2026." in said(loaded, "/")


def test_board_warns_when_mail_cannot_leave(loaded: Scene) -> None:
    scene = loaded
    scene.post.down = "connection refused"
    scene.tick("2026-11-20 08:00")
    scene.now = local("2026-11-20 08:05")
    page = said(scene, "/")
    waiting = scene.get("/health").json()["mail"]["queued"]
    assert f"Không gửi được thư từ 08:00, 20/11/2026. {waiting} thư đang chờ, không mất thư nào, sẽ tự gửi lại." in page
    assert "Không kết nối được máy chủ thư: kiểm tra “host” và “port”" in page
    assert "Chi tiết: connection refused" in page
    scene.post.down = None
    scene.tick("2026-11-20 08:06")
    assert "Không gửi được thư từ" not in said(scene, "/")


def test_board_says_of_letters_put_off_that_they_are_stuck_unless_nothing_leaves_at_all(loaded: Scene) -> None:
    scene = loaded
    scene.post.put_off = True
    scene.tick("2026-11-20 08:00")
    scene.now = local("2026-11-20 08:05")
    assert "Thư chưa gửi đi được" not in said(scene, "/")
    scene.now = local("2026-11-20 08:30")
    page = said(scene, "/")
    assert "Thư chưa gửi đi được:" in page
    assert "4.2.0 later" in page
    scene.post.down = "connection refused"
    scene.tick("2026-11-20 08:31")
    page = said(scene, "/")
    assert page.count("sẽ tự gửi lại") == 1
    assert "Không gửi được thư từ 08:31, 20/11/2026." in page
    assert scene.get("/health").json()["mail_stuck"] is True


def test_unit_page_shows_what_it_owes_and_who_is_written_to(played: Scene) -> None:
    page = said(played, "/units/so-cong-thuong")
    assert (
        "Báo cáo kết quả thực hiện phong trào thi đua năm 2026 trước ngày 05/12/2026 thứ Sáu, 04/12/2026 "
        "Quá hạn chậm 3 ngày làm việc" in page
    )
    assert "Giám đốc Sở Công Thương Thủ trưởng đơn vị giamdoc.sct@dienbien.example" in page
    helped = "Xét tặng Huy hiệu “Vì sự nghiệp xây dựng và phát triển tỉnh Điện Biên”"
    assert f"{helped} trong quý IV năm 2026 thứ Năm, 31/12/2026" in page
    assert "Thư là lời nhắc chính thức. Google có thể cập nhật lịch chậm đến một ngày." in page


def test_unit_page_has_its_feed_to_copy_and_to_click(played: Scene) -> None:
    html = played.get("/units/so-cong-thuong").text
    (address,) = re.findall(r'readonly value="(http://[^"]+\.ics)"', html)
    assert f'href="webcal:{address.removeprefix("http:")}"' in html
    assert played.get(address).status_code == 200


def test_page_of_an_ended_unit_leads_to_its_successor(played: Scene) -> None:
    page = said(played, "/units/so-ke-hoach-va-dau-tu")
    assert "Đơn vị đã thôi hoạt động sau ngày 28/02/2025. Đơn vị kế thừa: Sở Tài chính ." in page
    assert "Đăng ký lịch" not in page
    assert "kế thừa" in said(played, "/units/so-tai-chinh")


def test_units_page_names_kinds_in_words_and_ended_units_last(played: Scene) -> None:
    page = said(played, "/units")
    assert "Các Sở, ban, ngành tỉnh 18" in page
    assert "so-nganh" not in page
    assert page.index("Các cơ quan khác") < page.index("Đã thôi hoạt động")
    assert "Sở Kế hoạch và Đầu tư đến hết ngày 28/02/2025" in page


def test_plan_page_has_deadlines_with_counts_and_what_is_undecided(played: Scene) -> None:
    page = said(played, "/plans/dien-bien-2458")
    assert "Số 2458/UBND-NC ngày 05/08/2021 UBND tỉnh Điện Biên Đầu mối: Sở Nội vụ" in page
    assert "Năm 2026 trước ngày 05/12/2026 65/81 đã gửi 14 quá hạn" in page
    earlier = said(played, "/plans/dien-bien-2458?nam=2025")
    assert "Năm 2025 trước ngày 05/12/2025 trước khi theo dõi" in earlier
    assert "Thường xuyên" in page
    assert "Chưa xác định thời hạn – cần người quyết định" in page


def test_deadline_page_explains_its_four_dates(played: Scene) -> None:
    page = said(played, f"/deadlines/{KEY}")
    assert "Văn bản ghi trước ngày 05/12/2026 thứ Bảy, 05/12/2026" in page
    assert "Ngày cuối cùng thứ Sáu, 04/12/2026 Cần xong trong thứ Sáu, 04/12/2026" in page
    assert "Tính là chậm sau thứ Bảy, 05/12/2026" in page
    assert "Chữ “trước” không tính chính ngày được nêu: ngày cuối cùng là thứ Sáu, 04/12/2026." in page
    assert "trước ngày 05 tháng 12 hàng năm 2458/UBND-NC, ngày 05/08/2021, dòng 63" in page


def test_deadline_page_says_how_it_is_judged_under_its_units(played: Scene) -> None:
    page = said(played, f"/deadlines/{KEY}")
    rule = words("vi")("judging.rule")
    assert page.count(rule) == 1
    assert (
        page.index("Các đơn vị")
        < page.index("Sở Y tế")
        < page.index(rule)
        < page.index("Thư nhắc đã gửi", page.index(rule))
    )


def test_deadline_page_counts_who_did_not_complete_an_answer_apart(replayed: Scene) -> None:
    scene = replayed
    close(scene.office, act("2026-12-20 08:00"), "dien-bien-2458", "2026")
    scene.now = local("2026-12-21 08:00")
    page = said(scene, f"/deadlines/{KEY}")
    assert re.findall(r"(Không bổ sung|Không gửi): (\d+)", page) == [("Không bổ sung", "1"), ("Không gửi", "15")]


def test_deadline_page_says_what_was_sent_and_what_was_not_needed(played: Scene) -> None:
    page = said(played, f"/deadlines/{KEY}")
    assert "15 ngày trước hạn 08:00, 20/11/2026" in page
    assert "Không gửi được: 1" in page
    assert "tdkt.snv@dienbien.example" in page
    assert "Danh sách chưa ghi nhận, gửi đơn vị đầu mối" in page


def test_deadline_page_tells_its_trail_in_words(played: Scene) -> None:
    page = said(played, f"/deadlines/{KEY}")
    assert "Gia hạn : Đài Phát thanh - Truyền hình tỉnh – theo văn bản 311/SNV, từ ngày 05/12/2026" in page
    assert "sang ngày 15/12/2026 – Sáp nhập đơn vị tdkt.snv@dienbien.example" in page
    assert "Ghi nhận đã gửi : UBND xã Xa Dung" in page
    assert "gửi lại chậm nhất ngày 10/12/2026" in page


def test_every_code_on_every_deadline_page_has_words(replayed: Scene) -> None:
    scene = replayed
    scene.tick("2026-12-09 14:00")
    scene.tick("2026-12-16 14:00")
    close(scene.office, act("2026-12-20 08:00"), "dien-bien-2458", "2026")
    scene.now = local("2026-12-21 08:00")
    for path in (f"/deadlines/{KEY}", "/units/so-cong-thuong", "/", "/deadlines/dien-bien-88-2026/quy-4-01/2026-Q4"):
        codes = re.findall(
            r"\b(?:status|stage|reason|audit|mail_state|kind|role|basis|why|actor)\.[\w.+-]+", said(scene, path)
        )
        assert codes == []


def test_deadline_beyond_the_horizon_is_explained_without_units(played: Scene) -> None:
    page = said(played, "/deadlines/dien-bien-2458/bao-cao-nam/2032")
    assert "chưa được đưa vào theo dõi" in page
    assert "Chưa có đơn vị nào phải thực hiện." in page


@pytest.mark.parametrize(
    ("path", "help_"),
    [
        ("/khong-co", "Địa chỉ có thể đã gõ nhầm"),
        ("/units/khong-co", "danh sách đơn vị"),
        ("/plans/khong-co", "danh sách kế hoạch"),
        ("/deadlines/dien-bien-2458/bao-cao-nam/hom-nay", "Kế hoạch không có thời hạn này"),
        ("/deadlines/dien-bien-2458/tong-hop-bao-cao/2026", "Kế hoạch không có thời hạn này"),
        ("/l/khong-co", "Chưa có gì được ghi nhận."),
        ("/static/khong-co.css", "Không tìm thấy trang này"),
        ("/docs", "Không tìm thấy trang này"),
        ("/openapi.json", "Không tìm thấy trang này"),
    ],
)
def test_missing_page_helps(played: Scene, path: str, help_: str) -> None:
    response = played.get(path)
    assert response.status_code == 404
    assert help_ in response.text


def test_defect_is_a_page_without_its_traceback(played: Scene) -> None:
    def broken() -> None:
        raise RuntimeError("bi-mat")

    scene = Scene(played.office, played.desk, played.post, played.now)
    scene.app = create_app(played.office, lambda: played.now, played.desk.secret, played.desk.mail)
    assert isinstance(scene.app.pages, FastAPI)
    scene.app.pages.get("/hong")(broken)
    response = scene.get("/hong")
    assert response.status_code == 500
    assert "Có lỗi ở phía hệ thống" in response.text
    assert "bi-mat" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_board_asks_in_november_whether_plans_without_an_end_still_apply(loaded: Scene) -> None:
    asked = "Kế hoạch không ghi ngày kết thúc: 2458/UBND-NC . Đề nghị ghi kế hoạch còn áp dụng trong năm 2027"
    for now, shown in (("2026-11-30 09:00", True), ("2026-12-01 09:00", False), ("2027-11-01 09:00", False)):
        loaded.now = local(now)
        assert (asked in said(loaded, "/")) is shown
        assert ('href="/plans/dien-bien-2458/ket-thuc"' in loaded.get("/").text) is ("-11-" in now), (
            "where it is answered"
        )


COLLECTS = """
plan: {id: tong, title: Kế hoạch tổng hợp, issued: 05/01/2026, coordinator: so-noi-vu}
tasks:
  - {id: nam, title: Báo cáo năm, owed_by: [so-y-te, so-noi-vu], due: {yearly: {by: 21/12}}}
  - {id: tong-hop, title: Tổng hợp, owed_by: so-noi-vu, due: {yearly: {by: 25/12}}, collects: [nam]}
"""


def test_deadline_that_sums_up_others_says_how_many_are_in(loaded: Scene) -> None:
    load_text(loaded.office, local("2026-12-01 09:00"), COLLECTS)
    page = said(loaded, "/deadlines/tong/tong-hop/2026")
    assert (
        "Tổng hợp từ Báo cáo năm: 0/2 đơn vị đã gửi Đề xuất hạn cho các đơn vị: chậm nhất thứ Sáu, 18/12/2026 "
        "(trước 5 ngày làm việc)"
    ) in page
    assert 'href="/deadlines/tong/nam/2026"' in loaded.get("/deadlines/tong/tong-hop/2026").text
