"""`--help` of every command, in both languages, at once; and a sentence for every code that the program says."""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plans.deadlines import Basis
from plans.requests import RequestKind, RequestState
from plans.status import State
from plans.words import LANGUAGES, words
from scheduler.cli import build_parser
from tests.scheduler.homes import Nhachan

ROOT = Path(__file__).parents[2]
PACKAGES = ("actions", "calendars", "config", "notifications", "plans", "reports", "scheduler", "store", "web")


def commands(parser: argparse.ArgumentParser, *before: str) -> Iterator[tuple[str, ...]]:
    """Every command, with its parts: `("mail", "list")`."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield (*before, name)
                yield from commands(inner, *before, name)


COMMANDS = list(commands(build_parser()))
USAGE = {"vi": "Cách dùng", "en": "usage"}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_every_command_in_both_languages(nhachan: Nhachan, command: tuple[str, ...]) -> None:
    said = {language: nhachan(*command, "--help", lang=language) for language in LANGUAGES}
    assert {(s.code, s.err) for s in said.values()} == {(0, "")}
    for language, answer in said.items():
        assert answer.out.startswith(f"{USAGE[language]}: nhachan {' '.join(command)}")
        assert "cli." not in answer.out, language  # a code without its sentence


def test_help_lists_every_command(nhachan: Nhachan) -> None:
    listed = [line.split()[0] for line in nhachan("--help").lines if line.startswith("    ") and line[4] != " "]
    assert [name for name in listed if name != "LỆNH"] == [c[0] for c in COMMANDS if len(c) == 1]


HEAVY = {
    "sqlalchemy", "holidays", "apscheduler", "fastapi", "jinja2", "icalendar", "yaml", "alembic", "dataclasses",
    "uvicorn", "babel", "aiosmtplib", "asyncio",
}  # fmt: skip


def test_help_loads_nothing_heavy() -> None:
    code = """
import json, sys
from scheduler.cli import main
try:
    main(["overdue", "--help"])
except SystemExit:
    print(json.dumps(sorted(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=30)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout.decode().splitlines()[-1])}
    assert loaded & HEAVY == set()
    assert "argparse" in loaded


# -- every code has its sentence -------------------------------------------------------------------------------------


def literal(node: ast.expr) -> Iterator[str]:
    """The texts that an argument can be: a constant, or one of two by a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literal(node.body)
        yield from literal(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from literal(value)
    elif isinstance(node, (ast.Tuple, ast.List)):
        for value in node.elts:
            yield from literal(value)


# What takes a code as its first argument → what the catalogue puts before it.
CALLS = {
    "Problem": "problem.",
    "EnvironmentFault": "problem.",
    "Finding": "doctor.",
    "say": "",
    "line": "",
    "fault": "",
    "rows": "",
}
SETTINGS = {"problem": "problem.settings."}  # `config.settings._Reader.problem`


def codes(file: Path) -> Iterator[str]:
    """Every code that is spelt out in a source file."""
    prefixes = {**CALLS, **(SETTINGS if file == ROOT / "config" / "settings.py" else {})}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in prefixes:
                yield from (prefixes[name] + code for code in literal(node.args[0]))


SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_source_has_a_sentence(language: str) -> None:
    found = {(str(file.relative_to(ROOT)), code) for file in SOURCES for code in codes(file)}
    assert len(found) > 150
    assert sorted((file, code) for file, code in found if not words(language).has(code)) == []


def test_the_scan_finds_codes_in_each_of_their_forms(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text(
        'say("a" if x else "b"); t.line("c"); Problem("d", {}); EnvironmentFault("e"); Finding("f"); t.rows(("g", "h"))'
    )
    assert sorted(codes(file)) == ["a", "b", "c", "doctor.f", "g", "h", "problem.d", "problem.e"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_is_put_together_has_a_sentence(language: str) -> None:
    """The values that f-strings of the source put into codes."""
    states = ("queued", "sending", "sent", "failed", "unknown", "superseded")
    wanted = [
        *(f"cli.skipped.{code}" for code in ("already_done", "not_submitted", "not_late_yet")),
        *(f"cli.skipped.is_{state.value}" for state in State),
        *(f"cli.skipped.{code}" for code in ("urged_today", "unreachable", "untracked", "cannot_be_late")),
        *(f"problem.act.is_{state.value}" for state in State),
        *(f"problem.act.{code}" for code in ("already_done", "not_submitted", "same_date", "not_later")),
        *(f"request.{kind.value}" for kind in RequestKind),
        *(f"audit.ask_{kind.value}" for kind in RequestKind),
        *(f"audit.{code}" for code in ("urge", "grant_request", "refuse_request", "withdraw_request", "reassign")),
        *(f"request_state.{state.value}" for state in RequestState),
        *(f"mail_state.{state}" for state in states),
        *(
            f"reason.{r}"
            for r in ("later_stage", "date_changed", "reassigned", "untracked", "absorbed", "nothing_to_say")
        ),
        *(f"reason.{s.value}" for s in State if s not in (State.OPEN, State.RETURNED)),
        *(f"cli.why.{name}" for name in ("stated", "last_day", "act_by", "late_after", "granted")),
        *(f"cli.why.basis.{basis.value}" for basis in Basis),
        "cli.why.basis.extension_document",
        *(f"problem.option.{kind}{near}" for kind in ("unit", "plan", "group") for near in ("", "_near")),
        *(f"problem.settings.unknown{near}" for near in ("", "_near")),
        *(f"cli.workdays_{act}" for act in ("list", "off", "work", "clear")),
        *(f"cli.workdays.from.{origin}" for origin in ("own", "shipped", "reckoned")),
        *(f"cli.workdays.{name}" for name in ("stated", "act_by", "late_on")),
        *(f"basis.{basis.value}" for basis in Basis),
    ]
    assert [code for code in wanted if not words(language).has(code)] == []
