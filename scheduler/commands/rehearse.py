"""`rehearse`: every mail that would be sent if nobody submitted, without sending."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
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
        now = app.clock()
        past = first < app.office.today(now)
        if past:
            terminal.aside("cli.rehearse.past")
        watched = sys.stderr.isatty()
        progress = _progress if watched else _silent
        mails = rehearse(app.office, app.desk, first, last, now=None if past else now, progress=progress)
        if watched:
            print("\r\033[K", end="", file=sys.stderr, flush=True)  # the line of the days is left empty
        found = [m for mail in mails if (m := _narrowed(mail, parsed))]
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


def _narrowed(mail: Logged, parsed: argparse.Namespace) -> Logged | None:
    """The mail with those of its items that were asked for; None where none was.

    A unit's items stand in the mails of its own people, of its head and of its coordinator. A Monday page is the same
    for all units and plans: it has no items, and is found by its person alone.
    """
    if parsed.person is not None and parsed.person.casefold() != mail.address:
        return None
    if parsed.unit is None and parsed.plan is None:
        return mail
    items = tuple(
        item
        for item in mail.items
        if item.state == "sent"
        and (parsed.unit is None or item.unit == parsed.unit)
        and (parsed.plan is None or item.deadline.startswith(f"{parsed.plan}/"))
    )
    return replace(mail, items=items) if items else None


def _progress(day: date) -> None:
    print(f"\r{day:%d/%m/%Y} …", end="", file=sys.stderr, flush=True)


def _silent(_day: date) -> None:
    """Nobody is watching."""
