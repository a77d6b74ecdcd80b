"""`feeds`: the addresses of the calendars."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.publishing import feed_addresses
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.terminal import Terminal


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app, app.database.read() as tx:
        found = feed_addresses(tx, app.office)
    if terminal.as_json:
        terminal.objects({"owner": f.unit, "kind": "unit", "name": f.name, "url": f.url} for f in found)
        return 0
    if not found:
        terminal.line("cli.feeds.none")
        return 0
    terminal.rows(("cli.col.unit", "cli.col.url"), [(f.name, f.url) for f in found])
    return 0
