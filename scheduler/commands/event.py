"""`event`: enter the day that deadlines count from, for all units or for some; without a name, list what is awaited."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.happening import Awaited, awaited_events, set_event
from actions.office import Act
from plans.problems import Problem, UserError
from scheduler.app import App, open_app
from scheduler.catching_up import catch_up
from scheduler.clock import Clock
from scheduler.commands.load import ACTOR
from scheduler.running import day
from scheduler.terminal import Terminal


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        if parsed.name is None:
            return _list(app, terminal)
        if (parsed.day is None) != parsed.clear:
            raise UserError(Problem("event.both" if parsed.clear else "event.day", {"name": parsed.name}))
        on = None if parsed.clear else day(parsed.day, terminal.say("cli.meta.day"))
        act = Act(ACTOR, app.clock(), parsed.reason)
        done = set_event(app.office, act, parsed.name, on, parsed.unit, dry_run=parsed.dry_run)
        catch_up(app, terminal)
    terminal.line("cli.event.done", deadlines=done.deadlines, obligations=done.obligations, cancelled=done.cancelled)
    for deadline, act_by in done.made:
        terminal.line("cli.event.made", deadline=deadline, day=act_by)
    for deadline, old, new in done.moved:
        terminal.line("cli.load.moved", deadline=deadline, old=old, new=new)
    for unit, deadline, old, new in done.own:
        terminal.line("cli.event.own", unit=unit, deadline=deadline, old=old, new=new)
    if parsed.dry_run:
        terminal.line("cli.dry_run.done")
    return 0


def _list(app: App, terminal: Terminal) -> int:
    with app.database.read() as tx:
        found = awaited_events(tx)
    if terminal.as_json:
        terminal.objects(_object(one) for one in found)
    elif found:
        rows = [(one.event, one.name, one.day, len(one.of_units), ", ".join(one.tasks)) for one in found]
        headings = ("cli.col.event", "cli.col.name", "cli.col.day", "cli.col.own_days", "cli.col.tasks")
        terminal.rows(headings, rows)
    else:
        terminal.line("cli.event.none")
    return 0


def _object(one: Awaited) -> dict[str, object]:
    return {
        "event": one.event,
        "name": one.name,
        "day": one.day,
        "units": {unit: day.isoformat() for unit, day in one.of_units.items()},
        "tasks": list(one.tasks),
    }
