"""`check`: every problem of unit and plan files, each with its place and its remedy."""

from __future__ import annotations

import argparse
from pathlib import Path

from plans.problems import errors
from scheduler.clock import Clock
from scheduler.reading import read_files
from scheduler.running import line_of
from scheduler.terminal import Terminal


def run(parsed: argparse.Namespace, home: Path, _clock: Clock, terminal: Terminal) -> int:
    found = read_files(parsed.files, home)
    problems = found.all_problems()
    for problem in problems:
        terminal.text(line_of(problem, terminal.say))
    wrong = len(errors(problems))
    if not found.roster_known and found.documents.plans:
        terminal.line("cli.check.no_units")
    if wrong:
        terminal.line("cli.check.wrong", n=wrong, files=found.count)
        return 1
    terminal.line("cli.check.fine", files=found.count, warnings=len(problems))
    return 0
