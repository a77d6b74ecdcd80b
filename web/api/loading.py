"""Loading a plan: its file as YAML, or as text within JSON; `dry_run` says what would change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import Connection

from actions.access import not_loadable
from actions.loading import LoadReport, load
from actions.office import Act
from plans.files.documents import Documents, read_documents
from plans.files.encoding import LARGEST
from plans.problems import Problem, UserError, errors
from plans.words import Words
from web.api.access import LOADS, Caller
from web.api.languages import words_of
from web.api.lists import said
from web.api.models import Answer, Day, Given, Trying, told
from web.api.plans import PLAN_FILE
from web.api.problems import Refusal, is_json, media_type
from web.site import Site

YAML = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")  # RFC 9512 §2.1 and what it replaced
_FILE = "plan.yaml"  # by which problems would name it
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            YAML[0]: {"schema": PLAN_FILE},
            "application/json": {"schema": {"$ref": "#/components/schemas/PlanText"}},
        },
    }
}


class PlanText(Given):
    """A plan file within JSON."""

    text: str = told("plan_text", "plan: {id: y-te, title: Kế hoạch của ngành y tế, coordinator: so-y-te}\ntasks: []\n")


class Loading(Trying):
    """How a plan is loaded."""

    replace: bool = told("replace", default=False)
    track_from: Day | None = told("load_track_from", "2026-01-01", default=None)


class FieldChange(Answer):
    """A field of the plan itself."""

    field: str = told("changed_field", "title")
    old: str | None = told("old")
    new: str | None = told("new")


class DeadlineMoved(Answer):
    """A deadline whose last day is another one now."""

    deadline: str = told("deadline", "y-te/dich/2026")
    old: date = told("old_last_day", "2026-12-21")
    new: date = told("new_last_day", "2026-12-25")


class DeadlineEnded(Answer):
    """A deadline that is cancelled."""

    deadline: str = told("deadline", "y-te/dich/2026")
    last_day: date = told("last_day", "2026-12-21")
    open: int = told("still_open", 2)


class MailsOnDay(Answer):
    """How many letters a plan's reminders take on a day."""

    day: date = told("mail_day", "2026-12-18")
    mails: int = told("mails", 2)


class PlanChange(Answer):
    """What loading did to one plan."""

    plan: str = told("plan", "y-te")
    title: str = told("plan_title", "Kế hoạch của ngành y tế")
    new: bool = told("plan_is_new", True)
    track_from: date = told("track_from", "2026-12-09")
    fields: list[FieldChange] = told("changed_fields")
    tasks_added: list[str] = told("tasks_added", ["dich"])
    tasks_changed: list[str] = told("tasks_changed", [])
    tasks_removed: list[str] = told("tasks_removed", [])
    deadlines_added: int = told("deadlines_added", 2)
    obligations_added: int = told("obligations_added", 4)
    obligations_cancelled: int = told("obligations_cancelled", 0)
    moved: list[DeadlineMoved] = told("moved")
    ended: list[DeadlineEnded] = told("ended_deadlines")
    mails: list[MailsOnDay] = told("mails_by_day")


class Warned(Answer):
    """What a person should look at; the plan is taken all the same."""

    code: str = told("code", "task.undetermined")
    detail: str = told("item_detail")
    line: int | None = told("line", 3)
    column: int | None = told("column", 5)


class Loaded(Answer):
    """What loading changed; other plans are told where they end by it."""

    dry_run: bool = told("was_dry_run", True)
    changed: bool = told("load_changed", True)
    plans: list[PlanChange] = told("plan_changes")
    warnings: list[Warned] = told("warnings")


async def _body(request: Request) -> bytes:
    return await request.body()


def _text(request: Request, body: bytes) -> bytes:
    """The plan file in a request. Raises Refusal for another media type."""
    if media_type(request) in YAML:
        return body
    if not is_json(request):
        raise Refusal(415)
    try:
        return PlanText.model_validate_json(body).text.encode()
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(found) from error


def _checked(tx: Connection, caller: Caller, documents: Documents) -> None:
    """Raises Refusal for a plan that is not the caller's to load, and UserError for what is not one plan."""
    problems = errors(documents.problems)
    if not problems and (documents.units or documents.policies or len(documents.plans) != 1):
        problems = [Problem("load.one_plan")]
    if problems:
        raise UserError(problems)
    for problem in not_loadable(tx, caller.rights, documents):
        raise Refusal(403, Problem("load.not_yours", problem.params))


def _written(value: object) -> str | None:
    return None if value is None else str(value) or None


def _changes(report: LoadReport) -> list[PlanChange]:
    return [
        PlanChange(
            plan=plan.plan,
            title=plan.title,
            new=plan.new,
            track_from=plan.track_from,
            fields=[
                FieldChange(field=name, old=_written(old), new=_written(new))
                for name, old, new in ([] if plan.new else plan.difference.fields)
            ],
            tasks_added=[t.slug for t in plan.difference.added],
            tasks_changed=[c.new.slug for c in plan.difference.changed],
            tasks_removed=[t.slug for t in plan.difference.removed],
            deadlines_added=plan.deadlines_added,
            obligations_added=plan.obligations_added,
            obligations_cancelled=plan.obligations_cancelled,
            moved=[DeadlineMoved(deadline=name, old=old, new=new) for name, old, new in plan.moved],
            ended=[DeadlineEnded(deadline=name, last_day=day, open=n) for name, day, n in plan.ended],
            mails=[MailsOnDay(day=day, mails=n) for day, n in plan.mails],
        )
        for plan in report.plans
    ]


def _loaded(report: LoadReport, words: Words, *, dry_run: bool) -> Loaded:
    places: list[tuple[Problem, Mapping[str, Any]]] = [
        (p, {"line": p.place.line, "column": p.place.column} if p.place else {"line": None, "column": None})
        for p in report.warnings
    ]
    return Loaded(
        dry_run=dry_run,
        changed=not report.empty,
        plans=_changes(report),
        warnings=[Warned(code=p.code, detail=words.problem(p), **place) for p, place in places],
    )


def loading_routes(site: Site) -> APIRouter:
    router = APIRouter(tags=["plans"])

    @router.post("/plans", **said("load_plan"), openapi_extra=_BODY)
    def loads(
        how: Annotated[Loading, Query()],
        request: Request,
        caller: Annotated[Caller, Depends(LOADS.acts)],
        body: Annotated[bytes, Depends(_body)],
    ) -> Loaded:
        text = _text(request, body)
        if len(text) > LARGEST:
            raise Refusal(413)
        documents = read_documents([(_FILE, text)])
        with site.office.database.read() as tx:
            _checked(tx, caller, documents)
        report = load(
            site.office,
            Act(caller.actor, site.clock()),
            (),
            documents.plans,
            track_from=how.track_from,
            replace_newer=how.replace,
            dry_run=how.dry_run,
            problems=documents.problems,
        )
        return _loaded(report, words_of(site, request), dry_run=how.dry_run)

    return router
