"""A plan's tasks become deadlines, dates, moments and obligations; repeated, it writes only what is new or moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from sqlalchemy import Connection

from actions.announcing import announce_cancelled, announce_moved, announce_restored
from actions.office import Act
from actions.own_dates import settle_own_dates
from actions.wanted import Scope, Wanted
from plans.deadlines import DeadlineKey
from plans.periods import Period
from plans.status import State
from store import deadlines as stored_deadlines
from store import expansion
from store import moments as stored_moments
from store import obligations as stored
from store.deadlines import StoredDeadline
from store.expansion import Holders, NewDeadline
from store.feeds import touch_units
from store.origins import settle_in_force
from store.successions import reopen

_AT_ONCE = 200  # tasks looked at together


@dataclass
class Expansion:
    """What expanding did: numbers for people, and what to render anew."""

    deadlines_added: int = 0
    obligations_added: int = 0
    obligations_cancelled: int = 0
    added: list[tuple[str, date, int]] = field(default_factory=list)  # tracked new deadline, last day, how many owe it
    ended: list[tuple[str, date, int]] = field(default_factory=list)  # cancelled deadline, last day, how many owed it
    moved: list[tuple[str, date, date]] = field(default_factory=list)  # deadline, old and new act-by
    made: list[int] = field(default_factory=list)  # new deadlines: all their events are to be rendered
    touched: set[int] = field(default_factory=set)  # other obligations whose events say something else now
    coordinated: set[int] = field(default_factory=set)  # deadlines whose shared event does
    cancelled: set[int] = field(default_factory=set)  # deadlines that ended, whoever owes them
    left: set[tuple[int, int]] = field(default_factory=set)  # (deadline, unit) that helps with it no more
    redated: set[int] = field(default_factory=set)  # deadlines of which some obligation is judged by another date


@dataclass(frozen=True, slots=True)
class TaskTurns:
    """A task with the deadlines it is to have."""

    key: tuple[str, str]  # plan, task
    id: int
    wanted: tuple[Wanted, ...]
    track_from: date
    ends: date | None  # the plan's last day
    reschedule: bool  # the task itself changed: its moments are set anew even for the same dates

    @property
    def per_unit(self) -> bool:
        return any(want.per_unit for want in self.wanted)


def expand_tasks(tx: Connection, scope: Scope, tasks: Iterable[TaskTurns], done: Expansion) -> None:
    """Bring the deadlines of tasks to what they are wanted to be, adding what was done to `done`."""
    coming = iter(tasks)
    while some := list(islice(coming, _AT_ONCE)):
        _expand(tx, scope, some, done)


def _expand(tx: Connection, scope: Scope, tasks: Sequence[TaskTurns], done: Expansion) -> None:
    have = stored_deadlines.deadlines_of_tasks(tx, (task.id for task in tasks))
    _make(tx, scope, [(t, want) for t in tasks for want in t.wanted if want.period not in have[t.id]], done)
    there = [(have[t.id][want.period], want) for t in tasks for want in t.wanted if want.period in have[t.id]]
    holders = _holders(tx, scope, there)
    staged = stored_moments.already_set(tx, {old.due_id: want.moments for old, want in there})
    for task in tasks:
        mine = have[task.id]
        for want in task.wanted:
            if (old := mine.get(want.period)) is not None:
                _update(tx, scope, task, old, holders.get(old.id), want, done, staged=old.due_id in staged)
        if task.per_unit:
            _settle_own(tx, scope, task.id, task.wanted, done)
        _end_others(tx, scope, task, mine, done)


def _end_others(
    tx: Connection, scope: Scope, task: TaskTurns, have: Mapping[Period, StoredDeadline], done: Expansion
) -> None:
    """End the deadlines that a task is to have no more."""
    seen = {want.period for want in task.wanted}
    for period, old in have.items():
        # Beyond the horizon lies what a clock set back does not reach.
        if period in seen or old.cancelled or not old.tracked or old.dates.stated > scope.horizon:
            continue
        if old.dates.last_day < task.track_from:  # a later start leaves it out, further back than deadlines are made
            stored_deadlines.set_deadline(tx, old.id, tracked=False, cancelled_at=None)
            stored_moments.set_moments(tx, old.due_id, ())
            done.touched.update(stored.ids_of_deadline(tx, old.id))
            done.coordinated.add(old.id)
            done.cancelled.add(old.id)
        else:
            why = "plan_ended" if task.ends is not None and old.dates.stated > task.ends else "rule_changed"
            cancel_deadline(tx, scope.act, str(DeadlineKey(*task.key, period)), old, done, why)


def _make(tx: Connection, scope: Scope, coming: Sequence[tuple[TaskTurns, Wanted]], done: Expansion) -> None:
    """Make deadlines (each of a task) that are not there yet."""
    ids = scope.unit_ids
    rows = [
        NewDeadline(
            task=task.id,
            period=want.period,
            tracked=want.tracked,
            dates=want.dates,
            soon=want.soon,
            moments=want.moments,
            owing=scope.number(want),
            helping=sorted(ids[u] for u in want.coordinating),
        )
        for task, want in coming
    ]
    made = expansion.add_deadlines(tx, rows)
    done.deadlines_added += len(made)
    done.obligations_added += sum(len(want.owing) for _, want in coming)
    done.made += made
    done.added += [
        (str(DeadlineKey(*task.key, want.period)), want.dates.last_day, len(want.owing))
        for task, want in coming
        if want.tracked
    ]
    done.coordinated.update(number for number, (_, want) in zip(made, coming, strict=True) if want.coordinating)


def _holders(tx: Connection, scope: Scope, there: Iterable[tuple[StoredDeadline, Wanted]]) -> dict[int, Holders]:
    """Who holds what in the deadlines in which that is not as it should be already."""
    ids = scope.unit_ids
    sets = {old.id: scope.number(want) for old, want in there}
    same = expansion.owed_as_wanted(tx, sets, scope.sets.sizes())
    helping = expansion.helpers_of(tx, sets)
    same = {old.id for old, want in there if old.id in same and helping[old.id] == {ids[u] for u in want.coordinating}}
    return expansion.holders_of(tx, sets.keys() - same)


def _settle_own(tx: Connection, scope: Scope, task_id: int, wanted: Iterable[Wanted], done: Expansion) -> None:
    have = stored_deadlines.deadlines_of_task(tx, task_id)
    for want in wanted:
        old = have[want.period]
        own = {scope.unit_ids[u]: dates for u, dates in want.own.items()}
        changed = settle_own_dates(tx, scope.office, scope.act, old.id, want.dates, own, general=want.general)
        done.touched.update(changed)
        done.redated.update([old.id] if changed else [])


def _by_variant(units: Mapping[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for unit, variant in sorted(units.items()):
        found.setdefault(variant, []).append(unit)
    return found


def _update(
    tx: Connection,
    scope: Scope,
    task: TaskTurns,
    old: StoredDeadline,
    holders: Holders | None,
    want: Wanted,
    done: Expansion,
    *,
    staged: bool,
) -> None:
    """`holders`: None where just those owe it and help with it who should; `staged`: its moments are as wanted."""
    act, reschedule, name = scope.act, task.reschedule, str(DeadlineKey(*task.key, want.period))
    moved = old.dates != want.dates
    before = stored.dates_of_open(tx, [old.id]) if moved else {}
    if moved or old.soon != want.soon:
        stored_deadlines.change_due(tx, old.due_id, want.dates, want.soon)
    if moved:
        # An extension that the new date has overtaken would leave its unit with less time than all others.
        settle_in_force(tx, [old.id])
        done.redated.add(old.id)
        act.note(
            tx,
            "move",
            name,
            old=old.dates.stated.isoformat(),
            new=want.dates.stated.isoformat(),
            old_act_by=old.dates.act_by.isoformat(),
            new_act_by=want.dates.act_by.isoformat(),
        )
        if (old.dates.stated, old.dates.act_by) != (want.dates.stated, want.dates.act_by):
            done.moved.append((name, old.dates.act_by, want.dates.act_by))
    retracked = old.tracked != want.tracked or old.cancelled
    if retracked:
        stored_deadlines.set_deadline(tx, old.id, tracked=want.tracked, cancelled_at=None)
    if moved or reschedule:
        stored_moments.reopen_moments(tx, old.id)
    if not staged:
        stored_moments.set_moments(tx, old.due_id, want.moments)
    if moved or retracked or reschedule:
        done.touched.update(stored.ids_of_deadline(tx, old.id))
        done.coordinated.add(old.id)
    if holders is not None:
        _hold(tx, scope, name, old, holders, want, done)
    if moved and want.tracked:
        after = stored.dates_of_open(tx, [old.id])
        announce_moved(tx, scope.office, act.now, {i: dates for i, dates in before.items() if after.get(i) != dates})


def _hold(
    tx: Connection,
    scope: Scope,
    name: str,
    old: StoredDeadline,
    holders: Holders,
    want: Wanted,
    done: Expansion,
) -> None:
    """Who owes and who helps."""
    if scope.by_clock and not old.cancelled and any(m.at <= scope.act.now for m in want.moments):
        return
    act, ids = scope.act, scope.unit_ids
    owing = {ids[u]: want.variants.get(u, "") for u in want.owing}
    helping = {ids[u] for u in want.coordinating}
    # Who owed it on a last day that has passed is settled: nobody is added to it late, and so accused, nor let off.
    # What was overdue already when it was cancelled comes back so.
    own = {ids[u]: dates.dates for u, dates in want.own.items()}
    ahead = {u for u in owing.keys() | holders.owing if own.get(u, want.dates).last_day >= scope.today}
    settled = holders.owing | scope.inheritance.passed.get(old.id, frozenset())
    missing = {u: v for u, v in owing.items() if u not in settled and u in ahead}
    new = [
        number
        for variant, units in _by_variant(missing).items()
        for number in stored.add_obligations(tx, old.id, old.due_id, units, variant)
    ]
    for variant, units in _by_variant({u: v for u, v in owing.items() if u in holders.owing}).items():
        stored.set_variant(tx, old.id, variant, units)
    taken_over = scope.inheritance.holders.get(old.id, frozenset())
    back = [
        number
        for u, (number, closed_at) in stored.cancelled_in_deadline(tx, old.id).items()
        if (u in owing or u in taken_over) and (u in ahead or closed_at >= own.get(u, want.dates).late_at)
    ]
    reopen(tx, back)
    # What a unit has taken over, or will pass on when it ends, is not ended by an audience.
    staying = owing.keys() | taken_over | scope.inheritance.leaving(want.dates, own)
    gone = stored.open_in_deadline(tx, old.id, (holders.owing & ahead) - staying)
    stored.set_state(tx, gone, State.CANCELLED, closed_at=act.now, reason="not_addressed")
    if new or back:
        stored_moments.reopen_moments(tx, old.id)
    if gone:
        act.note(tx, "cancel", name, obligations=gone, why="not_addressed")
        announce_cancelled(tx, act.now, gone)
    if back:
        announce_restored(tx, act.now, back)
    if new or back:
        act.note(tx, "add", name, obligations=[*new, *back])
    stored_deadlines.set_coordinating(tx, old.id, sorted(helping - holders.helping), sorted(holders.helping - helping))
    if helping != holders.helping:
        done.coordinated.add(old.id)
        done.left.update((old.id, unit) for unit in holders.helping - helping)
        touch_units(tx, helping - holders.helping, act.now)
    done.obligations_added += len(new) + len(back)
    done.obligations_cancelled += len(gone)
    done.touched.update(new, back, gone)


def cancel_deadline(tx: Connection, act: Act, name: str, old: StoredDeadline, done: Expansion, why: str) -> None:
    """End a deadline: its open obligations are cancelled, what was done stays."""
    gone = stored.open_in_deadline(tx, old.id)
    stored.set_state(tx, gone, State.CANCELLED, closed_at=act.now, reason=why)
    stored_deadlines.set_deadline(tx, old.id, tracked=old.tracked, cancelled_at=act.now)
    stored_moments.set_moments(tx, old.due_id, ())
    act.note(tx, "cancel", name, obligations=gone, why=why)
    announce_cancelled(tx, act.now, gone)
    done.obligations_cancelled += len(gone)
    done.ended.append((name, old.dates.last_day, len(gone)))
    done.touched.update(gone)
    done.coordinated.add(old.id)
    done.cancelled.add(old.id)
