"""Load: reconcile unit and plan files into the store, and say what that does before it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
from actions.plan_checks import check_between
from actions.policies import PolicyChange, checked, mail_days, take_up
from actions.receiving import judge_again
from actions.redating import redate
from actions.responsibility import Responsibility, undone_handovers
from actions.succeeding import Succeeded, pass_on, settle_coordinators
from actions.wanted import Scope, wanted_deadlines
from plans.audiences import Resolver
from plans.deadlines import DeadlineKey
from plans.differences import PlanDifference, compare
from plans.ending import replacing_first
from plans.files.plan_file import PlanFile
from plans.files.policy_file import PolicyFile
from plans.files.reading import Reference
from plans.files.references import check_references
from plans.plan import Plan, Task
from plans.problems import Place, Problem, UserError, by_place, errors
from plans.rosters import fingerprint
from plans.units import Roster, Unit
from store import plans as stored_plans
from store.deadlines import deadlines_of_tasks
from store.expansion import indexed_at_the_end
from store.feed_members import settle_feeds
from store.feeds import touch_units
from store.happenings import read_events
from store.moments import reopen_moments_of_units
from store.obligations import batches, first_obligations, ids_of_deadlines, ids_of_units
from store.plans import StoredPlan
from store.policies import read_policies
from store.recipients import rebuild
from store.successions import inheritance
from store.unit_sets import UnitSets
from store.units import RosterChange, read_roster, save_roster, unit_ids
from store.workdays import change_workdays

_STAGED = {"policy", "kind", "due"}  # fields of a task that decide its stages
_NO_CHANGE = PolicyChange()


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
    moved: tuple[tuple[str, date, date], ...]
    ended: tuple[tuple[str, date, int], ...]  # deadline that is cancelled, its last day, how many owed it still
    mails: tuple[tuple[date, int], ...]  # local day → mails its reminders will take, if nobody submits

    @property
    def empty(self) -> bool:
        done = self.deadlines_added or self.obligations_added or self.obligations_cancelled or self.moved
        return self.difference.empty and not done


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did, or would do."""

    roster: RosterChange
    plans: tuple[PlanLoad, ...]
    warnings: tuple[Problem, ...]
    policies: PolicyChange = _NO_CHANGE
    succeeded: tuple[Succeeded, ...] = ()  # what units that have ended owed

    @property
    def empty(self) -> bool:
        done = not (self.roster.empty and self.policies.empty and all(p.empty for p in self.plans))
        return not (done or self.succeeded)


def load(
    office: Office,
    act: Act,
    rosters: Sequence[Roster],
    plans: Sequence[PlanFile],
    policies: Sequence[PolicyFile] = (),
    *,
    track_from: date | None = None,
    roster_places: Sequence[Mapping[Reference, Place]] = (),
    replace_newer: bool = False,
    dry_run: bool = False,
    problems: Sequence[Problem] = (),
    made_from: str | None = None,
) -> LoadReport:
    """Bring the store to what these files say, in one transaction; `dry_run` only says what would be.

    `made_from`: the fingerprint of the stored roster that the only one of `rosters` was made from, as the whole of what
    is to be there; refused where the store holds another by now.

    `roster_places`: where in its file each roster names what; `problems`: those found while the files were read. Raises
    UserError with these and every unknown reference and, unless `replace_newer`, for a plan that is older than the one
    loaded and where someone is named whose work was handed over.
    """
    calendar = office.calendar
    with office.database.trial() if dry_run else office.database.write() as tx:
        office.follow_table(tx, lock=True)
        old_roster = read_roster(tx)
        if made_from is not None and fingerprint(old_roster) != made_from:
            raise UserError(Problem("roster.changed"))
        roster = old_roster
        for one in rosters:
            roster = one if made_from is not None else merge(roster, one)
        old_book = read_policies(tx)
        book, of_policies = checked(policies, old_book, roster)
        problems = [*problems, *of_policies]
        problems += [p for f in plans if f.plan for p in check_references(f.plan, f.places, roster, book)]
        found = [file for file in plans if file.plan]
        problems += check_between(tx, office, act.now, found, replace=replace_newer)
        if not replace_newer:
            problems += [p for file in found for p in _older(tx, file)]
            problems += undone_handovers(tx, rosters, roster_places, found, old_roster)
        problems = by_place(problems)
        if errors(problems):
            raise UserError(problems)
        before = Responsibility(tx, office.today(act.now))
        change = save_roster(tx, old_roster, roster, office.today(act.now))
        if rosters:  # what files leave out stays, and is told
            said = {slug for one in rosters for slug in one.units}
            change = replace(change, absent=tuple(slug for slug in old_roster.units if slug not in said))
        if not change.empty:
            ends = [[s, u.until and u.until.isoformat(), *u.successors] for s, u in _ends(old_roster, roster)]
            act.note(tx, "load_units", "units", added=list(change.added), changed=list(change.changed), ends=ends)
            ids = unit_ids(tx)
            reopen_moments_of_units(tx, [ids[u] for u in change.changed if u in ids])
        if book.quiet != old_book.quiet:
            revision = change_workdays(tx, ())  # for whoever holds the calendar in memory
            office = replace(office, calendar=calendar.having(calendar.own, revision, book.quiet))
        policy_change = take_up(tx, office, act, old_book, book, roster)
        # First what was owed already, which audiences resolved anew would cancel; at the end what these plans add.
        succeeded = pass_on(tx, office, act, roster)
        named = {file.plan.slug: file.plan for file in found if file.plan}
        touched = Expansion()
        scope = scope_of(tx, office, act, roster)
        in_order = replacing_first(named.values())
        reports = [_load_plan(tx, scope, plan, track_from, touched, named=True) for plan in in_order]
        # Other plans address the same units, or end where one of these takes their place.
        others = stored_plans.replaced_by_any(tx, named) if change.empty else stored_plans.plan_slugs(tx)
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
        succeeded += pass_on(tx, office, act, roster)
        done = LoadReport(change, tuple(reports), tuple(problems), policy_change, succeeded)
    if not dry_run and office.calendar is not calendar:
        calendar.take(office.calendar.own, office.calendar.revision, office.calendar.quiet)
    return done


