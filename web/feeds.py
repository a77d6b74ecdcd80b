"""The calendar of a unit over HTTP, outside the framework: `/feeds/<unit>/<token>/<readable-name>.ics`."""

from __future__ import annotations

import asyncio
import hmac
import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from actions.feeds import join_feed
from calendars.feeds import etag, readable_name, token
from plans.problems import EnvironmentFault
from store.feeds import find_feed
from web.site import Site

_PATH = re.compile(r"/feeds/([a-z0-9-]+)/([A-Za-z0-9_-]+)/[^/]+\.ics")
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar and the file name that clients show."""

    body: bytes
    name: str


class Feeds:
    """Answers `/feeds/…` and passes everything else on.

    Never compressed: a gzip response broke subscriptions of Outlook. Thunderbird stops asking after 410, so only an
    address that was once right is answered with it.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/feeds/"):
            await self.app(scope, receive, send)
            return
        response = await self._answer(scope["method"], scope["path"], Headers(scope=scope))
        if scope["method"] == "HEAD":
            response.body = b""  # its Content-Length stays that of the calendar
        await response(scope, receive, send)

    async def _answer(self, method: str, path: str, headers: Headers) -> Response:
        if method not in ("GET", "HEAD"):
            return PlainTextResponse("Địa chỉ này chỉ để đọc lịch.\n", 405, {"Allow": "GET, HEAD"})
        named = _PATH.fullmatch(path)
        if named is None:
            return _not_found()
        try:
            found = await asyncio.to_thread(self._read, named[1], named[2])
        except EnvironmentFault:
            return PlainTextResponse("Chưa đọc được cơ sở dữ liệu.\n", 503, {"Retry-After": "300"})
        return found if isinstance(found, Response) else _calendar(found, headers.get("if-none-match"))

    def _read(self, unit: str, given: str) -> Feed | Response:
        """The feed of a unit; an answer without one where the token is not, or no longer, the unit's."""
        secret = self.site.secret
        with self.site.office.database.read() as tx:
            found = find_feed(tx, unit)
            if found is None:
                return _not_found()
            slug, version = found.owner, found.version
            if not hmac.compare_digest(token(secret, slug, version), given):
                once = [hmac.compare_digest(token(secret, slug, v), given) for v in range(1, version)]
                return _gone() if any(once) else _not_found()
            return Feed(join_feed(tx, self.site.office, found), readable_name(found.name))


def _calendar(feed: Feed, if_none_match: str | None) -> Response:
    tag = etag(feed.body)
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    if if_none_match is not None and _matches(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{feed.name}"'
    return Response(feed.body, headers=headers, media_type=_TYPE)


def _matches(if_none_match: str, tag: str) -> bool:
    """The weak comparison that RFC 9110 §13.1.2 asks for: a proxy may have made our strong tag a weak one."""
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)


def _not_found() -> Response:
    return PlainTextResponse("Không có lịch nào ở địa chỉ này. Đề nghị lấy lại địa chỉ ở trang của đơn vị.\n", 404)


def _gone() -> Response:
    text = "Địa chỉ lịch này đã được thay bằng địa chỉ mới. Đề nghị lấy lại địa chỉ ở trang của đơn vị.\n"
    return PlainTextResponse(text, 410)
