"""`publish`: every unit's calendar as a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.daily import refresh_day
from actions.publishing import publish
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.terminal import Terminal


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        refresh_day(app.office, app.clock())  # a home whose daemon does not run shows yesterday's statuses otherwise
        done = publish(app.office, app.clock(), Path(parsed.folder))
    terminal.line(
        "cli.publish.done",
        folder=parsed.folder,
        written=len(done.written),
        unchanged=done.unchanged,
        removed=len(done.removed),
    )
    return 0
