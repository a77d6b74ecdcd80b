"""Enter the day of an event: every deadline that counts from it gets its dates."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from actions.expanding import Expansion, expand_tasks
from actions.office import Act, Office
from actions.receiving import judge_again
from actions.reconciling import render_expansion, scope_of, turns_of
from plans.deadlines import DeadlineKey
from plans.happenings import Happening
from plans.obligations import Obligation
from plans.periods import Period
from plans.problems import Problem, UserError
from plans.rules import ANCHORS, Relative
from store.deadlines import deadline_facts
from store.happenings import forget_happening, read_happenings, save_happenings
from store.obligations import in_order, of_deadline
from store.plans import StoredPlan, plan_slugs, read_plan, with_end
from store.units import read_roster


@dataclass(frozen=True, slots=True)
class Awaited:
    """An event that some rule counts from."""

    event: str
    name: str | None  # as people are told it
    tasks: tuple[str, ...]  # "plan/task"
    day: date | None
    of_units: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entered:
    """What the day of an event brought about."""

    deadlines: int
    obligations: int
    cancelled: int
    moved: tuple[tuple[str, date, date], ...]  # deadline, old and new act-by
    own: tuple[tuple[str, str, date, date], ...] = ()  # unit's name, deadline, act-by before and after
    made: tuple[tuple[str, date], ...] = ()  # new deadline, its act-by


def awaited_events(tx: Connection) -> list[Awaited]:
    """Every event that a loaded plan counts from, by slug; those the calendar knows by itself are left out."""
    named: dict[str, str | None] = {}
    tasks: dict[str, list[str]] = {}
    for stored in _plans(tx):
        for task in stored.plan.tasks:
            if isinstance(task.due, Relative) and task.due.event not in ANCHORS:
                event = task.due.event
                named[event] = named.get(event) or task.due.name
                tasks.setdefault(event, []).append(f"{stored.plan.slug}/{task.slug}")
    rows = read_happenings(tx)
    return [
        Awaited(
            event=event,
            name=named[event],
            tasks=tuple(tasks[event]),
            day=next((h.day for h in rows if h.event == event and h.unit is None), None),
            of_units={h.unit: h.day for h in rows if h.event == event and h.unit is not None},
        )
        for event in sorted(tasks)
    ]


def set_event(
    office: Office, act: Act, event: str, day: date | None, units: Sequence[str] = (), *, dry_run: bool = False
) -> Entered:
    """Enter (None: take away) the day of an event, for all units or for these; dates and reminders follow.

    Raises UserError for an event that no plan counts from and with every unit that isn't there or owes nothing by it.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        roster = read_roster(tx)
        _check(tx, event, units, list(roster.units))
        scope = scope_of(tx, office, act, roster)
        concerned: Sequence[str | None] = list(dict.fromkeys(units)) or [None]
        if day is None:
            for unit in concerned:
                forget_happening(tx, event, None if unit is None else scope.unit_ids[unit])
        else:
            save_happenings(tx, [Happening(event, day, unit) for unit in concerned], scope.unit_ids)
        before = _owed(tx, event)
        keys = {o.key for o in before.values()}
        act.note(tx, "event", f"events/{event}", day=day.isoformat() if day else None, units=list(units))
        scope, done = scope_of(tx, office, act, roster), Expansion()
        for stored in _plans(tx):
            plan = with_end(tx, stored.plan)
            counting = [t for t in plan.tasks if isinstance(t.due, Relative) and t.due.event == event]
            expand_tasks(tx, scope, (turns_of(scope, stored, plan, task) for task in counting), done)
        done.touched.update(judge_again(tx, office, act, done.redated))
        render_expansion(tx, office, act.now, done)
        after = _owed(tx, event)
        owing = {name for o in after.values() for name in (o.unit_name, o.formerly)}
        if idle := [unit for unit in units if day is not None and roster.units[unit].name not in owing]:
            raise UserError([Problem("event.owes_not", {"unit": roster.units[u].name, "name": event}) for u in idle])
        together = {name for name, _, _ in done.moved}
        own = [
            (o.unit_name, str(o.key), before[o.id].dates.act_by, o.dates.act_by)
            for o in in_order(after.values())
            if o.id in before and before[o.id].dates.act_by != o.dates.act_by and str(o.key) not in together
        ]
        new = dict.fromkeys(o.key for o in after.values() if o.id not in before)
        made = [(str(f.key), f.dates.act_by) for k in new if k not in keys for f in deadline_facts(tx, key=k)]
        return Entered(
            done.deadlines_added,
            done.obligations_added,
            done.obligations_cancelled,
            tuple(done.moved),
            tuple(own),
            tuple(made),
        )


def _owed(tx: Connection, event: str) -> dict[int, Obligation]:
    """Everything that is owed by the day of an event."""
    keys = [
        DeadlineKey(stored.plan.slug, task.slug, Period(event))
        for stored in _plans(tx)
        for task in stored.plan.tasks
        if isinstance(task.due, Relative) and task.due.event == event
    ]
    return {o.id: o for key in keys for o in of_deadline(tx, key)}


def _plans(tx: Connection) -> list[StoredPlan]:
    return [plan for slug in plan_slugs(tx) if (plan := read_plan(tx, slug)) is not None]


def _check(tx: Connection, event: str, units: Sequence[str], known_units: Sequence[str]) -> None:
    problems = []
    known = [one.event for one in awaited_events(tx)]
    if event in ANCHORS:
        problems.append(Problem("event.anchor", {"event": event}))
    elif event not in known:
        near = difflib.get_close_matches(event, known, 1)
        params = {"name": event, "nearest": near[0]} if near else {"name": event, "known": ", ".join(known) or "–"}
        problems.append(Problem("event.unknown_near" if near else "event.unknown", params))
    for unit in units:
        if unit not in known_units:
            near = difflib.get_close_matches(unit, known_units, 1)
            found = {"name": unit, "nearest": near[0]} if near else {"name": unit}
            problems.append(Problem("option.unit_near" if near else "option.unit", found))
    if problems:
        raise UserError(problems)
