"""The list of units and a unit's page: counts, search, views, contacts set right, succession."""

from __future__ import annotations

from datetime import date

from actions.people import absent
from store.units import read_roster
from tests.web.browsing import token_of
from tests.web.scenes import ADMINISTRATOR, Scene, act
from tests.web.test_pages import said

SCT = "/units/so-cong-thuong"
HEAD = "giamdoc.sct@dienbien.example"


def post(scene: Scene, path: str, page: str = "/phien", **form: str) -> tuple[int, str, str]:
    answer = scene.post_form(path, {"form_token": token_of(scene.get(page)), **form})
    return answer.status_code, answer.text, answer.headers.get("location", "")


def test_list_counts_by_kind_what_each_unit_owes(played: Scene) -> None:
    page = said(played, "/units")
    assert "Các Sở, ban, ngành tỉnh" in page
    assert "Sở Công Thương 1 quá hạn" in page
    assert page.count("1 quá hạn") == 14
    assert "Đã thôi hoạt động" in page
    officer = said(played.seen_by("vanthu.sct@dienbien.example"), "/units")
    assert officer.count("quá hạn") == 1
    assert "Sở Y tế" not in officer


def test_list_is_searched_as_people_write(played: Scene) -> None:
    for text in ("so y te", "SYT", "so-y-te", "Y TẾ"):
        page = said(played, f"/units?tim={text}")
        assert "Sở Y tế" in page
        assert "Sở Công Thương" not in page
    assert "Không có đơn vị nào tên như “khong co”." in said(played, "/units?tim=khong co")


def test_unit_page_shows_its_year_items_and_contacts(played: Scene) -> None:
    page = said(played, SCT)
    assert "Năm 2026 0% Đúng hạn" in page.replace("Đúng hạn 0%", "0% Đúng hạn")
    assert "thi đua năm 2026 trước ngày 05/12/2026 thứ Sáu, 04/12/2026 Quá hạn chậm 3 ngày làm việc" in page
    assert "Văn thư Sở Công Thương Văn thư vanthu.sct@dienbien.example" in page
    assert "Phối hợp thực hiện" in page
    done = said(played, "/units/so-tai-chinh?xem=da-xong")
    assert "Phải thực hiện Đã gửi, đã kết thúc Trước khi theo dõi" in done
    before = said(played, f"{SCT}?xem=truoc-theo-doi")
    assert before.count("thi đua năm 2025 trước ngày 05/12/2025") == 1
    assert said(played, f"{SCT}?xem=la") == page


def test_unit_page_says_who_is_away_and_who_stands_in(replayed: Scene) -> None:
    absent(replayed.office, act("2026-12-08 09:00"), "vanthu.sct@dienbien.example", date(2026, 12, 8), None, HEAD)
    page = said(replayed, SCT)
    assert f"Vắng mặt từ 08/12/2026, chưa rõ ngày về; {HEAD} nhận thay" in page
    assert "Đang nhận thay: vanthu.sct@dienbien.example" in page


def test_head_corrects_a_contact_after_seeing_what_follows(replayed: Scene) -> None:
    head = replayed.seen_by(HEAD)
    form = {"old": "vanthu.sct@dienbien.example", "new": "Moi.SCT@dienbien.example", "name": "Văn thư mới"}
    before = replayed.dump()
    status, text, _ = post(head, f"{SCT}/dau-moi", **form)
    assert (status, replayed.dump()) == (200, before)
    assert "moi.sct@dienbien.example" in text
    assert 'name="chac-chan" value="1"' in text
    status, _, where = post(head, f"{SCT}/dau-moi", **form, **{"chac-chan": "1"})
    assert (status, where) == (303, SCT)
    with replayed.office.database.read() as tx:
        officers = [(o.name, o.address) for o in read_roster(tx).units["so-cong-thuong"].officers]
    assert ("Văn thư mới", "moi.sct@dienbien.example") in officers
    assert form["old"] not in {address for _, address in officers}


def test_contact_that_is_wrong_comes_back_with_what_was_typed(replayed: Scene) -> None:
    before = replayed.dump()
    form = {"old": "vanthu.sct@dienbien.example", "chac-chan": "1"}
    status, text, _ = post(replayed, f"{SCT}/dau-moi", **form, new="khong phai")
    assert (status, replayed.dump()) == (422, before)
    assert "“khong phai” không phải một địa chỉ thư điện tử" in text
    assert 'value="khong phai"' in text
    assert post(replayed, f"{SCT}/dau-moi", **form)[0] == 422
    assert post(replayed, f"{SCT}/dau-moi", old="ai@khac.example", new="a@b.example")[0] == 422
    assert replayed.dump() == before


def test_administrator_names_successors_after_seeing_what_passes(replayed: Scene) -> None:
    form = {"successors": "Sở Tài chính", "on": "09/12/2026", "reason": "Nghị quyết 30/NQ-HĐND"}
    before = replayed.dump()
    status, text, _ = post(replayed, f"{SCT}/ke-thua", **form)
    assert (status, replayed.dump()) == (200, before)
    assert "Sở Công Thương hoạt động đến hết thứ Ba, 08/12/2026. Kế thừa: Sở Tài chính." in text
    assert "gộp vào việc của Sở Tài chính" in text
    status, _, where = post(replayed, f"{SCT}/ke-thua", **form, **{"chac-chan": "1"})
    assert (status, where) == (303, SCT)
    page = said(replayed, SCT)
    assert "Đơn vị đã thôi hoạt động sau ngày 08/12/2026. Đơn vị kế thừa: Sở Tài chính ." in page
    assert "gộp vào Sở Tài chính" in page
    assert "kế thừa Sở Kế hoạch và Đầu tư , Sở Công Thương" in said(replayed, "/units/so-tai-chinh")


def test_succession_names_all_that_is_wrong(played: Scene) -> None:
    status, text, _ = post(played, f"{SCT}/ke-thua", successors="Sở Không Có; Sở Khác Nữa", on="09/12/2026")
    assert status == 422
    assert text.count("không có đơn vị nào tên là") == 2
    for form in ({"successors": ""}, {"successors": "so-tai-chinh", "on": "mai"}, {"successors": "so-cong-thuong"}):
        assert post(played, f"{SCT}/ke-thua", **form)[0] == 422
    assert played.visitor == ADMINISTRATOR
