"""The working-day table as a page: what a change would move is shown before anything does."""

from __future__ import annotations

from store.marks import trail
from tests.web.browsing import Browser, token_of
from tests.web.scenes import ADMINISTRATOR, Scene
from web.cookies import SESSION

TABLE = "/ngay-lam-viec"
# Four days off before the yearly report's act-by, Friday 04/12: it has to be done by Monday 30/11.
OFF = {"cach": "nghi", "tu": "01/12/2026", "den": "04/12/2026", "ten": "Nghỉ phòng bão", "can-cu": "Công điện 7"}


def ask(scene: Scene, form: dict[str, str]) -> tuple[int, str]:
    answer = scene.post_form(TABLE, {"form_token": token_of(scene.get(TABLE)), **form})
    return answer.status_code, answer.text


def test_year_says_which_days_are_off_and_whether_that_is_official(played: Scene) -> None:
    this = played.get(f"{TABLE}?nam=2026").text
    assert "thứ Bảy, 22/08/2026" in this
    assert "Làm bù" in this
    assert "chưa có thông báo chính thức" not in this
    assert f'href="{TABLE}?nam=2027"' in this
    following = played.get(f"{TABLE}?nam=2027").text
    assert "Ngày nghỉ Tết năm 2027 chưa có thông báo chính thức" in following
    assert "tạm tính" in following
    for odd in ("1000", "x", "20277", ""):
        assert "Ngày làm việc năm 2026" in played.get(f"{TABLE}?nam={odd}").text


def test_only_administrators_are_offered_a_change(played: Scene) -> None:
    officer = played.seen_by("vanthu.sct@dienbien.example")
    page = officer.get(TABLE)
    assert page.status_code == 200
    assert "<fieldset>" not in page.text
    assert officer.post_form(TABLE, {"form_token": token_of(page), **OFF}).status_code == 404


def test_change_is_previewed_then_done_then_undone(loaded: Scene) -> None:
    browser = Browser(loaded)
    browser.hold(SESSION, loaded.cookie(ADMINISTRATOR))
    before = loaded.dump()
    preview = browser.submit(TABLE, **OFF)
    assert preview.status_code == 200
    for said in (
        "Chưa có gì thay đổi",
        "<del>thứ Sáu, 04/12/2026</del> <ins>thứ Hai, 30/11/2026</ins>",
        "Báo cáo kết quả thực hiện phong trào thi đua năm 2026",
        "Công điện 7",
    ):
        assert said in preview.text
    assert loaded.dump() == before
    done = browser.submit(TABLE, **OFF, **{"chac-chan": "1"})
    assert (done.status_code, done.headers["location"]) == (303, f"{TABLE}?nam=2026")
    page = browser.get(f"{TABLE}?nam=2026").text
    assert "Đã sửa bảng ngày làm việc: 4 ngày" in page
    assert page.count("Nghỉ phòng bão") == 4
    assert not loaded.office.calendar.is_working(loaded.office.today(loaded.now).replace(month=12, day=3))
    with loaded.office.database.read() as tx:
        entry = trail(tx, "workdays/2026-12-03")[0]
    assert (entry.actor, entry.reason) == (f"person:{ADMINISTRATOR}", "Nghỉ phòng bão")
    undone = {"cach": "bo", "tu": "01/12/2026", "den": "04/12/2026"}
    assert "<ins>thứ Sáu, 04/12/2026</ins>" in browser.submit(TABLE, **undone).text
    browser.submit(TABLE, **undone, **{"chac-chan": "1"})
    assert "Nghỉ phòng bão" not in browser.get(f"{TABLE}?nam=2026").text


def test_every_fault_is_said_and_what_was_typed_is_kept(played: Scene) -> None:
    status, page = ask(played, {"cach": "nghi", "tu": "31/02/2027", "den": "32", "ten": "<b>Tết</b>"})
    assert status == 422
    assert "“31/02/2027” không phải là một ngày" in page
    assert "“32” không phải là một ngày" in page
    assert 'value="&lt;b&gt;Tết&lt;/b&gt;"' in page
    for form, said in (
        ({"tu": ""}, "chưa ghi ngày"),
        ({"tu": "08/12/2026", "ten": ""}, "08/12/2026: chưa ghi tên ngày nghỉ hoặc lý do"),
        ({"tu": "05/12/2026", "ten": "x"}, "thứ Bảy, 05/12/2026 đã là ngày nghỉ, không cần thêm"),
        ({"cach": "lam", "tu": "04/12/2026", "ten": "x"}, "thứ Sáu, 04/12/2026 đã là ngày làm việc, không cần thêm"),
        ({"cach": "bo", "tu": "04/12/2026"}, "không có dòng nào do cơ quan đã thêm để bỏ"),
        ({"tu": "10/12/2026", "den": "08/12/2026", "ten": "x"}, "đề nghị đổi lại hai ngày"),
        ({"tu": "08/12/3026", "ten": "x"}, "không có bảng của năm 3026"),
    ):
        status, page = ask(played, form)
        assert (status, said in page) == (422, True), (form, said)
        assert "nhachan workdays" not in page
