"""What every request meets first: those that are turned away at once, and what the pages will want to know of it."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.api.problems import problem
from web.asked import Asked, Flash, answering
from web.cookies import FLASH, LANGUAGE, drop_cookie, read_cookie
from web.errors import error_page
from web.flash import read_flash
from web.paths import API
from web.site import Site

LARGEST = 64 * 1024  # bytes of a form
LARGEST_FILE = 5 * 1024 * 1024  # with a file in it
UPLOADS = ("/ghi-nhan", "/danh-ba", "/plans/moi", "/api/v1/plans")  # how paths end that take files
_DIGITS = 15  # of a length; beyond thousands Python itself refuses to read a number
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class OwnNames:
    """The names under which this server may be asked for anything: that of `base_url`, and the machine's own."""

    def __init__(self, base_url: str) -> None:
        self._names = (urlsplit(base_url).hostname, *_LOOPBACK)

    def include(self, host: bytes) -> bool:
        """Whether the field Host has one of them, with any port."""
        return _name_in(host[:300]) in self._names


@lru_cache(128)
def _name_in(host: bytes) -> str:
    try:
        return urlsplit(f"//{host.decode('latin-1')}").hostname or ""
    except ValueError:  # a bracket that isn't closed
        return ""


def _asked(site: Site, request: HTTPConnection, flash: Flash | None) -> Asked:
    path, query = quote(request.scope["path"]), request.url.query
    return Asked(
        f"{path}?{query}" if query else path,
        request.scope["method"] in ("GET", "HEAD"),
        read_cookie(site, request, LANGUAGE),
        flash,
    )


class Requests:
    """Refuses forms sent from other sites, bodies no form of ours has, and names that aren't this server's.

    Forms carry a token of their own besides. Without the check of the name, any web site could have its own name
    resolved to this server and ask it from within the network, as a visitor's browser (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self.site = site
        self.own = urlsplit(site.office.base_url)
        self.names = OwnNames(site.office.base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        flash = read_flash(self.site, request)
        with answering(_asked(self.site, request, flash)):
            status = self._refused(scope)
            if status is None:
                await self.app(scope, receive, self._telling_once(send) if flash else send)
                return
            await self._refusal(request, status)(scope, receive, send)

    def _refusal(self, request: HTTPConnection, status: int) -> Response:
        if request.scope["path"].startswith(f"{API}/"):
            return problem(self.site, request, status)
        return error_page(self.site, self.site.clock(), status)

    def _telling_once(self, send: Send) -> Send:
        """`send` that takes the flash out of the browser with the page on which it is told."""

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html") and message["status"] != 303:
                    gone = Response()
                    drop_cookie(self.site, gone, FLASH)
                    headers.append("set-cookie", gone.headers["set-cookie"])
            await send(message)

        return telling

    def _refused(self, scope: Scope) -> int | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self.names.include(host.encode("latin-1")):
            return 421
        has_zero = "\0" in scope["path"] or b"%00" in scope["query_string"]
        if has_zero and not scope["path"].startswith(f"{API}/"):  # the API says what is wrong with each of its values
            return 404  # PostgreSQL refuses to look such texts up; no page is called so
        if scope["method"] != "POST":  # the rest reads no body, whatever is in one
            return None
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return 411
        if len(length) > _DIGITS or int(length) > (LARGEST_FILE if scope["path"].endswith(UPLOADS) else LARGEST):
            return 413
        return None if self._from_here(headers, host) else 403

    def _from_here(self, headers: Headers, host: str) -> bool:
        """Whether a form was sent from our own page; a client that says nothing is no browser with a victim in it."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc in (host, self.own.netloc)
