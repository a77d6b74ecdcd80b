"""Begin a plan by the fields of its document, without tasks; those are added by edits, one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from actions.loading import LoadReport
from actions.office import Act, Office
from actions.plan_checks import check_between
from actions.reconciling import reconcile
from actions.responsibility import Responsibility
from plans.beginning import alike, begun, plan_slug
from plans.files.plan_file import PlanFile
from plans.files.references import check_references
from plans.plan import Plan
from plans.problems import Place, Problem, UserError, errors
from plans.units import Roster
from store import plans as stored_plans
from store.announcements import announced_since, last_announced
from store.plan_list import plan_lines
from store.policies import read_policies
from store.units import RosterChange, read_roster

_NOTHING = LoadReport(RosterChange((), (), ()), (), ())


@dataclass(frozen=True, slots=True)
class PlanBegun:
    """What beginning a plan did, or would do."""

    plan: Plan
    report: LoadReport  # says nothing where the plan was there already: it was sent twice


def begin_plan(
    office: Office,
    act: Act,
    fields: Mapping[str, str | None],
    *,
    slug: str | None = None,
    coordinators: Collection[str] | None = None,
    dry_run: bool = False,
) -> PlanBegun:
    """Make a plan without tasks of a document's fields, which are those of a file without `id`.

    `slug`: the identifier that was shown before; None: one is made. `coordinators`: the units that may be named as
    such; None: any. What is begun again with the same fields and `slug` does nothing. Raises UserError with everything
    that is wrong, for a document that is a plan already, and where somebody else has taken `slug` meanwhile.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        stored_plans.one_at_a_time(tx)
        office.follow_table(tx, lock=True)
        there = [Plan(p.slug, p.title, p.issuer, None, p.number, p.issued) for p in plan_lines(tx)]
        file = _read(fields, slug, {p.slug for p in there})
        roster = read_roster(tx)
        problems = [*file.problems, *_of_coordinator(fields.get("coordinator"), roster, coordinators)]
        plan = file.plan
        if plan is None or errors(problems):
            raise UserError([*problems, *(alike(plan, there) if plan else ())])
        old = stored_plans.read_plan(tx, plan.slug)
        if old is not None and replace(old.plan, tasks=()) == plan:
            return PlanBegun(plan, _NOTHING)
        problems += [*alike(plan, there), *_between(tx, office, act, file, roster)]
        if old is not None and not errors(problems):
            problems.append(Problem("plan.just_begun", {"plan": plan.slug}))
        if errors(problems):
            raise UserError(problems)
        last, responsible = last_announced(tx), Responsibility(tx, office.today(act.now))
        done = reconcile(tx, office, act, responsible, (roster, roster), {plan.slug: plan})
        told = announced_since(tx, last, act.now)
        report = replace(_NOTHING, plans=done.plans, warnings=tuple(problems), succeeded=done.succeeded, told=told)
        return PlanBegun(plan, report)


def _read(fields: Mapping[str, str | None], slug: str | None, taken: Collection[str]) -> PlanFile:
    if slug:
        return begun(slug, fields)
    plan = begun("ke-hoach", fields).plan
    made = plan_slug(fields.get("title") or "", fields.get("number") or "", plan.issued if plan else None, taken)
    return begun(made, fields)


def _of_coordinator(given: str | None, roster: Roster, allowed: Collection[str] | None) -> list[Problem]:
    """A plan that nobody coordinates can be begun by its file alone: nobody would record what comes in."""
    place = Place("coordinator")
    if not given:
        return [Problem("plan.coordinator_missing", {}, place)]
    if given not in roster.units or (allowed is not None and given not in allowed):
        return [Problem("plan.coordinator_not_yours", {}, place)]
    return []


def _between(tx: Connection, office: Office, act: Act, file: PlanFile, roster: Roster) -> list[Problem]:
    plan = file.plan
    named = check_references(plan, file.places, roster, read_policies(tx)) if plan else []
    return [*named, *check_between(tx, office, act.now, [file], replace=True)]
