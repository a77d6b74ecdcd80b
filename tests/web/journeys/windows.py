"""Chromium's windows, on the pages of a scene behind a real server."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.web.browsing import mailed
from tests.web.scenes import Scene
from tests.web.serving import serving
from web.cookies import SESSION, name_of

T = TypeVar("T")
SIZES = {360: 740, 768: 1024, 1440: 900}  # a phone, a tablet, an office's screen
PATIENCE = 15_000  # milliseconds
# What Chromium says of an answer of 4xx, which a journey may well want.
_ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


@dataclass
class Window:
    """A browser's window at the scene's moment, and whatever it complained about."""

    scene: Scene  # as it is served: its base URL leads to the server
    context: BrowserContext
    page: Page
    width: int
    script: bool
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # of the page that was opened last

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _ANSWERED.match(message.text):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _answered(self, response: Response) -> None:
        self.requests.append(response.url)
        if response.status >= 500:
            self.complaints.append(f"{response.url}: {response.status}")

    def open(self, path: str) -> Page:
        """A page of the site, which must fit into the window."""
        self.requests.clear()
        answer = self.page.goto(self.scene.office.base_url + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        self.fits()
        return self.page

    def resize(self, width: int) -> None:
        self.width = width
        self.page.set_viewport_size({"width": width, "height": SIZES[width]})

    def fits(self) -> None:
        """Nothing makes the page itself wider than the window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.width, f"{self.page.url} is {wide} pixels wide in a window of {self.width}"

    def press(self, name: str, **options: Any) -> None:
        """A button of this name; what follows is a new page."""
        self.page.get_by_role("button", name=name, **options).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str, **options: Any) -> None:
        """A link of this name."""
        self.page.get_by_role("link", name=name, **options).first.click()
        self.page.wait_for_load_state()

    def sign_in(self, address: str) -> None:
        """As a person does it: ask, read the mail, press the button."""
        self.open("/dang-nhap")
        self.page.fill("input[name=address]", address)
        self.page.press("input[name=address]", "Enter")
        self.page.wait_for_load_state()
        (link,) = apart(lambda: mailed(self.scene))
        self.open(link)
        self.page.locator("main form button").first.click()
        self.page.wait_for_load_state()

    def signed_in(self, address: str) -> None:
        """The same at once, for what begins after it."""
        cookie = {"name": name_of(self.scene.site, SESSION), "value": self.scene.cookie(address)}
        self.context.add_cookies([{**cookie, "url": self.scene.office.base_url}])  # type: ignore[list-item]

    def picture(self, folder: Path, name: str) -> None:
        self.page.screenshot(path=folder / f"{name}.png")


def apart(work: Callable[[], T]) -> T:
    """Do what runs a loop of asyncio's: while Chromium is driven, this thread has one already."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(work).result()


@contextmanager
def opened(chrome: Browser, scene: Scene, width: int, *, script: bool) -> Iterator[Window]:
    """A window of its own cookies; at the end nothing may have been complained about."""
    with (
        served(scene) as there,
        chrome.new_context(
            viewport={"width": width, "height": SIZES[width]}, java_script_enabled=script, locale="vi-VN"
        ) as context,
    ):
        window = Window(there, context, context.new_page(), width, script)
        yield window
        assert window.complaints == []


@contextmanager
def served(scene: Scene) -> Iterator[Scene]:
    """The scene behind a server on loopback, whose address its links and cookies know."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        office, desk = replace(scene.office, base_url=url), replace(scene.desk, base_url=url)
        there = replace(scene, office=office, desk=desk)
        with serving(there.app, listening):
            yield there
