"""How to subscribe to a calendar: for whoever holds its address, without signing in."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import segno
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.feeds import feed_title, feed_url
from calendars.addresses import page_path
from calendars.feeds import token
from plans.feeds import FeedKind
from store.feeds import FeedRow, find_feed, reads_of
from web.access import LINK_HOLDERS
from web.reach import is_inside, webcal
from web.site import Site

_OPTIONS = (("alarms", "1"), ("role", "lead"), ("todo", "1"))
# Nobody but its holder is to see this address: no cache, no search engine, no page that it links to.
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant of the calendar that can be chosen, or has been."""

    option: str  # alarms | role | todo
    chosen: bool
    path: str  # of this page with the choice turned over


@dataclass(frozen=True, slots=True)
class SubscribePage:
    """Everything that the page shows."""

    title: str
    kind: FeedKind
    feed: str  # address of the calendar, as chosen
    code: Markup  # QR code of the page's own address, for a telephone
    choices: tuple[Choice, ...]
    inside: bool  # only the office's network can reach it
    reads: tuple[tuple[str, datetime], ...]  # kind of program and when it last fetched, the latest first

    @property
    def webcal(self) -> str:
        """The same for programs that subscribe at a click."""
        return webcal(self.feed)


def held_feed(tx: Connection, secret: bytes, owner: str, given: str) -> FeedRow:
    """The feed that this token opens. Raises HTTPException: 404 for one that never was, 410 for one taken back."""
    row = find_feed(tx, owner)
    if row is None or not given.isascii():
        raise HTTPException(404)
    fits = [hmac.compare_digest(token(secret, owner, v), given) for v in range(1, row.version + 1)]
    if not any(fits):
        raise HTTPException(404)
    if row.revoked or not fits[-1]:
        raise HTTPException(410)
    return row


def read_subscribe(tx: Connection, site: Site, row: FeedRow, chosen: dict[str, str]) -> SubscribePage:
    path = page_path(site.secret, row.owner, row.version)
    noted = dict(reads_of(tx, row.id)) | site.reads.of(row.id)
    asked = f"?{urlencode(chosen)}" if chosen else ""
    return SubscribePage(
        title=feed_title(row, site.words),
        kind=row.kind,
        feed=feed_url(site.office, site.secret, row) + asked,
        code=qr_code(site.office.base_url + path + asked),
        choices=tuple(_choice(path, chosen, *option) for option in _OPTIONS if _offers(row.kind, option[0])),
        inside=is_inside(site.office.base_url),
        reads=tuple(sorted(noted.items(), key=lambda read: read[1], reverse=True)),
    )


def _offers(kind: FeedKind, option: str) -> bool:
    """Days off ask nobody to do anything, and only whoever owes something has items to help with."""
    return kind.of_obligations if option == "role" else kind is not FeedKind.WORKDAYS


def _choice(path: str, chosen: dict[str, str], option: str, value: str) -> Choice:
    others = {o: v for o, v in chosen.items() if o != option}
    turned = others if option in chosen else others | {option: value}
    return Choice(option, option in chosen, f"{path}?{urlencode(turned)}" if turned else path)


def qr_code(address: str) -> Markup:
    """An SVG without style or script, with the quiet zone of four modules that ISO/IEC 18004 asks for."""
    drawn = segno.make(address, micro=False).svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # of modules alone: it holds no text


def subscribe_routes(site: Site) -> APIRouter:
    router = APIRouter(dependencies=[Depends(LINK_HOLDERS.guard)])

    @router.api_route("/feeds/{owner}/{given}/", methods=["GET", "HEAD"])
    @router.api_route("/feeds/{owner}/{given}", methods=["GET", "HEAD"])
    def subscribe(request: Request, owner: str, given: str) -> HTMLResponse:
        now = site.clock()
        chosen = {o: v for o, v in _OPTIONS if request.query_params.get(o) == v}
        with site.office.database.read() as tx:
            row = held_feed(tx, site.secret, owner, given)
            page = read_subscribe(tx, site, row, {o: v for o, v in chosen.items() if _offers(row.kind, o)})
        answer = site.page("subscribe.html", now, page=page)
        answer.headers.update(_PRIVATE)
        return answer

    return router
