"""Plans and tasks to the form of a plan file: as mappings for the store and the API, as YAML for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from types import MappingProxyType
from typing import Any

import yaml

from plans.files.due_writing import due_mapping, written_day
from plans.files.reading import Form, Reading
from plans.files.task_form import read_task
from plans.files.tree import node_of
from plans.plan import Kind, Plan, Task, TaskOfficer
from plans.problems import Place, UserError, errors
from plans.rules import Standing

_WIDTH = 110
_NO_REMARKS: Mapping[str, Sequence[str]] = MappingProxyType({})


def plan_mapping(plan: Plan) -> dict[str, Any]:
    """The whole file, `plan` and `tasks`, with the keys that are set, in the order of the documentation."""
    head = {
        "id": plan.slug,
        "number": plan.number,
        "title": plan.title,
        "issued": plan.issued and written_day(plan.issued),
        "issuer": plan.issuer,
        "coordinator": plan.coordinator,
        "until": plan.until and written_day(plan.until),
        "replaced_by": plan.replaced_by,
        "revision": plan.revision,
    }
    return {"plan": _set(head), "tasks": [task_mapping(task) for task in plan.tasks]}


def task_mapping(task: Task) -> dict[str, Any]:
    """One item of `tasks`, with the keys that are set."""
    undated_standing = task.kind is Kind.STANDING and task.due == Standing()
    return _set(
        {
            "id": task.slug,
            "title": task.title,
            "kind": task.kind.value,
            "product": task.product,
            "lead" if task.kind is Kind.WORK else "owed_by": list(task.owed_by),
            "with": list(task.coordinating),
            "to": task.to,
            "via": task.via,
            "due": None if undated_standing else due_mapping(task.due),
            "late": "strict" if task.strict else None,
            "policy": task.policy,
            "officers": [_officer_mapping(o) for o in task.officers],
            "collects": list(task.collects),
            "ahead": task.ahead,
            "section": task.section,
            "source": _set({"line": task.source.line, "quote": task.source.quote}),
            "note": task.note,
        }
    )


def _officer_mapping(officer: TaskOfficer) -> str | dict[str, Any]:
    if officer.unit is None:
        return officer.address
    return _set({"unit": officer.unit, "email": officer.address, "name": officer.name})


def plan_yaml(plan: Plan, remarks: Mapping[str, Sequence[str]] = _NO_REMARKS) -> str:
    """A file that people edit and `read_plan` reads back as the same plan.

    `remarks` stand as comments above the task of their slug, those of an empty slug at the top of the file.
    """
    mapping = plan_mapping(plan)
    text = _comments(remarks.get("", ()), "") + _dumped({"plan": mapping["plan"]})
    if not plan.tasks:
        return text + _dumped({"tasks": []})
    text += "tasks:\n"
    for task in mapping["tasks"]:
        flowing = {key: _flow(value) if isinstance(value, dict | list) else value for key, value in task.items()}
        _, item = _dumped({"tasks": [flowing]}).split("\n", 1)
        text += _comments(remarks.get(task["id"], ()), "  ") + item
    return text


def _dumped(mapping: dict[str, Any]) -> str:
    return yaml.dump(mapping, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def _comments(remarks: Sequence[str], indent: str) -> str:
    lines = [line for remark in remarks for line in wrap(remark, _WIDTH - len(indent) - 2, break_long_words=False)]
    return "".join(f"{indent}# {line}\n" for line in lines)


def task_from_mapping(mapping: Mapping[str, Any]) -> Task:
    """The task that `task_mapping` wrote; UserError where it holds none."""
    reading = Reading()
    form = Form.of(node_of(dict(mapping), Place("")), reading, "task")
    task = read_task(form) if form else None
    problems = errors(reading.problems())
    if task is None or problems:
        raise UserError(problems)
    return task


def _set(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value not in (None, [], {})}


class _FlowDict(dict[str, Any]):
    """Written on one line: {yearly: {before: 05/12}}."""


class _FlowList(list[Any]):
    """Written on one line: [so-noi-vu]."""


def _flow(value: Any) -> Any:
    if isinstance(value, dict):
        return _FlowDict({key: _flow(inner) for key, inner in value.items()})
    return _FlowList(map(_flow, value)) if isinstance(value, list) else value


class _Dumper(yaml.SafeDumper):
    """Lists under their key are indented, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _represent_mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=True)


def _represent_list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Dumper.add_representer(_FlowDict, _represent_mapping)
_Dumper.add_representer(_FlowList, _represent_list)
