"""The directory as a workbook: downloaded, edited, and taken back once what it changes was looked at."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from actions.importing import import_roster
from actions.office import Act
from plans.files.workbooks import LARGEST
from plans.problems import Problem, UserError
from reports.roster_xlsx import guide_of, roster_xlsx
from store.units import read_roster
from web.access import ADMINISTERS
from web.downloads import XLSX, download
from web.flash import flash
from web.site import Site
from web.visits import Visit

PATH = "/danh-ba"
_SHOWN = 200  # lines of a part of the difference
Reading = Annotated[Visit, Depends(ADMINISTERS.guard)]
Acting = Annotated[Visit, Depends(ADMINISTERS.act)]


def roster_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def shown(visit: Visit, problems: tuple[Problem, ...] = (), *, complete: bool = False) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            roster = read_roster(tx)
        people = len({o.address for u in roster.units.values() for o in u.officers})
        context: dict[str, Any] = {
            "units": len(roster.units),
            "people": people,
            "problems": problems,
            "complete": complete,
        }
        return site.page(
            "roster.html", now, status=422 if problems else 200, visit=visit, limit=LARGEST >> 20, **context
        )

    @router.api_route(PATH, methods=["GET", "HEAD"])
    def roster(visit: Reading) -> HTMLResponse:
        return shown(visit)

    @router.api_route(f"{PATH}/tai-ve", methods=["GET", "HEAD"])
    def written(visit: Reading) -> Response:  # noqa: ARG001 - who asks is the rule's business
        with site.office.database.read() as tx:
            found = read_roster(tx)
        name = site.words("roster.file", day=f"{site.office.today(site.clock()):%Y%m%d}")
        return download(name, XLSX, roster_xlsx(found, guide_of(site.words)))

    @router.post(PATH)
    def take(
        visit: Acting,
        file: Annotated[UploadFile | None, File()] = None,
        kept: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        complete: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        sure: Annotated[str, Form(alias="chac-chan")] = "",
    ) -> Response:
        """Shows what a file changes; the button below sends the same bytes again, with the sign of what was seen."""
        now = site.clock()
        act = Act(f"person:{visit.visitor.address}", now, reason.strip() or None)
        options: dict[str, Any] = {"complete": bool(complete), "again": bool(again)}
        problems: tuple[Problem, ...] = ()
        try:
            name, content = _given(file, kept, name)
            if sure:
                try:
                    done = import_roster(site.office, act, name, content, seen=seen or "–", **options)
                except UserError as error:
                    if [p.code for p in error.problems] != ["roster.changed"]:
                        raise
                    problems = error.problems  # shown above what the file would change by now
                else:
                    code = "flash.roster_same" if done.difference.empty else "flash.roster_imported"
                    return flash(site, RedirectResponse(PATH, 303), code, file=name)
            found = import_roster(site.office, act, name, content, dry_run=True, **options)
        except UserError as error:
            return shown(visit, error.problems, complete=bool(complete))
        asked: dict[str, Any]
        asked = {
            "kept": base64.urlsafe_b64encode(content).decode(),
            "name": name,
            "reason": reason,
            **options,
        }
        status = 409 if problems else 200
        return site.page(
            "roster_preview.html", now, status=status, visit=visit, found=found, problems=problems, most=_SHOWN, **asked
        )

    return router


def _given(file: UploadFile | None, kept: str, name: str) -> tuple[str, bytes]:
    """The name and the bytes that were uploaded, or were kept in the page that showed them."""
    if file is not None and file.filename:
        return file.filename[-100:], file.file.read(LARGEST + 1)
    try:
        content = base64.b64decode(kept.encode(), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        content = b""
    if not content:
        raise UserError(Problem("roster.file"))
    return name[-100:] or "danh-ba", content
