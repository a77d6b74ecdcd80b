"""Whether the other plans and tasks that a plan names are there: in the same files, or loaded before."""

from __future__ import annotations

from collections.abc import Mapping

from plans.ending import replaces_itself
from plans.files.reading import Reading, Reference
from plans.plan import Plan
from plans.problems import Place, Problem


def check_other_plans(plan: Plan, places: Mapping[Reference, Place], known: Mapping[str, Plan]) -> list[Problem]:
    """Faults of what a plan says of others; `known` are all plans by slug, this one among them in its new state.

    What a report collects has to exist. The plan that replaces this one may come later: a warning.
    """
    reading = Reading()
    if plan.replaced_by and plan.replaced_by not in known:
        place = _place(places, "", "replaced_by", plan.replaced_by)
        reading.warning("plan.replacement_missing", place, name=plan.replaced_by)
    if replaces_itself(plan.slug, {slug: other.replaced_by for slug, other in known.items()}):
        reading.error("plan.replaced_in_ring", _place(places, "", "replaced_by", plan.replaced_by or ""), id=plan.slug)
    for task in plan.tasks:
        for name in task.collects:
            other, slash, slug = name.partition("/")
            if not slash:
                continue  # of this plan: told while its file was read
            place = _place(places, task.slug, "collects", name)
            if other not in known:
                reading.unknown("unknown.plan", place, other, known)
            elif known[other].task(slug) is None:
                tasks = [f"{other}/{t.slug}" for t in known[other].tasks]
                reading.unknown("unknown.task", place, name, tasks)
    return list(reading.problems())


def _place(places: Mapping[Reference, Place], owner: str, key: str, name: str) -> Place | None:
    return places.get(Reference(owner, key, name)) or places.get(Reference(owner, ""))
