"""Bring plans in the store to what a file or an edit says of them: the one way in which either changes anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from actions.announcing import announce_new
from actions.events import (
    begin_rendering,
    recount,
    recount_units,
    render_coordinations,
    render_deadlines_made,
    render_obligations,
    withdraw_coordinations,
)
from actions.expanding import Expansion, TaskTurns, cancel_deadline, expand_tasks
from actions.office import Act, Office
from actions.policies import mail_days
from actions.receiving import judge_again
from actions.redating import redate
from actions.responsibility import Responsibility
from actions.succeeding import Succeeded, pass_on, settle_coordinators
from actions.wanted import Scope, wanted_deadlines
from plans.audiences import Resolver
from plans.deadlines import DeadlineKey
from plans.differences import PlanDifference, compare
from plans.editing import task_values
from plans.ending import replacing_first
from plans.plan import Plan, Task
from plans.units import Roster
from store import plans as stored_plans
from store.deadlines import deadlines_of_tasks
from store.expansion import indexed_at_the_end
from store.feed_members import settle_feeds
from store.feeds import touch_units
from store.happenings import read_events
from store.obligations import batches, first_obligations, ids_of_deadlines, ids_of_units
from store.plans import StoredPlan
from store.policies import read_policies
from store.recipients import rebuild
from store.successions import inheritance
from store.unit_sets import UnitSets
from store.units import read_roster, unit_ids

_STAGED = {"policy", "kind", "due"}  # fields of a task that decide its stages


@dataclass(frozen=True, slots=True)
class PlanLoad:
    """What loading one plan did."""

    plan: str
    title: str
    new: bool
    difference: PlanDifference
    track_from: date
    deadlines_added: int
    obligations_added: int
    obligations_cancelled: int
    added: tuple[tuple[str, date, int], ...]  # tracked deadline that is new, its last day, how many owe it
    moved: tuple[tuple[str, date, date], ...]
    ended: tuple[tuple[str, date, int], ...]  # deadline that is cancelled, its last day, how many owed it still
    mails: tuple[tuple[date, int], ...]  # local day → mails its reminders will take, if nobody submits

    @property
    def empty(self) -> bool:
        done = self.deadlines_added or self.obligations_added or self.obligations_cancelled or self.moved
        return self.difference.empty and not done


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What bringing plans to what is said of them did."""

    plans: tuple[PlanLoad, ...]
    succeeded: tuple[Succeeded, ...]


def reconcile(
    tx: Connection,
    office: Office,
    act: Act,
    before: Responsibility,
    rosters: tuple[Roster, Roster],
    named: Mapping[str, Plan],
    track_from: date | None = None,
    *,
    all_plans: bool = False,
) -> Reconciled:
    """Bring the store to what these plans say, by slug: the one way for a file and for an edit.

    `rosters`: as it was, and as it is, already saved. `before`: who was responsible then. `all_plans`: those that are
    not named address the same units, and are resolved anew.
    """
    old_roster, roster = rosters
    touched = Expansion()
    scope = scope_of(tx, office, act, roster)
    in_order = replacing_first(named.values())
    reports = [_load_plan(tx, scope, plan, track_from, touched, named=True) for plan in in_order]
    # Other plans address the same units, or end where one of these takes their place.
    others = stored_plans.plan_slugs(tx) if all_plans else stored_plans.replaced_by_any(tx, named)
    for slug in others:
        old = stored_plans.read_plan(tx, slug)
        if slug not in named and old is not None:
            report = _load_plan(tx, scope, old.plan, None, touched, named=False)
            reports += [] if report.empty else [report]
    renamed = [s for s, u in roster.units.items() if s in old_roster.units and old_roster.units[s].name != u.name]
    touched.touched.update(ids_of_units(tx, renamed))
    before.announce(tx, office, act.now)
    _settle_feeds(tx, office, act.now, old_roster, roster, touched.made)
    render_expansion(tx, office, act.now, touched)
    if any(_STAGED & set(c.fields) for report in reports for c in report.difference.changed):
        redate(tx, office, office.calendar)  # also what was extended or sent back under another policy
    return Reconciled(tuple(reports), tuple(pass_on(tx, office, act, roster)))


