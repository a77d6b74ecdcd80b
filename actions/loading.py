"""Load: reconcile unit and plan files into the store, and say what that does before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from actions.office import Act, Office
from actions.plan_checks import check_between
from actions.policies import PolicyChange, checked, take_up
from actions.reconciling import PlanLoad, reconcile
from actions.responsibility import Responsibility, undone_handovers
from actions.succeeding import Succeeded, pass_on
from plans.differences import compare
from plans.files.plan_file import PlanFile
from plans.files.policy_file import PolicyFile
from plans.files.reading import Reference
from plans.files.references import check_references
from plans.problems import Place, Problem, UserError, by_place, errors
from plans.rosters import fingerprint
from plans.units import Roster, Unit
from store import plans as stored_plans
from store.announcements import Announced, announced_since, last_announced
from store.moments import reopen_moments_of_units
from store.policies import read_policies
from store.units import RosterChange, read_roster, save_roster, unit_ids
from store.workdays import change_workdays

_NO_CHANGE = PolicyChange()


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did, or would do."""

    roster: RosterChange
    plans: tuple[PlanLoad, ...]
    warnings: tuple[Problem, ...]
    policies: PolicyChange = _NO_CHANGE
    succeeded: tuple[Succeeded, ...] = ()  # what units that have ended owed
    told: tuple[Announced, ...] = ()  # people to whom something is announced

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
        stored_plans.one_at_a_time(tx)
        office.follow_table(tx, lock=True)
        last = last_announced(tx)
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
        reconciled = reconcile(
            tx, office, act, before, (old_roster, roster), named, track_from, all_plans=not change.empty
        )
        succeeded += reconciled.succeeded
        told = announced_since(tx, last, act.now)
        done = LoadReport(change, reconciled.plans, tuple(problems), policy_change, succeeded, told)
    if not dry_run and office.calendar is not calendar:
        calendar.take(office.calendar.own, office.calendar.revision, office.calendar.quiet)
    return done


def _ends(old: Roster, new: Roster) -> list[tuple[str, Unit]]:
    """The units whose end, or whose successors, a file changes."""
    changed = [(s, u, old.units.get(s, replace(u, until=None, successors=()))) for s, u in new.units.items()]
    return [(s, u) for s, u, was in changed if (u.until, u.successors) != (was.until, was.successors)]


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
