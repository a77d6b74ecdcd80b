"""`publish`: every calendar as a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.daily import refresh_day
from actions.feeds import render_waiting
from actions.publishing import publish
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.progress import progress
from scheduler.terminal import Terminal


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    folder = Path(parsed.folder)
    with open_app(home, clock, parsed.lang) as app:
        refresh_day(app.office, app.clock())  # a home whose daemon does not run shows yesterday's statuses otherwise
        with progress(terminal.say, "cli.feeds.rendering") as watch:
            render_waiting(app.office, app.clock(), watch)
        with progress(terminal.say, "cli.publish.progress") as watch:
            done = publish(app.office, folder, compressed=parsed.gzip, watch=watch)
    terminal.line(
        "cli.publish.done",
        folder=parsed.folder,
        written=len([path for path in done.written if path != done.index]),  # it is no calendar
        unchanged=done.unchanged,
        removed=len(done.removed),
    )
    terminal.line("cli.publish.index", path=folder / done.index)
    return 0
