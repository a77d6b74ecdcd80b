"""The page on which a plan is begun: by a form for its document, or, below, by its file.

What was sent first shows what it would make, and changes nothing; sent again from there the plan is made, and its page
leads on to the first task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection
from starlette.datastructures import FormData

from actions.access import units_to_coordinate
from actions.beginning import PlanBegun, begin_plan
from actions.office import Act
from plans.access import Granted, Rights
from plans.problems import Problem, UserError
from plans.units import Unit, valid
from store.plan_list import PlanLine, plan_lines
from store.units import read_roster
from web.access import ADDS_PLANS
from web.flash import flash
from web.forms import sent_form
from web.pages.plan_loading import MOST_FILES, Upload
from web.plan_forms import DOCUMENT_FIELDS, deadline_names, document_fields, in_words, texts_from, titles_of
from web.site import Site
from web.visits import Visit

_SURE, _AGAIN = "chac-chan", "sua-lai"  # buttons of the page that shows what would be made
_MOST_ISSUERS = 20  # that are offered


@dataclass(frozen=True, slots=True)
class Desk:
    """What the form offers."""

    units: tuple[Unit, ...]  # that may coordinate, in the order of the roster
    issuers: tuple[str, ...]  # of plans that they coordinate, the latest first
    texts: Mapping[str, str]  # what an empty form says


def plan_beginning_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def begin(visit: Visit) -> Desk:
        today = site.office.today(site.clock())
        with site.office.database.read() as tx:
            return desk_of(
                tx, visit.rights, site.web.granted, [u for u in _units(tx) if valid(u.since, u.until, today)]
            )

    def draw(
        visit: Visit, texts: Mapping[str, str] | None = None, problems: Sequence[Problem] = (), *, status: int = 200
    ) -> HTMLResponse:
        desk, problems = begin(visit), in_words(problems, site.words)
        at = {str(p.place): site.words.problem(p) for p in reversed(problems) if p.place}
        shown = {"desk": desk, "t": desk.texts if texts is None else texts, "problems": problems, "at": at}
        shown |= {"seen": readable_of(visit.rights, problems), "upload": Upload(), "most": MOST_FILES}
        return site.page("plan_begin.html", site.clock(), status=status, visit=visit, **shown)

    def preview(visit: Visit, texts: Mapping[str, str], made: PlanBegun) -> HTMLResponse:
        with site.office.database.read() as tx:
            coordinator = read_roster(tx).units[made.plan.coordinator or ""]
        warnings = made.report.warnings
        shown: dict[str, Any] = {
            "made": made,
            "texts": {**texts, "id": made.plan.slug},
            "coordinator": coordinator,
            "warnings": warnings,
            "seen": readable_of(visit.rights, warnings),
            "name_of": deadline_names(site.words, titles_of((), made.report.plans)),
        }
        return site.page("plan_begin_preview.html", site.clock(), visit=visit, **shown)

    @router.api_route("/plans/moi/van-ban", methods=["GET", "HEAD"])
    @router.api_route("/plans/moi", methods=["GET", "HEAD"])
    def blank(visit: Annotated[Visit, Depends(ADDS_PLANS.guard)]) -> HTMLResponse:
        return draw(visit)

    @router.post("/plans/moi/van-ban")
    def sent(
        visit: Annotated[Visit, Depends(ADDS_PLANS.act)], form: Annotated[FormData, Depends(sent_form)]
    ) -> Response:
        texts = texts_from(form, DOCUMENT_FIELDS)
        if form.get(_AGAIN):
            return draw(visit, texts)
        sure, slug = bool(form.get(_SURE)), texts_from(form, ("id",)).get("id")
        with site.office.database.read() as tx:
            mine = units_to_coordinate(tx, visit.rights)
        act = Act(f"person:{visit.visitor.address}", site.clock())
        fields = document_fields(texts)
        try:
            # What a preview has shown is kept; whoever comes from the form is shown another one.
            made = begin_plan(
                site.office, act, fields, slug=slug if sure else None, coordinators=mine, dry_run=not sure
            )
        except UserError as error:
            return draw(visit, texts, error.problems, status=422)
        if not sure:
            return preview(visit, texts, made)
        return flash(site, RedirectResponse(f"/plans/{made.plan.slug}", 303), "flash.plan_begun")

    return router


def desk_of(tx: Connection, rights: Rights, granted: Granted, units: Sequence[Unit]) -> Desk:
    """What somebody is offered: as coordinators `units` as far as the rights go, and what the last plan had."""
    allowed = units_to_coordinate(tx, rights)
    offered = tuple(u for u in units if allowed is None or u.slug in allowed)
    slugs = {u.slug for u in offered}
    mine: list[PlanLine] = [p for p in plan_lines(tx) if p.coordinator in slugs]
    usual = [p.coordinator for p in mine] + [granted.office if granted.office in slugs else None]
    usual += [u.slug for u in offered if len(offered) == 1]
    texts = {
        "coordinator": next((slug for slug in usual if slug), ""),
        "issuer": (mine[0].issuer if mine else "") or "",
    }
    issuers = tuple(dict.fromkeys(p.issuer for p in mine if p.issuer))[:_MOST_ISSUERS]
    return Desk(offered, issuers, texts)


def readable_of(rights: Rights, problems: Sequence[Problem]) -> str | None:
    """The plan that one of these problems speaks of, where its page may be opened."""
    named = (
        str(p.params["plan"])
        for p in problems
        if p.code in ("plan.number_taken", "plan.number_alike", "plan.title_alike")
    )
    return next((slug for slug in named if rights.may_read_whole_plan(slug)), None)


def _units(tx: Connection) -> list[Unit]:
    return list(read_roster(tx).units.values())
