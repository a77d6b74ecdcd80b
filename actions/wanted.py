"""The deadlines a task is to have: worked out from the plan, the roster, the working calendar and events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dateutil.relativedelta import relativedelta

from actions.office import Act, Office
from actions.own_dates import OwnDates
from calendars.due import Occurrence, due_dates, occurrences
from notifications.stages import StageMoment, moments
from plans.audiences import Resolver
from plans.deadlines import DueDates
from plans.happenings import NO_EVENTS, Events
from plans.periods import Period
from plans.plan import Plan, Task
from plans.policies import PROGRAMS, PolicyBook, policy_of
from plans.rules import Relative, is_dated, recurs
from store.successions import NOTHING_INHERITED, Inheritance
from store.unit_sets import UnitSets

SOON = 5  # working days before act-by from which an item is "sắp đến hạn"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A deadline as the plan, the roster and the calendar have it."""

    period: Period
    dates: DueDates
    soon: date
    owing: tuple[str, ...]
    variants: Mapping[str, str]  # unit → variant of the policy, where it is another than the policy's own
    coordinating: tuple[str, ...]
    tracked: bool
    moments: tuple[StageMoment, ...]
    own: Mapping[str, OwnDates] = field(default_factory=dict)  # of units with a day of their own, if they owe it or not
    general: bool = False  # whether the event has a day for all units
    per_unit: bool = False  # whether units may have days of their own


@dataclass(frozen=True, slots=True)
class Scope:
    """What the expansion of any task goes by."""

    office: Office
    act: Act
    resolver: Resolver
    unit_ids: Mapping[str, int]
    sets: UnitSets
    events: Events = NO_EVENTS
    book: PolicyBook = PROGRAMS
    inheritance: Inheritance = NOTHING_INHERITED
    by_clock: bool = False  # nobody has changed anything: who owes is settled once a deadline's first stage has come

    @property
    def today(self) -> date:
        return self.office.today(self.act.now)

    @property
    def horizon(self) -> date:
        return self.office.horizon(self.act.now)

    def number(self, want: Wanted) -> int:
        """The set of those that owe a deadline, under their variants of the policy."""
        ids, variants = self.unit_ids, want.variants
        name = (want.owing, tuple(sorted(variants.items())))
        return self.sets.number(name, lambda: {ids[u]: variants.get(u, "") for u in want.owing})


def wanted_deadlines(scope: Scope, plan: Plan, task: Task, track_from: date) -> list[Wanted]:
    """The deadlines of a task from `past_years` before tracking up to the horizon: a pure function of its arguments."""
    if not is_dated(task.due):
        return []
    office, resolver = scope.office, scope.resolver
    policy = policy_of(task, scope.book)
    excluded = tuple(u for u in (task.to, task.via, plan.coordinator) if u)
    general, of_units = _event_days(task, scope.events)
    own = {
        unit: dates
        for unit, day in of_units.items()
        for _, dates in _dated_turns(scope, plan, task, track_from, {**general, **day})
    }
    found = []
    for turn, dates in _dated_turns(scope, plan, task, track_from, general or scope.events.earliest(task.due)):
        theirs = {u: mine.last_day for u, mine in own.items()}
        owing = resolver.resolve_each(task.owed_by, dates.last_day, theirs, excluded)
        if own and not general:
            owing = tuple(u for u in owing if u in own)  # nobody else's event has its day yet
        helping = resolver.resolve(task.coordinating, dates.last_day, excluded)
        variants = policy.variants_of(resolver, dates.last_day)
        tracked = dates.last_day >= track_from

        def stages(dates: DueDates, tracked: bool = tracked) -> tuple[StageMoment, ...]:
            return moments(dates, policy, office.calendar, office.zone) if tracked else ()

        found.append(
            Wanted(
                period=turn.period,
                dates=dates,
                soon=office.calendar.add(dates.act_by, -SOON),
                owing=owing,
                variants={u: variants[u] for u in owing if u in variants} if variants else {},
                coordinating=tuple(u for u in helping if u not in owing),
                tracked=tracked,
                moments=stages(dates),
                own={
                    u: OwnDates(mine, office.calendar.add(mine.act_by, -SOON), stages(mine)) for u, mine in own.items()
                },
                general=bool(general),
                per_unit=isinstance(task.due, Relative),
            )
        )
    return found


def _dated_turns(
    scope: Scope, plan: Plan, task: Task, track_from: date, events: Mapping[str, date]
) -> list[tuple[Occurrence, DueDates]]:
    office = scope.office
    last = scope.horizon
    if plan.until is not None:
        last = min(last, plan.until)
    first = track_from - relativedelta(years=office.past_years) if recurs(task.due) else date.min
    turns = occurrences(task.due, since=plan.issued, first=first, last=last, calendar=office.calendar, events=events)
    return [(t, due_dates(task.due, t, office.calendar, office.zone, task.strict, task.source.quote)) for t in turns]


def _event_days(task: Task, events: Events) -> tuple[Mapping[str, date], Mapping[str, Mapping[str, date]]]:
    """The day that a task's rule counts from for all units, and for those that have one of their own."""
    if not isinstance(task.due, Relative):
        return {}, {}
    event = task.due.event
    general = {event: events.of_all[event]} if event in events.of_all else {}
    return general, {unit: {event: day} for unit, day in events.of_units.get(event, {}).items()}
