"""A plan's references against a roster."""

from datetime import date

from plans.files.plan_file import read_plan
from plans.files.references import check_references, timeless
from plans.files.unit_file import read_units
from plans.plan import Kind, Plan, Task
from plans.problems import Place, Problem, Severity
from plans.units import Audience, Group, Membership, Roster, Unit

ROSTER = """\
units:
  - {id: ubnd-tinh, name: UBND tỉnh, kind: tinh, mailbox: a@b.vn}
  - {id: so-noi-vu, name: Sở Nội vụ, kind: so, mailbox: a@b.vn}
  - {id: so-y-te, name: Sở Y tế, kind: so, mailbox: a@b.vn}
groups:
  - {id: khoi-1, name: Khối 1, members: [so-noi-vu, so-y-te]}
  - {id: khoi-trong, name: Khối trống}
audiences:
  - {id: moi-don-vi, name: Mọi đơn vị, kinds: [tinh, so]}
  - {id: chi-noi-vu, name: Chỉ Sở Nội vụ, units: [so-noi-vu]}
"""


def check(*lines, coordinator="so-noi-vu"):
    """Problems of a plan whose tasks begin on line 3."""
    head = f"plan: {{id: a, title: A, coordinator: {coordinator}}}\ntasks:\n"
    read = read_plan("k.yaml", head + "".join(f"  - {{id: t{n}, title: T, {line}}}\n" for n, line in enumerate(lines)))
    units = read_units("u.yaml", ROSTER)
    assert (read.problems, units.problems) == ((), ())
    return check_references(read.plan, read.places, units.roster)


def error(code, line, column, **params):
    return Problem(code, params, Place("k.yaml", line, column))


def warning(code, line, column, **params):
    return Problem(code, params, Place("k.yaml", line, column), Severity.WARNING)


def test_references_that_mean_something():
    assert check("owed_by: [moi-don-vi, khoi-1, so-y-te], to: ubnd-tinh, via: so-noi-vu, due: {by: 1/1/2026}") == []


def test_references_to_nothing_suggest_the_nearest():
    problems = check(
        "owed_by: [moi-donvi, zzz], with: [khoi-2], to: ubnd-tin, via: yyy, due: {by: 1/1/2026}",
        coordinator="so-noi-vuu",
    )
    assert problems == [
        error("unknown.unit.nearest", 1, 38, name="so-noi-vuu", nearest="so-noi-vu"),
        error("unknown.reference.nearest", 3, 34, name="moi-donvi", nearest="moi-don-vi"),
        error("unknown.reference", 3, 45, name="zzz"),
        error("unknown.reference.nearest", 3, 58, name="khoi-2", nearest="khoi-1"),
        error("unknown.unit.nearest", 3, 71, name="ubnd-tin", nearest="ubnd-tinh"),
        error("unknown.unit", 3, 86, name="yyy"),
    ]


def test_references_that_have_to_be_one_unit():
    problems = check("owed_by: so-y-te, to: moi-don-vi, via: khoi-1, due: {by: 1/1/2026}")
    assert problems == [
        error("reference.not_unit", 3, 46, name="moi-don-vi", key="to"),
        error("reference.not_unit", 3, 63, name="khoi-1", key="via"),
    ]


def test_references_to_nobody_on_any_day():
    problems = check("owed_by: [khoi-trong, chi-noi-vu, so-noi-vu], due: {by: 1/1/2026}")
    assert problems == [
        error("reference.nobody", 3, 34, name="khoi-trong"),
        error("reference.nobody", 3, 46, name="chi-noi-vu"),
    ]


def test_references_that_a_person_decides_are_warnings():
    problems = check(
        "kind: work, lead: @chua-xac-dinh, with: [@chua-xac-dinh, khoi-1], due: {by: 1/1/2026}",
        "kind: work, lead: , with: , due: {by: 1/1/2026}",
        "kind: report, due: {by: 1/1/2026}",
        "kind: standing",
    )
    assert problems == [
        warning("reference.undetermined", 3, 42, key="owed_by"),
        warning("reference.undetermined", 3, 65, key="with"),
        warning("task.nobody", 4, 36, id="t1"),
        warning("task.with_blank", 4, 44, id="t1"),
        warning("task.nobody", 5, 5, id="t2"),
    ]


def test_references_of_a_plan_without_places():
    plan = Plan("a", "A", tasks=(Task("t", "T", Kind.STANDING, ("zzz",)),))
    assert check_references(plan, {}, Roster()) == [Problem("unknown.reference", {"name": "zzz"})]


def test_timeless_keeps_what_was_ever_possible():
    first, last = date(2025, 1, 1), date(2025, 12, 31)
    old = Unit("cu", "Cũ", "xa", until=date(2024, 6, 30))
    new = Unit("moi", "Mới", "xa", since=first)
    never = Unit("khong", "Không", "xa", since=last, until=first)
    members = (
        Membership("cu", since=first),
        Membership("moi", since=first, until=last),
        Membership("khong"),
        Membership("la"),
        Membership("moi", since=last, until=first),
    )
    roster = Roster(
        {u.slug: u for u in (old, new, never)},
        {"cum": Group("cum", "Cụm", members)},
        {"xa": Audience("xa", "Xã", kinds=("xa",))},
    )
    undated = timeless(roster)
    assert list(undated.units) == ["cu", "moi"]
    assert undated.groups["cum"].members == (Membership("moi"),)
    assert undated.audiences == roster.audiences


OFFICERS = """\
units:
  - {id: so-noi-vu, name: Sở Nội vụ, kind: so, mailbox: phong@ubnd.vn}
  - {id: so-y-te, name: Sở Y tế, kind: so, officers: [{name: An, email: an@syt.vn}]}
"""


def test_officers_of_a_task_belong_to_units_that_owe_it():
    lines = [
        "officers: [an@syt.vn, {unit: so-y-te, email: x@y.vn, name: X}]",
        "officers: [am@syt.vn, phong@ubnd.vn, {unit: so-noi-vu, email: x@y.vn, name: X}, "
        "{unit: zzz, email: x@y.vn, name: X}]",
    ]
    tasks = "".join(
        f"  - {{id: t{n}, title: T, owed_by: so-y-te, due: {{by: 1/1/2026}}, {line}}}\n" for n, line in enumerate(lines)
    )
    read = read_plan("k.yaml", f"plan: {{id: a, title: A}}\ntasks:\n{tasks}")
    assert read.problems == ()
    found = check_references(read.plan, read.places, read_units("u.yaml", OFFICERS).roster)
    assert [(p.code, p.place.line, p.params["name"]) for p in found] == [
        ("task.officer_unknown.nearest", 4, "am@syt.vn"),
        ("task.officer_unknown", 4, "phong@ubnd.vn"),
        ("task.officer_unit", 4, "so-noi-vu"),
        ("unknown.unit", 4, "zzz"),
    ]
    assert found[0].params["nearest"] == "an@syt.vn"
    columns = [tasks.splitlines()[1].index(name) + 1 for name in ("am@syt.vn", "phong@ubnd.vn", "so-noi-vu", "zzz")]
    assert [p.place.column for p in found] == columns
