"""`units`: who there is and was, who comes after whom, and all of it as a workbook."""

from __future__ import annotations

import argparse
from pathlib import Path

from actions.ending import succeed
from actions.importing import import_roster
from actions.office import Act
from plans.files.workbooks import LARGEST
from plans.problems import Place, Problem, UserError
from plans.succession import has_ended
from plans.units import Unit
from reports.roster_xlsx import guide_of, roster_xlsx
from scheduler.app import App, open_app
from scheduler.catching_up import catch_up
from scheduler.clock import Clock
from scheduler.commands.load import print_report
from scheduler.roster_lines import lines_of
from scheduler.running import day, line_of
from scheduler.terminal import Terminal
from store.units import read_roster

ACTOR = "cli"


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    on = day(parsed.on, "--on") if parsed.act == "succeed" and parsed.on else None
    with open_app(home, clock, parsed.lang) as app:
        if parsed.act == "list":
            return _list(app, terminal, ended=parsed.ended)
        if parsed.act == "export":
            return _export(app, Path(parsed.file), terminal)
        act = Act(ACTOR, app.clock(), parsed.reason)
        if parsed.act == "import":
            return _import(app, act, parsed, terminal)
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


def _export(app: App, path: Path, terminal: Terminal) -> int:
    with app.database.read() as tx:
        roster = read_roster(tx)
    path.write_bytes(roster_xlsx(roster, guide_of(terminal.say)))
    people = len({o.address for u in roster.units.values() for o in u.officers})
    terminal.line("cli.roster.exported", units=len(roster.units), people=people, file=path)
    return 0


def _import(app: App, act: Act, parsed: argparse.Namespace, terminal: Terminal) -> int:
    path = Path(parsed.file)
    if not path.is_file():
        raise UserError(Problem("file.missing", {}, Place(parsed.file)))
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    done = import_roster(
        app.office,
        act,
        path.name,
        content,
        complete=parsed.complete,
        again=parsed.replace,
        dry_run=parsed.dry_run,
    )
    catch_up(app, terminal)
    for warning in done.warnings:
        terminal.text(line_of(warning, terminal.say))
    for line in lines_of(done, terminal.say):
        terminal.text(line)
    if not done.report.empty:
        print_report(done.report, terminal)
    if parsed.dry_run:
        terminal.line("cli.dry_run.done")
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
