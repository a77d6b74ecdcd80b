"""How long a plan goes on: that it still applies, and the closing and opening again of a period.

Its last day is a field like others: `web.pages.plan_editing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from actions.adjusting import close, reopen
from actions.keeping import keep
from actions.office import Act
from actions.receiving import Changed
from plans.problems import UserError
from store.plans import read_plan
from web.access import CHANGES_PLAN
from web.flash import flash
from web.forms import sent_form
from web.plan_ending import end_page
from web.plan_forms import texts_from
from web.site import Site
from web.visits import Visit

_SURE = "chac-chan"
Changing = Annotated[Visit, Depends(CHANGES_PLAN.act)]
Sent = Annotated[FormData, Depends(sent_form)]


def plan_closing_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def act_of(visit: Visit, reason: str) -> Act:
        return Act(f"person:{visit.visitor.address}", site.clock(), reason or None)

    def require(slug: str) -> None:
        with site.office.database.read() as tx:
            if read_plan(tx, slug) is None:
                raise HTTPException(404)

    @router.post("/plans/{slug}/con-ap-dung")
    def keeps(slug: str, visit: Changing, form: Sent) -> Response:
        require(slug)
        texts = texts_from(form, ("nam", "ly-do"))
        year = texts.get("nam", "").strip()[:10]  # nobody counts further
        try:
            kept = keep(
                site.office, act_of(visit, texts.get("ly-do", "").strip()), slug, int(year) if year.isdecimal() else 0
            )
        except UserError as error:
            return end_page(site, slug, visit, texts, error.problems, status=422)
        return flash(site, _back(slug), "flash.plan_kept", year=kept.kept_through or 0)

    def closing(
        slug: str, visit: Visit, form: FormData, what: str, do: Callable[..., Sequence[Changed]], done: str
    ) -> Response:
        require(slug)
        texts = texts_from(form, ("ky", "ly-do"))
        act, period = act_of(visit, texts.get("ly-do", "").strip()), texts.get("ky") or None
        sure = bool(form.get(_SURE))
        try:
            changed = do(site.office, act, slug, period, dry_run=not sure)
        except UserError as error:
            return end_page(site, slug, visit, texts, error.problems, status=422)
        moved = [c for c in changed if not c.skipped]
        if sure:
            return flash(site, _back(slug), done, n=len(moved))
        return _preview(slug, visit, what, texts, changed)

    def _preview(slug: str, visit: Visit, what: str, texts: dict[str, str], changed: Sequence[Changed]) -> HTMLResponse:
        moved = Counter(c.obligation.key for c in changed if not c.skipped)
        skipped = Counter(c.skipped for c in changed if c.skipped)
        first = {c.obligation.key: c.obligation for c in changed}
        with site.office.database.read() as tx:
            stored = read_plan(tx, slug)
        rows = sorted(((first[key], n) for key, n in moved.items()), key=lambda r: (r[0].dates.last_day, r[0].key))
        shown: dict[str, Any] = {"what": what, "texts": texts, "rows": rows, "skipped": skipped}
        return site.page("plan_close.html", site.clock(), visit=visit, plan=stored and stored.plan, **shown)

    @router.post("/plans/{slug}/dong-ky")
    def closes(slug: str, visit: Changing, form: Sent) -> Response:
        return closing(slug, visit, form, "close", close, "flash.period_closed")

    @router.post("/plans/{slug}/mo-lai")
    def reopens(slug: str, visit: Changing, form: Sent) -> Response:
        return closing(slug, visit, form, "reopen", reopen, "flash.period_reopened")

    return router


def _back(slug: str) -> RedirectResponse:
    return RedirectResponse(f"/plans/{slug}", 303)
