"""`roll-over`: next year's plan from this year's, as a plan file with what needs a person's eye marked in it."""

from __future__ import annotations

import argparse
from pathlib import Path

from calendars.working import WorkingCalendar
from config.settings import FILE
from config.workdays import shipped_workdays
from plans.files.plan_file import read_plan
from plans.files.writing import plan_yaml
from plans.plan import Plan
from plans.problems import Place, Problem, UserError, errors
from plans.rolling import Rolled, remarks, roll_over
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.selecting import check_filter
from scheduler.terminal import Terminal
from store.plans import stored_plans


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    out = Path(parsed.out) if parsed.out else None
    if out is not None and out.exists():
        raise UserError(Problem("roll_over.exists", {"file": str(out)}))
    plan, calendar = _read(parsed, home, clock)
    rolled = roll_over(plan, parsed.year, lambda day: calendar.day_off(day, terminal.say.weekday))
    text = plan_yaml(rolled.plan, remarks(rolled, terminal.say))
    if out is None:
        terminal.text(text.rstrip("\n"))
    else:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    _summarise(plan, rolled, out, terminal)
    return 0


def _read(parsed: argparse.Namespace, home: Path, clock: Clock) -> tuple[Plan, WorkingCalendar]:
    """The plan of a file where the argument is one, else the one that the home has under this id."""
    file = Path(parsed.plan)
    if file.is_file() or file.suffix in (".yaml", ".yml") or "/" in parsed.plan:
        if not file.is_file():
            raise UserError(Problem("file.missing", {}, Place(parsed.plan)))
        read = read_plan(parsed.plan, file.read_bytes())
        if errors(read.problems) or read.plan is None:
            raise UserError(errors(read.problems))
        return read.plan, WorkingCalendar(shipped_workdays())
    if not (home / FILE).exists():
        raise UserError(Problem("roll_over.no_home", {"plan": parsed.plan, "home": str(home)}))
    with open_app(home, clock, parsed.lang) as app, app.database.read() as tx:
        check_filter(tx, plan=parsed.plan)
        return stored_plans(tx)[parsed.plan], app.office.calendar


def _summarise(old: Plan, rolled: Rolled, out: Path | None, terminal: Terminal) -> None:
    """Beside the file, so that it can be redirected."""
    plan = rolled.plan
    terminal.aside("cli.roll_over.done", old=old.slug, new=plan.slug, year=rolled.year, tasks=len(plan.tasks))
    if out is not None:
        terminal.aside("cli.roll_over.written", file=out)
    terminal.aside("cli.roll_over.marks" if rolled.count else "cli.roll_over.no_marks", n=rolled.count)
    for slug, marks in rolled.marks.items():
        for mark in marks:
            if mark.review:
                sentence = terminal.say(f"roll.{mark.code}", **mark.params)
                terminal.aside("cli.roll_over.mark", task=slug or plan.slug, sentence=sentence)
