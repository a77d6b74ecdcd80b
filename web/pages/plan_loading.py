"""Plan files that are uploaded or pasted: every problem at its line, then what loading them does, then the load.

What was sent goes along from page to page, so that nothing has to be chosen or pasted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from actions.access import not_loadable
from actions.loading import LoadReport, load
from actions.office import Act
from plans.files.documents import read_documents
from plans.problems import Place, Problem, UserError, by_place
from web.access import ADDS_PLANS
from web.flash import flash
from web.forms import sent_form
from web.plan_forms import deadline_names, titles_of
from web.site import Site
from web.typed_days import day_of, unread_day
from web.visits import Visit

MOST_FILES = 20
_SURE, _AGAIN = "chac-chan", "sua-lai"
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was sent."""

    name: str
    content: bytes

    @property
    def text(self) -> str | None:
        """What can be shown and sent again; None for what is no text."""
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True, slots=True)
class Upload:
    """Everything that the form says."""

    sheets: tuple[Sheet, ...] = ()
    since: str = ""  # from when what is new is tracked, as typed
    replaces: bool = False  # also what is newer here


def read_upload(form: FormData) -> Upload:
    """The files and the texts of a form, those without content left out."""
    found = [
        Sheet(_name(one.filename), one.file.read())
        for one in form.getlist("tep")
        if isinstance(one, UploadFile) and one.filename
    ]
    names, texts = form.getlist("ten"), form.getlist("noi-dung")
    for number, text in enumerate(texts):
        if isinstance(text, str) and text.strip():
            name = names[number] if number < len(names) else ""
            found.append(Sheet(_name(name if isinstance(name, str) else ""), text.replace("\r\n", "\n").encode()))
    since, taken = form.get("theo-doi-tu", ""), set[str]()
    sheets = []
    for sheet in found:  # two of a name could not be told apart in what is said of them
        name, number = sheet.name, 1
        while name in taken:
            number += 1
            name = f"{number}-{sheet.name}"
        taken.add(name)
        sheets.append(Sheet(name, sheet.content))
    return Upload(tuple(sheets), since.strip()[:20] if isinstance(since, str) else "", bool(form.get("chep-de")))


def _name(given: str | None) -> str:
    """The last part of a path, without what no file is called."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in last if c.isprintable() and c not in ':"<>|*?').strip()[:80]
    if not name:
        return "ke-hoach.yaml"
    return name if name.lower().endswith(_ENDINGS) else f"{name}.yaml"


def plan_loading_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def draw(
        upload: Upload,
        visit: Visit,
        problems: Sequence[Problem] = (),
        report: LoadReport | None = None,
        *,
        status: int = 200,
    ) -> HTMLResponse:
        names = deadline_names(site.words, titles_of((), report.plans if report else ()))
        shown = {"upload": upload, "problems": problems, "report": report, "most": MOST_FILES, "name_of": names}
        return site.page("plan_load.html", site.clock(), status=status, visit=visit, **shown)

    def take(upload: Upload, visit: Visit, *, sure: bool) -> LoadReport:
        """Raises UserError with all that is wrong."""
        if not upload.sheets:
            raise UserError(Problem("upload.nothing"))
        if len(upload.sheets) > MOST_FILES:
            raise UserError(Problem("upload.too_many", {"most": MOST_FILES}))
        since = day_of(upload.since) if upload.since else None
        documents = read_documents((sheet.name, sheet.content) for sheet in upload.sheets)
        with site.office.database.read() as tx:
            problems = [*documents.problems, *not_loadable(tx, visit.rights, documents)]
        if upload.since and since is None:
            problems.append(replace(unread_day(upload.since), place=Place("theo-doi-tu")))
        return load(
            site.office,
            Act(f"person:{visit.visitor.address}", site.clock()),
            documents.rosters,
            documents.plans,
            documents.policies,
            track_from=since,
            roster_places=[file.places for file in documents.units],
            replace_newer=upload.replaces,
            dry_run=not sure,
            problems=problems,
        )

    @router.post("/plans/moi")
    def sent(
        visit: Annotated[Visit, Depends(ADDS_PLANS.act)], form: Annotated[FormData, Depends(sent_form)]
    ) -> Response:
        upload = read_upload(form)
        if form.get(_AGAIN):
            return draw(upload, visit)
        sure = bool(form.get(_SURE))
        try:
            report = take(upload, visit, sure=sure)
        except UserError as error:
            return draw(upload, visit, by_place(error.problems), status=422)
        if not sure:
            return draw(upload, visit, report.warnings, report)
        named = [plan.plan for plan in report.plans]
        where = f"/plans/{named[0]}" if len(named) == 1 else "/plans"
        return flash(site, RedirectResponse(where, 303), "flash.plans_loaded", n=len(named))

    return router
