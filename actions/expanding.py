"""A plan's tasks become deadlines, dates, moments and obligations; repeated, it writes only what is new or moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection

from actions.office import Act, Office
from calendars.due import due_dates, occurrences
from notifications.stages import StageMoment, moments
from plans.audiences import resolve
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.periods import Period
from plans.plan import Plan, Task
from plans.policies import length_of, policy_of
from plans.rules import is_dated, recurs
from plans.status import State
from plans.units import Roster
from store import deadlines as stored_deadlines
from store import obligations as stored
from store.deadlines import Moment, StoredDeadline

SOON = 5  # working days before act-by from which an item is "sắp đến hạn"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A deadline as the plan, the roster and the calendar have it."""

    period: Period
    dates: DueDates
    soon: date
    units: tuple[str, ...]
    coordinating: tuple[str, ...]
    tracked: bool
    moments: tuple[StageMoment, ...]


@dataclass
class Expansion:
    """What expanding did: numbers for people, and what to render anew."""

    deadlines_added: int = 0
    obligations_added: int = 0
    obligations_cancelled: int = 0
    moved: list[tuple[str, date, date]] = field(default_factory=list)  # deadline, old and new act-by
    touched: set[int] = field(default_factory=set)  # obligations whose events say something else now
    coordinated: set[int] = field(default_factory=set)  # deadlines whose shared event does


def wanted_deadlines(
    office: Office, plan: Plan, task: Task, roster: Roster, track_from: date, now: datetime
) -> list[Wanted]:
    """The deadlines of a task from `past_years` before tracking up to the horizon: a pure function of its arguments."""
    if not is_dated(task.due):
        return []
    last = office.horizon(now)
    if plan.until is not None:
        last = min(last, plan.until)
    first = date.min
    if recurs(task.due):
        first = track_from - relativedelta(years=office.past_years)
    policy = policy_of(task, length_of(task.due))
    excluded = [u for u in (task.to, task.via, plan.coordinator) if u]
    found = []
    for turn in occurrences(task.due, since=plan.issued, first=first, last=last):
        dates = due_dates(task.due, turn, office.calendar, office.zone, task.strict, task.source.quote)
        owing = resolve(task.owed_by, roster, dates.last_day, excluded)
        helping = resolve(task.coordinating, roster, dates.last_day, excluded)
        tracked = dates.last_day >= track_from
        found.append(
            Wanted(
                period=turn.period,
                dates=dates,
                soon=office.calendar.add(dates.act_by, -SOON),
                units=tuple(owing),
                coordinating=tuple(u for u in helping if u not in owing),
                tracked=tracked,
                moments=moments(dates, policy, office.calendar, office.zone) if tracked else (),
            )
        )
    return found


def expand_task(
    tx: Connection,
    act: Act,
    key: tuple[str, str],
    task_id: int,
    wanted: Iterable[Wanted],
    unit_ids: dict[str, int],
    done: Expansion,
    *,
    today: date,
    track_from: date,
    horizon: date,
    reschedule: bool,
) -> None:
    """Bring one task's deadlines to `wanted`, adding what was done to `done`.

    `key` is (plan, task). `reschedule`: the task itself changed, so its moments are set anew even for the same dates.
    """
    have = stored_deadlines.deadlines_of_task(tx, task_id)
    seen = set()
    for want in wanted:
        seen.add(want.period)
        name = str(DeadlineKey(*key, want.period))
        owing = {unit_ids[u] for u in want.units}
        helping = {unit_ids[u] for u in want.coordinating}
        old = have.get(want.period)
        if old is None:
            _add(tx, task_id, want, owing, helping, done)
        else:
            _update(tx, act, name, old, want, owing, helping, done, today=today, reschedule=reschedule)
    for period, old in have.items():
        # Beyond the horizon lies what a clock set back does not reach.
        if period in seen or old.cancelled or not old.tracked or old.dates.stated > horizon:
            continue
        if old.dates.last_day < track_from:  # a later start leaves it out, further back than deadlines are made
            stored_deadlines.set_deadline(tx, old.id, tracked=False, cancelled_at=None)
            stored_deadlines.set_moments(tx, old.due_id, ())
            done.touched.update(stored.ids_of_deadline(tx, old.id))
            done.coordinated.add(old.id)
        else:
            cancel_deadline(tx, act, str(DeadlineKey(*key, period)), old, done, "rule_changed")


