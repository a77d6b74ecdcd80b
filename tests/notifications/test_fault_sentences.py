"""Every fault of an outlet has a sentence that says what to do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import notifications
from plans.words import LANGUAGES, Words, words

ROOM = Path(notifications.__file__).parent
OTHERS = {"other", "answered", "detail"}  # entries that name no fault


def strings(node: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def codes(function: ast.AST) -> Iterator[str]:
    """The first argument of each `Fault(…)`; of a name, whatever is assigned to it."""
    for call in ast.walk(function):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Fault"):
            continue
        first = call.args[0]
        if isinstance(first, ast.Name):
            for found in ast.walk(function):
                if isinstance(found, ast.Assign) and any(
                    isinstance(t, ast.Name) and t.id == first.id for t in found.targets
                ):
                    value = found.value
                    yield from (
                        strings(value.body) | strings(value.orelse) if isinstance(value, ast.IfExp) else strings(value)
                    )
        elif isinstance(first, ast.IfExp):
            yield from strings(first.body) | strings(first.orelse)
        elif isinstance(first, ast.Constant):
            yield str(first.value)


def raised() -> set[str]:
    found: set[str] = set()
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found |= set(codes(node))
    return found


def entries(language: str) -> set[str]:
    text = (ROOM.parent / "plans" / "locale" / language / "LC_MESSAGES" / "nhachan.po").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith('msgid "outlet.')]
    return {line.removeprefix('msgid "outlet.').rstrip('"') for line in lines} - OTHERS


def test_codes_are_found_in_the_source() -> None:
    """Those written out, chosen and assigned; else the next test would prove nothing."""
    assert {"timeout", "certificate", "other_host", "password", "sign_in_later", "token_refused", "folder"} <= raised()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_a_sentence_and_every_sentence_a_fault(language: str) -> None:
    assert entries(language) == raised()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(raised()))
def test_sentence_names_the_settings_file_and_a_setting(language: str, code: str) -> None:
    said = words(language)(f"outlet.{code}")
    assert "nhachan.toml" in said
    assert "[mail.smtp]" in said or "[mail]" in said
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("language", "reply", "answer", "end"),
    [
        ("vi", 535, "5.7.8 no", " Máy chủ trả lời: 535 5.7.8 no"),
        ("en", 535, "5.7.8 no", " The server said: 535 5.7.8 no"),
        ("vi", 535, "", " Máy chủ trả lời: 535"),
        ("vi", None, "Connection refused", " Chi tiết: Connection refused"),
        ("vi", None, "", ""),
    ],
)
def test_sentence_ends_with_what_was_said(language: str, reply: int | None, answer: str, end: str) -> None:
    say: Words = words(language)
    assert say.outlet_fault("password", reply, answer) == say("outlet.password") + end


def test_fault_of_another_version_is_said_too() -> None:
    assert words("en").outlet_fault("from_tomorrow", None, "x {y}") == (
        'The mail server can\'t be used: run "nhachan mail test ADDRESS" to see what it says. Details: x {y}'
    )
