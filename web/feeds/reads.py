"""When each calendar was last fetched, and by which kind of program: kept in memory and written apart.

A GET writes nothing; a read that was counted here is in the database a minute later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from store.database import Database
from store.feeds import note_reads


class Reads:
    """What was read since the last flush. Noted on the event loop, flushed from a thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._noted: dict[tuple[int, str], datetime] = {}  # (feed, client)
        self._flushing = threading.Lock()

    def note(self, feed: int, client: str) -> None:
        """The first read of a minute stands for those that follow, which then cost nothing."""
        key = feed, client
        if key not in self._noted:
            self._noted[key] = self._clock()

    def of(self, feed: int) -> dict[str, datetime]:
        """Client → when, of what is not written yet."""
        return {client: at for (number, client), at in list(self._noted.items()) if number == feed}

    def flush(self, database: Database) -> int:
        """Write what was noted; returns how many rows. Raises EnvironmentFault, and keeps it for the next time."""
        with self._flushing:
            taken, self._noted = self._noted, {}
            if not taken:
                return 0
            try:
                with database.write() as tx:
                    note_reads(tx, taken)
            except BaseException:
                self._noted = taken | self._noted
                raise
            return len(taken)
