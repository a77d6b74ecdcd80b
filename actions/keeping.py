"""Whether a plan still applies: the list of plans, the yearly answer "it does", and its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from actions.loading import LoadReport, load
from actions.office import Act, Office
from plans.files.plan_file import PlanFile
from plans.problems import Problem, UserError
from store.plans import StandingPlan, keep_through, read_plan, standing_plans

LAST_YEAR = 2100


def keep(office: Office, act: Act, plan: str, year: int) -> StandingPlan:
    """Record that a plan's open-ended rules apply through `year`: nobody is asked about it until then.

    Raises UserError for a plan that has an end of its own, and for a year that is over or already confirmed.
    """
    with office.database.write() as tx:
        found = _plan(tx, plan)
        if not found.open_ended:
            raise UserError(Problem("keep.not_open_ended", {"plan": plan}))
        this = office.today(act.now).year
        lowest = max(this, (found.kept_through or 0) + 1)
        if not lowest <= year <= LAST_YEAR:
            raise UserError(Problem("keep.year", {"plan": plan, "year": year, "first": lowest, "last": LAST_YEAR}))
        keep_through(tx, plan, year)
        act.note(tx, "keep_plan", plan, year=year, before=found.kept_through)
        return replace(found, kept_through=year)


def end(office: Office, act: Act, plan: str, until: date, *, dry_run: bool = False) -> LoadReport:
    """Give a plan its last day, as a file with this `until` would: later deadlines are cancelled and announced.

    Raises UserError for a plan that isn't there, or that was issued after that day.
    """
    with office.database.read() as tx:
        _plan(tx, plan)
        stored = read_plan(tx, plan)
    if stored is None:
        raise LookupError(plan)
    issued = stored.plan.issued
    if issued and until < issued:
        raise UserError(Problem("plan.until_before_issued", {"until": until, "issued": issued}))
    # With its revision: a load that came in between is not undone.
    file = PlanFile(plan, replace(stored.plan, until=until, revision=stored.revision))
    return load(office, act, [], [file], dry_run=dry_run)


def _plan(tx: Connection, slug: str) -> StandingPlan:
    found = {plan.slug: plan for plan in standing_plans(tx)}
    if slug not in found:
        raise UserError(Problem("plan.unknown", {"plan": slug, "known": ", ".join(found) or "–"}))
    return found[slug]
