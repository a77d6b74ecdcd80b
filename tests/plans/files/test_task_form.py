"""The officers of a task, as its mapping says them."""

from plans.files.plan_file import read_plan
from plans.files.reading import Reference
from plans.files.writing import plan_yaml, task_from_mapping, task_mapping
from plans.plan import TaskOfficer


def read(officers):
    task = f"{{id: t, title: T, owed_by: x, due: {{by: 1/1/2026}}, officers: {officers}}}"
    return read_plan("k.yaml", f"plan: {{id: a, title: A}}\ntasks:\n  - {task}")


def test_officers_are_addresses_or_say_for_which_unit():
    found = read("[An@SYT.vn, {unit: so-y-te, email: x@y.vn, name: Chuyên viên CDC}]")
    assert found.problems == ()
    (task,) = found.plan.tasks
    assert task.officers == (TaskOfficer("an@syt.vn"), TaskOfficer("x@y.vn", "so-y-te", "Chuyên viên CDC"))
    assert {Reference("t", "officers", a) in found.places for a in ("an@syt.vn", "x@y.vn")} == {True}
    assert task_from_mapping(task_mapping(task)) == task
    again = read_plan("k.yaml", plan_yaml(found.plan))
    assert (again.plan, again.problems) == (found.plan, ())


def test_one_officer_needs_no_list():
    assert read("an@syt.vn").plan.tasks[0].officers == (TaskOfficer("an@syt.vn"),)


def test_faults_of_officers_are_named_with_their_places():
    found = read("[an, b@c.vn, B@c.vn, {unit: so, email: x@y.vn}, {email: x@y.vn, name: X, role: head}]")
    assert [
        (p.code, p.params.get("key") or p.params.get("name") or p.params.get("address")) for p in found.problems
    ] == [
        ("value.email", "officers"),
        ("task.officer_twice", "b@c.vn"),
        ("key.missing", "name"),
        ("key.missing", "unit"),
        ("key.unknown", "role"),
    ]
    assert found.plan.tasks[0].officers == (TaskOfficer("b@c.vn"),)
