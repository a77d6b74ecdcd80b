"""axe-core finds nothing serious on any page, at any size, with and without script."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from store.people import people_ids
from tests.web.journeys.windows import SIZES, Window, opened
from tests.web.scenes import ADMINISTRATOR, KEY, Scene

pytestmark = pytest.mark.chromium
PLAN = f"/plans/{KEY.plan}"
PLANS = ("/plans", PLAN, "/plans/moi", f"{PLAN}/viec/{KEY.task}/sua", f"{PLAN}/ket-thuc", f"{PLAN}/nam-sau")
PLANS += (f"{PLAN}?them={KEY.task}", f"{PLAN}/viec/them?nhu={KEY.task}")
PAGES = (
    "/",
    "/?trangthai=chua-xong&nam=2026",
    "/units",
    "/units/so-cong-thuong",
    *PLANS,
    f"/deadlines/{KEY}",
    "/phien",
)
OPERATIONS = ("/thu", "/thu?trangthai=khong-gui-duoc", "/thu/1", "/nhat-ky", "/ngay-lam-viec?nam=2027", "/kiem-tra")
PAGES += ("/phien/khoa", "/nguoi", "/danh-ba", "/xac-nhan", "/de-nghi", f"/deadlines/{KEY}/ghi-nhan")
PAGES += (f"/plans/{KEY.plan}/ma-tran", "/lich", "/lich?xem=danh-sach", "/lich-treo-tuong?nam=2026", "/ban-tin")
OPEN = ("/dang-nhap", "/api/v1/", "{link}", "{subscribe}")


def violations(window: Window, *, colours: bool = True) -> list[str]:
    """What axe-core calls serious or critical: the rule, and where. Colours cost it most, and no width changes them."""
    window.page.evaluate(AXE_SCRIPT)
    rules = {"color-contrast": {"enabled": colours}}
    found = window.page.evaluate("rules => axe.run({resultTypes: ['violations'], rules})", rules)
    return [
        f"{window.page.url} {one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def check(window: Window, widths: Sequence[int]) -> list[str]:
    """The page that is open, at each of these widths: it fits, and axe-core has nothing serious to say."""
    found = []
    for width in widths:
        window.resize(width)
        window.fits()
        found += violations(window, colours=width == widths[0])
    return found


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_nothing_serious_on_any_page(chrome: Browser, played: Scene, script: bool) -> None:
    widths = tuple(SIZES)
    with opened(chrome, played, widths[0], script=True) as window:
        if not script:  # axe-core is one itself, so that only ours are taken away
            window.context.route("**/*.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
        scene = window.scene
        found = []
        for path in OPEN:
            window.open(path.format(link=scene.link("so-cong-thuong"), subscribe=scene.subscribe("so-cong-thuong")))
            found += check(window, widths)
        window.signed_in(ADMINISTRATOR)
        with scene.office.database.read() as tx:
            person = people_ids(tx, ["vanthu.sct@dienbien.example"]).popitem()[1]
        for path in (*PAGES, *OPERATIONS, f"/nguoi/{person}"):
            window.open(path)
            assert len(window.requests) <= 10, window.requests
            found += check(window, widths)
        assert found == []
