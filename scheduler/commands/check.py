"""`check`: every problem of unit and plan files, each with its place and its remedy."""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from actions.chaining import Span, check_chains
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.problems import errors
from scheduler.clock import Clock
from scheduler.reading import read_files
from scheduler.running import line_of
from scheduler.terminal import Terminal

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
AHEAD = timedelta(days=550)  # as far as deadlines are made


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    found = read_files(parsed.files, home)
    today = clock().astimezone(ZONE).date()
    span = Span(WorkingCalendar(shipped_workdays()), ZONE, today, today + AHEAD)
    given = [(file.plan, file.places) for file in found.documents.plans if file.plan]
    problems = found.all_problems(check_chains(given, found.known, span))
    for problem in problems:
        terminal.text(line_of(problem, terminal.say))
    wrong = len(errors(problems))
    if not found.roster_known and found.documents.plans:
        terminal.line("cli.check.no_units")
    if found.home is not None and found.documents.plans:
        terminal.line("cli.check.units_of", home=found.home)
    if wrong:
        terminal.line("cli.check.wrong", n=wrong, files=found.count)
        return 1
    terminal.line("cli.check.fine", files=found.count, warnings=len(problems))
    return 0
