"""Pages of units that have ended, and of those that took over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from actions.daily import refresh_day
from actions.office import Office
from actions.queueing import queue_due
from tests.actions.province import plan, task
from tests.conftest import load_text, local, make_desk
from tests.web.scenes import Post, Scene

UNITS = """
units:
  - {id: so-noi-vu, name: Sở Nội vụ, kind: so, mailbox: snv@snv.example}
  - {id: huyen-a, name: UBND huyện A, kind: huyen, until: 30/06/2025, successors: [xa-c], mailbox: a@huyen.example}
  - {id: huyen-b, name: UBND huyện B, kind: huyen, until: 30/06/2025, successors: [xa-c], mailbox: b@huyen.example}
  - {id: huyen-d, name: UBND huyện D, kind: huyen, until: 30/06/2025, mailbox: d@huyen.example}
  - {id: xa-c, name: UBND xã C, kind: xa, from: 01/07/2025, mailbox: c@xa.example}
audiences: [{id: cac-huyen, name: Các huyện, kinds: [huyen]}]
"""


def scene(office: Office, folder: Path, units: str = UNITS) -> Scene:
    document = plan(task("bao-cao", "{by: 20/06/2025}", "[cac-huyen]"))
    load_text(office, local("2025-06-02 09:00"), units, document, track_from=date(2025, 1, 1))
    desk = make_desk(office, folder)
    queue_due(office, desk, local("2025-06-05 08:00"))
    refresh_day(office, local("2025-07-01 00:05"))
    queue_due(office, desk, local("2025-07-01 08:00"))
    return Scene(office, desk, Post(), local("2025-07-01 09:00"))


def flat(text: str) -> str:
    return " ".join(text.split())


def test_pages_say_what_became_of_it(sqlite_office: Office, tmp_path: Path) -> None:
    shown = scene(sqlite_office, tmp_path / "mail")
    pages = {
        name: flat(shown.request("GET", f"/units/{name}").text) for name in ("huyen-a", "huyen-b", "huyen-d", "xa-c")
    }
    assert 'chuyển cho <a href="/units/xa-c">UBND xã C</a>' in pages["huyen-a"]
    assert "gộp vào UBND xã C" in pages["huyen-b"]
    assert "không còn đơn vị" in pages["huyen-d"]
    assert "trước là việc của UBND huyện A" in pages["xa-c"]
    deadline = shown.request("GET", "/deadlines/ke-hoach/bao-cao/once")
    assert deadline.status_code == 200, "it has mail to units that owe it no more"
    said = flat(deadline.text)
    for part in ("trước là UBND huyện A", "gộp vào UBND xã C", "không còn đơn vị", "chuyển cho UBND xã C"):
        assert part in said
    assert "merged:" not in said
    assert "(trước là UBND huyện A)" in flat(shown.request("GET", "/").text)


def test_pages_name_who_coordinates_today(sqlite_office: Office, tmp_path: Path) -> None:
    ended = UNITS.replace("name: Sở Nội vụ,", "name: Sở Nội vụ, until: 30/06/2025, successors: [xa-c],")
    shown = scene(sqlite_office, tmp_path / "mail", ended)
    for path in ("/plans", "/plans/ke-hoach"):
        said = flat(shown.request("GET", path).text)
        assert '<a href="/units/xa-c">UBND xã C</a>' in said
        assert "trước là" in said.lower()
        assert "Sở Nội vụ" in said
    assert "không còn đơn vị đầu mối" not in flat(shown.request("GET", "/").text)


def test_pages_name_a_plan_that_nobody_coordinates_any_more(sqlite_office: Office, tmp_path: Path) -> None:
    ended = UNITS.replace("name: Sở Nội vụ,", "name: Sở Nội vụ, until: 30/06/2025,")
    shown = scene(sqlite_office, tmp_path / "mail", ended)
    board = flat(shown.request("GET", "/").text)
    assert 'Kế hoạch không còn đơn vị đầu mối:</b> <a href="/plans/ke-hoach">Kế hoạch ke-hoach</a>.' in board
    page = flat(shown.request("GET", "/plans/ke-hoach").text)
    assert "<li>Không còn đơn vị đầu mối</li>" in page
    assert "<li>Trước là: <a" in page
    assert 'không còn</span> <span class="quiet">(trước là Sở Nội vụ)' in flat(shown.request("GET", "/plans").text)
