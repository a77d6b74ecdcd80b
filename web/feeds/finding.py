"""Finds what is answered under an address: in memory while the database says that it is still so, else in its rows."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from actions.feeds import PLAIN, join_feed, path_name
from actions.office import Office
from calendars.feeds import etag, readable_name, token
from calendars.options import FeedOptions
from plans.words import words
from store.feeds import FeedRow, find_feed
from web.feeds.answers import Answer, Cache, Calendar, Mark, answer
from web.feeds.refusals import GONE, NOT_FOUND

LIMIT = 64 * 1024 * 1024  # bytes of answers kept
_VERSIONS = 30  # of an address: nobody rotates it more often
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Finder:
    """The answers of one installation. Used on one event loop; what reads the database runs in threads of its own."""

    def __init__(self, office: Office, secret: bytes, clock: Callable[[], datetime], limit: int = LIMIT) -> None:
        self._office = office
        self._secret = secret
        self._clock = clock
        self._words = words(office.language)
        self._cache = Cache(limit)
        self._mark: Mark | None = None
        self._marked = False
        self._under_way: dict[tuple[str, str, FeedOptions, Mark | None], asyncio.Task[Answer | int]] = {}

    def kept(self, owner: str, given: str, options: FeedOptions) -> Answer | None:
        """The answer in memory, where the token is its own and nothing has been written to the database since."""
        found = self._cache.get(owner, options)
        if found is None or not given.isascii() or not hmac.compare_digest(found.calendar.token, given):
            return None
        return found if found.mark is not None and found.mark == self._mark_now() else None

    def was_issued(self, owner: str, given: str) -> bool:
        """Whether a token is, or once was, the owner's, without a look at the database.

        For whoever shares a network with somebody who guesses. Both are ASCII.
        """
        known = (token(self._secret, owner, version) for version in range(1, _VERSIONS + 1))
        return any(hmac.compare_digest(right, given) for right in known)

    async def find(self, owner: str, given: str, options: FeedOptions) -> Answer | int:
        """The same from the database; NOT_FOUND or GONE for a token that is not, or no longer, the owner's.

        Who asks for the same meanwhile waits for the same answer, unless something was written in between. Raises
        EnvironmentFault.
        """
        mark = self._mark_now()  # before the rows: what changes while they are read is noticed by the next request
        key = owner, given, options, mark
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._load(owner, given, options, mark))
            task.add_done_callback(lambda _done: self._under_way.pop(key, None))
        return await asyncio.shield(task)  # one client that goes away takes the answer from nobody else

    def _mark_now(self) -> Mark | None:
        """The database's mark, read once a turn of the loop: who is answered in this turn asked before it began."""
        if not self._marked:
            self._mark = self._office.database.mark()
            self._marked = True
            asyncio.get_running_loop().call_soon(self._forget_mark)
        return self._mark

    def _forget_mark(self) -> None:
        self._marked = False

    async def _load(self, owner: str, given: str, options: FeedOptions, mark: Mark | None) -> Answer | int:
        known = self._cache.get(owner, options)
        found = await asyncio.to_thread(self._read, owner, given, options, known, mark)
        if not isinstance(found, int):
            self._cache.put(owner, options, found)
        return found

    def _read(
        self, owner: str, given: str, options: FeedOptions, known: Answer | None, mark: Mark | None
    ) -> Answer | int:
        with self._office.database.read() as tx:
            row = find_feed(tx, owner)
            if row is None:
                return NOT_FOUND
            right = token(self._secret, owner, row.version)
            if row.revoked or not hmac.compare_digest(right, given):
                once = range(1, row.version + row.revoked)
                was = [hmac.compare_digest(token(self._secret, owner, version), given) for version in once]
                return GONE if any(was) else NOT_FOUND
            made_from = row.version, row.revision
            if known is not None and known.calendar.made_from == made_from:
                body, tag = known.calendar.body, known.calendar.tag
            else:
                body = join_feed(tx, self._office, row, options)
                tag = etag(body).encode()
            modified = self._modified(tx, row, options, tag)
        calendar = Calendar(row.id, right, made_from, body, tag, modified)
        settled = self._clock() - modified >= timedelta(seconds=1)
        file_name = readable_name(path_name(row, self._words))
        return answer(calendar, file_name, mark if settled else None, dated=settled)

    def _modified(self, tx: Connection, row: FeedRow, options: FeedOptions, tag: bytes) -> datetime:
        """When the calendar last became another one; touched and still the same, it is as old as before."""
        if row.etag is None:
            plain = tag.decode() if options == PLAIN else etag(join_feed(tx, self._office, row, PLAIN))
            return row.modified_with(plain)
        return row.modified or _LONG_AGO
