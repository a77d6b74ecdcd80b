"""Calendars over HTTP: `/feeds/<owner>/<token>/<readable-name>.ics`, answered before the web framework is asked.

An answer from memory is two messages that are made already. Never compressed: a gzip response broke subscriptions of
Outlook. Thunderbird stops asking after 410, so only an address that was once right is answered with it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plans.feeds import WORKDAYS_OWNER
from plans.problems import EnvironmentFault
from web.feeds.answers import NOTHING, Answer, Header
from web.feeds.asking import Asked, read_request
from web.feeds.finding import Finder
from web.feeds.limits import Pace, network_of
from web.feeds.refusals import BROKEN, NOT_ALLOWED, NOT_FOUND, OUT_OF_REACH, TOO_MANY, Refusals
from web.prefix import Prefix
from web.requests import OwnNames
from web.site import Site

log = logging.getLogger(__name__)

_OWNER = re.compile(r"[a-z0-9][a-z0-9.-]{0,119}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")
_GUESSES = 30  # wrong addresses a minute that somebody may ask for before nothing is answered for a while
_EVERYBODY = 20  # times as often as other calendars: that of the working days is for a whole province
_LATER = 300  # seconds until a database that is out of reach is worth asking again


class Feeds:
    """Answers `/feeds/…`, and passes everything else on to the pages. `ticks` is a clock that never goes back."""

    def __init__(self, pages: ASGIApp, site: Site, ticks: Callable[[], float] = time.monotonic) -> None:
        per_minute = site.web.feed_requests_per_minute
        self.pages = pages
        self._site = site
        self._ticks = ticks
        self._finder = Finder(site.office, site.secret, site.clock)
        self._pace = Pace(per_minute)
        self._paces = {WORKDAYS_OWNER: Pace(per_minute * _EVERYBODY)}
        self._guesses = Pace(_GUESSES if per_minute else 0)
        self._prefix = Prefix(site.root)
        self._names = OwnNames(site.office.base_url)
        self._refusals = Refusals(site.words)

    def flush(self) -> int:
        """Write who has fetched which calendar; returns the number of rows. For a thread. Raises EnvironmentFault."""
        return self._site.reads.flush(self._site.office.database)

    def at_once(self, url: bytes, headers: Sequence[Header]) -> tuple[Answer, bool] | None:
        """The answer to a GET that is in memory, and whether the client has it already; None: ask as an application.

        `url` is in origin form, nothing of it percent-encoded. Who asks is not looked at: not while anybody guesses.
        """
        raw, _, query = url.partition(b"?")
        path, now = self._prefix.without(raw.decode("latin-1")), self._ticks()
        if not path.startswith("/feeds/") or not self._guesses.is_idle(now):
            return None
        asked = read_request("GET", path, query, headers, None)
        if asked is None or asked.wants_page or not asked.wants_calendar or not self._names.include(asked.host):
            return None
        found = self._finder.kept(asked.owner, asked.token, asked.options)
        if found is None or self._taken(asked.owner, found, now):
            return None
        self._site.reads.note(found.calendar.feed, asked.client)
        return found, asked.has(found.calendar)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.pages(scope, receive, send)
            return
        path = self._prefix.without(scope["path"], scope.get("root_path", ""))
        asked = None
        if path.startswith("/feeds/"):
            by = network_of(scope["client"][0][:64]) if scope.get("client") else None
            asked = read_request(scope["method"], path, scope["query_string"], scope["headers"], by)
        if asked is None or not self._names.include(asked.host):  # the pages refuse other names, in words
            await self.pages(self._prefix.inner(scope, path), receive, self._prefix.redirecting(send))
        elif asked.wants_page:
            await self._page(asked, self._prefix.inner(scope, path), receive, self._prefix.redirecting(send))
        else:
            await self._calendar(asked, send)

    async def _calendar(self, asked: Asked, send: Send) -> None:
        head = asked.method == "HEAD"
        now = self._ticks()
        wait = self._kept_out(asked, now)
        found: Answer | int
        if asked.method != "GET" and not head:
            found = NOT_ALLOWED
        elif not asked.wants_calendar:
            found = NOT_FOUND
        elif wait:
            found = TOO_MANY
        else:
            found = self._finder.kept(asked.owner, asked.token, asked.options) or await self._look(asked, now)
        if not isinstance(found, int):
            wait = self._taken(asked.owner, found, now)
            if not wait:
                self._site.reads.note(found.calendar.feed, asked.client)
                if asked.has(found.calendar):
                    await send(found.unchanged)
                    await send(NOTHING)
                else:
                    await send(found.whole)
                    await send(NOTHING if head else found.body)
                return
            found = TOO_MANY
        patience = {TOO_MANY: wait, OUT_OF_REACH: _LATER}.get(found)
        await self._refusals.send(send, found, head=head, wait=patience)

    def _kept_out(self, asked: Asked, now: float) -> float:
        """How long who guesses has to wait, in seconds; others behind the same address hold one that was given out."""
        wait = self._guesses.wait(asked.by, now) if asked.by is not None else 0.0
        return 0.0 if wait and _is_one(asked) and self._finder.was_issued(asked.owner, asked.token) else wait

    def _taken(self, owner: str, found: Answer, now: float) -> float:
        return self._paces.get(owner, self._pace).take(found.calendar.feed, now)

    async def _look(self, asked: Asked, now: float) -> Answer | int:
        """What the database says; a wrong address is counted against whoever asks for it."""
        found: Answer | int = NOT_FOUND
        if _is_one(asked):
            try:
                found = await self._finder.find(asked.owner, asked.token, asked.options)
            except EnvironmentFault:
                return OUT_OF_REACH
            except Exception:
                log.exception("the calendar of %s could not be made", asked.owner)
                return BROKEN
        if found == NOT_FOUND and asked.by is not None:
            self._guesses.take(asked.by, now)
        return found

    async def _page(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """The page to subscribe on, which nobody is to find by guessing either."""
        now = self._ticks()
        wait = self._kept_out(asked, now)
        if wait:
            await self._refusals.send(send, TOO_MANY, head=asked.method == "HEAD", wait=wait)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == NOT_FOUND and asked.by is not None:
                self._guesses.take(asked.by, now)
            await send(message)

        await self.pages(scope, receive, counted)


def _is_one(asked: Asked) -> bool:
    """Whether it has the form of an address that may be there."""
    return bool(_OWNER.fullmatch(asked.owner) and _TOKEN.fullmatch(asked.token))
