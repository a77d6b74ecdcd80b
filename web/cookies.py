"""The cookies: who is signed in and which browser asked for a link, of which hashes are kept; the language of pages,
and what is to be told next.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from starlette.requests import HTTPConnection
from starlette.responses import Response

from web.site import Site

_TOKEN = 18  # bytes
SESSION, BROWSER, LANGUAGE, FLASH = "nhachan", "nhachan-browser", "nhachan-language", "nhachan-flash"
_KEPT = {  # seconds; the session's ends with the browser, or with the session
    BROWSER: 24 * 3600,  # a link lives 15 minutes, but its page may be opened again
    LANGUAGE: 365 * 24 * 3600,
    FLASH: 300,
}


def form_token(secret: str) -> str:
    """What a form of our own says beside the cookie; a page of another site can read neither.

    It is another one each time: pages are compressed, and their length would tell a constant one by and by to whoever
    may put words of their own into them (BREACH).
    """
    mask = secrets.token_bytes(_TOKEN)
    return base64.urlsafe_b64encode(mask + _xor(mask, _form_mark(secret))).decode()


def right_token(secret: str, given: str) -> bool:
    """Whether `given` is one that `form_token` made of the secret."""
    try:
        raw = base64.urlsafe_b64decode(given.encode())
    except ValueError:
        return False
    return len(raw) == 2 * _TOKEN and hmac.compare_digest(_xor(raw[:_TOKEN], raw[_TOKEN:]), _form_mark(secret))


def _form_mark(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"form", hashlib.sha256)[:_TOKEN]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


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
