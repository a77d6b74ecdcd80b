"""A report that sums up others: how much of what it needs is in, and by when it has to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from actions.office import Office
from calendars.due import due_dates, occurrences
from calendars.working import WorkingCalendar
from plans.chains import Turn, ahead_of, belonging_turns, collected_name, collected_turns
from plans.deadlines import DeadlineKey, DueDates
from plans.files.reading import Reference
from plans.periods import Period
from plans.plan import Plan, Task
from plans.problems import Place, Problem, Severity
from plans.rules import Relative, is_dated
from store.chains import answered
from store.plans import read_plan

_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Collected:
    """A task that a report sums up: how many of its reports are in, and the date it ought to have."""

    name: str  # "plan/task"
    title: str
    product: str | None
    periods: tuple[Period, ...]  # the turns that count; none where no turn belongs to the upward one yet
    done: int
    owing: int
    ahead: int  # working days
    proposed: date | None  # None where its own date leaves enough time


def chain_of(tx: Connection, office: Office, key: DeadlineKey, task: Task, dates: DueDates) -> list[Collected]:
    """What the deadline `key` of `task` sums up, in the order of its file; tasks that are gone are left out."""
    limit = office.calendar.add(dates.act_by, -ahead_of(task))
    upward = Turn(key.period, dates.last_day)
    found = []
    for written in task.collects:
        plan, slug = collected_name(key.plan, written)
        stored = read_plan(tx, plan)
        collected = stored.plan.task(slug) if stored else None
        if collected is None:
            continue
        rows = answered(tx, plan, slug)
        wanted = collected_turns(upward, [a.turn for a in rows])
        counted = [a for a in rows if a.turn in wanted]
        late = _later_than(limit, belonging_turns(upward, [a.turn for a in rows]), office.calendar)
        found.append(
            Collected(
                name=f"{plan}/{slug}",
                title=collected.title,
                product=collected.product,
                periods=tuple(a.turn.period for a in counted),
                done=sum(a.done for a in counted),
                owing=sum(a.owing for a in counted),
                ahead=ahead_of(task),
                proposed=limit if late or not is_dated(collected.due) else None,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Span:
    """The calendar and the days within which dates are looked at."""

    calendar: WorkingCalendar
    zone: ZoneInfo
    first: date
    last: date


def check_chains(
    plans: Iterable[tuple[Plan, Mapping[Reference, Place]]], known: Mapping[str, Plan], span: Span
) -> list[Problem]:
    """A warning for each task that is due too late for a report that collects it: a chain that cannot work.

    `plans` are looked at, each with the places of its parts; `known` are all by slug. Said once for each pair, of its
    earliest turn stated within `span`.
    """
    problems = []
    for plan, places in plans:
        for task in plan.tasks:
            upward = _dates(plan, task, span) if task.collects else []
            for written in task.collects if upward else ():
                other, slug = collected_name(plan.slug, written)
                collected = known[other].task(slug) if other in known else None
                if collected is None:
                    continue
                # What a turn sums up may lie a year back: the yearly report of 2026 in a plan for 2027.
                earlier = replace(span, first=span.first - _YEAR)
                own = [Turn(period, dates.last_day) for period, dates in _dates(known[other], collected, earlier)]
                late = _too_late(upward, own, ahead_of(task), span.calendar)
                if late:
                    place = places.get(Reference(task.slug, "collects", written))
                    said = {"id": task.slug, "collected": written, **late}
                    problems.append(Problem("chain.too_late", said, place, Severity.WARNING))
    return problems


def _dates(plan: Plan, task: Task, span: Span) -> list[tuple[Period, DueDates]]:
    """The turns of a task and their dates; none where they count from an event, whose day only the store knows."""
    if not is_dated(task.due) or isinstance(task.due, Relative):
        return []
    found = occurrences(task.due, since=plan.issued, first=span.first, last=span.last, calendar=span.calendar)
    return [(turn.period, due_dates(task.due, turn, span.calendar, span.zone, task.strict)) for turn in found]


def _too_late(
    upward: Sequence[tuple[Period, DueDates]], collected: Sequence[Turn], ahead: int, calendar: WorkingCalendar
) -> dict[str, object] | None:
    """The dates of the first turn whose collected reports are due too late; None where all leave enough time."""
    for period, dates in upward:
        limit = calendar.add(dates.act_by, -ahead)
        late = _later_than(limit, belonging_turns(Turn(period, dates.last_day), collected), calendar)
        if late:
            return {"last_day": max(t.last_day for t in late), "act_by": dates.act_by, "limit": limit, "ahead": ahead}
    return None


def _later_than(limit: date, turns: Iterable[Turn], calendar: WorkingCalendar) -> list[Turn]:
    """The turns whose last working day comes after `limit`: a Saturday is as good as the Friday before."""
    return [t for t in turns if calendar.preceding(t.last_day) > limit]
