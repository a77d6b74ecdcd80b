"""The list of plans, the page of one with its tasks by quarter, and its file to take away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import readable_plans
from plans.access import Rights
from plans.files.writing import plan_yaml
from plans.filtering import Filter
from plans.naming import fold
from plans.paging import Count, Page
from plans.periods import YEARS
from plans.status import Status
from store import board
from store.plan_list import PlanLine, plan_lines
from store.plans import read_plan
from store.statuses import due_within, scope_of
from store.units import read_roster
from web.access import READS_PLAN, SIGNED_IN
from web.downloads import YAML, download
from web.plan_overview import read_plan_page
from web.site import Site
from web.visits import Visit

_SIZE = 25  # plans of a page: each is counted
_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """A plan in the list, with what of it the visitor may read."""

    plan: PlanLine
    overdue: Count
    due: Count  # still to be done within the next days


def list_plans(
    tx: Connection, rights: Rights, now: datetime, today: date, text: str, *, ended: bool, after: str
) -> Page[Line]:
    """The plans that are running, or have ended; `after` is the identifier of the last one of the page before."""
    reads, needle = readable_plans(tx, rights), fold(text)
    found = [
        p
        for p in plan_lines(tx)
        if (reads is None or p.slug in reads)
        and p.ended(today) is ended
        and (not needle or any(needle in fold(said) for said in (p.title, p.number or "", p.issuer or "", p.slug)))
    ]
    slugs = [p.slug for p in found]
    start = slugs.index(after) + 1 if after in slugs else 0
    some = found[start : start + _SIZE]
    late, soon = scope_of(Status.OVERDUE, now, today), due_within(today, today + _SOON)
    lines = []
    for plan in some:
        which = Filter(plan=plan.slug, reader=rights)
        lines.append(Line(plan, board.count(tx, which, late, today), board.count(tx, which, soon, today)))
    return Page(tuple(lines), some[-1].slug if some and len(found) > start + _SIZE else None)


def plan_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/plans", methods=["GET", "HEAD"])
    def plans(
        visit: Annotated[Visit, Depends(SIGNED_IN.guard)],
        text: Annotated[str, Query(alias="tim", max_length=200)] = "",
        which: Annotated[str, Query(alias="loai", max_length=20)] = "",
        after: Annotated[str, Query(alias="sau", max_length=100)] = "",
    ) -> HTMLResponse:
        now, ended = site.clock(), which == "da-ket-thuc"
        today = site.office.today(now)
        with site.office.database.read() as tx:
            page = list_plans(tx, visit.rights, now, today, text, ended=ended, after=after)
            roster = read_roster(tx)
        return site.page(
            "plans.html", now, visit=visit, page=page, units=roster.units, text=text, ended=ended, first=not after
        )

    @router.api_route("/plans/{slug}", methods=["GET", "HEAD"])
    def plan(
        slug: str,
        visit: Annotated[Visit, Depends(READS_PLAN.guard)],
        year: Annotated[str, Query(alias="nam", max_length=10)] = "",
        added: Annotated[str, Query(alias="them", max_length=100)] = "",
    ) -> HTMLResponse:
        now = site.clock()
        chosen = int(year) if year.isdecimal() and int(year) in YEARS else None
        with site.office.database.read() as tx:
            found = read_plan_page(tx, slug, visit.rights, now, site.office.today(now), chosen)
        if found is None:
            raise HTTPException(404)
        return site.page("plan.html", now, visit=visit, page=found, added=found.plan.task(added))

    @router.api_route("/plans/{slug}/tai-ve", methods=["GET", "HEAD"])
    @router.api_route("/plans/{slug}/tai-ve.yaml", methods=["GET", "HEAD"])
    def file(slug: str, visit: Annotated[Visit, Depends(READS_PLAN.guard)]) -> Response:
        """Whoever reads the plan may have its file; officers of tasks are named to those who read all of it."""
        with site.office.database.read() as tx:
            stored = read_plan(tx, slug)
        if stored is None:
            raise HTTPException(404)
        plan = replace(stored.plan, revision=stored.revision)
        if not visit.rights.may_read_whole_plan(slug):  # a part of it: no state to load again
            tasks = tuple(replace(task, officers=()) for task in plan.tasks)
            plan = replace(plan, tasks=tasks, revision=None)
        return download(f"{slug}.yaml", YAML, plan_yaml(plan).encode())

    return router
