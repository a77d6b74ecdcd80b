"""`urge`: who is written to about what is still open, and whom that leaves out."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.office import Act
from actions.selecting import select_obligations
from actions.urging import urge
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.commands.acts import ACTOR
from scheduler.commands.why import deadline_key
from scheduler.terminal import Terminal, local


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    """0 unless nobody is written to."""
    with open_app(home, clock, parsed.lang) as app:
        act = Act(ACTOR, app.clock(), parsed.reason)
        with app.database.read() as tx:
            numbers = [o.id for o in select_obligations(tx, deadline_key(parsed.deadline), parsed.unit)]
        urging = urge(app.office, act, numbers, parsed.note, dry_run=parsed.dry_run)
        at = local(urging.at, app.office.zone)
    for one in urging.done:
        o = one.obligation
        if one.skipped:
            why = terminal.say(f"cli.skipped.{one.skipped}")
            terminal.line("cli.urge.skipped", unit=o.unit_name, deadline=str(o.key), why=why)
        else:
            terminal.line("cli.urge.done", unit=o.unit_name, deadline=str(o.key), to=", ".join(one.to))
    told = sum(1 for one in urging.done if one.to)
    people, left = len(urging.people), len(urging.done) - told
    terminal.line("cli.urge.sum", people=people, n=told, skipped=left, at=terminal.cell(at))
    if parsed.dry_run:
        terminal.line("cli.dry_run.done")
    return 0 if told else 1
