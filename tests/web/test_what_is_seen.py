"""Rows, numbers and links of a page are those that its visitor may read; nothing else shines through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from store.obligations import of_deadline
from tests.conftest import load_text, local
from tests.web.conftest import copied
from tests.web.scenes import KEY, TDKT, Scene
from tests.web.test_pages import said
from tests.web.test_reading import crawl, missing

OFFICER, COUNCIL = "vanthu.sct@dienbien.example", "noichinh.hdtdkt@dienbien.example"
HEAD_OF_GROUP, LEADER = "vanthu.stp@dienbien.example", "chutich.hdtdkt@dienbien.example"
HIDDEN = """
plan: {id: kin, title: Kế hoạch của ngành y tế, issued: 05/01/2026, coordinator: so-y-te}
tasks: [{id: thang, title: Báo cáo tháng, owed_by: [so-y-te], due: {monthly: {by: 20}}}]
"""
COORDINATORS = {TDKT, "truongban.snv@dienbien.example", "giamdoc.snv@dienbien.example"}


@pytest.fixture(scope="module")
def scene(played: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with contextmanager(copied)(played, tmp_path_factory.mktemp("seen")) as mine:
        for address in (OFFICER, COUNCIL, HEAD_OF_GROUP, LEADER, TDKT):
            mine.cookie(address)
        yield mine


@pytest.mark.parametrize("address", [OFFICER, COUNCIL, HEAD_OF_GROUP])
def test_every_link_leads_to_a_page_that_may_be_read(scene: Scene, address: str) -> None:
    visitor = scene.seen_by(address)
    found = crawl(visitor, "/", "/?trangthai=qua-han", "/units", "/plans", "/phien")
    assert missing(found) == set()


def test_officer_sees_one_unit(scene: Scene) -> None:
    visitor = scene.seen_by(OFFICER)
    found = crawl(visitor, "/", "/units", "/plans")
    assert {path.partition("?")[0] for path in found if path.startswith("/units/")} == {"/units/so-cong-thuong"}
    own = {OFFICER, "giamdoc.sct@dienbien.example", "vanphong.sct@dienbien.example"}
    for path in found:
        if path.startswith(("/static", "/feeds")):
            continue
        html = visitor.get(path).text
        assert set(re.findall(r"[\w.]+@dienbien\.example", html)) <= own | COORDINATORS, path
        fractions = re.findall(r"(\d+)/(\d+)(?:</b>)? (?:đơn vị|đã gửi|đã hoàn thành)", html)
        assert {total for _, total in fractions} <= {"1"}, path
    board = said(visitor, "/")
    assert "1 Quá hạn, chưa ghi nhận" in board
    assert "0 Đã gửi, chờ xác nhận Chưa xong 2 việc" in board
    assert "nhachan" not in board
    assert re.search(r"\bThư\b", board) is None, "how mail does is not an officer's affair"


def test_lists_offer_no_period_of_a_plan_that_may_not_be_read(replayed: Scene) -> None:
    """Not even by its name in the address: it looks like one that isn't there."""
    load_text(replayed.office, local("2026-12-09 08:00"), HIDDEN)
    officer = replayed.seen_by(OFFICER)

    def asked(path: str) -> str:
        return re.sub('name="form_token" value="[^"]+"', "", officer.get(path).text)

    assert 'value="2026-12"' in replayed.get("/?nam=2026").text
    assert 'value="2026-12"' not in asked("/?nam=2026")
    assert asked("/?kehoach=kin&nam=2026") == asked("/?kehoach=nao&nam=2026").replace("nao", "kin")


def test_deadline_page_of_an_officer_speaks_of_the_own_unit(scene: Scene) -> None:
    page = said(scene.seen_by(OFFICER), f"/deadlines/{KEY}")
    assert "0/1 đơn vị đã gửi" in page
    assert "Chữ “trước” không tính chính ngày được nêu" in page, "why it is due then is for all who owe it"
    for other in ("Sở Y tế", "Sở Tài chính", "UBND phường Mường Lay"):  # the latter two are in one mail with this one
        assert other not in page
    assert "Sở Công Thương" in page
    whole = said(scene.seen_by(TDKT), f"/deadlines/{KEY}")
    assert "Sở Y tế" in whole


def test_council_member_sees_the_units_assigned(scene: Scene) -> None:
    page = said(scene.seen_by(COUNCIL), "/units")
    assert [name in page for name in ("Công an tỉnh", "Tòa án nhân dân tỉnh", "Sở Công Thương")] == [True, True, False]
    deadline = said(scene.seen_by(COUNCIL), f"/deadlines/{KEY}")
    with scene.office.database.read() as tx:
        assigned = ["cong-an-tinh", "bo-chi-huy-quan-su-tinh", "bo-doi-bien-phong-tinh", "toa-an-nhan-dan-tinh"]
        owing = of_deadline(tx, KEY, [*assigned, "vien-kiem-sat-nhan-dan-tinh"])
    assert f"/{len(owing)} đơn vị đã gửi" in deadline


def test_head_of_a_group_sees_its_members_and_ended_ones_too(scene: Scene) -> None:
    page = said(scene.seen_by(HEAD_OF_GROUP), "/units")
    assert "Sở Tài chính" in page
    assert "Sở Kế hoạch và Đầu tư đến hết ngày 28/02/2025" in page
    assert "Sở Công Thương" not in page


def test_leader_reads_all_and_changes_nothing(scene: Scene) -> None:
    leader = scene.seen_by(LEADER)
    assert "14 Quá hạn, chưa ghi nhận" in said(leader, "/")
    assert "81" in said(leader, f"/deadlines/{KEY}")


def test_coordinator_sees_all_of_the_own_plans_and_how_mail_does(scene: Scene) -> None:
    board = said(scene.seen_by(TDKT), "/")
    assert "14 Quá hạn, chưa ghi nhận" in board
    assert "Quá hạn, chưa ghi nhận 14 việc" in board
    assert "1 Thư không gửi được" in board
    assert "chưa gửi cho ai" in board
    unit = scene.seen_by(TDKT).get("/units/so-cong-thuong").text
    assert ".ics" not in unit, "the address of a calendar is the unit's own secret"
    assert ".ics" in scene.seen_by(OFFICER).get("/units/so-cong-thuong").text


def test_page_says_who_is_signed_in(scene: Scene) -> None:
    page = scene.seen_by(OFFICER).get("/").text
    assert 'title="Trang của tôi">Văn thư Sở Công Thương</a>' in page
    assert ">Đăng xuất</button>" in page
    assert ">Đăng xuất</button>" in scene.seen_by(OFFICER).get("/khong-co").text
    mailed = scene.seen_by(None).get(scene.link("so-cong-thuong"))
    assert mailed.status_code == 200, "a mailed link needs no session"
    assert "Đăng xuất" not in mailed.text
