"""axe-core finds nothing serious on any page, at any size, with and without script."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from tests.web.journeys.windows import SIZES, Window, opened
from tests.web.scenes import ADMINISTRATOR, KEY, Scene

pytestmark = pytest.mark.chromium
PAGES = (
    "/",
    "/units",
    "/units/so-cong-thuong",
    "/plans",
    f"/plans/{KEY.plan}",
    f"/deadlines/{KEY}",
    "/phien",
    "/phien/khoa",
)
OPERATIONS = ("/thu", "/thu?trangthai=khong-gui-duoc", "/thu/1", "/nhat-ky", "/ngay-lam-viec?nam=2027", "/kiem-tra")
OPEN = ("/dang-nhap", "/api/v1/", "{link}", "{subscribe}")


def violations(window: Window) -> list[str]:
    """What axe-core calls serious or critical: the rule, and where."""
    window.page.evaluate(AXE_SCRIPT)
    found = window.page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{window.page.url} {one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("width", SIZES)
def test_nothing_serious_on_any_page(chrome: Browser, played: Scene, width: int, script: bool) -> None:
    with opened(chrome, played, width, script=True) as window:
        if not script:  # axe-core is one itself, so that only ours are taken away
            window.context.route("**/*.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
        scene = window.scene
        found = []
        for path in OPEN:
            window.open(path.format(link=scene.link("so-cong-thuong"), subscribe=scene.subscribe("so-cong-thuong")))
            found += violations(window)
        window.signed_in(ADMINISTRATOR)
        for path in (*PAGES, *OPERATIONS):
            window.open(path)
            assert len(window.requests) <= 10, window.requests
            found += violations(window)
        assert found == []
