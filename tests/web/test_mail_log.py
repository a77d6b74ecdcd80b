"""The mail log: who sees which mail, what of it, and sending it again."""

from __future__ import annotations

import csv
import io
import re
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select, update

from actions.access import may_read_letter, may_send_again, readable_items, readable_mail
from notifications.outlets.maildir import file_name
from plans.access import Rights
from store.mail_log import Logged, LoggedItem, content_of, log
from store.marks import trail
from store.outlets import mark_down
from store.schema import messages, reminders
from tests.actions.province import mail_of
from tests.conftest import local
from tests.web.browsing import token_of
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, Scene
from web.letters import shown_letter, without_secrets

REFUSED = "vanthu.bdbp@dienbien.example"
LINK = re.compile(r"/l/(\d[\w-]*)")


def one(scene: Scene, state: str) -> int:
    """The number of some mail in this state."""
    with scene.office.database.read() as tx:
        found: int = tx.scalars(select(messages.c.id).where(messages.c.state == state).order_by(messages.c.id)).first()
    return found


def turn(scene: Scene, number: int, state: str) -> None:
    with scene.office.database.write() as tx:
        tx.execute(update(messages).where(messages.c.id == number).values(state=state))
        tx.execute(update(reminders).where(reminders.c.message_id == number).values(state=state))


def again(scene: Scene, number: int, **more: str) -> str:
    token = token_of(scene.get("/thu"))
    return scene.post_form("/thu/gui-lai", {"form_token": token, "viec": str(number), **more}).text


def test_list_is_filtered_by_its_address(played: Scene) -> None:
    failed = played.get("/thu?trangthai=khong-gui-duoc").text
    assert REFUSED in failed
    assert "550 5.1.1 mailbox unavailable" in failed
    assert failed.count('<td class="main">') == 1
    rows = "vanthu.sct@dienbien.example"
    mine = played.get("/thu?nguoi=van thu so cong thuong&tu=04/12/2026&den=04/12/2026").text
    assert mine.count('<td class="main">') == mine.count(f'address">{rows}') == 1
    for unit in ("so-cong-thuong", "SO CONG THUONG"):
        assert 'href="/thu/nhac.csv?donvi=so-cong-thuong"' in played.get(f"/thu?donvi={unit}").text
    assert "nhac.csv" not in played.get("/thu?donvi=so").text
    for nothing in ("nguoi=khong-ai", "donvi=khong-co", "kehoach=khong-co"):
        assert "Không có thư nào như vậy" in played.get(f"/thu?{nothing}").text
    # What makes no sense in an address is left out.
    assert played.get("/thu?trangthai=xx&loai=yy&tu=99/99/9999&sau=zz").text.count('<td class="main">') == 50


