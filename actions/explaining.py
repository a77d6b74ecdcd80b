"""Why a deadline has the dates it has: which sentence of which document, and each step from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MAXYEAR, date

from sqlalchemy import Connection

from actions.office import Office
from actions.selecting import require_deadline
from calendars.due import due_dates, occurrences, rrule
from plans.deadlines import DeadlineKey, DueDates
from plans.periods import YEARS, Period
from plans.plan import Plan, Task
from plans.problems import Problem, UserError
from plans.rules import Relative, Standing, is_dated
from store.deadlines import deadline_facts
from store.happenings import read_events
from store.plans import read_plan, with_end


@dataclass(frozen=True, slots=True)
class Explanation:
    """A deadline's dates and what they rest on."""

    key: DeadlineKey
    plan: Plan
    task: Task
    dates: DueDates
    rrule: str | None  # of the days that the rule names, where neither an event nor the moon decides them
    tracked: bool | None  # None: not made yet (beyond the horizon, or long before tracking)


_FIRST, _LAST = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
_AROUND = 6  # years: 999 working days, the longest way from a period to its date, take less


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
        kind = "standing" if isinstance(task.due, Standing) else "undated"
        raise UserError(Problem(f"deadline.{kind}", {"task": f"{key.plan}/{key.task}"}))
    for facts in deadline_facts(tx, key=key):
        return Explanation(key, stored.plan, task, facts.dates, rrule(task.due), facts.tracked)
    first, last = _window(key.period)
    last = min(last, with_end(tx, stored.plan).until or last)
    known = read_events(tx)
    events = {**known.earliest(task.due), **known.of_all}
    for turn in occurrences(
        task.due, since=stored.plan.issued, first=first, last=last, calendar=office.calendar, events=events
    ):
        if turn.period == key.period:
            dates = due_dates(task.due, turn, office.calendar, office.zone, task.strict, task.source.quote)
            return Explanation(key, stored.plan, task, dates, rrule(task.due), None)
    if isinstance(task.due, Relative) and key.period.key == task.due.event not in events:
        raise UserError(
            Problem("deadline.event_open", {"name": task.due.name or task.due.event, "event": task.due.event})
        )
    require_deadline(tx, key)
    raise UserError(Problem("deadline.unknown", {"deadline": str(key)}))


def _window(period: Period) -> tuple[date, date]:
    """The days on which a turn of `period` can be stated: of a rule for every day there are many others."""
    year = period.parts().get("year")
    if year is None:
        return _FIRST, _LAST
    return date(max(int(year) - _AROUND, 1), 1, 1), date(min(int(year) + _AROUND, MAXYEAR), 12, 31)
