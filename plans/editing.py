"""An edit of one plan by a person: what was typed becomes the plan's next state, read just as its file would be.

Values are those of the plan file (`due: {"yearly": {"before": "05/12"}}`), so that a fault has the sentence that the
same fault has in a file. Its place is the key of the field instead of a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from plans.files import tree
from plans.files.due_writing import written_day
from plans.files.plan_file import plan_of_tree
from plans.files.reading import Reference
from plans.files.tree import Node, Scalar, node_of
from plans.files.values import LONGEST_SLUG, slugify
from plans.files.writing import plan_mapping, task_mapping
from plans.plan import Plan, Task
from plans.problems import Place, Problem

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PutTask:
    """A task's next state, `new` or not; what `fields` does not name stays as it is, None or empty takes it away."""

    slug: str
    fields: Fields  # as in a plan file without `id`; `owed_by` stands for `lead` too
    new: bool = False


@dataclass(frozen=True, slots=True)
class DropTask:
    """A task that the plan is to have no more."""

    slug: str


@dataclass(frozen=True, slots=True)
class PutHead:
    """The next state of the plan's own fields; what `fields` does not name stays as it is."""

    fields: Fields


Edit = PutTask | DropTask | PutHead


@dataclass(frozen=True, slots=True)
class Edited:
    """A plan after an edit; `plan` is None where it can't be told, and incomplete where problems hold an error."""

    plan: Plan | None
    problems: tuple[Problem, ...]  # those that the edit brings; what was amiss before is not told again
    places: Mapping[Reference, Place] = field(default_factory=dict)


def task_fields(task: Task) -> dict[str, Any]:
    """A task as an edit says it; empty fields are left out."""
    found = task_mapping(task)
    del found["id"]
    return {"owed_by" if key == "lead" else key: value for key, value in found.items()}


def head_fields(plan: Plan) -> dict[str, Any]:
    """The plan's own fields as an edit says them; empty ones are left out."""
    return {k: v for k, v in plan_mapping(plan)["plan"].items() if k not in ("id", "revision")}


def fields_of(plan: Plan, edit: Edit) -> dict[str, Any] | None:
    """What an edit is about, as the plan has it; None where the plan has no such task."""
    if isinstance(edit, PutHead):
        return head_fields(plan)
    task = plan.task(edit.slug)
    return None if task is None else task_fields(task)


def edited(plan: Plan, edit: Edit) -> Edited:
    """The plan's next state with every fault that the edit brings."""
    known = plan.task(edit.slug) if isinstance(edit, PutTask | DropTask) else None
    if isinstance(edit, PutTask) and edit.new and known is not None:
        return Edited(None, (Problem("edit.task_exists", {"task": edit.slug}, Place("id")),))
    if (isinstance(edit, DropTask) or (isinstance(edit, PutTask) and not edit.new)) and known is None:
        return Edited(None, (Problem("edit.task_gone", {"task": edit.slug}),))
    before = plan_of_tree("", _tree(plan), [])
    after = plan_of_tree("", _tree(plan, edit), [])
    old = {_said(p) for p in before.problems}
    found = None if after.plan is None else _in_section(after.plan, edit)
    return Edited(found, tuple(p for p in after.problems if _said(p) not in old), after.places)


def _said(problem: Problem) -> str:
    return f"{problem.code} {dict(problem.params)} {problem.place}"


def _tree(plan: Plan, edit: Edit | None = None) -> Node:
    """The plan as the tree of its file; what is edited stands at the places of its fields."""
    head = plan_mapping(replace(plan, revision=None))["plan"]
    placed: dict[str, Node] = {key: node_of(value, Place("plan")) for key, value in head.items()}
    if isinstance(edit, PutHead):
        placed |= {key: node_of(value, Place(key)) for key, value in edit.fields.items()}
    tasks = [node for task in plan.tasks if (node := _task(task, edit)) is not None]
    if isinstance(edit, PutTask) and edit.new:
        tasks.append(_typed(edit.slug, {}, edit.fields))
    nowhere = Place("plan")
    return _mapping({"plan": _mapping(placed, nowhere), "tasks": tree.Sequence(tuple(tasks), nowhere)}, nowhere)


