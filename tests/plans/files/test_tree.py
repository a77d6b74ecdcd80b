"""YAML to nodes that know their place."""

import os
import time

import pytest
import yaml

from plans.files import tree
from plans.files.tree import DEEPEST, Mapping, Scalar, Sequence, node_of, read_tree
from plans.problems import Place, Problem


def at(line, column):
    return Place("k.yaml", line, column)


def problem(code, at_line, column, **params):
    return Problem(code, params, at(at_line, column))


def plain(node):
    """The tree as dicts, lists and text."""
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    return [plain(item) for item in node.items] if isinstance(node, Sequence) else node.text


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request, monkeypatch):
    """Both parsers of PyYAML: the one in C is missing on some machines."""
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(tree, "_LOADER", getattr(yaml, request.param))


def test_read_tree_keeps_every_place(loader):
    root, problems = read_tree("k.yaml", "plan:\n  id: a\nđội: [x, 'y']\n")
    assert problems == []
    assert root == Mapping(
        (
            (Scalar("plan", at(1, 1)), Mapping(((Scalar("id", at(2, 3)), Scalar("a", at(2, 7))),), at(2, 3))),
            (Scalar("đội", at(3, 1)), Sequence((Scalar("x", at(3, 7)), Scalar("y", at(3, 10))), at(3, 6))),
        ),
        at(1, 1),
    )


def test_read_tree_keeps_scalars_as_text(loader):
    text = "[05/12, 31/3/2020, 2026-12-05, 12:30, no, 007, 1_000, 1e3, 'null', \"~\"]"
    expected = ["05/12", "31/3/2020", "2026-12-05", "12:30", "no", "007", "1_000", "1e3", "null", "~"]
    assert plain(read_tree("k.yaml", text)[0]) == expected


def test_read_tree_blank_values_stand_where_their_key_does(loader):
    root, _ = read_tree("k.yaml", "a:\nb: ~\nc: null\nd: ''\n")
    assert [(value.text, value.place) for _, value in root.entries] == [("", at(n, 1)) for n in (1, 2, 3, 4)]


def test_read_tree_folds_and_normalises_text(loader):
    text = "a: |\n  Kế\u00a0hoạch\n  Thi\u200b đua\nb: Ke\u0302\u0301\n"
    assert plain(read_tree("k.yaml", text)[0]) == {"a": "Kế hoạch Thi đua", "b": "Kế"}


def test_read_tree_takes_the_mark_of_an_undetermined_unit_without_quotes(loader):
    text = "a: @chua-xac-dinh\nb: [@chua-xac-dinh, '@chua-xac-dinh']\nc: xem @chua-xac-dinh\n"
    mark = "@chua-xac-dinh"
    assert plain(read_tree("k.yaml", text)[0]) == {"a": mark, "b": [mark, mark], "c": f"xem {mark}"}


def test_read_tree_names_every_duplicate_key_and_keeps_the_first(loader):
    root, problems = read_tree("k.yaml", "a: 1\nb: {c: 1, c: 2}\na: 2\n")
    assert plain(root) == {"a": "1", "b": {"c": "1"}}
    assert problems == [
        problem("yaml.duplicate_key", 2, 11, key="c", line=2),
        problem("yaml.duplicate_key", 3, 1, key="a", line=1),
    ]


def test_read_tree_reports_no_more_duplicate_keys_than_a_person_reads():
    assert len(read_tree("k.yaml", "a: b\n" * 5000)[1]) == 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x [1]\n", problem("yaml.anchor", 1, 4, name="x")),
        ("a: *x\n", problem("yaml.alias", 1, 4, name="x")),
        ("a: !!set {}\n", problem("yaml.tag", 1, 4, tag="tag:yaml.org,2002:set")),
        ("a: !x b\n", problem("yaml.tag", 1, 4, tag="!x")),
        ("? [a]\n: b\n", problem("yaml.key", 1, 3)),
        ("a: 1\n---\nb: 2\n", problem("yaml.documents", 2, 1)),
        ("# nothing\n", Problem("file.empty", {}, Place("k.yaml"))),
        ("--- ~\n", Problem("file.empty", {}, Place("k.yaml"))),
        ("a: b: c\n", problem("yaml.colon", 1, 5)),
        ("a:\n  b\n  c: d\n", problem("yaml.colon", 3, 4)),
        ("a: 1\nb\nc: 2\n", problem("yaml.no_colon", 3, 1)),
        ("a:\n  b: 1\n c: 2\n", problem("yaml.indentation", 3, 2)),
        ("- a\nb: c\n", problem("yaml.indentation", 2, 1)),
        ("a: [b, c\nd: 1\n", problem("yaml.bracket", 2, 2)),
        ("a: {b: 1\nc: 2}\n", problem("yaml.bracket", 2, 2)),
        ("a: [b]]\n", problem("yaml.bracket", 1, 7)),
        ("a: }\n", problem("yaml.bracket", 1, 4)),
        ("a: 'b\nc: d\n", problem("yaml.quote", 1, 4)),
        ('a: 1\nb: "c\n', problem("yaml.quote", 2, 4)),
        ("a: %b\n", problem("yaml.character", 1, 4, character="%")),
        ("a: `b\n", problem("yaml.character", 1, 4, character="`")),
    ],
)
def test_read_tree_refuses_with_one_clear_problem(loader, text, expected):
    root, problems = read_tree("k.yaml", text)
    assert (root, problems) == (None, [expected])


def test_read_tree_of_an_unknown_escape():
    assert read_tree("k.yaml", 'a: "b\\q"\n') == (None, [problem("yaml.escape", 1, 6)])


def test_read_tree_of_any_other_syntax_repeats_the_parser():
    expected = problem("yaml.syntax", 1, 1, detail="found incompatible YAML document")
    assert read_tree("k.yaml", "%YAML 9.9\n---\na: b\n") == (None, [expected])


def test_read_tree_at_the_deepest_nesting(loader):
    root, problems = read_tree("k.yaml", "[" * DEEPEST + "]" * DEEPEST)
    assert root is not None
    assert problems == []


@pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "? "])
def test_read_tree_refuses_deep_nesting_without_recursing(loader, unit):
    root, problems = read_tree("k.yaml", unit * (1_000_000 // len(unit)))
    assert root is None
    assert [p.code for p in problems] == ["yaml.depth"]


def test_read_tree_refuses_a_yaml_bomb_at_once(loader):
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    started = time.perf_counter()
    root, problems = read_tree("k.yaml", "\n".join(lines))
    assert time.perf_counter() - started < 1
    assert root is None
    assert {p.code for p in problems} == {"yaml.anchor", "yaml.alias"}
    assert problems[0] == problem("yaml.anchor", 1, 5, name="a0")


@pytest.mark.parametrize("make", [os.urandom, lambda size: b"[" * size, lambda size: b"a: b\n" * (size // 5)])
def test_read_tree_answers_ten_megabytes_of_garbage_at_once(make):
    content = make(10 << 20)
    started = time.perf_counter()
    assert read_tree("k.yaml", content) == (None, [Problem("file.too_large", {"limit": 1}, Place("k.yaml"))])
    assert time.perf_counter() - started < 0.5


def test_node_of_plain_values():
    value = {"a": [1, True, None, "Kế  hoạch"], "b": {"c": 2.5}}
    assert plain(node_of(value, Place(""))) == {"a": ["1", "true", "", "Kế hoạch"], "b": {"c": "2.5"}}
