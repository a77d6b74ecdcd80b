"""`tick`: one pass of scheduling and delivery without the daemon."""

from __future__ import annotations

import argparse
from pathlib import Path

from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.passing import one_pass
from scheduler.progress import mail_progress
from scheduler.terminal import Terminal, local
from store.mail_log import count_by_state


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        with mail_progress(terminal.say) as watch:
            done = one_pass(app, watch=watch)
        now = app.clock()
        if not app.office.is_working_moment(now):
            opening = local(app.office.next_working_moment(now), app.office.zone)
            terminal.line("cli.tick.closed", moment=terminal.cell(opening))
        with app.database.read() as tx:
            kept = count_by_state(tx).get("queued", 0)
    terminal.line(
        "cli.tick.done",
        messages=done.queued.messages,
        sent=done.mail.sent,
        again=done.mail.again,
        failed=done.mail.failed,
        superseded=done.mail.superseded,
    )
    if down := done.mail.outlet_down:
        terminal.fault("cli.tick.down", n=kept, why=terminal.say.outlet_fault(down.code, down.reply, down.answer))
        return 3
    return 0
