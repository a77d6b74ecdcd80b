"""The two catalogues say the same things, and what is compiled is what is written."""

import ast
import io
from datetime import date
from string import Formatter

import pytest
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from hypothesis import given

from plans.problems import Problem
from plans.words import LANGUAGES, LOCALES, words
from tests.plans.strategies import policies


def catalogue(language, domain="nhachan"):
    with (LOCALES / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def sentences(language):
    return {m.id: m.string for m in catalogue(language) if m.id}


def placeholders(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_catalogues_have_the_same_messages_each_once():
    written = {
        language: [
            line
            for line in (LOCALES / language / "LC_MESSAGES" / "nhachan.po").read_text("utf-8").splitlines()
            if line.startswith("msgid ")
        ]
        for language in LANGUAGES
    }
    assert sorted(written["vi"]) == sorted(written["en"])
    assert [line for line in written["vi"] if written["vi"].count(line) > 1] == []


@pytest.mark.parametrize("domain", ["nhachan", "argparse"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_equals_its_source(language, domain):
    def messages(read):
        return {str(m.id): str(m.string) for m in read if m.id}

    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language, domain))
    compiled.seek(0)
    expected = messages(read_mo(compiled))
    with (LOCALES / language / "LC_MESSAGES" / f"{domain}.mo").open("rb") as file:
        assert messages(read_mo(file)) == expected
    assert len(expected) == len(messages(catalogue(language, domain)))


def test_sentences_have_the_same_placeholders_in_both_languages():
    vietnamese, english = sentences("vi"), sentences("en")
    differing = {
        code: (placeholders(vietnamese[code]), placeholders(english[code]))
        for code in vietnamese
        if placeholders(vietnamese[code]) != placeholders(english[code])
    }
    assert differing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_says_something(language):
    assert [code for code, sentence in sentences(language).items() if not sentence.strip()] == []


def test_a_date_reads_in_each_of_its_forms():
    said = words("vi").full_date(date(2026, 12, 5))
    assert said == "thứ Bảy, 05/12/2026"


def test_text_in_the_form_of_an_impossible_date_is_repeated_as_typed():
    problem = Problem("unknown.unit", {"name": "2026-02-31"})
    assert words("en").problem(problem) == (
        "There is no unit “2026-02-31” in the list of units; please add it or correct the id."
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("T-15", "15 ngày trước hạn"),
        ("T-10", "10 ngày trước hạn"),
        ("T-5wd", "5 ngày làm việc trước hạn"),
        ("T-5wd-head", "5 ngày làm việc trước hạn, báo thủ trưởng"),
        ("T-5wd-with", "5 ngày làm việc trước hạn, báo đơn vị phối hợp"),
        ("T0-with", "Ngày đến hạn, báo đơn vị phối hợp"),
        ("T+13wd", "Quá hạn 13 ngày làm việc"),
        ("T+13wd-head", "Quá hạn 13 ngày làm việc, báo thủ trưởng"),
        ("T+2wd-list", "Danh sách chưa ghi nhận, gửi đơn vị đầu mối"),
        ("R+1wd-list.2", "Bổ sung: danh sách chưa ghi nhận, gửi đơn vị đầu mối"),
        ("R-now.3", "Khi có yêu cầu bổ sung"),
        ("R-2wd", "Bổ sung: 2 ngày làm việc trước hạn"),
        ("R0-head.2", "Bổ sung: ngày đến hạn, báo thủ trưởng"),
        ("open", "Bắt đầu kỳ thực hiện"),
        ("S1", "S1"),
    ],
)
def test_stage_of_any_policy_has_words(code, said):
    assert words("vi").stage(code) == said


@given(policies())
def test_every_stage_of_any_policy_has_words(policy):
    for one in policy.stages:
        assert all(words(language).stage(one.code) != one.code for language in LANGUAGES)


def codes_of_problems(source):
    """The codes that a module's calls give to problems."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("Problem", "ValueFault", "error", "warning", "unknown", "_refuse"):
            yield node.args[0].value
        if name == "unknown":
            yield f"{node.args[0].value}.nearest"


def test_every_problem_of_the_files_has_a_sentence():
    sources = sorted((LOCALES.parent / "files").glob("*.py"))
    codes = {code for source in sources for code in codes_of_problems(source.read_text("utf-8"))}
    assert len(codes) > 50
    assert sorted(code for code in codes if not words("vi").has(f"problem.{code}")) == []
