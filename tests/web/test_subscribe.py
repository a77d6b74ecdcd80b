"""The page that says how to subscribe to a calendar."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from plans.feeds import FeedKind
from store.feeds import list_feeds, rotate
from tests.chromium import measure
from tests.web.scenes import Scene
from tests.web.test_feed_answers import path_of
from tests.web.test_pages import said
from web.pages.subscribe import qr_code
from web.reach import is_inside, webcal

UNIT = "so-cong-thuong"
PRIVATE = "Lịch này chỉ lấy được từ máy tính trong mạng của cơ quan."


def address_in(html: str) -> str:
    (found,) = re.findall(r'readonly value="([^"]+)"', html)
    return unescape(found)


def test_page_gives_the_address_and_says_what_is_to_be_known(played: Scene) -> None:
    path = path_of(played, UNIT)
    html, page = played.get(played.subscribe(UNIT)).text, said(played, played.subscribe(UNIT))
    assert address_in(html) == played.office.base_url + path
    assert f'href="webcal://127.0.0.1:8088{path}"' in html
    assert f'href="{played.office.base_url}{path}"' in html
    assert "Sở Công Thương" in page
    for sentence in (
        "Thư nhắc là lời nhắc chính thức.",
        "Google có thể cập nhật lịch chậm đến một ngày",
        "Google và Outlook trên web lấy lịch từ Internet",
        "đưa lịch lên một máy chủ công khai, hoặc dùng tệp nhac-han.ics kèm thư nhắc",
        "Ai có địa chỉ này đều xem được lịch",
    ):
        assert sentence in page
    for program in ("Google Calendar", "Outlook trên web", "Outlook cài trên máy tính", "iPhone", "Mac", "Thunderbird"):
        assert re.search(f"<summary>[^<]*{program}", html), program


def test_page_is_for_its_holder_alone(played: Scene) -> None:
    headers = played.get(played.subscribe(UNIT)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "set-cookie" not in headers


def test_page_needs_nothing_that_the_policy_forbids(played: Scene) -> None:
    html = played.get(played.subscribe(UNIT)).text
    assert re.findall(r'\sstyle="|<style|\son\w+="|javascript:|<img|url\(', html) == []
    assert re.findall(r"<script(?! src=\"/static/copy\.js\?v=\w+\" defer>)", html) == []
    (drawn,) = re.findall(r'<svg [^>]*class="qr".*?</svg>', html)
    assert drawn == qr_code(played.office.base_url + played.subscribe(UNIT))
    assert re.fullmatch(r'<svg viewBox="0 0 \d+ \d+" class="qr"><path stroke="#000" d="[-Mhm\d. ]+"/></svg>', drawn)


def test_options_are_links_that_change_every_address(played: Scene) -> None:
    html = played.get(played.subscribe(UNIT)).text
    taken: list[str] = []
    for word, option in (
        ("Có báo giờ", "alarms=1"),
        ("Bỏ việc phối hợp", "role=lead"),
        ("Dạng việc cần làm", "todo=1"),
    ):
        (link,) = re.findall(rf'href="([^"]+)"[^>]*>{word}<', html)
        html = played.get(unescape(link)).text
        taken.append(option)
        address = address_in(html)
        assert address.endswith(".ics?" + "&".join(taken))
        assert unescape(html).count(address.removeprefix("http:")) >= 3
        assert played.get(address).status_code == 200
        assert re.search(rf'aria-current="true">✓ {word}<', html)
    (back,) = re.findall(r'href="([^"]+)"[^>]*>✓ Bỏ việc phối hợp<', html)
    assert address_in(played.get(unescape(back)).text).endswith(".ics?alarms=1&todo=1")
    assert address_in(played.get(played.subscribe(UNIT) + "?alarms=2&x=y").text).endswith(".ics")


def test_every_kind_of_calendar_has_its_page(played: Scene) -> None:
    with played.office.database.read() as tx:
        feeds = list_feeds(tx)
    for kind in FeedKind:
        owner = next(f.owner for f in feeds if f.kind is kind)
        html = played.get(played.subscribe(owner)).text
        assert played.get(address_in(html)).text.startswith("BEGIN:VCALENDAR"), kind
        options = set(re.findall(r"(?<=[?&;])(alarms|role|todo)(?==)", html))
        assert options == {"alarms", "todo", *(["role"] if kind.of_obligations else [])} - (
            {"alarms", "todo"} if kind is FeedKind.WORKDAYS else set()
        )


def test_page_says_who_has_fetched_the_calendar(loaded: Scene) -> None:
    page = loaded.subscribe(UNIT)
    assert "Chưa có chương trình nào lấy lịch này." in said(loaded, page)
    loaded.get(path_of(loaded, UNIT), headers={"User-Agent": "Google-Calendar-Importer"})
    assert "Google Lịch 09:00, 02/11/2026" in said(loaded, page)  # at once, though it is not written yet
    loaded.app.flush()
    assert "Google Lịch 09:00, 02/11/2026" in said(loaded, page)


@pytest.mark.parametrize(
    "agent", ["Google-Calendar-Importer", "Microsoft Office/16.0", "iOS/17.5 (21F79) dataaccessd/1.0"]
)
def test_program_that_was_given_the_page_gets_the_calendar(played: Scene, agent: str) -> None:
    page = played.subscribe(UNIT)
    whole = played.get(path_of(played, UNIT)).content
    for path in (page, page.rstrip("/")):
        answer = played.get(path, headers={"User-Agent": agent})
        assert (answer.headers["content-type"], answer.content) == ("text/calendar; charset=utf-8", whole)
        assert "<html" in played.get(path, headers={"User-Agent": "Mozilla/5.0 (X11) Firefox/140.0"}).text


def test_wrong_and_replaced_addresses_are_explained(loaded: Scene) -> None:
    page = loaded.subscribe(UNIT)
    missing = loaded.get(page.replace(UNIT, "so-noi-vu", 1))
    assert missing.status_code == 404
    assert "Không có lịch nào ở địa chỉ này." in missing.text
    with loaded.office.database.write() as tx:
        rotate(tx, UNIT, loaded.now)
    gone = loaded.get(page)
    assert gone.status_code == 410
    assert "Địa chỉ lịch này đã được thay bằng địa chỉ khác hoặc đã thu hồi." in gone.text
    assert loaded.get(loaded.subscribe(UNIT)).status_code == 200


@pytest.mark.parametrize(
    ("base_url", "inside"),
    [
        ("http://127.0.0.1:8088", True),
        ("http://[::1]:8088", True),
        ("http://10.1.2.3", True),
        ("https://172.16.0.9/nhachan", True),
        ("https://192.168.1.5", True),
        ("http://[fd12::1]", True),
        ("http://169.254.1.1", True),
        ("http://localhost", True),
        ("http://may-chu:8088", True),
        ("https://nhachan.local", True),
        ("https://nhachan.snv.lan/", True),
        ("https://nhachan.internal", True),
        ("https://nhachan.home.arpa.", True),
        ("https://nhachan.tinh.gov.vn", False),
        ("https://NHACHAN.tinh.example:8443/nhachan", False),
        ("https://8.8.8.8", False),
        ("https://nhachanlocal.vn", False),
    ],
)
def test_addresses_that_only_the_office_reaches(base_url: str, inside: bool) -> None:
    assert is_inside(base_url) == inside


def test_page_of_a_closed_network_says_so(played: Scene) -> None:
    assert PRIVATE in said(played, played.subscribe(UNIT))
    office = replace(played.office, base_url="https://nhachan.tinh.gov.vn")
    public = Scene(office, played.desk, played.post, played.now)
    assert PRIVATE not in said(public, public.subscribe(UNIT))
    assert webcal("https://a.example/x.ics?a=1") == "webcal://a.example/x.ics?a=1"


def test_unit_page_leads_to_it(played: Scene) -> None:
    assert f'href="{played.subscribe(UNIT)}"' in played.get(f"/units/{UNIT}").text


@pytest.mark.chromium
def test_page_fits_a_telephone(played: Scene, chromium: str, tmp_path: Path) -> None:
    html = played.get(played.subscribe(UNIT)).text
    sheet = played.get("/static/site.css").text
    html = re.sub(r'<link rel="stylesheet"[^>]*>', f"<style>{sheet}</style>", html).replace(
        "<details>", "<details open>"
    )
    wide, _, shown = measure(chromium, html, tmp_path, 360)
    assert wide == 360
    assert "Dán địa chỉ (Ctrl + V), bấm “Thêm lịch”" in shown
