"""Who may see how the program does: this machine, and whoever has the token."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from web.settings import WebSettings

# What a proxy adds: a request that went through one comes from elsewhere, whatever address it arrives with.
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def may_monitor(request: HTTPConnection, web: WebSettings) -> bool:
    """Whether a request was made on this machine, under its own name and through no proxy, or carries the token."""
    return _from_here(request) or _has_token(request, web.metrics_token)


def _from_here(request: HTTPConnection) -> bool:
    try:
        local = request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        local = False
    name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    return local and name in _LOOPBACK and not any(header in request.headers for header in _PASSED_ON)


def _has_token(request: HTTPConnection, token: str) -> bool:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    return bool(token) and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
