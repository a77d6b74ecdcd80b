"""The pages as a browser draws them. `NHACHAN_SCREENSHOTS=docs/images` keeps the pictures for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.types import ASGIApp, Receive, Scope, Send

from actions.receiving import Receipt, submit
from actions.requesting import Asker, ask_exemption, ask_extension
from actions.workdays import Wish, wished
from notifications.settings import SmtpSettings
from plans.status import State
from store.obligations import of_deadline
from store.recipients import recipients_of
from tests.chromium import pixels
from tests.web.scenes import KEY, TDKT, WEB, Scene, act
from tests.web.serving import serving
from web.app import create_app
from web.cookies import SESSION

PHONE, WIDE, BROAD = 360, 1440, 1200
LARGEST = 300_000  # bytes

pytestmark = pytest.mark.chromium


class SignedIn:
    """Every request but those for strangers carries the session of a coordinator, whose cookie is for https alone."""

    def __init__(self, app: ASGIApp, cookie: str) -> None:
        self.app = app
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(("/l/", "/dang-nhap")):
            scope = {**scope, "headers": [*scope["headers"], (b"cookie", self.cookie.encode())]}
        await self.app(scope, receive, send)


def let_units_speak(scene: Scene) -> None:
    """Some units that were late say that they have sent it, two more ask for something."""
    with scene.office.database.read() as tx:
        late = [o for o in of_deadline(tx, KEY) if o.state is State.OPEN]
        late.sort(key=lambda o: o.unit_name)
        people = {o.unit: recipients_of(tx, o.unit)[0] for o in late}
    for o, number, day in zip(late[-4:], ("96/BC-UBND", "141/BC-UBND", None, "58/BC-UBND"), (4, 7, 7, 8), strict=False):
        by = act("2026-12-08 15:20", actor=f"link:{people[o.unit].address}")
        submit(scene.office, by, KEY, [o.unit], Receipt(date(2026, 12, day), number), by_unit=True)
    for n, o in enumerate(late[:2]):
        by, asker = act("2026-12-09 08:10", actor=f"link:{people[o.unit].address}"), Asker(people[o.unit].id)
        if n:
            ask_exemption(scene.office, by, o.id, asker, "Đơn vị không có phong trào thi đua riêng")
        else:
            ask_extension(scene.office, by, o.id, asker, date(2026, 12, 15), "Chờ số liệu của các đơn vị trực thuộc")


@pytest.fixture(scope="module")
def scene(lent: Scene) -> Scene:
    """An ordinary morning: the days off of the next year are entered, and some units have been heard of."""
    mine = replace(lent, office=replace(lent.office, calendar=lent.office.calendar.having(())))
    tet = Wish(date(2027, 2, 4), date(2027, 2, 10), False, "Nghỉ Tết Đinh Mùi", "Thông báo nghỉ Tết")
    wished(mine.office, act("2026-12-08 09:00"), tet)
    let_units_speak(mine)
    return mine


@pytest.fixture(scope="module")
def served(scene: Scene) -> Iterator[str]:
    """The address at which the scene is served, as an installation that sends mail through a server."""
    smtp = SmtpSettings("mail.dienbien.example")
    mail = replace(scene.desk.mail, outlet="smtp", smtp=smtp, sender_name="Nhắc hạn tỉnh Điện Biên")
    office = replace(scene.office, base_url="https://nhachan.dienbien.example")
    pages = create_app(office, lambda: scene.now, scene.desk.secret, mail, WEB)
    pages.pages = SignedIn(pages.pages, f"__Host-{SESSION}={scene.cookie(TDKT)}")
    with serving(pages) as server:
        yield server.url


PAGES = [
    ("board", "/", WIDE, 1300),
    ("board-phone", "/", PHONE, 1000),
    ("confirming", "/xac-nhan", WIDE, 900),
    ("requests", "/de-nghi", WIDE, 700),
    ("unit", "/units/so-cong-thuong", WIDE, 1000),
    ("unit-phone", "/units/so-cong-thuong", PHONE, 1000),
    ("deadline", f"/deadlines/{KEY}", WIDE, 1200),
    ("receipts", f"/deadlines/{KEY}/ghi-nhan", WIDE, 1000),
    ("receipts-phone", f"/deadlines/{KEY}/ghi-nhan", PHONE, 1000),
    ("plan", f"/plans/{KEY.plan}", WIDE, 1000),
    ("matrix", f"/plans/{KEY.plan}/ma-tran?nam=2026", WIDE, 1000),
    ("calendar", "/lich", WIDE, 1000),
    ("monday", "/ban-tin", WIDE, 1200),
    ("wall", "/lich-treo-tuong?nam=2026", WIDE, 1100),
    ("sign-in", "/dang-nhap", WIDE, 640),
    ("link", "{link}", WIDE, 950),
    ("link-phone", "{link}", PHONE, 1100),
    ("subscribe", "{subscribe}", BROAD, 1500),
    ("subscribe-phone", "{subscribe}", PHONE, 1500),
]


@pytest.mark.parametrize(("name", "path", "width", "height"), PAGES, ids=[p[0] for p in PAGES])
def test_page_is_drawn(
    name: str, path: str, width: int, height: int, chrome: Browser, scene: Scene, served: str, pictures: Path
) -> None:
    url = served + path.format(link=scene.link("so-cong-thuong"), subscribe=scene.subscribe("so-cong-thuong"))
    picture = pictures / f"{name}.png"
    with chrome.new_context(viewport={"width": width, "height": height}, locale="vi-VN") as context:
        page = context.new_page()
        answer = page.goto(url)
        assert answer is not None
        assert answer.status == 200
        page.screenshot(path=picture)
    drawn_width, drawn_height, rows = pixels(picture)
    assert (drawn_width, drawn_height) == (width, height)
    assert len(rows) > height // 5, "the picture is almost blank"
    assert picture.stat().st_size < LARGEST