def _task(task: Task, edit: Edit | None) -> Node | None:
    if isinstance(edit, PutTask | DropTask) and edit.slug == task.slug:
        return None if isinstance(edit, DropTask) else _typed(task.slug, task_fields(task), edit.fields)
    return node_of(task_mapping(task), Place(f"tasks/{task.slug}"))


def _typed(slug: str, before: Fields, fields: Fields) -> Node:
    typed = {"owed_by" if key == "lead" else key: value for key, value in fields.items()}
    placed = {key: node_of(value, Place(key)) for key, value in {"id": slug, **before, **typed}.items()}
    return _mapping(placed, Place("id"))


def _mapping(entries: Mapping[str, Node], place: Place) -> tree.Mapping:
    return tree.Mapping(tuple((Scalar(key, value.place), value) for key, value in entries.items()), place)


def _in_section(plan: Plan, edit: Edit) -> Plan:
    """A new task stands last under its heading, where the document has that."""
    new = plan.task(edit.slug) if isinstance(edit, PutTask) and edit.new else None
    if new is None:
        return plan
    others = [task for task in plan.tasks if task is not new]
    under = [at for at, task in enumerate(others) if new.section and task.section == new.section]
    at = under[-1] + 1 if under else len(others)
    return replace(plan, tasks=(*others[:at], new, *others[at:]))


def free_slug(title: str, taken: Iterable[str], otherwise: str = "nhiem-vu") -> str:
    """An identifier for a task of this title that no other has; `otherwise` for one without any letter."""
    known, base = set(taken), slugify(title)[: LONGEST_SLUG - 20].strip("-") or otherwise
    found, number = base, 1
    while found in known:
        number += 1
        found = f"{base}-{number}"
    return found


# -- two who edit at once ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else has changed since, or that is to change; None where it is empty."""

    field: str
    base: Any  # as whoever edits has seen it
    theirs: Any  # as it is now
    yours: Any  # as it was typed

    @property
    def both(self) -> bool:
        """Whether the two contradict each other."""
        return self.theirs not in (self.base, self.yours) and self.yours != self.base


def clashes(base: Fields, theirs: Fields, yours: Fields) -> tuple[Clash, ...]:
    """Field by field what differs between what was seen, what is there now, and what was typed."""
    names = list(dict.fromkeys((*theirs, *base, *yours)))
    found = (
        Clash(n, _value(base, n), _value(theirs, n), _value(yours, n) if n in yours else _value(base, n)) for n in names
    )
    return tuple(c for c in found if not c.base == c.theirs == c.yours)


def merged(base: Fields, theirs: Fields, yours: Fields) -> dict[str, Any]:
    """What was typed, on top of what is there now: fields that were left alone have the other's value."""
    typed = {n: v for n, v in yours.items() if _value(yours, n) != _value(base, n)}
    return {n: v for n, v in {**theirs, **typed}.items() if _value({n: v}, n) is not None}


def _value(fields: Fields, name: str) -> Any:
    value = fields.get(name)
    return None if value in ("", [], {}) else value


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a plan that the trail tells of: which revision it made, and what each task had before."""

    revision: int
    fields: tuple[tuple[str, str, str], ...] = ()  # of the plan: name, old and new text
    tasks: Mapping[str, Mapping[str, tuple[Any, Any]]] = field(default_factory=dict)  # slug → field → old and new
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def base_of(current: Fields | None, edit: Edit, since: Iterable[Change]) -> dict[str, Any]:
    """What an edit is about as it was before the changes `since`, given as it is now."""
    found = dict(current or {})
    for change in sorted(since, key=lambda c: -c.revision):
        for name, old in _undone(change, edit):
            found[name] = old
    return {name: value for name, value in found.items() if _value(found, name) is not None}


def _undone(change: Change, edit: Edit) -> Iterator[tuple[str, Any]]:
    if isinstance(edit, PutHead):
        for name, old, _ in change.fields:
            yield name, written_day(date.fromisoformat(old)) if old and name in ("issued", "until") else old
    else:
        for name, (old, _) in change.tasks.get(edit.slug, {}).items():
            yield name, old


def task_values(old: Task | None, new: Task | None) -> dict[str, tuple[Any, Any]]:
    """Field → its value before and after, of those that differ, as an edit says them."""
    before, after = task_fields(old) if old else {}, task_fields(new) if new else {}
    names = dict.fromkeys((*before, *after))
    return {n: (before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)}
