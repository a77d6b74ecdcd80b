"""What shows only when the whole roster is known."""

import time

import pytest

from plans.files.roster_checks import cycles
from plans.files.unit_file import read_units
from plans.problems import Place, Problem


def error(code, at_line, column, **params):
    return Problem(code, params, Place("u.yaml", at_line, column))


def problems(*lines, audiences=(), groups=()):
    """Problems of units from line 2 on, then of groups and audiences under a line of their own."""
    text = "units:\n" + "".join(f"  - {{id: {line}, name: A, kind: xa, mailbox: a@b.vn}}\n" for line in lines)
    for key, items in (("groups", groups), ("audiences", audiences)):
        text += f"{key}:\n" + "".join(f"  - {{id: {item}, name: B}}\n" for item in items) if items else ""
    return read_units("u.yaml", text).problems


def test_unknown_references_suggest_the_nearest():
    found = problems(
        "muong-ang, parent: muong-an, groups: [khoi], successors: [zzz]",
        groups=["khoi-1, head: muong-ag, members: [{unit: yyy}]"],
        audiences=["tat-ca, kinds: [xaa, huyen], groups: [khoi-11], units: [b], audiences: [tat], except: [c]"],
    )
    assert found == (
        error("unknown.unit.nearest", 2, 29, name="muong-an", nearest="muong-ang"),
        error("unknown.group.nearest", 2, 48, name="khoi", nearest="khoi-1"),
        error("unknown.unit", 2, 68, name="zzz"),
        error("unknown.unit.nearest", 4, 24, name="muong-ag", nearest="muong-ang"),
        error("unknown.unit", 4, 51, name="yyy"),
        error("audience.nobody", 6, 6, id="tat-ca"),
        error("unknown.kind.nearest", 6, 26, name="xaa", nearest="xa"),
        error("unknown.kind", 6, 31, name="huyen"),
        error("unknown.group.nearest", 6, 48, name="khoi-11", nearest="khoi-1"),
        error("unknown.unit", 6, 66, name="b"),
        error("unknown.audience.nearest", 6, 82, name="tat", nearest="tat-ca"),
        error("unknown.unit", 6, 97, name="c"),
    )


def test_parents_that_go_round_in_a_circle():
    found = problems("a, parent: b", "b, parent: c", "c, parent: b", "d, parent: d", "e, parent: a")
    assert found == (
        error("cycle", 3, 21, key="parent", chain="b → c → b"),
        error("cycle", 5, 21, key="parent", chain="d → d"),
    )


def test_an_audience_of_heads_needs_groups_that_have_one():
    found = problems(
        "a, groups: [khong-truong]",
        groups=["co-truong, head: {unit: a, from: 1/1/2030}", "khong-truong"],
        audiences=["truong, heads: [co-truong, khong-truong, khong-co]"],
    )
    assert found == (
        error("group.headless", 7, 37, id="khong-truong"),
        error("unknown.group.nearest", 7, 51, name="khong-co", nearest="khong-truong"),
    )


def test_a_unit_that_succeeds_itself():
    assert problems("a, successors: [a]") == (error("unit.own_successor", 2, 26, id="a"),)


def test_successors_that_go_round_in_a_circle():
    found = problems("a, successors: [b]", "b, successors: [a]")
    assert found == (error("cycle", 2, 26, key="successors", chain="a → b → a"),)


def test_audiences_that_go_round_in_a_circle():
    found = problems("a", audiences=["x, audiences: [y]", "y, audiences: [x], units: [a]"])
    assert found == (error("cycle", 4, 25, key="audiences", chain="x → y → x"),)


def test_an_audience_of_nobody_ever():
    found = problems(
        "a, until: 31/12/2024",
        groups=["k, members: [{unit: a, from: 01/01/2025}]"],
        audiences=["x", "y, groups: [k]", "z, units: [a], except: [a]", "ok, units: [a]"],
    )
    assert found == tuple(error("audience.nobody", at, 6, id=slug) for at, slug in ((6, "x"), (7, "y"), (8, "z")))


def test_an_audience_of_another_period_is_fine():
    assert problems("a, until: 31/12/1999", audiences=["x, kinds: [xa]"]) == ()


@pytest.mark.parametrize("width", [1, 2])
def test_audiences_nested_too_deep_are_refused_at_once(width):
    nested = [f"n{n}, audiences: [{', '.join(f'n{n + 1 + w}' for w in range(width))}]" for n in range(60)]
    started = time.perf_counter()
    found = problems("a", audiences=[*nested, *(f"n{60 + w}, units: [a]" for w in range(width))])
    assert time.perf_counter() - started < 1
    assert {p.code for p in found} == {"audience.nested"}
    assert found[0] == error("audience.nested", 4, 6, id="n0")


def test_cycles_of_a_long_chain_and_of_a_diamond():
    chain = {str(n): (str(n + 1),) for n in range(5000)}
    assert cycles(chain) == []
    assert cycles(chain | {"5000": ("0",)}) == [(*map(str, range(5001)), "0")]
    assert cycles({"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}) == []
    assert cycles({"a": ("b", "a"), "b": ("c",), "c": ("b",)}) == [("b", "c", "b"), ("a", "a")]
