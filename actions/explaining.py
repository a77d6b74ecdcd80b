"""Why a deadline has the dates it has: which sentence of which document, and each step from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from actions.office import Office
from actions.selecting import require_deadline
from calendars.due import due_dates, occurrences, rrule
from plans.deadlines import DeadlineKey, DueDates
from plans.plan import Plan, Task
from plans.problems import Problem, UserError
from plans.rules import is_dated
from store.deadlines import deadline_facts
from store.plans import read_plan


@dataclass(frozen=True, slots=True)
class Explanation:
    """A deadline's dates and what they rest on."""

    key: DeadlineKey
    plan: Plan
    task: Task
    dates: DueDates
    rrule: str | None
    tracked: bool | None  # None: not made yet (beyond the horizon, or long before tracking)


_FIRST, _LAST = date(1970, 1, 1), date(2100, 12, 31)


def why(tx: Connection, office: Office, key: DeadlineKey) -> Explanation:
    """The dates of a deadline that is stored, or that its rule would give in a period that is not.

    Raises UserError for one that the plan does not have.
    """
    stored = read_plan(tx, key.plan)
    task = stored.plan.task(key.task) if stored else None
    if stored is None or task is None:
        require_deadline(tx, key)
        raise UserError(Problem("deadline.unknown", {"deadline": str(key)}))
    if not is_dated(task.due):
        raise UserError(Problem("deadline.undated", {"task": f"{key.plan}/{key.task}"}))
    for facts in deadline_facts(tx, key=key):
        return Explanation(key, stored.plan, task, facts.dates, rrule(task.due), facts.tracked)
    for turn in occurrences(task.due, since=stored.plan.issued, first=_FIRST, last=stored.plan.until or _LAST):
        if turn.period == key.period:
            dates = due_dates(task.due, turn, office.calendar, office.zone, task.strict, task.source.quote)
            return Explanation(key, stored.plan, task, dates, rrule(task.due), None)
    require_deadline(tx, key)
    raise UserError(Problem("deadline.unknown", {"deadline": str(key)}))