def _load_plan(
    tx: Connection,
    scope: Scope,
    plan: Plan,
    track_from: date | None,
    touched: Expansion,
    *,
    named: bool,
) -> PlanLoad:
    """One plan; `named`: it was given in a file, else only its audiences are resolved anew."""
    plan, office, act, ids = replace(plan, revision=None), scope.office, scope.act, scope.unit_ids
    old = stored_plans.read_plan(tx, plan.slug)
    difference = compare(old.plan if old else None, plan)
    since = track_from or (old.track_from if old else office.today(act.now))
    done = Expansion()
    if old is None or not difference.empty or since != old.track_from:
        plan_id = stored_plans.save_plan(
            tx, plan, ids[plan.coordinator] if plan.coordinator else None, since, act.now, old
        )
        settle_coordinators(tx, office, act, scope.resolver.roster)
        removed = {t.slug: old.task_ids[t.slug] for t in difference.removed} if old else {}
        # What a plan is given later was owed by nobody before it was named, unless the file's loader says otherwise.
        added_from = since if old is None or track_from else max(since, office.today(act.now))
        stored_plans.save_tasks(tx, plan_id, plan.tasks, added_from, act.now, anew=track_from is not None)
        gone = deadlines_of_tasks(tx, removed.values())
        for slug, task_id in removed.items():
            for period, deadline in gone[task_id].items():
                if not deadline.cancelled:
                    key = DeadlineKey(plan.slug, slug, period)
                    cancel_deadline(tx, act, str(key), deadline, done, "task_removed")
        if _names_officers(difference):
            rebuild(tx, office.today(act.now))
        _audit(tx, act, plan, old, difference, since)
    kept = stored_plans.read_plan(tx, plan.slug)
    if kept is None:
        raise LookupError(plan.slug)
    task_ids = kept.task_ids
    expand_plan(tx, scope, kept, {c.new.slug for c in difference.changed}, done, fresh=old is None)
    announce_new(
        tx, act.now, first_obligations(tx, [task_ids[t.slug] for t in difference.added], office.today(act.now))
    )
    touched.made += done.made
    touched.touched |= done.touched
    touched.coordinated |= done.coordinated
    touched.left |= done.left
    touched.cancelled |= done.cancelled
    if old is not None and difference.fields:
        # What was removed stands crossed out in feeds for some time: under the number that one finds the plan by.
        _touch_all(tx, stored_plans.all_task_ids(tx, kept.id), touched)
    elif old is not None:
        _touch_all(tx, [task_ids[c.new.slug] for c in difference.changed], touched)
    return PlanLoad(
        plan=plan.slug,
        title=plan.title,
        new=old is None,
        difference=difference if named else PlanDifference(),
        track_from=since,
        deadlines_added=done.deadlines_added,
        obligations_added=done.obligations_added,
        obligations_cancelled=done.obligations_cancelled,
        added=tuple(sorted(done.added, key=lambda e: (e[1], e[0]))),
        moved=tuple(done.moved),
        ended=tuple(sorted(done.ended, key=lambda e: (e[1], e[0]))),
        mails=mails_by_day(tx, office, act.now, plan.slug),
    )


def _names_officers(difference: PlanDifference) -> bool:
    """Whether tasks have, or had, officers of their own that these changes concern."""
    changed = [t for c in difference.changed if "officers" in c.fields for t in (c.old, c.new)]
    return any(t.officers for t in (*difference.added, *difference.removed, *changed))


def expand_plan(
    tx: Connection, scope: Scope, stored: StoredPlan, changed: set[str], done: Expansion, *, fresh: bool = False
) -> None:
    """Bring the deadlines of a plan to what it says; `changed` tasks are scheduled anew, `fresh`: it has none yet."""
    plan = stored_plans.with_end(tx, stored.plan)
    with indexed_at_the_end(tx, fresh=fresh):
        tasks = (turns_of(scope, stored, plan, t, reschedule=t.slug in changed) for t in plan.tasks)
        expand_tasks(tx, scope, tasks, done)
    done.touched.update(judge_again(tx, scope.office, scope.act, done.redated))


