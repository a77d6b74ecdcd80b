"""Signing in by a mailed link: once, soon, in the browser that asked; nothing tells strangers who is on file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from actions.signing_in import print_link
from plans.problems import UserError
from store.marks import trail
from store.schema import message_bodies, messages, officers, sessions, sign_ins
from tests.actions.province import mail_of
from tests.conftest import local
from tests.web.browsing import Browser, mailed
from tests.web.scenes import TDKT, WEB, Scene, act
from web.paths import own_path

OFFICER = "vanthu.sct@dienbien.example"
NOBODY = "khong-ai@dienbien.example"


@pytest.fixture
def scene(loaded: Scene) -> Scene:
    loaded.now = local("2026-12-03 22:10")  # at night: nobody waits until office hours
    return loaded


def signed_in_as(browser: Browser) -> str | None:
    page = browser.get("/phien")
    found = re.search(r'class="sub">[^<]*<span class="address">([^<]+)</span>', page.text)
    return found[1] if found else None


def test_link_arrives_at_once_and_its_button_signs_in_and_leads_back(scene: Scene) -> None:
    browser = Browser(scene)
    sent = browser.get("/units/so-cong-thuong")
    assert (sent.status_code, sent.headers["location"]) == (303, "/dang-nhap?ve=/units/so-cong-thuong")
    asked = browser.submit(sent.headers["location"], address=f"  {OFFICER.upper()} ", ve="/units/so-cong-thuong")
    assert asked.status_code == 200
    assert "dùng một lần, trong 15 phút" in asked.text
    (link,) = mailed(scene)
    assert signed_in_as(browser) is None
    shown = browser.get(link)
    assert (shown.status_code, signed_in_as(browser)) == (200, None), "a GET signs nobody in"
    assert OFFICER in shown.text
    done = browser.submit(link)
    assert (done.status_code, done.headers["location"]) == (303, "/units/so-cong-thuong")
    assert browser.get("/units/so-cong-thuong").status_code == 200
    assert signed_in_as(browser) == OFFICER
    with scene.office.database.read() as tx:
        assert [(e.actor, e.action) for e in trail(tx, limit=1)] == [(f"person:{OFFICER}", "sign_in")]


def test_mail_says_what_it_is(scene: Scene) -> None:
    Browser(scene).ask(OFFICER)
    mailed(scene)
    (letter,) = scene.post.letters
    mail = mail_of(letter)
    assert letter.recipient == OFFICER
    assert mail["Subject"] == "[Đăng nhập] Liên kết đăng nhập Nhắc hạn tỉnh mẫu, dùng một lần, trong 15 phút"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "Kính gửi: Văn thư Sở Công Thương" in text
    assert "Liên kết dùng một lần, trong 15 phút (đến 22:25, 03/12/2026)" in text
    assert "Nếu Quý cơ quan không yêu cầu, xin bỏ qua thư này" in text


def test_link_is_used_once(scene: Scene) -> None:
    browser = Browser(scene)
    browser.ask(OFFICER)
    (link,) = mailed(scene)
    assert browser.submit(link).status_code == 303
    browser.jar.delete("nhachan")
    again = browser.get(link)
    assert again.status_code == 410
    assert "đã được dùng" in again.text
    assert browser.submit("/dang-nhap", link).headers["location"] == link
    assert signed_in_as(browser) is None


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (15, 410)])
def test_link_lives_a_quarter_of_an_hour(scene: Scene, minutes: int, status: int) -> None:
    browser = Browser(scene)
    browser.ask(OFFICER)
    (link,) = mailed(scene)
    scene.now += timedelta(minutes=minutes)
    assert browser.get(link).status_code == status
    browser.submit("/dang-nhap", link)
    assert (signed_in_as(browser) == OFFICER) is (status == 200)


def test_link_of_another_browser_signs_nobody_in_and_offers_a_new_one(scene: Scene) -> None:
    asking, other = Browser(scene), Browser(scene, agent="Chrome")
    asking.ask(OFFICER)
    (link,) = mailed(scene)
    shown = other.get(link)
    assert shown.status_code == 403
    assert "yêu cầu từ một trình duyệt khác" in shown.text
    assert 'action="/dang-nhap"' in shown.text
    assert other.submit("/dang-nhap", link).headers["location"] == link
    assert signed_in_as(other) is None
    assert asking.submit(link).status_code == 303, "and it is not used up by that"
    assert signed_in_as(asking) == OFFICER


def test_nothing_of_the_secret_is_kept(scene: Scene) -> None:
    browser = Browser(scene)
    browser.ask(OFFICER)
    (link,) = mailed(scene)
    browser.submit(link)
    secrets = [link.rpartition("/")[2], *(c.value or "" for c in browser.jar.jar)]
    assert len(secrets) == 3
    with scene.office.database.read() as tx:
        held = [str(row) for t in (sign_ins, sessions, messages, message_bodies) for row in tx.execute(select(t))]
    assert held
    assert [s for s in secrets if any(s in row for row in held)] == []


def test_session_id_is_new_and_an_earlier_one_ends(scene: Scene) -> None:
    victim = Browser(scene)
    victim.hold("nhachan", "dat-san-boi-ke-khac")
    victim.sign_in(OFFICER)
    first = victim.jar["nhachan"]
    assert first != "dat-san-boi-ke-khac"
    thief = Browser(scene)
    thief.hold("nhachan", "dat-san-boi-ke-khac")
    assert signed_in_as(thief) is None
    link = print_link(scene.office, act("2026-12-03 22:11", actor="cli"), TDKT, WEB.granted)
    victim.submit(link.removeprefix(scene.office.base_url))
    assert signed_in_as(victim) == TDKT
    thief.hold("nhachan", first)
    assert signed_in_as(thief) is None


# -- who is on file --------------------------------------------------------------------------------------------------


@contextmanager
def statements(scene: Scene) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    engine = scene.office.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_known_and_unknown_addresses_are_answered_alike_by_the_same_work(scene: Scene) -> None:
    told = []
    for address in (OFFICER, NOBODY):
        browser = Browser(scene)
        browser.get("/dang-nhap")
        with statements(scene) as said:
            answer = browser.ask(address)
        headers = {k: v for k, v in answer.headers.items() if k not in ("set-cookie", "content-length")}
        told.append((answer.status_code, answer.text.replace(address, "…"), headers, said))
    assert told[0] == told[1]
    assert mailed(scene) != []
    assert {letter.recipient for letter in scene.post.letters} == {OFFICER}


@pytest.mark.parametrize(
    "typed", ["", "vanthu", "a@b@c", "vanthu@", "x" * 300 + "@tinh.example", "a\r\nBcc: b@c.example"]
)
def test_what_is_no_address_is_answered_beside_its_field(scene: Scene, typed: str) -> None:
    answer = Browser(scene).ask(typed)
    assert answer.status_code == 422
    assert "Đây chưa phải là một địa chỉ thư" in answer.text
    assert mailed(scene) == []


def test_many_links_for_one_address_are_refused_whoever_asks_and_whether_it_is_known(scene: Scene) -> None:
    for address in (OFFICER, NOBODY):
        answers = [Browser(scene, client=f"192.0.2.{n}").ask(address).status_code for n in range(7)]
        assert answers == [200] * 5 + [429] * 2
    assert len(mailed(scene)) == 5
    scene.now += timedelta(minutes=16)
    assert Browser(scene).ask(OFFICER).status_code == 200


def test_one_client_may_not_try_for_ever(scene: Scene) -> None:
    browser = Browser(scene, client="2001:db8::1")
    page = browser.get("/dang-nhap")
    token = re.findall(r'form_token" value="([^"]+)"', page.text)[0]
    tries = [browser.request("POST", f"/dang-nhap/{n}", data={"form_token": token}).status_code for n in range(62)]
    assert tries == [303] * 60 + [429] * 2
    browser.client = "2001:db8::2"  # of the same network
    refused = browser.ask(OFFICER)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    browser.client = "2001:db8:0:1::1"
    assert browser.ask(OFFICER).status_code == 200
    browser.client = "2001:db8::2"
    scene.now += timedelta(minutes=15)
    assert browser.ask(OFFICER).status_code == 200


# -- forms, cookies, paths -------------------------------------------------------------------------------------------


def test_forms_need_their_token_and_come_from_here(scene: Scene) -> None:
    browser = Browser(scene)
    browser.ask(OFFICER)
    (link,) = mailed(scene)
    for path in ("/dang-nhap", link):
        for form in ({}, {"form_token": "x"}, {"form_token": "á"}):
            assert browser.request("POST", path, data={"address": OFFICER, **form}).status_code == 403
    foreign = {"Origin": "https://evil.example"}
    assert browser.request("POST", link, headers=foreign, data={"form_token": "x"}).status_code == 403
    assert signed_in_as(browser) is None
    browser.submit(link)
    for path in ("/dang-xuat", "/phien"):
        assert browser.request("POST", path, data={}).status_code == 403
    assert signed_in_as(browser) == OFFICER


def test_token_of_another_session_is_refused(scene: Scene) -> None:
    mine, other = Browser(scene), Browser(scene)
    mine.sign_in(OFFICER)
    other.sign_in(TDKT)
    token = re.findall(r'form_token" value="([^"]+)"', other.get("/phien").text)[0]
    assert mine.request("POST", "/dang-xuat", data={"form_token": token}).status_code == 403


@pytest.mark.parametrize("secure", [False, True])
def test_cookies_are_closed_to_scripts_and_other_sites(scene: Scene, secure: bool) -> None:
    if secure:
        scene = replace(scene, office=replace(scene.office, base_url="https://nhachan.dienbien.example"))
        scene = replace(scene, desk=replace(scene.desk, base_url=scene.office.base_url))
    browser = Browser(scene)
    asked = browser.get("/dang-nhap").headers["set-cookie"]
    done = browser.sign_in(OFFICER).headers["set-cookie"]
    prefix, flag = ("__Host-", "; Secure") if secure else ("", "")
    assert re.fullmatch(
        rf"{prefix}nhachan-browser=[\w-]{{43}}; HttpOnly; Max-Age=86400; Path=/; SameSite=lax{flag}", asked
    )
    assert re.fullmatch(rf"{prefix}nhachan=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax{flag}", done)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", "/"),
        ("/units/so-y-te?theo=don-vi", "/units/so-y-te?theo=don-vi"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\/evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("/dang-nhap/abc", "/"),
        ("/dang-xuat", "/"),
        ("/" + "x" * 501, "/"),
    ],
)
def test_only_paths_of_this_site_are_gone_back_to(path: str, found: str) -> None:
    assert own_path(path) == found


def test_nobody_is_led_to_another_site(scene: Scene) -> None:
    browser = Browser(scene)
    assert browser.sign_in(OFFICER, back="//evil.example/").headers["location"] == "/"
    for back in ("https://evil.example/", "//evil.example", "/%5Cevil.example"):
        target = browser.get("/dang-nhap", params={"ve": back}).headers["location"]
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))


# -- sessions --------------------------------------------------------------------------------------------------------


def test_session_ends_after_twelve_hours_of_silence_and_after_a_week(scene: Scene) -> None:
    browser = Browser(scene)
    browser.sign_in(OFFICER)
    begun = scene.now
    for hours in range(11, 7 * 24, 11):
        scene.now = begun + timedelta(hours=hours)
        assert signed_in_as(browser) == OFFICER, hours
    scene.now = begun + timedelta(days=7)
    assert signed_in_as(browser) is None
    browser.sign_in(OFFICER)
    scene.now += timedelta(hours=12)
    assert signed_in_as(browser) is None


def test_last_request_is_noted_every_few_minutes_and_nothing_else(scene: Scene) -> None:
    browser = Browser(scene)
    browser.sign_in(OFFICER)
    before = scene.dump()
    scene.now += timedelta(minutes=5)
    browser.get("/")
    assert scene.dump() == before
    scene.now += timedelta(minutes=1)
    browser.get("/")
    after = scene.dump()
    assert {name for name in after if after[name] != before[name]} == {"sessions"}


def test_signing_out_ends_it_for_good(scene: Scene) -> None:
    browser = Browser(scene)
    browser.sign_in(OFFICER)
    held = browser.jar["nhachan"]
    left = browser.submit("/", "/dang-xuat")
    assert (left.status_code, left.headers["location"]) == (303, "/dang-nhap?ra=1")
    assert left.headers["clear-site-data"] == '"cache"'
    assert "Đã đăng xuất." in browser.get("/dang-nhap?ra=1").text
    assert browser.jar.get("nhachan") is None
    browser.hold("nhachan", held)
    assert signed_in_as(browser) is None


def test_page_lists_ones_own_sessions_and_ends_the_others(scene: Scene) -> None:
    here, there, stranger = (Browser(scene, agent=a) for a in ("Firefox", "Mobile <b>", "Other"))
    here.sign_in(OFFICER)
    scene.now += timedelta(minutes=1)
    there.sign_in(OFFICER)
    stranger.sign_in(TDKT)
    page = here.get("/phien").text
    assert ">Firefox</span>" in page
    assert 'title="Mobile &lt;b&gt;">Thiết bị khác</span>' in page
    assert "Other" not in page
    assert here.submit("/phien").status_code == 303
    assert [signed_in_as(b) for b in (here, there, stranger)] == [OFFICER, None, TDKT]
    assert "Kết thúc các phiên khác" not in here.get("/phien").text


def test_who_leaves_the_roster_is_out_at_once(scene: Scene) -> None:
    browser = Browser(scene)
    browser.sign_in(OFFICER)
    with scene.office.database.write() as tx:
        tx.execute(officers.delete().where(officers.c.name == "Văn thư Sở Công Thương"))
    assert browser.get("/").headers["location"] == "/dang-nhap"
    assert browser.submit("/dang-nhap", "/phien").headers["location"] == "/dang-nhap"
    browser.ask(OFFICER)
    assert mailed(scene) == []


# -- when mail is down -----------------------------------------------------------------------------------------------


def test_printed_link_works_in_any_browser_once(scene: Scene) -> None:
    link = print_link(scene.office, act("2026-12-03 22:10", actor="cli"), OFFICER, WEB.granted, timedelta(minutes=5))
    path = link.removeprefix(scene.office.base_url)
    first, second = Browser(scene), Browser(scene)
    assert first.submit(path).status_code == 303
    assert signed_in_as(first) == OFFICER
    assert second.get(path).status_code == 410
    with scene.office.database.read() as tx:
        (entry,) = trail(tx, f"person/{OFFICER}")
    assert (entry.actor, entry.action, entry.detail) == ("cli", "login_link", {"minutes": 5})


def test_no_link_is_printed_for_who_has_no_right(scene: Scene) -> None:
    with pytest.raises(UserError):
        print_link(scene.office, act("2026-12-03 22:10"), NOBODY, WEB.granted)


def test_links_wait_while_mail_is_down_and_get_a_new_secret(scene: Scene) -> None:
    browser = Browser(scene)
    browser.ask(OFFICER)
    scene.post.down = "connection refused"
    with pytest.raises(Exception, match="connection refused"):
        mailed(scene)
    scene.post.down = None
    scene.post.put_off = True
    assert mailed(scene) == []
    scene.post.put_off = False
    (link,) = mailed(scene)
    assert browser.submit(link).status_code == 303
    Browser(scene).ask(NOBODY)
    scene.post.down = "connection refused"
    assert mailed(scene) == [], "nobody is mailed, so nothing fails"


def test_refused_link_is_not_tried_again(scene: Scene) -> None:
    scene.post.refused = OFFICER
    Browser(scene).ask(OFFICER)
    assert mailed(scene) == []
    scene.post.refused = ""
    assert mailed(scene) == []
    with scene.office.database.read() as tx:
        assert [(r.state, r.answer) for r in tx.execute(select(sign_ins.c.state, sign_ins.c.answer))] == [
            ("failed", "550 5.1.1 mailbox unavailable")
        ]
