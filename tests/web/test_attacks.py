"""What somebody tries who holds less than it takes: a link for more than its item, a name of another server."""

from __future__ import annotations

import re

import pytest

from actions.people import absent
from plans.access import Rights
from plans.deadlines import DeadlineKey
from store.marks import trail
from tests.actions.province import mail_of
from tests.conftest import local
from tests.web.browsing import Browser, mailed
from tests.web.scenes import KEY, TDKT, Scene, act

WORK = DeadlineKey.parse("dien-bien-88-2026/quy-4-01/2026-Q4")
assert KEY is not None
assert WORK is not None
STRANGER, OFFICER, HEAD = "vanthu.sct@dienbien.example", "vanthu.stp@dienbien.example", "giamdoc.stp@dienbien.example"
AWAY = {"first": "03/12/2026", "last": "31/12/2026"}


@pytest.fixture
def scene(loaded: Scene) -> Scene:
    loaded.now = local("2026-12-03 10:00")
    return loaded


@pytest.mark.parametrize(
    ("unit", "key", "opens"),
    [("so-noi-vu", WORK, f"/plans/{KEY.plan}/sua"), ("so-tu-phap", KEY, "/units/so-tu-phap")],
)
def test_holder_of_a_link_makes_nobody_a_deputy_who_gains_rights(
    scene: Scene, unit: str, key: DeadlineKey, opens: str
) -> None:
    link, attacker, before = scene.link(unit, key), scene.seen_by(STRANGER), scene.dump()
    answer = scene.post_form(f"{link}/vang-mat", AWAY | {"deputy": STRANGER, "who": "Đồng nghiệp"})
    assert answer.status_code == 422
    assert "liên kết trong thư không trao được quyền" in answer.text
    assert attacker.get(opens).status_code == 404
    assert scene.dump() == before


def test_colleague_and_head_stand_in_by_link(scene: Scene) -> None:
    link = scene.link("so-tu-phap")
    assert "Đã ghi thời gian vắng mặt." in scene.post_form(f"{link}/vang-mat", AWAY | {"deputy": HEAD}).text
    with scene.office.database.read() as tx:
        (entry,) = [e for e in trail(tx, f"people/{OFFICER}") if e.action == "absent"]
    assert (entry.actor, entry.detail["deputy"]) == (f"link:{OFFICER}", HEAD)


def test_who_is_signed_in_may_be_stood_in_for_by_anybody_on_file(scene: Scene) -> None:
    absent(scene.office, act("2026-12-03 09:00"), TDKT, local("2026-12-03 09:00").date(), None, STRANGER)
    assert scene.seen_by(STRANGER).get(f"/plans/{KEY.plan}/sua").status_code == 200


@pytest.mark.parametrize(
    ("mine", "theirs", "covers"),
    [
        (Rights(), Rights(), True),
        (Rights(acts_for=frozenset("a")), Rights(acts_for=frozenset("a")), True),
        (Rights(acts_for=frozenset("b")), Rights(acts_for=frozenset("a")), False),
        (Rights(heads=frozenset("a")), Rights(acts_for=frozenset("a")), True),
        (Rights(acts_for=frozenset("a")), Rights(heads=frozenset("a")), False),
        (Rights(acts_for=frozenset("a")), Rights(acts_for=frozenset("a"), coordinates=frozenset("p")), False),
        (Rights(acts_for=frozenset("a")), Rights(acts_for=frozenset("a"), reads_all=True), False),
        (Rights(acts_for=frozenset("a")), Rights(oversees=frozenset("b")), False),
        (Rights(acts_for=frozenset("a"), oversees=frozenset("b")), Rights(oversees=frozenset("ab")), True),
        (Rights(reads_all=True), Rights(oversees=frozenset("b")), True),
        (Rights(acts_for=frozenset("a")), Rights(named=frozenset({("p", "t", "a")})), True),
        (Rights(acts_for=frozenset("a")), Rights(named=frozenset({("p", "t", "b")})), False),
        (Rights(named=frozenset({("p", "t", "b")})), Rights(named=frozenset({("p", "t", "b")})), True),
    ],
)
def test_rights_that_are_covered_pass_nothing_on(mine: Rights, theirs: Rights, covers: bool) -> None:
    assert mine.covers(theirs) is covers


def test_mailed_addresses_are_those_of_this_server_under_whatever_name_it_was_asked(scene: Scene) -> None:
    browser = Browser(scene)
    page = browser.request("GET", "/dang-nhap", headers={"Host": "localhost:9999", "X-Forwarded-Host": "evil.example"})
    token = re.findall(r'name="form_token" value="([^"]+)"', page.text)[-1]
    sent = {"address": OFFICER, "form_token": token}
    headers = {"Host": "localhost:9999", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert browser.request("POST", "/dang-nhap", data=sent, headers=headers).status_code == 200
    (path,) = mailed(scene)
    (letter,) = scene.post.letters
    body = mail_of(letter).get_body(("plain",))
    assert body is not None
    assert re.findall(r"https?://[^/\s]+", body.get_content()) == [scene.office.base_url]
    assert browser.request("GET", path).status_code == 200
