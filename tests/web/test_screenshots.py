"""The pages as a browser draws them. `NHACHAN_SCREENSHOTS=docs/images` keeps the pictures for the documentation."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from notifications.settings import SmtpSettings
from tests.web.scenes import KEY, Scene
from web.app import create_app

CHROMIUM = "/usr/bin/chromium"
PHONE, WIDE = 360, 1440
LARGEST = 300_000  # bytes

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def chromium() -> str:
    found = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if found:
        return found
    if os.environ.get("NHACHAN_REQUIRE_CHROMIUM") == "1":
        pytest.fail("Chromium is missing and NHACHAN_REQUIRE_CHROMIUM=1: apt-get install chromium")
    pytest.skip("Chromium is not installed (apt-get install chromium)")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("NHACHAN_SCREENSHOTS") or tmp_path / "pictures").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def served(played: Scene) -> Iterator[str]:
    """The address at which the scene is served, as an installation that sends mail through a server."""
    smtp = SmtpSettings("mail.dienbien.example")
    mail = replace(played.desk.mail, outlet="smtp", smtp=smtp, sender_name="Nhắc hạn tỉnh Điện Biên")
    office = replace(played.office, base_url="https://nhachan.dienbien.example")
    app = create_app(office, lambda: played.now, played.desk.secret, mail)
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


def shoot(chromium: str, url: str, target: Path, width: int, height: int, profile: Path) -> Path:
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --hide-scrollbars --force-device-scale-factor=1"
    )
    subprocess.run(
        [
            chromium,
            *options.split(),
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--screenshot={target}",
            url,
        ],
        check=True,
        capture_output=True,
        timeout=90,
    )
    return target


def pixels(png: Path) -> tuple[int, int, set[bytes]]:
    """Width, height and the different rows of a picture, as its filter left them."""
    data = png.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed, width, height, channels = 8, b"", 0, 0, 0
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        content = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height = int.from_bytes(content[:4]), int.from_bytes(content[4:8])
            channels = {2: 3, 6: 4}[content[9]]
        elif kind == b"IDAT":
            packed += content
        at += length + 12
    rows = zlib.decompress(packed)
    stride = width * channels + 1
    return width, height, {rows[n * stride : (n + 1) * stride] for n in range(height)}


PAGES = [
    ("board", "/", WIDE, 1300),
    ("board-phone", "/", PHONE, 1000),
    ("unit", "/units/so-cong-thuong", WIDE, 1000),
    ("unit-phone", "/units/so-cong-thuong", PHONE, 1000),
    ("deadline", f"/deadlines/{KEY}", WIDE, 1100),
    ("deadline-phone", f"/deadlines/{KEY}", PHONE, 1200),
    ("link", "{link}", WIDE, 950),
    ("link-phone", "{link}", PHONE, 1100),
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
    url = served + path.format(link=played.link("so-cong-thuong"))
    picture = shoot(chromium, url, pictures / f"{name}.png", width, height, tmp_path / "profile")
    drawn_width, drawn_height, rows = pixels(picture)
    assert (drawn_width, drawn_height) == (width, height)
    assert len(rows) > height // 5, "the picture is almost blank"
    assert picture.stat().st_size < LARGEST
