"""What argparse says: Vietnamese unless asked otherwise, each fault with its remedy."""

from __future__ import annotations

import argparse
import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plans.words import LOCALES
from scheduler.cli import build_parser
from scheduler.usage import language_of, speaking
from tests.scheduler.conftest import LOADED
from tests.scheduler.homes import Nhachan

FAULTS = {
    (): ("", "còn thiếu: LỆNH"),
    ("tra-cuu",): ("", "LỆNH: không có lựa chọn 'tra-cuu' (chọn một trong: "),
    ("overdue", "--nothing"): ("overdue", "không hiểu: --nothing"),
    ("mail",): ("mail", "còn thiếu: list|show|retry|test|proof"),
    ("mail", "list", "a", "b"): ("mail list", "không hiểu: a b"),
    ("mail", "show", "mot"): ("mail show", "SỐ-THƯ: giá trị 'mot' không phải là số nguyên"),
    ("serve", "--role", "tat-ca"): ("serve", "--role: không có lựa chọn 'tat-ca' (chọn một trong: "),
    ("serve", "--role"): ("serve", "--role: cần ghi một giá trị"),
    ("check",): ("check", "còn thiếu: TỆP"),
    ("extend", "x/y/z"): ("extend", "còn thiếu: --until"),
    ("submit", "x/y/z"): ("submit", "cần một trong các tùy chọn: --unit --register"),
    ("submit", "x/y/z", "--unit", "a", "--register", "b"): ("submit", "--register: không dùng cùng với --unit"),
    ("submit", "x/y/z", "--dry-run=yes"): ("submit", "--dry-run: tùy chọn này không nhận giá trị, nhưng được cho "),
    ("submit", "x/y/z", "--re", "a"): ("submit", "viết tắt --re chưa rõ là tùy chọn nào: --reason, --re"),
    ("--lang", "fr", "jobs"): ("", "--lang: không có lựa chọn 'fr' (chọn một trong: "),
}


@pytest.mark.parametrize("arguments", FAULTS, ids=" ".join)
def test_usage_that_is_wrong_is_2_and_says_where_help_is(nhachan: Nhachan, arguments: tuple[str, ...]) -> None:
    command, fault = FAULTS[arguments]
    program = f"nhachan {command}".strip()
    said = nhachan(*arguments)
    assert (said.code, said.out) == (2, "")
    first, *_, told, remedy = said.err.splitlines()
    assert first.startswith(f"Cách dùng: {program} [-h]")
    assert told.startswith(f"{program}: lỗi: {fault}")
    assert remedy == f"Xem hướng dẫn: {program} --help"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--lang", "en", "serve", "--role", "every"),
        ("--lang=en", "serve", "--role", "every"),
        ("serve", "--lang", "en", "--role", "every"),
        ("serve", "--role", "every", "--lang", "en"),
        ("--lang", "vi", "serve", "--role", "every", "--lang=en"),
    ],
    ids=" ".join,
)
def test_english_wherever_it_is_asked_for(nhachan: Nhachan, arguments: tuple[str, ...]) -> None:
    said = nhachan(*arguments)
    first, *_, told, remedy = said.err.splitlines()
    assert said.code == 2
    assert first == "usage: nhachan serve [-h] [--role {all,web,scheduler,mailer}]"
    assert told.startswith("nhachan serve: error: argument --role: invalid choice: 'every' (choose from ")
    assert remedy == "For help: nhachan serve --help"


def test_language_after_the_command_is_that_of_its_answer(nhachan: Nhachan, small: Path) -> None:
    for arguments in (("overdue", "--lang", "en"), ("--lang", "en", "overdue"), ("--lang=vi", "overdue", "--lang=en")):
        assert nhachan(*arguments, home=small, now=LOADED).out == "Nothing is overdue.\n"
    assert nhachan("mail", "list", "--lang", "en", home=small, now=LOADED).out == "No mail.\n"
    assert nhachan("overdue", home=small, now=LOADED).out == "Không có việc nào quá hạn.\n"


def test_language_that_is_none_is_vietnamese() -> None:
    assert [language_of(a) for a in (["--lang"], ["--lang=fr"], ["--lang", "en"], [])] == ["vi", "vi", "en", "vi"]


def test_help_has_no_word_of_argparse_left(nhachan: Nhachan) -> None:
    said = nhachan("people", "absent", "--help").out
    assert said.startswith("Cách dùng: nhachan people absent [-h] --from NGÀY [--to NGÀY] [--deputy ĐỊA-CHỈ]")
    assert [line for line in said.splitlines() if line and line[0] != " "] == [
        said.splitlines()[0], "Tham số:", "Tùy chọn:",
    ]  # fmt: skip
    assert "  -h, --help        hiện phần hướng dẫn này\n" in said


def test_argparse_is_given_back_its_words() -> None:
    before = vars(argparse)["_"]
    with pytest.raises(SystemExit), speaking("vi"):
        build_parser().parse_args(["--help"])
    assert vars(argparse)["_"] is before


# -- every sentence of this Python's argparse ------------------------------------------------------------------------

# Said to whoever writes a parser wrongly, or of what this one does not have.
UNSAID = re.compile(
    "conflicting|cannot merge|is an invalid argument|invalid option string|dest= is required|invalid conflict_resol"
    "|mutually exclusive arguments must|cannot have multiple|subcommands|is not callable|with mode|can't open"
    "|is deprecated|already defined|%\\(heading\\)s|not defined"
)


def said_by_argparse() -> Iterator[str]:
    for node in ast.walk(ast.parse(Path(argparse.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext"):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_sentence_that_users_can_see_is_translated() -> None:
    found = set(said_by_argparse())
    assert len(found) > 20
    with (LOCALES / "vi" / "LC_MESSAGES" / "argparse.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    # Of a plural, the sentence of one is looked up as well.
    assert sorted(s for s in found if not UNSAID.search(s) and catalogue.gettext(s) == s) == []


def test_only_whole_numbers_are_asked_for() -> None:
    """What is said of a value of the wrong type says so."""

    def types(parser: argparse.ArgumentParser) -> Iterator[object]:
        for action in parser._actions:
            yield action.type
            if isinstance(action, argparse._SubParsersAction):
                for inner in action.choices.values():
                    yield from types(inner)

    assert set(types(build_parser())) == {None, int}
