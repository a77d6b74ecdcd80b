"""Documents as Chromium draws them."""

from __future__ import annotations

import re
import subprocess
import zlib
from html import escape, unescape
from pathlib import Path


def shoot(chromium: str, url: str, target: Path, width: int, height: int, profile: Path) -> Path:
    run(chromium, profile, f"--window-size={width},{height}", f"--screenshot={target}", url)
    return target


def run(chromium: str, profile: Path, *more: str) -> str:
    """What it prints."""
    options = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --hide-scrollbars --force-device-scale-factor=1"
    )
    ran = subprocess.run(
        [chromium, *options.split(), f"--user-data-dir={profile}", *more],
        check=True,
        capture_output=True,
        timeout=90,
    )
    return ran.stdout.decode()


def measure(chromium: str, html: str, folder: Path, width: int) -> tuple[int, int, str]:
    """How wide and how high a document is in a window of `width`, and the words that it shows there.

    The window is a frame: Chromium's own is never narrower than 500 pixels.
    """
    asking = (
        "<script>const d = document.documentElement;"
        "parent.document.title = [innerWidth, d.scrollWidth, d.offsetHeight].join('x');"
        "parent.document.body.dataset.shown = document.body.innerText;</script>"
    )
    framed = escape(html.replace("</body>", f"{asking}</body>"))
    page = folder / "measured.html"
    frame = f'<iframe width="{width}" height="800" frameborder="0" srcdoc="{framed}"></iframe>'
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><title></title><body>{frame}</body>", encoding="utf-8")
    drawn = run(chromium, folder / "profile", "--window-size=1000,900", "--dump-dom", page.as_uri())
    found = re.search(r'<title>(\d+)x(\d+)x(\d+)</title>.*?<body data-shown="([^"]*)"', drawn, re.DOTALL)
    assert found is not None, "the script of the test did not run"
    window, wide, high = map(int, found.groups()[:3])
    assert window == width
    return wide, high, " ".join(unescape(found[4]).split())


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
