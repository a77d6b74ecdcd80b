"""A plan file: bytes to a plan, its problems, and the places of what it refers to.

Whether the units it names exist is another question, asked with a roster: `plans.files.references`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from plans.audiences import UNDETERMINED
from plans.files.reading import Form, Places, Reading, Reference
from plans.files.task_form import read_task
from plans.files.tree import Node, Scalar, read_tree
from plans.plan import Plan, Task
from plans.problems import Place, Problem


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a plan file says; `plan` is None where it can't be told, and incomplete where problems hold an error."""

    file: str
    plan: Plan | None
    problems: tuple[Problem, ...] = ()
    places: Mapping[Reference, Place] = field(default_factory=dict)


def read_plan(file: str, content: bytes | str) -> PlanFile:
    """The plan of one file with every fault found; `file` is the name that places show."""
    root, problems = read_tree(file, content)
    return PlanFile(file, None, tuple(problems)) if root is None else plan_of_tree(file, root, problems)


def plan_of_tree(file: str, root: Node, problems: list[Problem]) -> PlanFile:
    """The same for a file whose tree was read already."""
    reading = Reading(problems)
    plan = None
    if top := Form.of(root, reading, file):
        head = top.form("plan")
        if top.node("plan") is None:
            reading.error("key.missing", top.place_of("plan"), key="plan")
        tasks = _tasks(top, reading)
        if not top.has("tasks"):
            reading.warning("plan.no_tasks", top.place)
        top.close()
        plan = _plan(head, tasks) if head else None
    return PlanFile(file, plan, reading.problems(), reading.places)


def _plan(form: Form, tasks: tuple[Task, ...]) -> Plan | None:
    plan = Plan(
        slug=form.required_slug("id"),
        number=form.text("number"),
        title=form.required("title"),
        issued=_day_or_unknown(form, "issued"),
        issuer=form.text("issuer"),
        coordinator=form.reference("coordinator"),
        until=_day_or_unknown(form, "until"),
        replaced_by=form.reference("replaced_by"),
        revision=form.integer("revision", 1, 999_999_999),
        tasks=tasks,
    )
    form.close()
    form.note("", "", form.place)
    form.note("id", "", form.place_of("id"))
    if plan.issued and plan.until and plan.until < plan.issued:
        form.reading.error("plan.until_before_issued", form.place_of("until"), until=plan.until, issued=plan.issued)
    if plan.slug and plan.replaced_by == plan.slug:
        form.reading.error("plan.replaces_itself", form.place_of("replaced_by"))
    return plan if plan.slug else None


def _day_or_unknown(form: Form, key: str) -> date | None:
    node = form.node(key)
    return None if isinstance(node, Scalar) and node.text == UNDETERMINED else form.day(key)


def _tasks(top: Form, reading: Reading) -> tuple[Task, ...]:
    tasks: dict[str, Task] = {}
    for form in top.forms("tasks"):
        task = read_task(form)
        if task is not None and task.slug in tasks:
            first = reading.places[Reference(task.slug, "")]
            reading.error("id.duplicate", form.place_of("id"), id=task.slug, line=first.line)
        elif task is not None:
            tasks[task.slug] = task
    _check_collects(tasks, reading.places, reading)
    return tuple(tasks.values())


def _check_collects(tasks: Mapping[str, Task], places: Places, reading: Reading) -> None:
    for task in tasks.values():
        for name in task.collects:
            place = places.get(Reference(task.slug, "collects", name))
            if name == task.slug:
                reading.error("task.collects_itself", place, id=name)
            elif "/" not in name and name not in tasks:
                reading.unknown("task.unknown", place, name, tasks)
