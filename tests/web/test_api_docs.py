"""The examples of docs/api.md: each is asked as it stands there, in its order, and answered as it says."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from pathlib import Path
from typing import Any

from httpx import Response

from tests.web.programs import Program, program
from tests.web.scenes import ADMINISTRATOR, Scene
from web.api.problems import STATUSES

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
_BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CURL = argparse.ArgumentParser(exit_on_error=False)
_CURL.add_argument("url")
_CURL.add_argument("-H", dest="headers", action="append", default=[])
_CURL.add_argument("-d", "--data-binary", dest="data")
_CURL.add_argument("-G", dest="as_query", action="store_true")
_CURL.add_argument("--data-urlencode", dest="query")
_CURL.add_argument("-o", dest="out")


def ask(asks: Program, command: str, folder: Path) -> Response:
    """What curl would be answered; its files lie in a folder."""
    said = command.replace("$NHACHAN_TOKEN", asks.token).replace("$NHACHAN", "")
    program_name, *words = shlex.split(said)
    assert program_name == "curl"
    given = _CURL.parse_args(words)
    assert given.as_query == (given.query is not None)
    options: dict[str, Any] = {"headers": dict(h.split(": ", 1) for h in given.headers)}
    if given.query is not None:
        options["params"] = dict([given.query.split("=", 1)])
    if given.data is not None:
        file = given.data.startswith("@")
        options["content"] = (folder / given.data[1:]).read_bytes() if file else given.data.encode()
    answer = asks.scene.request("GET" if given.data is None else "POST", given.url, **options)
    if given.out:
        (folder / given.out).write_bytes(answer.content)
    return answer


def test_examples_are_answered_as_the_document_says(replayed: Scene, tmp_path: Path) -> None:
    asks, last, asked = program(replayed, ADMINISTRATOR), None, 0
    for form, content in _BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")):
        if form == "json":
            assert last is not None
            assert last.json() == json.loads(content)
            continue
        for command in content.replace("\\\n", " ").splitlines():
            if command.startswith("export "):
                continue
            last = ask(asks, command, tmp_path)
            asked += 1
            assert last.status_code == (422 if "so-yte" in command else 200), (command, last.text)
            if last.headers["content-type"] == "application/json" and "items" in last.json():
                assert last.json()["items"], command
    assert asked == 12


def test_table_of_statuses_is_that_of_the_program() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:\d{3}(?:, )?)+) \|", text, re.MULTILINE)
    assert [int(n) for row in rows for n in row.split(", ")] == sorted(set(STATUSES) - {500})
