"""Headers of every answer, and requests that are turned away at the door."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator

import pytest

from tests.web.scenes import KEY, Scene
from web.app import STATIC
from web.cookies import form_token, right_token
from web.logs import WithoutTokens, without_token

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    "path",
    ["/", "/units", f"/deadlines/{KEY}", "/khong-co", "/health", "/static/site.css", "/feeds/x/y/z.ics", "/l/1-1-x"],
)
def test_every_answer_carries_the_security_headers_and_no_cookie(played: Scene, path: str) -> None:
    headers = played.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in headers


def test_pages_need_nothing_that_the_policy_forbids(played: Scene) -> None:
    for path in ("/", "/units/so-cong-thuong", "/plans/dien-bien-2458", f"/deadlines/{KEY}", played.link("so-tu-phap")):
        html = played.get(path).text
        assert re.findall(r'\sstyle="|<style|\son\w+="|javascript:', html) == []
        for address in re.findall(r'(?:<link[^>]* href|<script[^>]* src|<img[^>]* src)="([^"]+)"', html):
            assert address.startswith("/static/")
            assert played.get(address).status_code == 200
    assert re.findall(r"url\(|@import|@font-face", (STATIC / "site.css").read_text(encoding="utf-8")) == []


def test_static_files_may_be_kept_and_are_asked_for_by_content(played: Scene) -> None:
    assert re.search(r'href="/static/site\.css\?v=[0-9a-f]{8}"', played.get("/").text)
    assert played.get("/static/site.css").headers["cache-control"] == "public, max-age=86400"
    assert played.get("/").headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8088", 200),
        ("localhost:1234", 200),
        ("[::1]:8088", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
def test_only_names_of_this_server_are_answered(played: Scene, host: str, status: int) -> None:
    for path in ("/", "/feeds/x/y/z.ics"):
        expected = 404 if status == 200 and path != "/" else status
        assert played.get(path, headers={"Host": host}).status_code == expected


async def pieces() -> AsyncIterator[bytes]:
    yield b"note=x"


def test_large_and_unmeasured_bodies_are_refused(played: Scene) -> None:
    link = played.link("so-cong-thuong")
    assert played.post_form(link, {"note": "x" * 70_000}).status_code == 413
    assert played.request("POST", link, content=pieces()).status_code == 411
    assert played.request("POST", "/").status_code == 405


def test_file_in_place_of_a_field_is_answered_in_words(played: Scene) -> None:
    answer = played.request("POST", played.link("so-cong-thuong"), files={"number": ("a.pdf", b"%PDF")})
    assert answer.status_code == 400
    assert "Yêu cầu không đọc được" in answer.text


def test_tokens_are_left_out_of_logs() -> None:
    assert without_token("/l/12-3-AbC?da=ghi") == "/l/…?da=ghi"
    assert without_token("/feeds/so-noi-vu/AbC_-1/so-noi-vu.ics") == "/feeds/so-noi-vu/…/so-noi-vu.ics"
    assert without_token("/units/l/feeds") == "/units/l/feeds"
    args = ("127.0.0.1:5", "GET", "/l/12-3-AbC", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', args, None)
    assert WithoutTokens().filter(record)
    assert record.getMessage() == '127.0.0.1:5 - "GET /l/… HTTP/1.1" 200'


def colours() -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", (STATIC / "site.css").read_text(encoding="utf-8")))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * d for d in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, ground) for ink in ("ink", "soft", "navy", "red", "orange", "green") for ground in ("paper", "ground")),
        ("red", "red-tint"),
        ("orange", "orange-tint"),
        ("green", "green-tint"),
        ("navy", "navy-tint"),
        ("paper", "navy"),
    ],
)
def test_text_stands_out_from_its_ground(ink: str, ground: str) -> None:
    """WCAG 2.2, 1.4.3."""
    light, dark = sorted((luminance(colours()[ink]), luminance(colours()[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_form_tokens_are_another_each_time_and_of_one_session() -> None:
    first, second = form_token("bi-mat"), form_token("bi-mat")
    assert first != second
    assert right_token("bi-mat", first)
    assert right_token("bi-mat", second)
    assert not right_token("bi-mat-khac", first)
    for wrong in ("", "x", first[:-4], first + first, "é" * 48):
        assert not right_token("bi-mat", wrong)


def test_pages_are_compressed(played: Scene) -> None:
    answer = played.get("/units", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert "content-encoding" not in played.get("/units", headers={"Accept-Encoding": "identity"}).headers
