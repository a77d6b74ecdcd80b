"""The page of a deadline: acts on its units, the proof of reminding, and the day of an event it counts from."""

from __future__ import annotations

import csv
import gzip
import io
import re
from datetime import date
from html import unescape

import pytest
from httpx import Response

from actions.receiving import Receipt, submit
from store.obligations import of_deadline
from tests.conftest import load_text, local
from tests.web.browsing import token_of
from tests.web.scenes import ADMINISTRATOR, KEY, TDKT, Scene, act

assert KEY is not None
PATH = f"/deadlines/{KEY}"


def said(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_coordinator_has_boxes_and_acts_for_every_unit_and_others_have_none(played: Scene) -> None:
    assert KEY is not None
    page = played.seen_by(TDKT).get(PATH).text
    with played.office.database.read() as tx:
        numbers = {str(o.id) for o in of_deadline(tx, KEY)}
    assert set(re.findall(r'<input type="checkbox" name="viec" value="(\d+)"', page)) == numbers
    deeds = re.findall(r'formaction="/viec/([a-z-]+)\?ve=([^"]+)"', page)
    assert deeds == [(deed, PATH) for deed in ("xac-nhan", "tra-lai", "gia-han", "mien", "nhac")]
    assert f'name="ve" value="{PATH}"' in page
    assert f'href="{PATH}/ghi-nhan"' in page
    for other in ("chutich.hdtdkt@dienbien.example", "vanthu.sct@dienbien.example"):
        page = played.seen_by(other).get(PATH).text
        assert 'name="viec"' not in page
        assert "/viec/" not in page
        assert "ghi-nhan" not in page


def test_proof_of_one_unit_says_who_when_and_what_the_server_answered(played: Scene) -> None:
    page = said(played.get(f"{PATH}?don-vi=so-cong-thuong").text)
    shown = page[page.index("Đã nhắc Sở Công Thương") : page.index("Tình hình từng đơn vị")]
    assert "vanthu.sct@dienbien.example 15 ngày trước hạn 08:00, 20/11/2026 Đã gửi 250 ok <" in shown
    assert shown.count("@nhachan.example>") == shown.count("250 ok") > 5  # each with its Message-ID
    nobody = said(played.get(f"{PATH}?don-vi=khong-co").text)
    assert "Đã nhắc" not in nobody


def test_mails_of_a_stage_come_a_page_at_a_time(played: Scene) -> None:
    html = played.get(f"{PATH}?moc=T-15").text
    assert html.count('class="main address"') == 50
    (more,) = re.findall(r'rel="next" href="([^"]+moc=[^"]+)"', html)
    rest = played.get(unescape(more)).text
    assert 0 < rest.count('class="main address"') < 50
    shown = [re.findall(r"&lt;(\S+@\S+)&gt;", page) for page in (html, rest)]
    assert not set(shown[0]) & set(shown[1])
    assert "5.1.1 mailbox unavailable" in html + rest
    assert 'class="main address"' not in played.get(f"{PATH}?moc=khong-co").text


def test_officer_sees_nothing_of_other_units_in_proof_and_trail(played: Scene) -> None:
    officer = played.seen_by("vanthu.sct@dienbien.example")
    for path in (f"{PATH}?moc=T-15", f"{PATH}?don-vi=so-y-te", PATH):
        page = officer.get(path).text
        assert "vanthu.syt@" not in page
        assert "Sở Y tế" not in page
    rows = list(csv.reader(io.StringIO(officer.get(f"{PATH}/nhac.csv").content.decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == {"Sở Công Thương"}


def test_trail_is_leafed_through(played: Scene) -> None:
    page, seen = PATH, []
    while page:
        html = played.get(page).text
        trail = html[html.index('id="nhat-ky"') :]
        seen += re.findall(r"<li>\s*<time>.*?</li>", trail, re.DOTALL)
        following = re.findall(r'rel="next" href="([^"]+sau=[^"]+)"', trail)
        page = unescape(following[0]) if following else ""
    assert len(seen) > 60
    assert sum("Ghi nhận đã gửi" in entry for entry in seen) == 66


def test_proof_is_a_file_in_which_nothing_is_calculated(replayed: Scene) -> None:
    assert KEY is not None
    scene = replayed
    evil = "=cmd|' /C calc'!A0"
    submit(scene.office, act("2026-12-09 09:00"), KEY, ["so-cong-thuong"], Receipt(date(2026, 12, 8), evil))
    answer = scene.get(f"{PATH}/nhac.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="nhac-dien-bien-2458-bao-cao-nam-2026'
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    mine = [row for row in rows if row["Đơn vị"] == "Sở Công Thương"]
    assert {row["Số, ký hiệu"] for row in mine} == {f"'{evil}"}
    assert {row["Ngày nhận kết quả"] for row in mine} == {"08/12/2026"}
    assert all(row["Message-ID"].startswith("<") for row in mine)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


EVENT = """
plan: {id: hoi-nghi-nam, title: Kế hoạch Hội nghị, issued: 05/01/2026, coordinator: so-noi-vu}
tasks:
  - id: tong-ket
    title: Báo cáo tổng kết hội nghị
    owed_by: [so-y-te, so-tai-chinh]
    due: {after: {event: hoi-nghi, name: Hội nghị điển hình tiên tiến, working_days: 10}}
"""
ALSO = """
plan: {id: khac, title: Kế hoạch khác, issued: 05/01/2026, coordinator: so-y-te}
tasks:
  - {id: nop, title: Nộp hồ sơ, owed_by: [so-y-te], due: {after: {event: hoi-nghi, days: 5}}}
"""
WAITING = "/deadlines/hoi-nghi-nam/tong-ket/hoi-nghi"


def enter(scene: Scene, **form: str) -> Response:
    token = token_of(scene.get(WAITING))
    return scene.post_form(f"{WAITING}/su-kien", {"form_token": token, **form})


def test_day_of_an_event_is_entered_after_its_consequences(replayed: Scene) -> None:
    load_text(replayed.office, local("2026-12-01 09:00"), EVENT)
    scene = replayed.seen_by(TDKT)
    page = scene.get(WAITING)
    assert page.status_code == 200
    assert "Chưa có thời hạn, vì chưa nhập ngày của sự kiện." in page.text
    before = scene.dump()
    wrong = enter(scene, ngay="<b>mai</b>")
    assert (wrong.status_code, 'value="&lt;b&gt;mai&lt;/b&gt;"' in wrong.text) == (422, True)
    preview = enter(scene, ngay="10/12/2026")
    assert preview.status_code == 200
    assert "thêm 1 thời hạn, gồm 2 việc của các đơn vị" in preview.text
    assert "cần xong trong thứ Năm, 24/12/2026" in preview.text
    assert scene.dump() == before
    done = enter(scene, ngay="10/12/2026", **{"chac-chan": "1"})
    assert (done.status_code, done.headers["location"]) == (303, WAITING)
    page = scene.get(WAITING, cookies=dict(done.cookies))
    assert "Đã ghi ngày 10/12/2026 của sự kiện “Hội nghị điển hình tiên tiến”." in unescape(page.text)
    assert "thứ Năm, 24/12/2026" in page.text
    moved = enter(scene, ngay="14/12/2026")
    assert "từ thứ Năm, 24/12/2026 sang thứ Hai, 28/12/2026" in moved.text
    assert enter(scene, bo="1", **{"chac-chan": "1"}).status_code == 303


def test_event_of_other_plans_too_is_entered_only_by_who_coordinates_them_all(replayed: Scene) -> None:
    load_text(replayed.office, local("2026-12-01 09:00"), EVENT)
    load_text(replayed.office, local("2026-12-01 09:00"), ALSO)
    scene = replayed.seen_by(TDKT)
    assert "sự kiện còn được dùng trong 1 kế hoạch do đơn vị khác làm đầu mối" in scene.get(WAITING).text
    token = token_of(scene.get("/phien"))
    form = {"form_token": token, "ngay": "10/12/2026", "chac-chan": "1"}
    before = scene.dump()
    assert scene.post_form(f"{WAITING}/su-kien", form).status_code == 404
    assert scene.dump() == before
    assert enter(replayed.seen_by(ADMINISTRATOR), ngay="10/12/2026", **{"chac-chan": "1"}).status_code == 303


@pytest.mark.parametrize("path", ["", "?moc=T-15", "?don-vi=so-cong-thuong"])
def test_page_stays_small(played: Scene, path: str) -> None:
    """With 81 units a third of what 300 may take, and it grows with them alone."""
    assert len(gzip.compress(played.seen_by(TDKT).get(PATH + path).content)) < 27_000


def test_officer_who_has_signed_in_declares_by_the_form_of_the_mailed_link(replayed: Scene) -> None:
    page = f"/deadlines/{KEY}"
    officer = replayed.seen_by("vanthu.sct@dienbien.example")
    (link,) = re.findall(r'href="(/l/[^"]+)"', officer.get(page).text)
    assert "Sở Công Thương" in officer.get(link).text
    for other in (TDKT, "noichinh.hdtdkt@dienbien.example"):  # who coordinates, who oversees
        assert 'href="/l/' not in replayed.seen_by(other).get(page).text
