"""Pages made for paper, as Chromium prints them: so many sheets, of such a size."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.web.journeys.windows import Window, opened
from tests.web.scenes import ADMINISTRATOR, KEY, Scene

pytestmark = pytest.mark.chromium
A3, A4, A4_STANDING = (1191, 842), (842, 595), (595, 842)


def sheets(window: Window, path: str) -> tuple[int, set[tuple[int, int]]]:
    """How many pages a printed page has, and their sizes in points."""
    window.open(path)
    printed = window.page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", printed)
    return len(re.findall(rb"/Type\s*/Page\b", printed)), {(round(float(w)), round(float(h))) for w, h in boxes}


def test_sheets_are_of_the_size_that_was_promised(chrome: Browser, played: Scene) -> None:
    with opened(chrome, played, 1440, script=False) as window:
        window.signed_in(ADMINISTRATOR)
        assert sheets(window, "/lich-treo-tuong?nam=2026") == (1, {A3})
        assert sheets(window, "/lich-treo-tuong?nam=2027&donvi=so-cong-thuong") == (1, {A3})
        assert sheets(window, "/ban-tin") == (1, {A4_STANDING})
        assert sheets(window, f"/plans/{KEY.plan}/ma-tran")[1] == {A4}
        crowded(window)
        printed = window.page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, "a full sheet stays one"


def crowded(window: Window) -> None:
    """The wall calendar with as much in each month as the page would ever put there."""
    window.open("/lich-treo-tuong?nam=2026")
    lines = "<li><b>aa</b> <time>31/12</time> Báo cáo kết quả thực hiện phong trào thi đua yêu nước hằng năm</li>" * 6
    for section in window.page.locator(".year section").all():
        section.evaluate("(section, lines) => section.insertAdjacentHTML('beforeend', `<ul>${lines}</ul>`)", lines)
