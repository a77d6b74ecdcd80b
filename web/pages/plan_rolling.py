"""Next year's plan as a draft: shown with what a person has to look at, to be taken away or loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from plans.files.writing import plan_yaml
from plans.periods import YEARS
from plans.plan import Plan
from plans.problems import Problem, UserError
from plans.rolling import Rolled, own_year, remarks, roll_over
from store.plans import read_plan
from web.access import CHANGES_PLAN
from web.downloads import YAML, download
from web.site import Site
from web.visits import Visit


@dataclass(frozen=True, slots=True)
class Draft:
    """The plan of another year, as its file."""

    rolled: Rolled
    text: str

    @property
    def name(self) -> str:
        return f"{self.rolled.plan.slug}.yaml"


def plan_rolling_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def plan_of(slug: str) -> Plan:
        with site.office.database.read() as tx:
            stored = read_plan(tx, slug)
        if stored is None:
            raise HTTPException(404)
        return stored.plan

    def year_of(plan: Plan, text: str) -> int:
        this_year = site.office.today(site.clock()).year
        following = (own_year(plan) or this_year) + 1
        following = following if following >= this_year else this_year + 1  # of a plan that is years old
        return int(text) if text.isdecimal() and int(text) in YEARS else following

    def draft_of(plan: Plan, year: int) -> Draft:
        rolled = roll_over(plan, year, lambda day: site.office.calendar.day_off(day, site.words.weekday))
        return Draft(rolled, plan_yaml(rolled.plan, remarks(rolled, site.words)))

    @router.api_route("/plans/{slug}/nam-sau", methods=["GET", "HEAD"])
    def draft(
        slug: str,
        visit: Annotated[Visit, Depends(CHANGES_PLAN.guard)],
        year: Annotated[str, Query(alias="nam", max_length=10)] = "",
    ) -> HTMLResponse:
        plan = plan_of(slug)
        wanted = year_of(plan, year)
        made: Draft | None = None
        problems: tuple[Problem, ...] = ()
        try:
            made = draft_of(plan, wanted)
        except UserError as error:
            problems = error.problems
        shown = {"plan": plan, "draft": made, "year": wanted, "problems": problems}
        return site.page("plan_roll.html", site.clock(), status=200 if made else 422, visit=visit, **shown)

    @router.api_route("/plans/{slug}/nam-sau/tai-ve", methods=["GET", "HEAD"])
    def file(
        slug: str,
        visit: Annotated[Visit, Depends(CHANGES_PLAN.guard)],  # noqa: ARG001 - the rule
        year: Annotated[str, Query(alias="nam", max_length=10)] = "",
    ) -> Response:
        plan = plan_of(slug)
        try:
            made = draft_of(plan, year_of(plan, year))
        except UserError:
            raise HTTPException(404) from None
        return download(made.name, YAML, made.text.encode())

    return router
