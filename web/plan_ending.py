"""The page on which a plan's end, its going on and its periods are decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from plans.problems import Problem
from store.plan_list import periods_of_plan
from store.plans import read_plan, standing_plan, with_end
from web.site import Site
from web.visits import Visit


def end_page(
    site: Site,
    slug: str,
    visit: Visit,
    texts: Mapping[str, str] | None = None,
    problems: Sequence[Problem] = (),
    *,
    status: int = 200,
    **more: object,
) -> HTMLResponse:
    """The page of a plan; `texts` are what was typed in any of its forms."""
    now = site.clock()
    with site.office.database.read() as tx:
        stored = read_plan(tx, slug)
        if stored is None:
            raise HTTPException(404)
        standing, until = standing_plan(tx, stored.plan), with_end(tx, stored.plan).until
        periods = periods_of_plan(tx, slug, site.office.today(now))
    shown = {
        "plan": stored.plan,
        "revision": stored.revision,
        "standing": standing,
        "until": until,
        "periods": periods,
        "texts": texts or {},
        "problems": problems,
        "conflict": None,
        **more,
    }
    return site.page("plan_end.html", now, status=status, visit=visit, **shown)
