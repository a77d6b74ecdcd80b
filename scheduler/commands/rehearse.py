"""`rehearse`: every mail that would be sent if nobody submitted, without sending."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from actions.rehearsing import rehearse
from plans.problems import Problem, UserError
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.mail_lines import mail_object, mail_row
from scheduler.running import day
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal
from store.mail_log import Logged

LONGEST = 366 * 2  # days


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    first, last = day(parsed.first, "--from"), day(parsed.last, "--to")
    if last < first or (last - first).days > LONGEST:
        raise UserError(Problem("rehearse.span", {"first": first, "last": last, "days": LONGEST}))
    with open_app(home, clock, parsed.lang) as app:
        with app.database.read() as tx:
            check_filter(tx, units=[parsed.unit] if parsed.unit else (), plan=parsed.plan, person=parsed.person)
        mails = rehearse(app.office, app.desk, first, last, progress=_progress if sys.stderr.isatty() else _silent)
        found = [m for m in mails if _wanted(m, parsed)]
        zone = app.office.zone
    if terminal.as_json:
        terminal.objects(mail_object(m, zone) for m in found)
        return 0
    if not found:
        terminal.line("cli.rehearse.none")
        return 0
    terminal.rows(("cli.col.at", "cli.col.person", "cli.col.subject"), [mail_row(m, zone) for m in found])
    terminal.line("cli.rehearse.sum", n=len(found), people=len({m.address for m in found}))
    return 0


def _wanted(mail: Logged, parsed: argparse.Namespace) -> bool:
    return (
        (parsed.person is None or parsed.person.casefold() == mail.address)
        and (parsed.unit is None or any(i.unit == parsed.unit for i in mail.items))
        and (parsed.plan is None or any(i.deadline.startswith(f"{parsed.plan}/") for i in mail.items))
    )


def _progress(day: date) -> None:
    print(f"\r{day:%d/%m/%Y} …", end="", file=sys.stderr, flush=True)


def _silent(_day: date) -> None:
    """Nobody is watching."""
