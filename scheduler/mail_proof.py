"""`mail proof`: the proof of reminding, as a file or printed."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from actions.proving import Which, proof_file, proven
from actions.selecting import require_deadline
from plans.problems import Problem, UserError
from scheduler.app import App
from scheduler.commands.why import deadline_key
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal


def prove(
    parsed: argparse.Namespace, app: App, terminal: Terminal, since: datetime | None, until: datetime | None
) -> int:
    """Write the file, or print it."""
    if not parsed.deadline and not parsed.unit:
        raise UserError(Problem("proof.of_what"))
    out = Path(parsed.out) if parsed.out else None
    if out is not None and out.exists():
        raise UserError(Problem("roll_over.exists", {"file": str(out)}))
    key = deadline_key(parsed.deadline) if parsed.deadline else None
    with app.database.read() as tx:
        check_filter(tx, units=[parsed.unit] if parsed.unit else ())
        if key is not None:
            require_deadline(tx, key)
        which = Which(key, parsed.unit, since=since, until=until)
        rows = proven(tx, app.office, terminal.say, which)
    content = proof_file(rows, terminal.say)
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        with out.open("xb") as file:
            file.write(content)
        terminal.aside("cli.proof.written", file=out, n=len(rows))
    return 0
