"""Runs one command: opens what it needs, and turns what goes wrong into sentences and exit codes."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from config.settings import FILE
from plans.problems import EnvironmentFault, Problem, Severity, UserError
from plans.words import Words, words
from scheduler.clock import Clock
from scheduler.terminal import Terminal

FINE, INPUT, USAGE, ENVIRONMENT = 0, 1, 2, 3
DEFAULT_HOME = Path("nhachan-home")
YEARS = range(1970, 2101)
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def run(parsed: argparse.Namespace) -> int:
    """The exit code of a command, its faults said on stderr without a traceback."""
    home = home_of(parsed)
    say = words(parsed.lang or "vi")
    terminal = Terminal(say, as_json=getattr(parsed, "json", False))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for chatty in ("alembic", "apscheduler", "uvicorn", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    command = import_module(f"scheduler.commands.{_module(parsed.command)}")
    try:
        code: int = command.run(parsed, home, clock_of(parsed), terminal)
        terminal.flush()  # a reader that went away is noticed here, not at the end of the interpreter
    except UserError as error:
        _print_problems(error.problems, say)
        return INPUT
    except EnvironmentFault as fault:
        _print_problems((fault.problem,), say)
        return ENVIRONMENT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as error:
        detail = error.strerror or str(error)
        _print_problems((Problem("os", {"file": error.filename or "", "detail": detail}),), say)
        return ENVIRONMENT
    except KeyboardInterrupt:
        return 130
    return code


_ACTS = ("submit", "accept", "return", "extend", "waive", "close")


def _module(command: str) -> str:
    return "acts" if command in _ACTS else command.replace("-", "_")


def home_of(parsed: argparse.Namespace) -> Path:
    """Where the installation is: what was named, else this folder if it is one, else `nhachan-home` in it."""
    named = parsed.home or os.environ.get("NHACHAN_HOME")
    if named:
        return Path(named)
    return Path() if Path(FILE).exists() else DEFAULT_HOME


def clock_of(parsed: argparse.Namespace) -> Clock:
    if parsed.now is None:
        return Clock()
    try:
        moment = datetime.fromisoformat(parsed.now)
        _check_year(moment)
    except ValueError as error:
        raise UserError(Problem("now.form", {"value": parsed.now})) from error
    return Clock(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")))


def day(text: str, option: str) -> date:
    """A date that a person typed: 05/12/2026 or 2026-12-05. Raises UserError that names the option."""
    try:
        if found := _DAY.fullmatch(text.strip()):
            typed = date(int(found[3]), int(found[2]), int(found[1]))
        else:
            typed = date.fromisoformat(text.strip())
        _check_year(typed)
    except ValueError as error:
        raise UserError(Problem("option.day", {"value": text, "option": option})) from error
    return typed


def _check_year(typed: date) -> None:
    """A slip of the finger is no date: counting from the year 9999 runs out of days. Raises ValueError."""
    if typed.year not in YEARS:
        raise ValueError(typed)


def _print_problems(problems: tuple[Problem, ...], say: Words) -> None:
    for problem in problems:
        print(line_of(problem, say), file=sys.stderr)


def line_of(problem: Problem, say: Words) -> str:
    """`file:line:column: sentence`."""
    start = f"{problem.place}: " if problem.place else ""
    kind = f"{say('cli.warning')}: " if problem.severity is Severity.WARNING else ""
    return f"{start}{kind}{say.problem(problem)}"
