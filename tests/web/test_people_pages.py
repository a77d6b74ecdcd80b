"""The list of people and a person's page: what is seen of whom, preferences, absence, hand-over."""

from __future__ import annotations

import re
from datetime import time

from store.people import find_person, mark_unreachable, people_ids
from tests.web.browsing import token_of
from tests.web.scenes import TDKT, Scene
from tests.web.test_pages import said
from tests.web.test_units_pages import HEAD, post

CLERK = "vanthu.sct@dienbien.example"
REFUSED = "vanthu.bdbp@dienbien.example"
LEADER, ELSEWHERE = "chutich.hdtdkt@dienbien.example", "vanthu.syt@dienbien.example"


def page_of(scene: Scene, address: str) -> str:
    with scene.office.database.read() as tx:
        return f"/nguoi/{people_ids(tx, [address])[address]}"


def refuse(scene: Scene, address: str) -> None:
    """A server has said that there is no such address."""
    with scene.office.database.write() as tx:
        mark_unreachable(tx, people_ids(tx, [address])[address], scene.now, "550 5.1.1 no such user")


def test_list_finds_people_and_marks_those_not_reached(replayed: Scene) -> None:
    played = replayed
    refuse(played, REFUSED)
    page = said(played, "/nguoi?tim=van thu so cong thuong")
    assert "1 người" in page
    assert f"Văn thư Sở Công Thương {CLERK} Sở Công Thương , văn thư" in page
    failing = said(played, "/nguoi?loc=khong-toi")
    assert REFUSED in failing
    assert "Thư không tới từ 09/12/2026: 550 5.1.1 no such user" in failing
    assert "1 người" in failing
    assert "Không có ai như vậy." in said(played, "/nguoi?tim=khong co ai")


def test_list_goes_on_after_the_last_address(played: Scene) -> None:
    first = played.get("/nguoi")
    (more,) = re.findall(r'rel="next" href="(/nguoi\?sau=[^"]+)"', first.text)
    addresses = re.compile(r'class="under address">([^<]+)<')
    second = addresses.findall(played.get(more).text)
    assert second
    assert set(addresses.findall(first.text.split("Thành viên Hội đồng")[0])).isdisjoint(second)


def test_people_see_their_own_unit_and_coordinators_their_plans(played: Scene) -> None:
    clerk = said(played.seen_by(CLERK), "/nguoi")
    assert HEAD in clerk
    assert "vanthu.stp@dienbien.example" not in clerk
    coordinator = said(played.seen_by(TDKT), "/nguoi?tim=stp")
    assert "vanthu.stp@dienbien.example" in coordinator
    assert "Thành viên Hội đồng" not in coordinator


def test_posts_are_those_in_units_that_one_may_read(played: Scene) -> None:
    shared, path = "vanthu.biengioi@dienbien.example", page_of(played, "vanthu.biengioi@dienbien.example")
    all_three = ["UBND xã Nậm Kè", "UBND xã Quảng Lâm", "UBND xã Sín Thầu"]

    def posts(visitor: str, where: str) -> list[str]:
        text = said(played.seen_by(visitor), where)
        return [unit for unit in all_three if re.search(rf"{unit} ?(, v|V)ăn thư", text)]

    for where in (f"/nguoi?tim={shared}", path):
        assert posts("chutich.namke@dienbien.example", where) == ["UBND xã Nậm Kè"], "the head reads the own unit"
        assert posts(TDKT, where) == all_three, "each owes something in the coordinator's plans"
        assert posts(shared, where) == all_three, "one's own"
    head = played.seen_by("chutich.namke@dienbien.example")
    assert shared not in said(head, "/nguoi?tim=ubnd xa quang lam"), "nor is it found by what is not shown"
    assert shared in said(played.seen_by(TDKT), "/nguoi?tim=ubnd xa quang lam")


def test_own_page_shows_items_posts_and_calendar(played: Scene) -> None:
    own = said(played.seen_by(CLERK), page_of(played, CLERK))
    assert "Việc tôi phụ trách" in own
    assert "phong trào thi đua năm 2026 Sở Công Thương trước ngày 05/12/2026" in own
    assert "Lịch cá nhân" in own
    other = said(played.seen_by(TDKT), page_of(played, CLERK))
    assert "Việc phụ trách" in other
    assert "phong trào thi đua năm 2026 Sở Công Thương trước ngày 05/12/2026" in other
    for hidden in ("Lịch cá nhân", "Tùy chọn nhận thư", "Báo vắng mặt", "Bàn giao"):
        assert hidden not in other
    head = said(played.seen_by(HEAD), page_of(played, CLERK))
    assert "Báo vắng mặt" in head
    assert "Tùy chọn nhận thư" not in head


