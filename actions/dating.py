"""Which stages a set of dates has: by the policy of its task, or those of its own that a request to complete has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from actions.office import Office
from notifications.stages import StageMoment, moments
from plans.deadlines import Basis, DueDates
from plans.plan import Task
from plans.policies import PolicyBook, policy_of, resubmission_of


def stages_of(
    office: Office, book: PolicyBook, task: Task, basis: Basis, dates: DueDates, set_on: date | None, number: int
) -> tuple[StageMoment, ...]:
    """The moments of `dates`; `set_on` is the day of the act that set them, None for those of the rule.

    `number` counts the requests to complete something: sent back twice to the same day, a unit is told twice.
    """
    policy = policy_of(task, book)
    if basis is not Basis.RESUBMISSION:
        return moments(dates, policy, office.calendar, office.zone, set_on)
    coming = moments(dates, resubmission_of(policy, book), office.calendar, office.zone, set_on)
    return tuple(replace(m, code=f"{m.code}.{number}") if number > 1 else m for m in coming)
