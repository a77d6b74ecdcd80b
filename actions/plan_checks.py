"""What plans that are about to be loaded say of each other, and of those in the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from actions.chaining import Span, check_chains
from actions.office import Office
from plans.files.plan_file import PlanFile
from plans.files.plan_references import check_other_plans
from plans.files.reading import Reference
from plans.problems import Problem
from store.plans import stored_plans


def check_between(
    tx: Connection, office: Office, now: datetime, files: Sequence[PlanFile], *, replace: bool
) -> list[Problem]:
    """Faults between plans; with `replace` a file may also take back the end that was given to its plan."""
    before = stored_plans(tx)
    given = [(file.plan, file.places) for file in files if file.plan]
    known = {**before, **{plan.slug: plan for plan, _ in given}}
    problems = [p for plan, places in given for p in check_other_plans(plan, places, known)]
    span = Span(office.calendar, office.zone, office.today(now), office.horizon(now))
    problems += check_chains(given, known, span)
    for plan, places in given:
        old = before.get(plan.slug)
        # Ended with `plans end` while its file still says nothing: a plain load must not wake it up unseen.
        if not replace and old is not None and old.until and not plan.until:
            place = places.get(Reference("", "id"))
            problems.append(Problem("load.until_missing", {"plan": plan.slug, "until": old.until}, place))
    return problems