def _ends(old: Roster, new: Roster) -> list[tuple[str, Unit]]:
    """The units whose end, or whose successors, a file changes."""
    changed = [(s, u, old.units.get(s, replace(u, until=None, successors=()))) for s, u in new.units.items()]
    return [(s, u) for s, u, was in changed if (u.until, u.successors) != (was.until, was.successors)]


def scope_of(tx: Connection, office: Office, act: Act, roster: Roster, *, by_clock: bool = False) -> Scope:
    """What expanding goes by, as the store has it now."""
    sets, events, book = UnitSets(tx), read_events(tx), read_policies(tx)
    return Scope(office, act, Resolver(roster), unit_ids(tx), sets, events, book, inheritance(tx), by_clock)


def merge(old: Roster, new: Roster) -> Roster:
    """What the store holds, under what a file says; a file without groups (or audiences …) leaves them alone."""
    return Roster(
        units={**{s: new.units.get(s, u) for s, u in old.units.items()}, **new.units},
        groups=new.groups or old.groups,
        audiences=new.audiences or old.audiences,
        overseers=new.overseers or old.overseers,
        leaders=new.leaders or old.leaders,
    )


def _older(tx: Connection, file: PlanFile) -> list[Problem]:
    """A downloaded plan states its revision; one that was changed since must not be undone unseen."""
    plan = file.plan
    old = stored_plans.read_plan(tx, plan.slug) if plan and plan.revision is not None else None
    if plan is None or old is None or plan.revision is None or plan.revision >= old.revision:
        return []
    difference = compare(old.plan, plan)
    if difference.empty:
        return []
    changed = [c.new.slug for c in difference.changed]
    params = {
        "plan": plan.slug,
        "revision": plan.revision,
        "stored": old.revision,
        "tasks": ", ".join([*(t.slug for t in difference.added), *changed, *(t.slug for t in difference.removed)])
        or "–",
    }
    place = next((p for r, p in file.places.items() if (r.owner, r.key) == ("", "id")), None)
    return [Problem("load.older_revision", params, place)]


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
    if old is not None and (difference.fields or difference.changed):
        _touch_all(tx, task_ids, touched)
    return PlanLoad(
        plan=plan.slug,
        title=plan.title,
        new=old is None,
        difference=difference if named else PlanDifference(),
        track_from=since,
        deadlines_added=done.deadlines_added,
        obligations_added=done.obligations_added,
        obligations_cancelled=done.obligations_cancelled,
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


def _touch_all(tx: Connection, task_ids: dict[str, int], touched: Expansion) -> None:
    """A changed title or number stands in events of every period."""
    of_tasks = deadlines_of_tasks(tx, task_ids.values()).values()
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
    )


def mails_by_day(tx: Connection, office: Office, now: datetime, plan: str) -> tuple[tuple[date, int], ...]:
    """How many mails a plan's reminders will take on which local day, if nobody submits; past stages go out next."""
    days = Counter(day for day, _, _ in mail_days(tx, office, now, plan))
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