def _add(tx: Connection, task_id: int, want: Wanted, owing: set[int], helping: set[int], done: Expansion) -> None:
    deadline_id = stored_deadlines.add_deadline(tx, task_id, want.period, tracked=want.tracked)
    due_id = stored_deadlines.add_due(tx, deadline_id, Basis.RULE, want.dates, want.soon)
    stored_deadlines.set_moments(tx, due_id, cast("Iterable[Moment]", want.moments))
    new = stored.add_obligations(tx, deadline_id, due_id, sorted(owing))
    stored_deadlines.set_coordinating(tx, deadline_id, sorted(helping), ())
    done.deadlines_added += 1
    done.obligations_added += len(new)
    done.touched.update(new)
    if helping:
        done.coordinated.add(deadline_id)


def _update(
    tx: Connection,
    act: Act,
    name: str,
    old: StoredDeadline,
    want: Wanted,
    owing: set[int],
    helping: set[int],
    done: Expansion,
    *,
    today: date,
    reschedule: bool,
) -> None:
    moved = old.dates != want.dates
    if moved or old.soon != want.soon:
        stored_deadlines.change_due(tx, old.due_id, want.dates, want.soon)
    if moved:
        # An extension that the new date has overtaken would leave its unit with less time than all others.
        stored.release_extensions(tx, old.id, old.due_id, want.dates.last_day)
        before, after = old.dates, want.dates
        act.note(
            tx,
            "move",
            name,
            old=before.stated.isoformat(),
            new=after.stated.isoformat(),
            old_act_by=before.act_by.isoformat(),
            new_act_by=after.act_by.isoformat(),
        )
        if (before.stated, before.act_by) != (after.stated, after.act_by):
            done.moved.append((name, before.act_by, after.act_by))
    retracked = old.tracked != want.tracked or old.cancelled
    if retracked:
        stored_deadlines.set_deadline(tx, old.id, tracked=want.tracked, cancelled_at=None)
    if moved or reschedule:
        stored_deadlines.reopen_moments(tx, old.id)
    stored_deadlines.set_moments(tx, old.due_id, cast("Iterable[Moment]", want.moments))
    if moved or retracked or reschedule:
        done.touched.update(stored.ids_of_deadline(tx, old.id))
        done.coordinated.add(old.id)
    # Who owed it on a last day that has passed is settled: nobody is added to it late, and so accused, nor let off.
    # What was overdue already when it was cancelled comes back so.
    over = want.dates.last_day < today
    new = [] if over else stored.add_obligations(tx, old.id, old.due_id, sorted(owing - old.units))
    since = want.dates.late_at if over else None
    back = [i for u, i in stored.cancelled_in_deadline(tx, old.id, since).items() if u in owing]
    stored.set_state(tx, back, State.OPEN)
    gone = [] if over else stored.open_in_deadline(tx, old.id, old.units - owing)
    stored.set_state(tx, gone, State.CANCELLED, closed_at=act.now, reason="not_addressed")
    if new or back:
        stored_deadlines.reopen_moments(tx, old.id)
    if gone:
        act.note(tx, "cancel", name, obligations=gone, why="not_addressed")
    if new or back:
        act.note(tx, "add", name, obligations=[*new, *back])
    stored_deadlines.set_coordinating(
        tx, old.id, sorted(helping - old.coordinating), sorted(old.coordinating - helping)
    )
    if helping != old.coordinating:
        done.coordinated.add(old.id)
    done.obligations_added += len(new) + len(back)
    done.obligations_cancelled += len(gone)
    done.touched.update(new, back, gone)


def cancel_deadline(tx: Connection, act: Act, name: str, old: StoredDeadline, done: Expansion, why: str) -> None:
    """End a deadline: its open obligations are cancelled, what was done stays."""
    gone = stored.open_in_deadline(tx, old.id)
    stored.set_state(tx, gone, State.CANCELLED, closed_at=act.now, reason=why)
    stored_deadlines.set_deadline(tx, old.id, tracked=old.tracked, cancelled_at=act.now)
    stored_deadlines.set_moments(tx, old.due_id, ())
    act.note(tx, "cancel", name, obligations=gone, why=why)
    done.obligations_cancelled += len(gone)
    done.touched.update(gone)
    done.coordinated.add(old.id)
