"""The pages as a browser draws them. `NHACHAN_SCREENSHOTS=docs/images` keeps the pictures for the documentation."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from notifications.settings import SmtpSettings
from tests.chromium import pixels, shoot
from tests.web.scenes import KEY, TDKT, WEB, Scene
from web.app import create_app
from web.cookies import SESSION

PHONE, WIDE, BROAD = 360, 1440, 1200
LARGEST = 300_000  # bytes

pytestmark = pytest.mark.chromium


class SignedIn:
    """Chromium's command line knows no cookies: every request but those for strangers carries that of a coordinator."""

    def __init__(self, app: ASGIApp, cookie: str) -> None:
        self.app = app
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(("/l/", "/dang-nhap")):
            scope = {**scope, "headers": [*scope["headers"], (b"cookie", self.cookie.encode())]}
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def served(played: Scene) -> Iterator[str]:
    """The address at which the scene is served, as an installation that sends mail through a server."""
    smtp = SmtpSettings("mail.dienbien.example")
    mail = replace(played.desk.mail, outlet="smtp", smtp=smtp, sender_name="Nhắc hạn tỉnh Điện Biên")
    office = replace(played.office, base_url="https://nhachan.dienbien.example")
    pages = create_app(office, lambda: played.now, played.desk.secret, mail, WEB)
    app = SignedIn(pages, f"__Host-{SESSION}={played.cookie(TDKT)}")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < until, "the server did not start in time"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


PAGES = [
    ("board", "/", WIDE, 1300),
    ("board-phone", "/", PHONE, 1000),
    ("unit", "/units/so-cong-thuong", WIDE, 1000),
    ("unit-phone", "/units/so-cong-thuong", PHONE, 1000),
    ("deadline", f"/deadlines/{KEY}", WIDE, 1100),
    ("deadline-phone", f"/deadlines/{KEY}", PHONE, 1200),
    ("receipts", f"/deadlines/{KEY}/ghi-nhan", WIDE, 1000),
    ("sign-in", "/dang-nhap", WIDE, 640),
    ("sign-in-phone", "/dang-nhap", PHONE, 640),
    ("link", "{link}", WIDE, 950),
    ("link-phone", "{link}", PHONE, 1100),
    ("subscribe", "{subscribe}", BROAD, 1500),
    ("subscribe-phone", "{subscribe}", PHONE, 1500),
]


@pytest.mark.parametrize(("name", "path", "width", "height"), PAGES, ids=[p[0] for p in PAGES])
def test_page_is_drawn(
    name: str,
    path: str,
    width: int,
    height: int,
    chromium: str,
    played: Scene,
    served: str,
    pictures: Path,
    tmp_path: Path,
) -> None:
    url = served + path.format(link=played.link("so-cong-thuong"), subscribe=played.subscribe("so-cong-thuong"))
    picture = shoot(chromium, url, pictures / f"{name}.png", width, height, tmp_path / "profile")
    drawn_width, drawn_height, rows = pixels(picture)
    assert (drawn_width, drawn_height) == (width, height)
    assert len(rows) > height // 5, "the picture is almost blank"
    assert picture.stat().st_size < LARGEST