def test_pages_follow_each_other_to_the_end(played: Scene) -> None:
    seen: list[str] = []
    path: str | None = "/thu?trangthai=da-gui"
    while path is not None:
        page = played.get(path).text
        seen += re.findall(r'<a href="/thu/(\d+)"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else None
    with played.office.database.read() as tx:
        sent = {str(m.id) for m in log(tx, state="sent")}
    assert len(seen) == len(sent) == len(set(seen))
    assert set(seen) == sent


def test_one_mail_tells_all_but_the_links_of_its_recipient(played: Scene) -> None:
    number = one(played, "sent")
    page = played.get(f"/thu/{number}").text
    with played.office.database.read() as tx:
        content = content_of(tx, number)
        (mail,) = [m for m in log(tx) if m.id == number]
    assert content is not None
    plain = message_from_bytes(content, policy=default).get_body(("plain",))
    assert plain is not None
    secrets = LINK.findall(plain.get_content())
    assert secrets
    assert not any(secret in page for secret in secrets)
    assert f"&lt;{mail.ref}&gt;" in page
    for said in ("15 ngày trước hạn", "Kính gửi", "/l/…", "250 ok", "nhac-han.ics"):
        assert said in page
    labels = re.findall(r'<th scope="row">([^<]+)</th>', page.split("<details>")[0])
    assert labels == ["Người gửi", "Người nhận", "Trả lời gửi về", "Tiêu đề", "Ngày, giờ"]
    exact = message_from_bytes(content, policy=default)["Date"]
    assert f"{exact.datetime:%H:%M}, {exact.datetime:%d/%m/%Y}</td>" in page
    assert f'<th scope="row">Date</th><td class="address">{exact}</td>' in page
    assert "<script" not in page.replace("<script src=", "")


def test_original_is_for_administrators_and_noted(replayed: Scene) -> None:
    number = one(replayed, "sent")
    form = {"form_token": token_of(replayed.get("/thu"))}
    answer = replayed.post_form(f"/thu/{number}/nguyen-ban", form)
    with replayed.office.database.read() as tx:
        assert answer.content == content_of(tx, number)
        (entry,) = trail(tx, f"mail/{number}")
    assert answer.headers["content-type"] == "message/rfc822"
    assert "attachment" in answer.headers["content-disposition"]
    assert (entry.actor, entry.action) == (f"person:{ADMINISTRATOR}", "download_mail")
    assert replayed.post_form("/thu/2147483647/nguyen-ban", form).status_code == 404
    leader = replayed.seen_by("chutich.hdtdkt@dienbien.example")
    assert "nguyen-ban" not in leader.get(f"/thu/{number}").text
    form = {"form_token": token_of(leader.get("/thu"))}
    assert leader.post_form(f"/thu/{number}/nguyen-ban", form).status_code == 404


def test_failed_mail_is_sent_again_after_it_was_shown_what_that_does(replayed: Scene) -> None:
    number = one(replayed, "failed")
    coordinator = replayed.seen_by(TDKT)
    before = replayed.dump()
    preview = again(coordinator, number)
    assert "Chưa có gì thay đổi" in preview
    assert "Soạn lại rồi gửi" in preview
    assert REFUSED in preview
    assert replayed.dump() == before
    form = {"form_token": token_of(coordinator.get("/thu")), "viec": str(number), "chac-chan": "1"}
    answer = coordinator.post_form("/thu/gui-lai", form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/thu/{number}")
    replayed.post.refused = ""
    replayed.tick("2026-12-09 10:00")
    with replayed.office.database.read() as tx:
        (mail,) = [m for m in log(tx) if m.id == number]
        (entry,) = trail(tx, f"mail/{number}")
    # What it said is over by now: a later reminder said it better.
    assert mail.state in ("sent", "superseded")
    assert (entry.actor, entry.action, dict(entry.detail)) == (f"person:{TDKT}", "retry_mail", {"state": "failed"})


def test_what_may_have_arrived_goes_again_in_the_same_words(replayed: Scene) -> None:
    with replayed.office.database.read() as tx:
        last = [m for m in log(tx, state="sent") if m.address == "vanthu.sct@dienbien.example"][-1]
        content = content_of(tx, last.id)
    turn(replayed, last.id, "unknown")
    assert "Gửi lại nguyên văn" in again(replayed, last.id)
    again(replayed, last.id, **{"chac-chan": "1"})
    replayed.post.letters.clear()
    replayed.tick("2026-12-09 10:00")
    (letter,) = [found for found in replayed.post.letters if found.message_id == last.ref]
    assert letter.content == content
    assert mail_of(letter)["To"] is not None


def test_mail_that_needs_nothing_is_left_as_it_is(replayed: Scene) -> None:
    number = one(replayed, "sent")
    assert "Các thư này không cần gửi lại" in again(replayed, number)
    again(replayed, number, **{"chac-chan": "1"})
    with replayed.office.database.read() as tx:
        (mail,) = [m for m in log(tx) if m.id == number]
    assert mail.state == "sent"
    token = token_of(replayed.get("/thu"))
    nothing = replayed.post_form("/thu/gui-lai", {"form_token": token})
    assert nothing.headers["location"] == "/thu?trangthai=khong-gui-duoc"
    assert replayed.post_form("/thu/gui-lai", {"form_token": token, "viec": "999999"}).status_code == 404


def test_stuck_outlet_is_told_with_its_remedy(replayed: Scene) -> None:
    with replayed.office.database.write() as tx:
        mark_down(tx, replayed.desk.mail.outlet_name, "password", 535, "5.7.8 no", local("2026-12-09 08:00"))
    page = replayed.get("/thu").text
    assert "Không có thư nào đi được từ 08:00, 09/12/2026" in page
    assert "password_file" in page
    assert "535 5.7.8 no" in page
    assert "thư gửi lại sẽ chờ" in again(replayed, one(replayed, "failed"))


def logged(*plans: str) -> Logged:
    items = tuple(LoggedItem(n, f"{plan}/viec/2026", "don-vi", "T0", "sent", None) for n, plan in enumerate(plans))
    at = local("2026-12-01 08:00")
    return Logged(1, at, at, "A", "a@b.example", "digest", "Chủ đề", "sent", None, None, "x@y", items)


def test_mail_about_several_plans_is_read_in_part() -> None:
    mine, mixed, none = logged("a"), logged("a", "b"), logged()
    rights = Rights(coordinates=frozenset({"a"}))
    assert [m.subject for m in readable_mail(rights, [mine, mixed, logged("b"), none])] == ["Chủ đề", None]
    assert [i.deadline for i in readable_items(rights, mixed)] == ["a/viec/2026"]
    assert [may_read_letter(rights, m) for m in (mine, mixed, none)] == [True, False, False]
    assert [may_send_again(rights, m) for m in (mine, mixed, none)] == [True, False, False]
    leader = Rights(reads_all=True)
    assert [may_read_letter(leader, m) for m in (mine, mixed, none)] == [True, True, True]
    assert [may_send_again(leader, m) for m in (mine, mixed, none)] == [False, False, False]


def test_proof_is_of_one_unit_and_of_the_plans_one_coordinates(played: Scene) -> None:
    answer = played.get("/thu/nhac.csv?donvi=so-cong-thuong")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))[1:]
    assert {row[0] for row in rows} == {"Sở Công Thương"}
    assert any(str(KEY) in row[1] for row in rows)
    some = played.get(f"/thu/nhac.csv?donvi=so-cong-thuong&kehoach={KEY.plan}").content.decode().splitlines()[1:]
    assert 0 < len(some) <= len(rows)
    other = played.get("/thu/nhac.csv?donvi=so-cong-thuong&kehoach=khong-co").content.decode().splitlines()
    assert len(other) == 1


