"""Whether anything in the database has changed, without asking it for anything: SQLite alone can tell."""

from __future__ import annotations

import sqlite3
from contextlib import suppress


class Watch:
    """A connection of its own to an SQLite file, which reads nothing but the mark. Of one thread at a time."""

    def __init__(self, file: str | None) -> None:
        self._file = file
        self._cursor: sqlite3.Cursor | None = None
        self._opened = 0  # times: marks of two connections can't be compared

    def mark(self) -> tuple[int, int] | None:
        """What stays the same while nobody commits anything; None where that can't be told.

        `PRAGMA data_version` looks at a counter in shared memory. It reads no page and waits for nobody.
        """
        with suppress(sqlite3.Error):
            if self._cursor is None:
                self._cursor = self._open()
            if self._cursor is not None:
                version: int = self._cursor.execute("PRAGMA data_version").fetchone()[0]
                return self._opened, version
        return None

    def close(self) -> None:
        """Until the next question: SQLite puts its log into the file when the last connection ends."""
        if self._cursor is not None:
            self._cursor.connection.close()
            self._cursor = None

    def _open(self) -> sqlite3.Cursor | None:
        if self._file is None:
            return None
        self._opened += 1
        # No timeout: where the whole file is locked the answer is None at once, not a loop that stands still.
        opened = sqlite3.connect(self._file, timeout=0, isolation_level=None, check_same_thread=False)
        return opened.cursor()
