"""One Chromium for the journeys of a module.

Not for longer: as long as it is driven, a loop of asyncio runs in this thread, and no other may.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright, which brings no browser of its own here."""
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--font-render-hinting=none"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        browser.close()