def test_tokens_are_taken_out_of_texts() -> None:
    base = "https://nhac.example/he-thong"
    said = f"Xem {base}/l/12-3-AbC?x=1, {base}/feeds/so-y-te/T0ken_x/so-y-te.ics và ({base}/dang-nhap/abc)."
    assert without_secrets(said) == (f"Xem {base}/l/…?x=1, {base}/feeds/so-y-te/…/so-y-te.ics và ({base}/dang-nhap/…).")


def test_mail_without_text_is_shown_too() -> None:
    shown = shown_letter(b"From: a@b.example\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n")
    assert (shown.text, shown.has_html, shown.dated) == ("", True, None)
    assert shown.headers == (("From", "a@b.example"), ("Subject", "x"))


@pytest.mark.parametrize("answer", [f"/srv/nhachan/maildir/new/{file_name('1@n.example')}", "was there already"])
def test_mail_that_is_kept_here_is_not_said_to_have_reached_a_server(replayed: Scene, answer: str) -> None:
    number = one(replayed, "sent")
    with replayed.office.database.write() as tx:
        tx.execute(update(messages).where(messages.c.id == number).values(code=None, answer=answer))
    page = replayed.get(f"/thu/{number}").text
    assert "Đã ghi vào hộp thư thử trên máy này, chưa gửi ra ngoài" in page
    assert "Máy chủ thư trả lời" not in page
    assert f"<q>{answer}" not in page
