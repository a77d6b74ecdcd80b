"""Plans: the list, one as its file says it, and the file itself."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import readable_plans
from plans.files.writing import plan_mapping, plan_yaml
from plans.paging import read_number
from plans.plan import Kind, Plan
from store.coordinating import acting_of
from store.listing import plan_page
from store.plans import StandingPlan, StoredPlan, read_plan
from web.api.access import ANYBODY, READS_PLAN, Caller
from web.api.lists import check_after, next_page, said
from web.api.models import Answer, Instant, Listing, Paged, Slug, told
from web.downloads import YAML, download
from web.site import Site


class PlanLine(Answer):
    """A plan in the list; keys as in `nhachan plans list --json`."""

    plan: str = told("plan", "dien-bien-2458")
    title: str = told("plan_title", "Triển khai thực hiện Chỉ thị số 19/CT-TTg")
    number: str | None = told("document", "2458/UBND-NC")
    coordinator: str | None = told("coordinator", "so-noi-vu")
    track_from: date = told("track_from", "2026-11-02")
    until: date | None = told("plan_until", None)
    replaced_by: str | None = told("replaced_by", None)
    kept_through: int | None = told("kept_through", None)
    open_ended: bool = told("open_ended", True)


class PlanList(Listing[PlanLine]):
    """A page of them."""


class PlanHead(Answer):
    """What a plan file says under `plan`; a key that is not set is left out."""

    id: str = told("plan", "dien-bien-2458")
    number: str | None = told("document", "2458/UBND-NC", default=None)
    title: str = told("plan_title", "Triển khai thực hiện Chỉ thị số 19/CT-TTg")
    issued: str | None = told("issued", "05/08/2021", default=None)
    issuer: str | None = told("issuer", "UBND tỉnh Điện Biên", default=None)
    coordinator: str | None = told("named_coordinator", "so-noi-vu", default=None)
    until: str | None = told("plan_until_written", default=None)
    replaced_by: str | None = told("replaced_by", default=None)
    revision: int = told("plan_revision", 1)


class TaskOfPlan(Answer):
    """What a plan file says of a task; a key that is not set is left out."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: str = told("task", "bao-cao-nam")
    title: str = told("title", "Báo cáo kết quả thực hiện phong trào thi đua hằng năm")
    kind: Kind = told("kind", "report")
    product: str | None = told("product", "báo cáo", default=None)
    owed_by: list[str] | None = told("owed_by", ["moi-don-vi"], default=None)
    lead: list[str] | None = told("lead", default=None)
    coordinating: list[str] | None = told("with", default=None, alias="with")
    to: str | None = told("to_unit", "ubnd-tinh", default=None)
    via: str | None = told("via_unit", "so-noi-vu", default=None)
    due: Any = told("due", {"yearly": {"before": "05/12"}}, default=None)
    late: str | None = told("late_rule", default=None)
    policy: str | None = told("policy", default=None)
    officers: list[str | dict[str, str]] | None = told("task_officers", default=None)
    collects: list[str] | None = told("collects_tasks", default=None)
    ahead: int | None = told("ahead", default=None)
    section: str | None = told("section", default=None)
    source: dict[str, str | int] | None = told("source", {"line": 63}, default=None)
    note: str | None = told("task_note", default=None)


class PlanAnswer(Answer):
    """A plan in the form of its file, and what became of it here."""

    plan: PlanHead = Field(description="api.field.plan_head")
    tasks: list[TaskOfPlan] = told("tasks")
    coordinator: str | None = told("coordinator", "so-noi-vu")
    track_from: date = told("track_from", "2026-11-02")
    loaded_at: Instant = told("loaded_at", "2026-11-02T02:00:00Z")


# What a plan file is, as far as OpenAPI can tell; docs/plan-format.md says the rest.
PLAN_FILE: dict[str, Any] = {
    "type": "object",
    "description": "api.field.plan_text",
    "properties": {"plan": {"type": "object"}, "tasks": {"type": "array"}},
    "required": ["plan", "tasks"],
}


class PlanFile(Response):
    """YAML, for the description; `download` makes it."""

    media_type = "application/yaml"  # RFC 9512


_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {PlanFile.media_type: {"schema": PLAN_FILE}}}}


def _line(p: StandingPlan) -> PlanLine:
    return PlanLine(
        plan=p.slug,
        title=p.title,
        number=p.number,
        coordinator=p.coordinator,
        track_from=p.track_from,
        until=p.until,
        replaced_by=p.replaced_by,
        kept_through=p.kept_through,
        open_ended=p.open_ended,
    )


def _stored(tx: Connection, slug: str) -> StoredPlan:
    found = read_plan(tx, slug)
    if found is None:
        raise HTTPException(404)
    return found


def _as_file(stored: StoredPlan) -> Plan:
    """With its revision, so that one that was changed meanwhile is not overwritten unseen."""
    values = {name: getattr(stored.plan, name) for name in Plan.__dataclass_fields__}
    return Plan(**{**values, "revision": stored.revision})


def plan_routes(site: Site) -> APIRouter:
    router = APIRouter(tags=["plans"])

    @router.get("/plans", **said("list_plans"))
    def plans(
        asked: Annotated[Paged, Query()],
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(ANYBODY.reads)],
    ) -> PlanList:
        check_after(asked, read_number)
        with site.office.database.read() as tx:
            page = plan_page(tx, readable_plans(tx, caller.rights), size=asked.size, after=asked.after)
        return PlanList(items=[_line(p) for p in page.rows], next=next_page(site, request, response, page))

    # Before the other: a slug has no point in it.
    @router.get("/plans/{plan}.yaml", **said("read_plan_file"), response_class=PlanFile, responses=_FILE)
    def file(plan: Slug, _caller: Annotated[Caller, Depends(READS_PLAN.reads)]) -> Response:
        with site.office.database.read() as tx:
            stored = _stored(tx, plan)
        return download(f"{plan}.yaml", YAML, plan_yaml(_as_file(stored)).encode())

    @router.get("/plans/{plan}", **said("read_plan"), response_model_exclude_unset=True)
    def one(plan: Slug, _caller: Annotated[Caller, Depends(READS_PLAN.reads)]) -> PlanAnswer:
        with site.office.database.read() as tx:
            stored = _stored(tx, plan)
            coordinator = acting_of(tx, stored.id)
        mapping = plan_mapping(_as_file(stored))
        return PlanAnswer(
            plan=PlanHead(**mapping["plan"]),
            tasks=[TaskOfPlan(**task) for task in mapping["tasks"]],
            coordinator=coordinator,
            track_from=stored.track_from,
            loaded_at=stored.loaded_at,
        )

    return router
