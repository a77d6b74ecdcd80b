"""When a plan ends: by its own `until`, or by the plan that replaces it; when people are asked whether it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from plans.plan import Plan
from plans.rules import recurs

ASKED_IN = 11  # November: next year's plans are being written


@dataclass(frozen=True, slots=True)
class Replacing:
    """The plan that takes another's place, as far as the other's end depends on it."""

    issued: date | None
    track_from: date

    @property
    def in_force(self) -> date:
        """An administrative document applies from the day it is signed; while that is blank, from its tracking."""
        return self.issued or self.track_from


def end_of(plan: Plan, replacing: Replacing | None) -> date | None:
    """The last day on which a deadline of the plan may be stated; None while it goes on.

    `replacing` is None while the plan named by `replaced_by` is not stored: until then nothing takes its place.
    """
    ends = [plan.until] if plan.until else []
    if replacing is not None:
        ends.append(replacing.in_force - timedelta(days=1))
    return min(ends, default=None)


def replaces_itself(plan: str, replaced_by: Mapping[str, str | None]) -> bool:
    """Whether following `replaced_by` (plan → its own) from a plan leads back to it: all of the ring would end."""
    seen: set[str] = set()
    step = replaced_by.get(plan)
    while step and step not in seen:
        if step == plan:
            return True
        seen.add(step)
        step = replaced_by.get(step)
    return False


def replacing_first(plans: Iterable[Plan]) -> list[Plan]:
    """Plans in their order, but each after the one that replaces it: its end depends on that one's dates."""
    waiting = {plan.slug: plan for plan in plans}
    found: list[Plan] = []
    while waiting:
        plan = next(iter(waiting.values()))
        seen = {plan.slug}
        while plan.replaced_by in waiting and plan.replaced_by not in seen:
            plan = waiting[plan.replaced_by]
            seen.add(plan.slug)
        found.append(waiting.pop(plan.slug))
    return found


def asked_about(today: date) -> int | None:
    """The year for which the question is whether open-ended rules still apply; None outside November."""
    return today.year + 1 if today.month == ASKED_IN else None


def is_open_ended(plan: Plan, *, replaced: bool) -> bool:
    """Whether a plan goes on making deadlines until somebody says otherwise."""
    return plan.until is None and not replaced and any(recurs(task.due) for task in plan.tasks)
