"""“Ghi nhận văn bản đến”: the receipts of one deadline, all its units in one table, typed or taken from a register."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from actions.explaining import Explanation, why
from actions.office import Act
from actions.receipts import Proposal, propose_receipts, record_receipts
from actions.receiving import Changed, Receipt, check_days
from notifications.titles import title_of
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation, Submission
from plans.periods import Period
from plans.problems import Problem, UserError
from plans.status import State
from store.obligations import of_deadline
from store.submissions import latest_submissions
from web.access import CHANGES_PLAN
from web.flash import flash
from web.pages.deadlines import Named
from web.receipt_forms import Table, blank_table, check_table, filled_table, typed_table
from web.site import Site
from web.visits import Visit

_PATH = "/deadlines/{plan}/{task}/{period}/ghi-nhan"
_NAMED = 5  # units that a flash names
Acting = Annotated[Visit, Depends(CHANGES_PLAN.act)]


async def _sent(request: Request) -> FormData:
    """What was posted: fields that depend on the units. It is read already, for the form's token."""
    return await request.form()


def _key(plan: str, task: str, period: str) -> DeadlineKey:
    return DeadlineKey(plan, task, Period(period))


def receipt_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def table_of(key: DeadlineKey, now: datetime) -> tuple[Explanation, Table]:
        """Raises HTTPException 404 for a deadline that the plan does not have."""
        with site.office.database.read() as tx:
            try:
                explained = why(tx, site.office, key)
            except UserError as error:
                raise HTTPException(404) from error
            owed = of_deadline(tx, key)
            handed_in = latest_submissions(tx, [o.id for o in owed])
        return explained, blank_table(owed, handed_in, site.office.today(now))

    def show(visit: Visit, now: datetime, explained: Explanation, table: Table, pasted: str = "") -> HTMLResponse:
        return site.page(
            "receipts.html",
            now,
            status=422 if table.wrong else 200,
            visit=visit,
            why=explained,
            title=title_of(Named(explained.task.title, explained.task.kind, explained.key), site.words),
            table=table,
            by_number={row.obligation.id: row.obligation for row in table.rows},
            pasted=pasted,
        )

    @router.api_route(_PATH, methods=["GET", "HEAD"])
    def table(plan: str, task: str, period: str, visit: Annotated[Visit, Depends(CHANGES_PLAN.guard)]) -> HTMLResponse:
        now = site.clock()
        return show(visit, now, *table_of(_key(plan, task, period), now))

    @router.post(_PATH)
    def record(plan: str, task: str, period: str, visit: Acting, form: Annotated[FormData, Depends(_sent)]) -> Response:
        """`nhan`: lines that were pasted (`dan`) or a file (`tep`) fill the table; `danh-dau` ticks all of it.

        Without either, what it holds is saved.
        """
        now, key = site.clock(), _key(plan, task, period)
        explained, empty = table_of(key, now)
        if form.get("nhan"):
            pasted = str(form.get("dan", "")) if form.get("nhan") == "dan" else ""
            try:
                return show(visit, now, explained, filled_table(empty, proposal(key, form)), pasted)
            except UserError as error:
                return show(visit, now, explained, _wrong(empty, *error.problems), pasted)
        act = Act(f"person:{visit.visitor.address}", now)

        def check(o: Obligation, day: date) -> list[Problem]:
            return check_days(site.office, act, o, day)

        sent = typed_table(empty, form)
        if form.get("danh-dau"):
            return show(
                visit,
                now,
                explained,
                replace(sent, rows=tuple(replace(row, ticked=not row.recorded) for row in sent.rows)),
            )
        typed, receipts = check_table(sent, site.office.today(now), check)
        if typed.wrong:
            return show(visit, now, explained, typed)
        try:
            done = record_receipts(site.office, act, key, receipts)
        except UserError as error:  # a period that was closed meanwhile
            return show(visit, now, explained, _wrong(typed, *error.problems))
        return told(done, receipts, key)

    def proposal(key: DeadlineKey, form: FormData) -> Proposal:
        """What a register says. Raises UserError for what can't be read at all."""
        if form.get("nhan") == "dan":
            text = str(form.get("dan", ""))
            if not text.strip():
                raise UserError(Problem("receipts.nothing_pasted"))
            source: str | tuple[str, bytes] = text
        else:
            file = form.get("tep")
            if not isinstance(file, UploadFile) or not file.filename:
                raise UserError(Problem("receipts.no_file"))
            source = (file.filename, file.file.read())
        with site.office.database.read() as tx:
            return propose_receipts(tx, key, source)

    def told(done: list[Changed], receipts: dict[str, Receipt], key: DeadlineKey) -> Response:
        """Back to the table, which says how many were recorded, what remains, and what somebody else had recorded."""
        with site.office.database.read() as tx:
            after = of_deadline(tx, key)
            handed_in = latest_submissions(tx, [c.obligation.id for c in done if c.skipped])
        left = sum(o.state in (State.OPEN, State.RETURNED, State.SUBMITTED) for o in after)
        kept = [c.obligation for c in done if c.skipped]
        others = [o for o in kept if _differs(handed_in.get(o.id), receipts[o.unit])]
        n = len(done) - len(kept)
        response = RedirectResponse(f"/deadlines/{key}/ghi-nhan", 303)
        if others:
            units = ", ".join(o.unit_name for o in others[:_NAMED]) + (" …" if len(others) > _NAMED else "")
            return flash(site, response, "flash.receipts.kept", n=n, left=left, kept=len(others), units=units)
        if not n:
            return flash(site, response, "flash.receipts.again", left=left)
        return flash(site, response, "flash.receipts" if left else "flash.receipts.all", n=n, left=left)

    return router


def _differs(recorded: Submission | None, receipt: Receipt) -> bool:
    """Whether what stands there is something else than what was to be recorded: the form was not just sent twice."""
    if recorded is None or recorded.received_on != receipt.received_on:
        return True
    return receipt.number is not None and receipt.number != recorded.number


def _wrong(table: Table, *problems: Problem) -> Table:
    return replace(table, problems=(*table.problems, *problems))
