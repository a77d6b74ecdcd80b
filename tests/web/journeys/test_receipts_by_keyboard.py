"""Receipts by keyboard alone: typing ticks, Enter goes down, the arrows go aside, names are narrowed without marks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from plans.status import State
from store.obligations import of_deadline
from store.submissions import latest_submissions
from tests.web.journeys.test_accessibility import violations
from tests.web.journeys.windows import opened
from tests.web.scenes import KEY, TDKT, Scene

pytestmark = pytest.mark.chromium
PASTED = "Sở Tài chính\t31/BC-STC\t08/12/2026\nUBND xã Mường Phăn\t3/BC-UBND\t08/12/2026\nSở Lạ\t1/BC\t04/12/2026"


def test_table_is_filled_by_keyboard_alone(chrome: Browser, replayed: Scene) -> None:
    assert KEY is not None
    with opened(chrome, replayed, 1440, script=True) as window:
        window.signed_in(TDKT)
        page = window.open(f"/deadlines/{KEY}/ghi-nhan")
        keys = page.keyboard
        focused = "document.activeElement.name"
        rows = page.locator('input[name="viec"]')
        numbers = [n for n in rows.evaluate_all("boxes => boxes.map(box => box.value)")]
        assert page.evaluate(focused) == f"so-{numbers[0]}"
        keys.type("12/BC")
        keys.press("ArrowRight")
        keys.type("0512")
        keys.press("Enter")
        assert page.evaluate(focused) == f"ngay-{numbers[1]}"
        keys.press("ArrowLeft")
        keys.type("13/BC")
        keys.press("ArrowDown")
        keys.press("ArrowUp")
        assert page.evaluate(focused) == f"so-{numbers[1]}"
        assert page.locator("[data-count]").inner_text() == "2"
        keys.press("Enter")
        keys.type("x")
        keys.press("Backspace")  # nothing is typed in the third row any more: its tick is gone
        assert page.locator("[data-count]").inner_text() == "2"
        page.fill("#loc", "muong pha")
        assert page.locator("tbody tr:visible [data-name]").all_inner_texts() == ["UBND xã Mường Phăng"]
        page.fill("#loc", "")
        page.focus(f'input[name="so-{numbers[0]}"]')
        with page.expect_navigation():
            keys.press("Control+Enter")
        assert "Đã ghi nhận 2 đơn vị. Còn 16 đơn vị chưa ghi nhận." in page.content()
        page.locator("details.register > summary").click()
        page.fill("#dan", PASTED)
        with page.expect_navigation():
            page.locator("details.register form button").first.click()
        window.fits()
        assert violations(window) == []
        assert page.locator("[data-count]").inner_text() == "1"
        page.check("[data-all]")
        assert page.locator("[data-count]").inner_text() == "16"
    with replayed.office.database.read() as tx:
        found = {o.id: o for o in of_deadline(tx, KEY)}
        sent = latest_submissions(tx, found)
    first, second = int(numbers[0]), int(numbers[1])
    assert [found[n].state for n in (first, second)] == [State.ACCEPTED] * 2
    assert [(sent[n].number, f"{sent[n].received_on:%d/%m/%Y}") for n in (first, second)] == [
        ("12/BC", "05/12/2026"),
        ("13/BC", "09/12/2026"),
    ]
