"""Pages for what went wrong: what it was, and what to do now."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from plans.problems import EnvironmentFault
from web.access import visit_of
from web.headers import SECURITY
from web.logs import without_token
from web.paths import SIGN_IN
from web.site import Site
from web.visits import SignInNeeded, Visit

log = logging.getLogger(__name__)
_KNOWN = (403, 404, 405, 410, 411, 413, 421, 429, 500, 503)


def error_page(
    site: Site, now: datetime, status: int, what: str | None = None, visit: Visit | None = None
) -> HTMLResponse:
    """The page of an error. `what` tells apart errors of one status: "link", "unit", "plan", "deadline"."""
    code = status if status in _KNOWN else 400
    return site.page("error.html", now, status=status, visit=visit, code=code, what=what)


def install(app: FastAPI, site: Site) -> None:
    """Answer every error with a page."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        what = request.url.path.split("/")[1].removesuffix("s") if error.status_code in (404, 410) else None
        visit = getattr(request.state, "visit", None) or _visit(site, request)
        response = error_page(site, site.clock(), error.status_code, {"l": "link"}.get(what or "", what), visit)
        response.headers.update(error.headers or {})
        return response

    def malformed(_request: Request, _error: Exception) -> Response:
        return error_page(site, site.clock(), 400)

    def sign_in_first(request: Request, _error: Exception) -> Response:
        """To the sign-in page, and back to what was to be read; what was to be done has to be done again."""
        if request.method not in ("GET", "HEAD"):
            return RedirectResponse(SIGN_IN, 303)
        asked = quote(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?ve={quote(asked, safe='/')}" if asked != "/" else SIGN_IN, 303)

    def broken(request: Request, error: Exception) -> Response:
        """The environment failed, not the program; it is logged in one line."""
        assert isinstance(error, EnvironmentFault)
        log.error("%s %s: %s", request.method, without_token(request.url.path), error)
        response = error_page(site, site.clock(), 503)
        response.headers["Retry-After"] = "30"
        return response

    def failed(request: Request, _error: Exception) -> Response:
        """A defect. The server logs its traceback; the page is made outside the middleware that adds the headers."""
        log.error("%s %s failed", request.method, without_token(request.url.path))
        response = error_page(site, site.clock(), 500)
        response.headers.update(SECURITY)
        return response

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(DataError, malformed)  # a zero byte in a text, which PostgreSQL does not take
    app.add_exception_handler(SignInNeeded, sign_in_first)
    app.add_exception_handler(EnvironmentFault, broken)
    app.add_exception_handler(Exception, failed)


def _visit(site: Site, request: Request) -> Visit | None:
    """Who asked for what isn't there, so that the way back stands on the page."""
    with suppress(EnvironmentFault), site.office.database.read() as tx:
        return visit_of(tx, site, request, site.clock())
    return None
