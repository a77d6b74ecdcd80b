"""Editing a plan in forms: a task, a new one, one that is cancelled, the plan's own fields.

What was sent first shows its consequences and changes nothing; sent again from that page it is saved. Where somebody
else was first, the page shows what changed, with what was typed still in its fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from actions.office import Act
from actions.planning import EditConflict, Editing, PlanEdited, begin_edit, coming_turns, edit_plan
from plans.deadlines import DueDates
from plans.editing import DropTask, Edit, PutHead, PutTask, free_slug, head_fields, task_fields
from plans.periods import Period
from plans.plan import Task
from plans.problems import Problem, UserError, errors
from plans.referring import References
from store.plan_list import plan_lines
from web.access import CHANGES_PLAN
from web.flash import flash
from web.forms import sent_form
from web.plan_choices import Choices, choices_of, with_chosen
from web.plan_ending import end_page
from web.plan_forms import (
    HEAD_FIELDS,
    TASK_FIELDS,
    deadline_names,
    head_edit,
    in_words,
    shown_clash,
    task_edit,
    texts_from,
    texts_like,
    texts_of,
    titles_of,
)
from web.site import Site
from web.visits import Visit

Reading = Annotated[Visit, Depends(CHANGES_PLAN.guard)]
Changing = Annotated[Visit, Depends(CHANGES_PLAN.act)]
Sent = Annotated[FormData, Depends(sent_form)]
PRODUCTS = ("báo cáo", "kế hoạch", "hồ sơ", "quyết định", "công văn")  # words of plans, whatever language is read
_SURE, _AGAIN = "chac-chan", "sua-lai"  # buttons of the page that shows the consequences
_MORE = "them-nua"  # what the one says that saves a task and goes on with the next


@dataclass(frozen=True, slots=True)
class Desk:
    """A form of one plan, and what is needed around it."""

    slug: str
    what: str  # "task", "new", "cancel", "head", "end"
    begun: Editing
    names: References
    of_task: str | None = None
    task: Task | None = None  # None too where somebody else has cancelled it
    texts: Mapping[str, str] = field(default_factory=dict)  # what its fields say
    revision: int = 0
    reason: str = ""
    like: Task | None = None  # after which a new one is modelled

    @property
    def path(self) -> str:
        """Where the form is sent."""
        ends = {
            "end": "/ket-thuc",
            "task": f"/viec/{self.of_task}/sua",
            "cancel": f"/viec/{self.of_task}/huy",
            "new": "/viec/them",
        }
        return f"/plans/{self.slug}{ends.get(self.what, '/sua')}"


def plan_editing_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def today() -> date:
        return site.office.today(site.clock())

    def begin(slug: str, what: str, task: str | None = None) -> Desk:
        try:
            with site.office.database.read() as tx:
                begun = begin_edit(tx, slug)
        except UserError:
            raise HTTPException(404) from None
        names, found = References(begun.roster), begun.plan.task(task) if task is not None else None
        texts: dict[str, str] = {}
        if what in ("head", "end"):
            texts = texts_of(head_fields(begun.plan), names)
        elif found is not None:
            texts = texts_of(task_fields(found), names)
        elif what == "new":
            texts = {"kind": "report", "due": "once"}
        return Desk(slug, what, begun, names, task, found, texts, begun.revision)

    def draw(
        desk: Desk, visit: Visit, *, status: int = 200, problems: Sequence[Problem] = (), **more: Any
    ) -> HTMLResponse:
        problems = in_words(problems, site.words)
        if desk.what == "end":
            return end_page(site, desk.slug, visit, desk.texts, problems, status=status, reason=desk.reason, **more)
        with site.office.database.read() as tx:
            plans = plan_lines(tx) if desk.what == "head" else []
        at = {str(p.place.file): site.words.problem(p) for p in reversed(problems) if p.place}
        more = {"conflict": None, "clashes": (), "choices": Choices(), **more}
        if desk.what in ("task", "new"):
            more["choices"] = choices_of(desk.begun.roster, today())
        shown = {"desk": desk, "problems": problems, "at": at, "plans": plans, "products": PRODUCTS, **more}
        return site.page("plan_edit.html", site.clock(), status=status, visit=visit, **shown)

    def take(desk: Desk, visit: Visit, form: FormData, edit: Edit, faults: Sequence[Problem], done: str) -> Response:
        """The answer to a form: its consequences, its faults, the conflict, or that it is saved."""
        act = Act(f"person:{visit.visitor.address}", site.clock(), desk.reason or None)
        if form.get(_AGAIN):
            return draw(desk, visit)
        sure = bool(form.get(_SURE)) and not errors(faults)
        try:
            told = edit_plan(site.office, act, desk.slug, desk.revision, edit, dry_run=not sure)
        except EditConflict as conflict:
            return clash(desk, visit, edit, conflict)
        except UserError as error:
            return draw(desk, visit, status=422, problems=[*faults, *error.problems])
        if errors(faults):
            return draw(desk, visit, status=422, problems=[*faults, *told.report.warnings])
        if sure:
            return flash(site, RedirectResponse(next_page(desk, edit, form), 303), done)
        names = deadline_names(site.words, titles_of([desk.begun.plan, told.plan], told.report.plans))
        warnings = [*faults, *(p for p in told.report.warnings if p not in faults)]
        shown: dict[str, Any] = {"desk": desk, "told": told, "turns": turns(told, edit), "name_of": names}
        shown["warnings"] = warnings
        # A day after the plan's end makes no deadline, which would else look like nothing at all.
        ended = not shown["turns"] and turns(replace(told, plan=replace(told.plan, until=None)), edit)
        shown["ended"] = told.plan.until if ended else None
        return site.page("plan_preview.html", site.clock(), visit=visit, **shown)

    def next_page(desk: Desk, edit: Edit, form: FormData) -> str:
        if desk.what != "new" or not isinstance(edit, PutTask):
            return f"/plans/{desk.slug}"
        return f"{desk.path}?nhu={edit.slug}" if form.get(_SURE) == _MORE else f"/plans/{desk.slug}?them={edit.slug}"

    def turns(told: PlanEdited, edit: Edit) -> list[tuple[Period, DueDates]]:
        task = told.plan.task(edit.slug) if isinstance(edit, PutTask) else None
        if task is None:
            return []
        with site.office.database.read() as tx:
            return coming_turns(tx, site.office, told.plan, task, today())

    def clash(desk: Desk, visit: Visit, edit: Edit, conflict: EditConflict) -> Response:
        """The form again, on top of what the other has saved."""
        again = begin(desk.slug, desk.what, desk.of_task)
        what = "new" if conflict.gone else desk.what
        texts = {**texts_of(conflict.merged, desk.names, desk.texts), "id": desk.texts.get("id", "")}
        if conflict.gone and isinstance(edit, PutTask):
            texts["id"] = edit.slug
        if isinstance(edit, DropTask):
            texts = {}
        now = replace(again, what=what, texts=texts, revision=conflict.revision, reason=desk.reason)
        shown = [shown_clash(c, again.names) for c in conflict.clashes]
        return draw(now, visit, status=409, conflict=conflict, clashes=shown)

    def sent(desk: Desk, form: FormData, fields: tuple[str, ...]) -> Desk:
        revision = str(form.get("revision", ""))
        number = int(revision) if revision.isdecimal() and len(revision) < 10 else 0
        texts, reason = texts_from(form, (*fields, "id")), texts_from(form, ("ly-do",)).get("ly-do", "").strip()
        if chosen := [slug for slug in form.getlist("owed_by-chon") if isinstance(slug, str)]:
            aside = {desk.begun.plan.coordinator, *(desk.names.find(texts.get(name, "")) for name in ("to", "via"))}
            choices = choices_of(desk.begun.roster, today())
            texts["owed_by"] = with_chosen(texts.get("owed_by", ""), chosen, desk.names, choices, aside)
        return replace(desk, texts=texts, revision=number, reason=reason)

    # -- tasks --------------------------------------------------------------------------------------------------------

    @router.api_route("/plans/{slug}/viec/them", methods=["GET", "HEAD"])
    def new_task(
        slug: str, visit: Reading, like: Annotated[str, Query(alias="nhu", max_length=100)] = ""
    ) -> HTMLResponse:
        desk = begin(slug, "new")
        other = desk.begun.plan.task(like)
        if other is not None:
            desk = replace(desk, like=other, texts=texts_like(other, desk.names))
        return draw(desk, visit)

    @router.post("/plans/{slug}/viec/them")
    def add_task(slug: str, visit: Changing, form: Sent) -> Response:
        desk = sent(begin(slug, "new"), form, TASK_FIELDS)
        given = desk.texts.get("id", "").strip() or free_slug(desk.texts.get("title", ""), desk.begun.taken)
        desk = replace(desk, texts={**desk.texts, "id": given})
        typed = task_edit(desk.texts, desk.names, given, new=True)
        return take(desk, visit, form, typed.edit, typed.problems, "flash.task_added")

    @router.api_route("/plans/{slug}/viec/{task}/sua", methods=["GET", "HEAD"])
    def task(slug: str, task: str, visit: Reading) -> HTMLResponse:
        desk = begin(slug, "task", task)
        if desk.task is None:
            raise HTTPException(404)
        return draw(desk, visit)

    @router.post("/plans/{slug}/viec/{task}/sua")
    def change_task(slug: str, task: str, visit: Changing, form: Sent) -> Response:
        desk = sent(begin(slug, "task", task), form, TASK_FIELDS)
        if task not in desk.begun.taken:
            raise HTTPException(404)
        typed = task_edit(desk.texts, desk.names, task)
        return take(desk, visit, form, typed.edit, typed.problems, "flash.task_saved")

    @router.api_route("/plans/{slug}/viec/{task}/huy", methods=["GET", "HEAD"])
    def cancelling(slug: str, task: str, visit: Reading) -> HTMLResponse:
        desk = begin(slug, "cancel", task)
        if desk.task is None:
            raise HTTPException(404)
        return draw(desk, visit)

    @router.post("/plans/{slug}/viec/{task}/huy")
    def cancel_task(slug: str, task: str, visit: Changing, form: Sent) -> Response:
        desk = sent(begin(slug, "cancel", task), form, ())
        if task not in desk.begun.taken:
            raise HTTPException(404)
        return take(desk, visit, form, DropTask(task), (), "flash.task_cancelled")

    # -- the plan's own fields ----------------------------------------------------------------------------------------

    @router.api_route("/plans/{slug}/sua", methods=["GET", "HEAD"])
    def head(slug: str, visit: Reading) -> HTMLResponse:
        return draw(begin(slug, "head"), visit)

    @router.post("/plans/{slug}/sua")
    def change_head(slug: str, visit: Changing, form: Sent) -> Response:
        desk = sent(begin(slug, "head"), form, HEAD_FIELDS)
        typed = head_edit(desk.texts, desk.names)
        return take(desk, visit, form, typed.edit, typed.problems, "flash.plan_saved")

    @router.api_route("/plans/{slug}/ket-thuc", methods=["GET", "HEAD"])
    def end(slug: str, visit: Reading) -> HTMLResponse:
        return draw(begin(slug, "end"), visit)

    @router.post("/plans/{slug}/ket-thuc")
    def change_end(slug: str, visit: Changing, form: Sent) -> Response:
        desk = sent(begin(slug, "end"), form, ("until",))
        edit = PutHead({"until": desk.texts.get("until", "").strip()})
        return take(desk, visit, form, edit, (), "flash.plan_ended")

    return router
