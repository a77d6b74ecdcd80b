"""`units`: who there is and was, and who comes after whom."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.ending import succeed
from actions.office import Act
from plans.succession import has_ended
from plans.units import Unit
from scheduler.app import App, open_app
from scheduler.catching_up import catch_up
from scheduler.clock import Clock
from scheduler.commands.load import print_report
from scheduler.running import day
from scheduler.terminal import Terminal
from store.units import read_roster

ACTOR = "cli"


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    on = day(parsed.on, "--on") if parsed.act == "succeed" and parsed.on else None
    with open_app(home, clock, parsed.lang) as app:
        if parsed.act == "list":
            return _list(app, terminal, ended=parsed.ended)
        act = Act(ACTOR, app.clock(), parsed.reason)
        done = succeed(app.office, act, parsed.old, parsed.new, on, dry_run=parsed.dry_run)
        catch_up(app, terminal)
    slugs = ", ".join(done.unit.successors)
    terminal.line("cli.succeed.done", unit=done.unit.name, until=done.unit.until, new=slugs)
    print_report(done.report, terminal)
    if parsed.dry_run:
        terminal.line("cli.dry_run.done")
    else:
        terminal.line("cli.succeed.file", until=done.unit.until, new=slugs, old=done.unit.slug)
    return 0


def _list(app: App, terminal: Terminal, *, ended: bool) -> int:
    today = app.office.today(app.clock())
    with app.database.read() as tx:
        found = [u for u in read_roster(tx).units.values() if not ended or has_ended(u, today)]
    if terminal.as_json:
        terminal.objects(_object(u, ended=has_ended(u, today)) for u in found)
        return 0
    if not found:
        terminal.line("cli.units.none")
        return 0
    headings = ("cli.col.unit_id", "cli.col.unit", "cli.col.since", "cli.col.last", "cli.col.successors")
    terminal.rows(headings, [(u.slug, u.name, u.since, u.until, ", ".join(u.successors) or None) for u in found])
    return 0


def _object(unit: Unit, *, ended: bool) -> dict[str, object]:
    return {
        "unit": unit.slug,
        "name": unit.name,
        "kind": unit.kind,
        "from": unit.since,
        "until": unit.until,
        "ended": ended,
        "successors": list(unit.successors),
    }