def test_preferences_are_kept(replayed: Scene) -> None:
    own, path = replayed.seen_by(CLERK), page_of(replayed, CLERK)
    status, _, where = post(own, f"{path}/tuy-chon", digest_at="10:30", upcoming="last")
    assert (status, where) == (303, path)
    with replayed.office.database.read() as tx:
        kept = find_person(tx, CLERK)
    assert kept is not None
    assert (kept.digest_at, kept.upcoming) == (time(10, 30), "last")
    assert '<option value="10:30" selected>' in own.get(path).text
    assert post(own, f"{path}/tuy-chon", digest_at="15:00")[0] == 422
    assert post(own, f"{path}/tuy-chon", digest_at="sang som")[0] == 422


def test_absence_is_shown_first_noted_then_and_taken_back(replayed: Scene) -> None:
    own, path = replayed.seen_by(CLERK), page_of(replayed, CLERK)
    form = {"first": "10/12/2026", "last": "20/12/2027", "deputy": HEAD.upper(), "reason": "Nghỉ phép"}
    before = replayed.dump()
    status, text, _ = post(own, f"{path}/vang-mat", **form)
    assert (status, replayed.dump()) == (200, before)
    assert f"vắng mặt từ 10/12/2026 đến hết 20/12/2027, {HEAD} nhận thay" in " ".join(text.split())
    assert "3 ngày làm việc trước hạn" in text
    assert post(own, f"{path}/vang-mat", **form, **{"chac-chan": "1"})[0] == 303
    assert "Vắng mặt từ 10/12/2026 đến hết 20/12/2027." in said(replayed, path)
    assert post(own, f"{path}/vang-mat", **form)[0] == 422  # there is one already
    assert post(own, f"{path}/tro-lai")[0] == 303
    assert "Vắng mặt từ" not in said(replayed, path)
    status, text, _ = post(own, f"{path}/vang-mat", first="x", last="y", deputy="z")
    assert status == 422
    assert text.count("không đọc được ngày") == 2
    assert 'value="z"' in text


def test_head_does_not_gain_the_rights_of_whoever_serves_elsewhere_too(replayed: Scene) -> None:
    head, path = replayed.seen_by("giamdoc.snv@dienbien.example"), page_of(replayed, TDKT)
    assert post(head, f"{path}/vang-mat", first="10/12/2026")[0] == 200
    assert post(head, f"{page_of(replayed, CLERK)}/vang-mat", first="10/12/2026")[0] == 404


def test_hand_over_is_shown_first(replayed: Scene) -> None:
    head, path = replayed.seen_by(HEAD), page_of(replayed, CLERK)
    form = {"to": "Moi.SCT@dienbien.example", "name": "Văn thư mới", "unit": "so-cong-thuong"}
    before = replayed.dump()
    status, text, _ = post(head, f"{path}/ban-giao", **form)
    assert (status, replayed.dump()) == (200, before)
    assert "Văn thư, Sở Công Thương" in text
    assert post(head, f"{path}/ban-giao", to="moi.sct@dienbien.example")[0] == 404  # of all units
    assert post(head, f"{path}/ban-giao", **form, **{"chac-chan": "1"})[0] == 303
    assert "moi.sct@dienbien.example" in said(replayed, "/units/so-cong-thuong")
    assert post(replayed, f"{path}/ban-giao", to="khong phai", **{"chac-chan": "1"})[0] == 422


def test_nobody_is_renamed_by_being_given_a_post(replayed: Scene) -> None:
    names = {LEADER: "Chủ tịch Hội đồng Thi đua - Khen thưởng tỉnh", ELSEWHERE: "Văn thư Sở Y tế"}
    form = {"to": LEADER, "name": "Tên khác", "unit": "so-cong-thuong", "chac-chan": "1"}
    assert post(replayed.seen_by(CLERK), f"{page_of(replayed, CLERK)}/ban-giao", **form)[0] == 303
    form = {"old": HEAD, "new": ELSEWHERE, "name": "Tên khác", "chac-chan": "1"}
    assert post(replayed.seen_by(HEAD), "/units/so-cong-thuong/dau-moi", **form)[0] == 303
    with replayed.office.database.read() as tx:
        found = {address: find_person(tx, address) for address in names}
    assert {address: one and one.name for address, one in found.items()} == names


def test_addresses_are_confirmed_and_tried_again(replayed: Scene) -> None:
    path = page_of(replayed, REFUSED)
    refuse(replayed, REFUSED)
    assert "Thư không tới địa chỉ này từ" in said(replayed, path)
    assert post(replayed, f"{path}/dung-duoc")[0] == 303
    assert "Thư không tới" not in said(replayed, path)
    assert post(replayed, f"{path}/dung-duoc")[0] == 422
    assert post(replayed, f"{path}/xac-nhan")[0] == 303
    assert "Địa chỉ được xác nhận ngày 09/12/2026." in said(replayed, path)


def test_name_in_the_header_leads_to_the_own_page(played: Scene) -> None:
    own = played.seen_by(CLERK)
    page = own.get("/units").text
    assert f'<a href="{page_of(played, CLERK)}"' in page
    assert token_of(own.get(page_of(played, CLERK)))
