"""How far a long drain, or a long rendering, has come, on one line of the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from plans.words import Words
from scheduler.passing import Watch

MANY = 200  # letters, events, calendars: fewer are done before anyone has read the line
_EVERY = 0.2  # seconds


@contextmanager
def mail_progress(say: Words) -> Iterator[Watch]:
    """What to tell of each letter done; shown where standard error is a terminal and many letters wait."""
    with progress(say, "cli.progress") as watch:
        yield watch


@contextmanager
def progress(say: Words, code: str) -> Iterator[Watch]:
    """The same of anything: `code` is a sentence with `done` and `waiting`."""
    watched, shown_at, shown = sys.stderr.isatty(), 0.0, False

    def watch(done: int, waiting: int) -> None:
        nonlocal shown_at, shown
        if not watched or waiting <= MANY or (monotonic() - shown_at < _EVERY and done < waiting):
            return
        line = say(code, done=number(done, say), waiting=number(max(done, waiting), say))
        print(f"\r{line}\033[K", end="", file=sys.stderr, flush=True)
        shown_at, shown = monotonic(), True

    try:
        yield watch
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)  # the line is left empty


def number(value: int, say: Words) -> str:
    """12500 as people write it: 12.500 in Vietnamese, 12,500 in English."""
    written = f"{value:,}"
    return written.replace(",", ".") if say.language == "vi" else written