def turns_of(scope: Scope, stored: StoredPlan, plan: Plan, task: Task, *, reschedule: bool = False) -> TaskTurns:
    """The deadlines that a task of `plan`, which is `stored`, is to have."""
    since = stored.tracked_since[task.slug]
    wanted = tuple(wanted_deadlines(scope, plan, task, since))
    return TaskTurns((plan.slug, task.slug), stored.task_ids[task.slug], wanted, since, plan.until, reschedule)


def _touch_all(tx: Connection, task_ids: Iterable[int], touched: Expansion) -> None:
    """A changed title or number stands in events of every period."""
    of_tasks = deadlines_of_tasks(tx, task_ids).values()
    numbers = [deadline.id for found in of_tasks for deadline in found.values()]
    touched.coordinated.update(numbers)
    for some in batches(numbers):
        touched.touched.update(ids_of_deadlines(tx, some))


def _audit(
    tx: Connection, act: Act, plan: Plan, old: StoredPlan | None, difference: PlanDifference, since: date
) -> None:
    fields = [[name, before, after] for name, before, after in difference.fields] if old else []
    act.note(
        tx,
        "load" if old is None else "change",
        plan.slug,
        fields=fields,
        added=[t.slug for t in difference.added],
        changed=[[c.new.slug, *c.fields] for c in difference.changed],
        removed=[t.slug for t in difference.removed],
        track_from=since.isoformat(),
        revision=old.revision + 1 if old else 1,
        values={
            **{c.new.slug: task_values(c.old, c.new) for c in difference.changed},
            **{t.slug: task_values(t, None) for t in difference.removed},
        },
    )


def mails_by_day(tx: Connection, office: Office, now: datetime, plan: str) -> tuple[tuple[date, int], ...]:
    """How many mails a plan's reminders will take on which local day, if nobody submits; past stages go out next."""
    days: Counter[date] = Counter()
    for (day, _), people in mail_days(tx, office, now, plan).items():
        days[day] += len(people)
    return tuple(sorted(days.items()))


def extend_horizon(tx: Connection, office: Office, act: Act) -> Expansion:
    """Make the deadlines that have come within the horizon, and resolve audiences anew; announces nothing.

    Who owes a deadline whose first stage has come is settled until a person loads something.
    """
    scope, touched = scope_of(tx, office, act, read_roster(tx), by_clock=True), Expansion()
    for slug in stored_plans.plan_slugs(tx):
        old = stored_plans.read_plan(tx, slug)
        if old is not None:
            expand_plan(tx, scope, old, set(), touched)
    render_expansion(tx, office, act.now, touched)
    return touched


def render_expansion(tx: Connection, office: Office, now: datetime, done: Expansion) -> None:
    """The events of what an expansion made or changed."""
    render_deadlines_made(tx, office, now, done.made)
    render_obligations(tx, office, now, done.touched)
    withdraw_coordinations(tx, office, now, done.left)
    render_coordinations(tx, office, now, done.coordinated)
    recount(tx, office, now, done.cancelled)


def _settle_feeds(tx: Connection, office: Office, now: datetime, old: Roster, new: Roster, made: Sequence[int]) -> None:
    """Feeds that are to be there, under the names of today; an ended unit's names those who came after it."""
    settled = settle_feeds(tx, now)
    begin_rendering(tx, office, now)
    recount_units(tx, office, now, settled, made)
    told = [{s: (u.name, u.until, u.successors) for s, u in roster.units.items()} for roster in (old, new)]
    differing = {s for s, said in told[1].items() if told[0].get(s) != said}
    if differing:
        ids = unit_ids(tx)
        heirs = {s for s, u in new.units.items() if differing.intersection(u.successors)}
        touch_units(tx, {ids[s] for s in differing | heirs}, now)


def scope_of(tx: Connection, office: Office, act: Act, roster: Roster, *, by_clock: bool = False) -> Scope:
    """What expanding goes by, as the store has it now."""
    sets, events, book = UnitSets(tx), read_events(tx), read_policies(tx)
    return Scope(office, act, Resolver(roster), unit_ids(tx), sets, events, book, inheritance(tx), by_clock)
