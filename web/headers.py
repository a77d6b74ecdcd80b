"""Headers that every response carries."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # the path of a mailed link is a secret
        "Cross-Origin-Opener-Policy": "same-origin",
    }
)


class Headers:
    """Adds them where a response does not say so itself, and how long it may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (*SECURITY.items(), ("Cache-Control", _keep(scope["path"]))):
                    headers.setdefault(name, value)  # a page may say something stricter of itself
            await send(message)

        await self.app(scope, receive, with_headers)


def _keep(path: str) -> str:
    if path.startswith("/static/"):
        return "public, max-age=86400"  # their addresses carry a hash of what is in them
    # Pages speak to one person: not to be found again with the back button of a shared computer.
    return "private, no-store"
