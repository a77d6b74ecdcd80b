"""Obligations and what is overdue, filtered as the board is."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import StringConstraints
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.board import FINISHED, Line, as_counted
from plans.deadlines import Basis
from plans.filtering import Filter
from plans.obligations import Obligation, Submission
from plans.paging import Page, read_key
from plans.periods import YEARS
from plans.plan import Kind
from plans.status import State, Status
from store import board
from store.choosing import choices
from store.obligations import by_ids
from store.statuses import Scope, scope_of
from store.submissions import submissions_of
from store.units import unit_ids
from web.api.access import ANYBODY, Caller
from web.api.lists import check_after, next_page, said
from web.api.models import LARGEST, Answer, Instant, Listing, Paged, PeriodKey, Slug, told
from web.site import Site


class ObligationLine(Answer):
    """An obligation in the list."""

    id: int = told("obligation", 12)
    unit: str = told("unit", "so-cong-thuong")
    unit_name: str = told("unit_name", "Sở Công Thương")
    formerly: str | None = told("formerly", None)
    deadline: str = told("deadline", "dien-bien-2458/bao-cao-nam/2026")
    title: str = told("title", "Báo cáo kết quả thực hiện phong trào thi đua hằng năm")
    kind: Kind = told("kind", "report")
    product: str | None = told("product", "báo cáo")
    status: Status = told("status", "overdue")
    state: State = told("state", "open")
    stated: date = told("stated", "2026-12-05")
    last_day: date = told("last_day", "2026-12-04")
    act_by: date = told("act_by", "2026-12-04")
    late_after: date | None = told("late_after", "2026-12-05")
    late_at: Instant | None = told("late_at", "2026-12-05T17:00:00Z")
    basis: Basis = told("basis", "rule")
    late: bool | None = told("late", None)
    days_late: int = told("days_late", 3)
    received: date | None = told("received", None)
    sent_back: bool = told("sent_back", False)
    reason: str | None = told("reason", None)
    tracked: bool = told("tracked", True)
    last_reminder: Instant | None = told("last_reminder", "2026-12-07T07:00:00Z")
    revision: int = told("revision", 1)


class ObligationList(Listing[ObligationLine]):
    """A page of them."""


class SubmissionAnswer(Answer):
    """What a unit handed in."""

    number: str | None = told("number", "125/BC-SCT")
    received: date = told("received", "2026-12-04")
    recorded_at: Instant = told("recorded_at", "2026-12-07T02:00:00Z")
    recorded_by: str = told("recorded_by", "person:tdkt.snv@dienbien.example")
    declared_by: str | None = told("declared_by", None)
    accepted_at: Instant | None = told("accepted_at", None)
    returned_at: Instant | None = told("returned_at", None)
    return_reason: str | None = told("return_reason", None)
    note: str | None = told("note", None)


class ObligationAnswer(ObligationLine):
    """An obligation, and what was handed in for it."""

    plan_title: str = told("plan_title", "Triển khai thực hiện Chỉ thị số 19/CT-TTg")
    document: str | None = told("document", "2458/UBND-NC")
    coordinator: str | None = told("coordinator", "so-noi-vu")
    submissions: list[SubmissionAnswer] = told("submissions")


class OverdueLine(Answer):
    """What is late; keys as in `nhachan overdue --json`, and the obligation's number."""

    unit: str = told("unit", "so-cong-thuong")
    unit_name: str = told("unit_name", "Sở Công Thương")
    formerly: str | None = told("formerly", None)
    deadline: str = told("deadline", "dien-bien-2458/bao-cao-nam/2026")
    title: str = told("title", "Báo cáo kết quả thực hiện phong trào thi đua hằng năm")
    stated: date = told("stated", "2026-12-05")
    last_day: date = told("last_day", "2026-12-04")
    days_late: int = told("days_late", 3)
    sent_back: bool = told("sent_back", False)
    last_reminder: Instant | None = told("last_reminder", "2026-12-07T07:00:00Z")
    obligation: int = told("obligation", 12)


class OverdueList(Listing[OverdueLine]):
    """A page of them."""


class OverdueQuery(Paged):
    """Which of what is overdue."""

    unit: Slug | None = told("only_unit", "so-cong-thuong", default=None)
    plan: Slug | None = told("only_plan", "dien-bien-2458", default=None)
    group: Slug | None = told("only_group", "khoi-1", default=None)
    unit_kind: Slug | None = told("only_unit_kind", "so-nganh", default=None)
    kind: Kind | None = told("only_kind", "report", default=None)
    period: PeriodKey | None = told("only_period", "2026", default=None)
    year: int | None = told("only_year", 2026, default=None, ge=YEARS[0], le=YEARS[-1])
    text: Annotated[str, StringConstraints(max_length=100)] = told("text", "so y te", default="")


