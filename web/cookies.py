"""The cookies: who is signed in and which browser asked for a link, of which hashes are kept; the language of pages,
and what is to be told next.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from starlette.requests import HTTPConnection
from starlette.responses import Response

from web.site import Site

SESSION, BROWSER, LANGUAGE, FLASH = "nhachan", "nhachan-browser", "nhachan-language", "nhachan-flash"
_KEPT = {  # seconds; the session's ends with the browser, or with the session
    BROWSER: 24 * 3600,  # a link lives 15 minutes, but its page may be opened again
    LANGUAGE: 365 * 24 * 3600,
    FLASH: 300,
}


def form_token(secret: str) -> str:
    """What a form of our own says beside the cookie; a page of another site can read neither."""
    made = hmac.digest(secret.encode(), b"form", hashlib.sha256)
    return base64.urlsafe_b64encode(made[:18]).decode()


def right_token(secret: str, given: str) -> bool:
    return hmac.compare_digest(form_token(secret).encode(), given.encode())


def name_of(site: Site, cookie: str) -> str:
    """With https, the prefix that keeps other hosts of the domain and plain http from setting it (RFC 6265bis)."""
    return f"__Host-{cookie}" if _is_secure(site) else cookie


def read_cookie(site: Site, request: HTTPConnection, cookie: str) -> str | None:
    return request.cookies.get(name_of(site, cookie)) or None


def set_cookie(site: Site, response: Response, cookie: str, value: str) -> None:
    response.set_cookie(
        name_of(site, cookie),
        value,
        max_age=_KEPT.get(cookie),
        path="/",
        secure=_is_secure(site),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(site: Site, response: Response, cookie: str) -> None:
    response.delete_cookie(name_of(site, cookie), path="/", secure=_is_secure(site), httponly=True, samesite="lax")


def _is_secure(site: Site) -> bool:
    return site.office.base_url.startswith("https://")
