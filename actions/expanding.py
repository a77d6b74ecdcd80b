"""A plan's tasks become deadlines, dates, moments and obligations; repeated, it writes only what is new or moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection

from actions.announcing import announce_cancelled, announce_moved, announce_restored
from actions.office import Act, Office
from actions.own_dates import OwnDates, settle_own_dates
from calendars.due import Occurrence, due_dates, occurrences
from notifications.stages import StageMoment, moments
from plans.audiences import Resolver
from plans.deadlines import DeadlineKey, DueDates
from plans.happenings import NO_EVENTS, Events
from plans.periods import Period
from plans.plan import Plan, Task
from plans.policies import PROGRAMS, PolicyBook, policy_of
from plans.rules import Relative, is_dated, recurs
from plans.status import State
from store import deadlines as stored_deadlines
from store import expansion
from store import obligations as stored
from store.deadlines import StoredDeadline
from store.expansion import Holders, NewDeadline
from store.origins import settle_in_force
from store.successions import NOTHING_INHERITED, Inheritance, reopen
from store.unit_sets import UnitSets

_AT_ONCE = 200  # deadlines made by one statement
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


@dataclass
class Expansion:
    """What expanding did: numbers for people, and what to render anew."""

    deadlines_added: int = 0
    obligations_added: int = 0
    obligations_cancelled: int = 0
    ended: list[tuple[str, date, int]] = field(default_factory=list)  # cancelled deadline, last day, how many owed it
    moved: list[tuple[str, date, date]] = field(default_factory=list)  # deadline, old and new act-by
    made: list[int] = field(default_factory=list)  # new deadlines: all their events are to be rendered
    touched: set[int] = field(default_factory=set)  # other obligations whose events say something else now
    coordinated: set[int] = field(default_factory=set)  # deadlines whose shared event does
    redated: set[int] = field(default_factory=set)  # deadlines of which some obligation is judged by another date
    coming: list[tuple[int, Wanted]] = field(default_factory=list)  # task → a deadline to be made with others at once


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


def expand_task(
    tx: Connection,
    scope: Scope,
    key: tuple[str, str],
    task_id: int,
    wanted: Iterable[Wanted],
    done: Expansion,
    *,
    track_from: date,
    ends: date | None,
    reschedule: bool,
) -> None:
    """Bring one task's deadlines to `wanted`, adding what was done to `done`; those to come are made by `make_coming`.

    `key` is (plan, task), `ends` the plan's last day. `reschedule`: the task itself changed, so its moments are set
    anew even for the same dates.
    """
    wanted = list(wanted)
    have = stored_deadlines.deadlines_of_task(tx, task_id)
    done.coming += [(task_id, want) for want in wanted if want.period not in have]
    per_unit = any(want.per_unit for want in wanted)
    if per_unit or len(done.coming) >= _AT_ONCE:
        make_coming(tx, scope, done)
    there = [(have[want.period], want) for want in wanted if want.period in have]
    holders = _holders(tx, scope, there)
    for old, want in there:
        name = str(DeadlineKey(*key, want.period))
        _update(tx, scope, name, old, holders.get(old.id), want, done, reschedule=reschedule)
    if per_unit:
        _settle_own(tx, scope, task_id, wanted, done)
    seen = {want.period for want in wanted}
    for period, old in have.items():
        # Beyond the horizon lies what a clock set back does not reach.
        if period in seen or old.cancelled or not old.tracked or old.dates.stated > scope.horizon:
            continue
        if old.dates.last_day < track_from:  # a later start leaves it out, further back than deadlines are made
            stored_deadlines.set_deadline(tx, old.id, tracked=False, cancelled_at=None)
            stored_deadlines.set_moments(tx, old.due_id, ())
            done.touched.update(stored.ids_of_deadline(tx, old.id))
            done.coordinated.add(old.id)
        else:
            why = "plan_ended" if ends is not None and old.dates.stated > ends else "rule_changed"
            cancel_deadline(tx, scope.act, str(DeadlineKey(*key, period)), old, done, why)


def make_coming(tx: Connection, scope: Scope, done: Expansion) -> None:
    """Make the deadlines that expanding found missing."""
    ids = scope.unit_ids
    new = [want for _, want in done.coming]
    rows = [
        NewDeadline(
            task=task_id,
            period=want.period,
            tracked=want.tracked,
            dates=want.dates,
            soon=want.soon,
            moments=want.moments,
            owing=scope.number(want),
            helping=sorted(ids[u] for u in want.coordinating),
        )
        for task_id, want in done.coming
    ]
    done.coming = []
    coming = sum(len(want.owing) for want in new)
    made = expansion.add_deadlines(tx, rows)
    done.deadlines_added += len(made)
    done.obligations_added += coming
    done.made += made
    done.coordinated.update(number for number, want in zip(made, new, strict=True) if want.coordinating)


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
    name: str,
    old: StoredDeadline,
    holders: Holders | None,
    want: Wanted,
    done: Expansion,
    *,
    reschedule: bool,
) -> None:
    """`holders`: None where just those owe it and help with it who should."""
    act = scope.act
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
        stored_deadlines.reopen_moments(tx, old.id)
    stored_deadlines.set_moments(tx, old.due_id, want.moments)
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
        stored_deadlines.reopen_moments(tx, old.id)
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
    announce_cancelled(tx, act.now, gone)
    done.obligations_cancelled += len(gone)
    done.ended.append((name, old.dates.last_day, len(gone)))
    done.touched.update(gone)
    done.coordinated.add(old.id)
