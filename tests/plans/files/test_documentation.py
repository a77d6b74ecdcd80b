"""The examples of docs/plan-format.md are files that can be read."""

import re
from datetime import date
from pathlib import Path

from plans.files.documents import read_documents
from plans.files.references import check_policies, check_references
from plans.policies import NONE, POLICIES, PROGRAMS, QuietDays
from plans.rules import DueRule, MonthDay, Undetermined

PAGE = Path(__file__).parents[3] / "docs" / "plan-format.md"
TEXT = PAGE.read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def read():
    return read_documents((f"example-{n}", example.encode()) for n, example in enumerate(EXAMPLES))


def test_documentation_examples_read_without_faults():
    files = read()
    assert (len(files.units), len(files.plans), len(files.policies)) == (1, 2, 2)
    # The one task that a person has to decide.
    assert [p.code for p in files.problems] == ["due.undetermined"]


def test_documentation_example_of_a_plan_refers_to_the_example_of_units():
    files = read()
    plan = files.plans[0]
    assert [p.code for p in check_references(plan.plan, plan.places, files.rosters[0])] == ["reference.undetermined"]


def test_documentation_has_every_form_of_due():
    shown = {type(task.due) for file in read().plans for task in file.plan.tasks}
    assert shown == set(DueRule.__args__)


def test_documentation_table_of_forms_reads():
    rows = "\n".join(line for line in TEXT.splitlines() if line.startswith("| `{"))
    forms = re.findall(r"`(\{[^`]*\})`", rows)
    tasks = "".join(
        f"  - {{id: t{n}, title: T, kind: {'standing' if 'standing' in form else 'report'}, due: {form}}}\n"
        for n, form in enumerate(forms)
    )
    files = read_documents([("forms", f"plan: {{id: a, title: A}}\ntasks:\n{tasks}".encode())])
    assert len(forms) == 20
    assert files.problems == ()
    assert not any(isinstance(task.due, Undetermined) for task in files.plans[0].plan.tasks)


def test_documentation_example_of_a_policy_refers_to_the_example_of_units():
    files = read()
    first = files.policies[0]
    assert check_policies(first.policies, first.places, files.rosters[0]) == []
    (policy,) = first.policies
    codes = ["T-10wd", "T-3wd", "T-3wd-head", "T0", "T+1wd-list", "T+1wd"]
    assert [one.code for one in policy.stages] == [*codes, "T+3wd", "T+3wd-head", "T+8wd", "T+8wd-head"]
    assert [one.code for one in policy.stages_of("ngoai-khoi-1")] == ["T-5wd", "T0"]
    assert first.quiet == QuietDays(True, (MonthDay(12, 31), date(2027, 4, 30)))


def test_documentation_writes_out_the_programs_policies():
    written = read().policies[1]
    assert {p.name: p for p in written.policies} == {n: p for n, p in POLICIES.items() if n != NONE.name}
    assert PROGRAMS.with_own(written.policies) == PROGRAMS


def test_documentation_names_every_key():
    sources = [p.read_text("utf-8") for p in (Path(__file__).parents[3] / "plans" / "files").glob("*_f*.py")]
    asked = {
        key for source in sources for key in re.findall(r'(?:form|top|inner|task|group|unit)\.\w+\("(\w+)"', source)
    }
    assert {"collects", "successors", "until"} <= asked
    assert sorted(key for key in asked if not re.search(rf"\b{key}\b", TEXT)) == []
