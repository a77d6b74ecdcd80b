"""`overdue`: who is late."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.overdue import Filter, Overdue, overdue
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.running import day
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal, local


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    on = day(parsed.on, "--on") if parsed.on else None
    with open_app(home, clock, parsed.lang) as app, app.database.read() as tx:
        check_filter(tx, units=parsed.unit or (), plan=parsed.plan, group=parsed.group)
        which = Filter(tuple(parsed.unit or ()), parsed.plan, parsed.group)
        found = overdue(tx, app.office, app.clock(), on, which)
        zone = app.office.zone
    if terminal.as_json:
        terminal.objects(
            {
                "unit": o.obligation.unit,
                "unit_name": o.obligation.unit_name,
                "formerly": o.obligation.formerly,
                "deadline": str(o.obligation.key),
                "title": o.obligation.title,
                "stated": o.obligation.dates.stated,
                "last_day": o.obligation.dates.last_day,
                "days_late": o.days_late,
                "sent_back": o.obligation.sent_back,
                "last_reminder": moment.isoformat() if (moment := local(o.last_reminder, zone)) else None,
            }
            for o in found
        )
        return 0
    if not found:
        terminal.line("cli.overdue.none")
        return 0
    headings = ("cli.col.last_day", "cli.col.days_late", "cli.col.unit", "cli.col.deadline", "cli.col.last_reminder")
    terminal.rows(
        headings,
        [
            (
                o.obligation.dates.last_day,
                o.days_late,
                _unit(o, terminal),
                o.obligation.key,
                local(o.last_reminder, zone),
            )
            for o in found
        ],
    )
    terminal.line("cli.overdue.sum", n=len(found), units=len({o.obligation.unit for o in found}))
    return 0


def _unit(late: Overdue, terminal: Terminal) -> str:
    """Who sent something and was asked to complete it is not said to have sent nothing."""
    name = terminal.say.unit(late.obligation.unit_name, late.obligation.formerly)
    return f"{name} ({terminal.say('list.not_completed')})" if late.obligation.sent_back else name