class ObligationQuery(OverdueQuery):
    """Which obligations."""

    status: Status | None = told("only_status", "overdue", default=None)


def _page(tx: Connection, site: Site, caller: Caller, asked: OverdueQuery, status: Status | None) -> Page[Line]:
    """What the caller may read of what is asked for; the latest of what is finished first, else the longest waiting."""
    now = site.clock()
    today = site.office.today(now)
    of_unit = None if asked.unit is None else frozenset(n for s, n in unit_ids(tx).items() if s == asked.unit)
    which = Filter(
        plan=asked.plan,
        group=asked.group,
        unit_kind=asked.unit_kind,
        task_kind=asked.kind,
        period=asked.period,
        year=asked.year,
        status=status,
        text=asked.text,
        units=of_unit,
        reader=caller.rights,
    )
    parts = choices(tx, which, today)
    scope = scope_of(status, now, today) if status else Scope(tuple(State))
    newest_first = status in FINISHED
    found = board.page_of(tx, parts, scope, size=asked.size, after=asked.after, newest_first=newest_first)
    return as_counted(site.office, now, found)


def _three(after: str | None) -> object:
    return read_key(after, 3)


def _line(line: Line) -> dict[str, Any]:
    o = line.obligation
    late = o.kind.can_be_late
    return {
        "id": o.id,
        "unit": o.unit,
        "unit_name": o.unit_name,
        "formerly": o.formerly,
        "deadline": str(o.key),
        "title": o.title,
        "kind": o.kind,
        "product": o.product,
        "status": line.status,
        "state": o.state,
        "stated": o.dates.stated,
        "last_day": o.dates.last_day,
        "act_by": o.dates.act_by,
        "late_after": o.dates.late_on if late else None,
        "late_at": o.dates.late_at if late else None,
        "basis": o.basis,
        "late": o.late,
        "days_late": line.days_late,
        "received": o.received_on,
        "sent_back": o.sent_back,
        "reason": o.reason,
        "tracked": o.tracked,
        "last_reminder": line.last_reminder.at if line.last_reminder else None,
        "revision": o.revision,
    }


def _submission(s: Submission) -> SubmissionAnswer:
    return SubmissionAnswer(
        number=s.number,
        received=s.received_on,
        recorded_at=s.recorded_at,
        recorded_by=s.recorded_by,
        declared_by=s.declared_by,
        accepted_at=s.accepted_at,
        returned_at=s.returned_at,
        return_reason=s.return_reason,
        note=s.note,
    )


def read_one(tx: Connection, caller: Caller, number: int) -> Obligation:
    """Raises HTTPException for what isn't there, or is not for the caller."""
    found = by_ids(tx, [number])
    if not found or not caller.rights.may_read_item(found[0].key.plan, found[0].key.task, found[0].unit):
        raise HTTPException(404)
    return found[0]


def obligation_routes(site: Site) -> APIRouter:
    router = APIRouter(tags=["obligations"])

    @router.get("/obligations", **said("list_obligations"))
    def obligations(
        asked: Annotated[ObligationQuery, Query()],
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(ANYBODY.reads)],
    ) -> ObligationList:
        check_after(asked, _three)
        with site.office.database.read() as tx:
            page = _page(tx, site, caller, asked, asked.status)
        items = [ObligationLine(**_line(line)) for line in page.rows]
        return ObligationList(items=items, next=next_page(site, request, response, page))

    @router.get("/obligations/{id}", **said("read_obligation"))
    def one(
        number: Annotated[int, Path(alias="id", ge=1, le=LARGEST, description="api.field.obligation")],
        caller: Annotated[Caller, Depends(ANYBODY.reads)],
    ) -> ObligationAnswer:
        with site.office.database.read() as tx:
            o = read_one(tx, caller, number)
            (line,) = as_counted(site.office, site.clock(), Page(tuple(board.lines(tx, [o.id])))).rows
            handed_in = submissions_of(tx, o.id)
        return ObligationAnswer(
            **_line(line),
            plan_title=o.plan_title,
            document=o.document,
            coordinator=o.coordinator,
            submissions=[_submission(s) for s in handed_in],
        )

    @router.get("/overdue", **said("list_overdue"))
    def overdue(
        asked: Annotated[OverdueQuery, Query()],
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(ANYBODY.reads)],
    ) -> OverdueList:
        check_after(asked, _three)
        with site.office.database.read() as tx:
            page = _page(tx, site, caller, asked, Status.OVERDUE)
        items = [OverdueLine(**_line(line), obligation=line.obligation.id) for line in page.rows]
        return OverdueList(items=items, next=next_page(site, request, response, page))

    return router
