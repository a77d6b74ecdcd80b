"""Without a mouse: every step by Tab, Enter and Space, where the focus is seen."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Browser

from plans.status import State
from store.obligations import of_deadline
from tests.conftest import local
from tests.web.journeys.windows import Window, opened
from tests.web.scenes import KEY, TDKT, Scene

pytestmark = pytest.mark.chromium
_MOST = 120  # presses of Tab to get anywhere on a page
_FOCUSED = "(e => (e.innerText || e.ariaLabel || e.name || '').trim())(document.activeElement)"
_SEEN = "getComputedStyle(document.activeElement).outlineStyle !== 'none'"


def tab_to(window: Window, *names: str) -> None:
    """Press Tab until something of one of these names has the focus, which shows it."""
    for _ in range(_MOST):
        window.page.keyboard.press("Tab")
        if window.page.evaluate(_FOCUSED).startswith(names):
            assert window.page.evaluate(_SEEN), f"nobody sees that {names} has the focus"
            return
    raise AssertionError(f"Tab does not lead to {names}")


def enter(window: Window) -> None:
    with window.page.expect_navigation():
        window.page.keyboard.press("Enter")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_officer_declares(chrome: Browser, loaded: Scene, script: bool) -> None:
    loaded.now = local("2026-12-03 15:00")
    with opened(chrome, loaded, 1440, script=script) as window:
        window.open(window.scene.link("so-cong-thuong"))
        tab_to(window, "number")
        window.page.keyboard.insert_text("125/BC-SCT")
        tab_to(window, "Đã gửi báo cáo")
        enter(window)
    with loaded.office.database.read() as tx:
        (one,) = of_deadline(tx, KEY, ["so-cong-thuong"])
    assert (one.state, one.received_on) == (State.SUBMITTED, date(2026, 12, 3))


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_coordinator_urges(chrome: Browser, replayed: Scene, script: bool) -> None:
    with opened(chrome, replayed, 1440, script=script) as window:
        window.signed_in(TDKT)
        window.open("/")
        keys = window.page.keyboard
        if script:
            keys.type("jjx")  # the second row
        else:
            for _ in range(2):
                tab_to(window, "Chọn:")
            keys.press("Space")
        tab_to(window, "Đôn đốc")
        enter(window)
        tab_to(window, "Thực hiện")
        enter(window)
        assert "Đã xếp thư đôn đốc cho 2 người, về 1 việc." in window.page.inner_text("main")
