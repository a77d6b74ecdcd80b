"""`tick`: one pass of scheduling and delivery without the daemon."""

from __future__ import annotations

import argparse
from pathlib import Path

from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.passing import one_pass
from scheduler.terminal import Terminal, local


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        done = one_pass(app)
        now = app.clock()
        if not app.office.is_working_moment(now):
            opening = local(app.office.next_working_moment(now), app.office.zone)
            terminal.line("cli.tick.closed", moment=terminal.cell(opening))
    terminal.line(
        "cli.tick.done",
        messages=done.queued.messages,
        sent=done.mail.sent,
        again=done.mail.again,
        failed=done.mail.failed,
        superseded=done.mail.superseded,
    )
    if done.mail.outlet_down:
        terminal.fault("cli.tick.down", answer=done.mail.outlet_down.answer)
        return 3
    return 0
