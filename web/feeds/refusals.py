"""What is said in place of a calendar: to programs, which show it to nobody, and to whoever looks why it is empty."""

from __future__ import annotations

import math

from starlette.types import Message, Send

from plans.words import Words
from web.feeds.answers import NOTHING, SECURE, Header, start

NOT_FOUND, NOT_ALLOWED, GONE, TOO_MANY, BROKEN, OUT_OF_REACH = 404, 405, 410, 429, 500, 503
_STATUSES = (NOT_FOUND, NOT_ALLOWED, GONE, TOO_MANY, BROKEN, OUT_OF_REACH)


class Refusals:
    """One sentence for each status."""

    def __init__(self, words: Words) -> None:
        self._bodies = {status: f"{words(f'feed.refused.{status}')}\n".encode() for status in _STATUSES}

    async def send(self, send: Send, status: int, *, head: bool = False, wait: float | None = None) -> None:
        """`wait` is in seconds: how long the client is asked to stay away."""
        body = self._bodies[status]
        headers: list[Header] = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"private, no-cache"),
            *SECURE,
        ]
        if status == NOT_ALLOWED:
            headers.append((b"allow", b"GET, HEAD"))
        if wait is not None:
            headers.append((b"retry-after", str(math.ceil(wait)).encode()))
        message: Message = {"type": "http.response.body", "body": body}
        await send(start(status, headers))
        await send(NOTHING if head else message)
