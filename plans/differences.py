"""How two states of a plan differ: what a load would change, and what a person is shown before it does."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from plans.plan import Plan, Task

_FIELDS = tuple(f.name for f in fields(Plan) if f.name not in ("slug", "revision", "tasks"))


@dataclass(frozen=True, slots=True)
class TaskChange:
    """A task that is in both states, and the names of the fields in which it differs."""

    old: Task
    new: Task
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """From an old state to a new one; tasks are the same where their slugs are, and their order doesn't matter."""

    fields: tuple[tuple[str, str, str], ...] = ()  # name, old and new text; dates in ISO form, empty where unset
    added: tuple[Task, ...] = ()
    changed: tuple[TaskChange, ...] = ()
    removed: tuple[Task, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.fields or self.added or self.changed or self.removed)


def compare(old: Plan | None, new: Plan) -> PlanDifference:
    """What changes from `old` (None: the plan is new) to `new`; a revision number alone is no difference."""
    before = {task.slug: task for task in old.tasks} if old else {}
    after = {task.slug: task for task in new.tasks}
    pairs = [(before[slug], task) for slug, task in after.items() if slug in before]
    return PlanDifference(
        fields=tuple(_plan_fields(old, new)),
        added=tuple(task for slug, task in after.items() if slug not in before),
        changed=tuple(TaskChange(one, other, _differing(one, other)) for one, other in pairs if one != other),
        removed=tuple(task for slug, task in before.items() if slug not in after),
    )


def _plan_fields(old: Plan | None, new: Plan) -> list[tuple[str, str, str]]:
    texts = [(name, _text(getattr(old, name)) if old else "", _text(getattr(new, name))) for name in _FIELDS]
    return [(name, one, other) for name, one, other in texts if one != other]


def _text(value: str | date | None) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""


def _differing(one: Task, other: Task) -> tuple[str, ...]:
    return tuple(f.name for f in fields(Task) if getattr(one, f.name) != getattr(other, f.name))
