"""What was just done, told once on the next page: a sentence of the catalogue, in a signed cookie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TypeVar

from starlette.requests import HTTPConnection
from starlette.responses import Response

from web.asked import Flash
from web.cookies import FLASH, read_cookie, set_cookie
from web.site import Site

R = TypeVar("R", bound=Response)
_MARK = 16  # bytes
_LONGEST = 2400  # bytes of a sentence's parameters together: browsers drop a cookie of more than 4 kB without a word


def flash(site: Site, response: R, code: str, **params: str | int) -> R:
    """Have `code` (`flash.…` of `plans/locale`) told on the page that follows this answer."""
    room = _LONGEST // max(1, len(params))
    short = {name: _cut(value, room) if isinstance(value, str) else value for name, value in params.items()}
    said = json.dumps([code, short], ensure_ascii=False).encode()
    set_cookie(site, response, FLASH, base64.urlsafe_b64encode(_mark(site, said) + said).decode())
    return response


def _cut(text: str, size: int) -> str:
    """As much of it as fits into so many bytes; what is missing is told by "…"."""
    whole = text.encode()
    return text if len(whole) <= size else f"{whole[: size - 3].decode(errors='ignore')}…"


def read_flash(site: Site, request: HTTPConnection) -> Flash | None:
    """What the request brings along; None without it, and for one that is not ours."""
    given = read_cookie(site, request, FLASH)
    if not given:
        return None
    try:
        raw = base64.urlsafe_b64decode(given.encode())
        said = raw[_MARK:]
        if not hmac.compare_digest(raw[:_MARK], _mark(site, said)):
            return None
        code, params = json.loads(said)
    except ValueError:
        return None
    return Flash(code, params)


def _mark(site: Site, said: bytes) -> bytes:
    return hmac.digest(site.secret, b"flash\n" + said, hashlib.sha256)[:_MARK]
