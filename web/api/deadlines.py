"""Deadlines, and why each is on its date."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ConfigDict
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.chaining import Collected, chain_of
from actions.explaining import Explanation, why
from actions.explaining_units import UnitDates, units_with_own_dates
from plans.deadlines import Basis, DeadlineKey, DueDates, Step
from plans.paging import read_key
from plans.periods import YEARS, Period
from plans.plan import Kind
from plans.problems import UserError
from plans.rules import Operator
from plans.words import Words
from store.deadlines import DeadlineFacts
from store.listing import Sought, deadline_page
from web.api.access import ANYBODY, READS_DEADLINE, Caller
from web.api.languages import words_of
from web.api.lists import check_after, next_page, said
from web.api.models import Answer, Day, Instant, Listing, Paged, PeriodKey, Slug, told
from web.site import Site


class Dates(Answer):
    """The four dates."""

    stated: date = told("stated", "2026-12-05")
    operator: Operator = told("operator", "before")
    last_day: date = told("last_day", "2026-12-04")
    act_by: date = told("act_by", "2026-12-04")
    late_after: date | None = told("late_after", "2026-12-05")
    late_at: Instant | None = told("late_at", "2026-12-05T17:00:00Z")
    time: str | None = told("time", None)


class DeadlineLine(Dates):
    """A deadline in the list."""

    deadline: str = told("deadline", "dien-bien-2458/bao-cao-nam/2026")
    plan: str = told("plan", "dien-bien-2458")
    task: str = told("task", "bao-cao-nam")
    period: str = told("period", "2026")
    title: str = told("title", "Báo cáo kết quả thực hiện phong trào thi đua hằng năm")
    kind: Kind = told("kind", "report")
    product: str | None = told("product", "báo cáo")
    document: str | None = told("document", "2458/UBND-NC")
    quote: str | None = told("quote", "trước ngày 05 tháng 12 hàng năm")
    tracked: bool = told("tracked", True)
    cancelled: bool = told("cancelled", False)


class DeadlineList(Listing[DeadlineLine]):
    """A page of them."""


class StepAnswer(Answer):
    """A step to a date: what it is called, what it says, and what it counts with."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, str | int]

    code: str = told("step_code", "before")
    text: str = told("step_text", "“trước ngày” không tính ngày được nêu: ngày cuối là 04/12/2026")


class UnitDatesAnswer(Dates):
    """Other dates of one unit, and what they rest on."""

    unit: str = told("unit", "so-cong-thuong")
    unit_name: str = told("unit_name", "Sở Công Thương")
    basis: Basis = told("basis", "extension")
    event_day: date | None = told("event_day", None)
    document: str | None = told("approved_by", "311/SNV")
    reason: str | None = told("reason", "Sáp nhập đơn vị")
    judged_late_after: date | None = told("judged_late_after", "2026-12-15")


class CollectedAnswer(Answer):
    """A task that this report sums up."""

    task: str = told("collected_task", "dien-bien-2458/bao-cao-nam")
    title: str = told("title", "Báo cáo kết quả thực hiện phong trào thi đua hằng năm")
    periods: list[str] = told("periods", ["2026"])
    done: int = told("done", 42)
    owing: int = told("owing", 45)
    ahead: int = told("ahead", 5)
    proposed: date | None = told("proposed", None)


class DeadlineAnswer(Dates):
    """A deadline and how it came to its date; keys as in `nhachan why --json`."""

    deadline: str = told("deadline", "dien-bien-2458/bao-cao-nam/2026")
    title: str = told("title", "Báo cáo kết quả thực hiện phong trào thi đua hằng năm")
    kind: Kind = told("kind", "report")
    quote: str | None = told("quote", "trước ngày 05 tháng 12 hàng năm")
    line: int | None = told("source_line", 63)
    rrule: str | None = told("rrule", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5")
    tracked: bool | None = told("tracked_or_not_made", True)
    steps: list[StepAnswer] = told("steps")
    units: list[UnitDatesAnswer] = told("units_with_own_dates")
    collects: list[CollectedAnswer] = told("collects")


class DeadlineQuery(Paged):
    """Which deadlines."""

    plan: Slug | None = told("only_plan", "dien-bien-2458", default=None)
    task: Slug | None = told("only_task", "bao-cao-nam", default=None)
    kind: Kind | None = told("only_kind", "report", default=None)
    period: PeriodKey | None = told("only_period", "2026", default=None)
    year: int | None = told("only_year", 2026, default=None, ge=YEARS[0], le=YEARS[-1])
    first: Day | None = told("from", "2026-12-01", default=None, alias="from")
    last: Day | None = told("to", "2026-12-31", default=None, alias="to")


def _one(after: str | None) -> object:
    return read_key(after, 1)


def _dates(dates: DueDates, *, late: bool) -> dict[str, Any]:
    return {
        "stated": dates.stated,
        "operator": dates.operator,
        "last_day": dates.last_day,
        "act_by": dates.act_by,
        "late_after": dates.late_on if late else None,
        "late_at": dates.late_at if late else None,
        "time": f"{dates.at:%H:%M}" if dates.at else None,
    }


def _line(d: DeadlineFacts) -> DeadlineLine:
    return DeadlineLine(
        **_dates(d.dates, late=d.kind.can_be_late),
        deadline=str(d.key),
        plan=d.key.plan,
        task=d.key.task,
        period=str(d.key.period),
        title=d.title,
        kind=d.kind,
        product=d.product,
        document=d.document,
        quote=d.quote,
        tracked=d.tracked,
        cancelled=d.cancelled,
    )


def _step(step: Step, words: Words) -> StepAnswer:
    return StepAnswer(code=step.code, text=words.step(step), **dict(step.params))  # type: ignore[arg-type]


def _of_unit(one: UnitDates, *, late: bool) -> UnitDatesAnswer:
    o = one.obligation
    return UnitDatesAnswer(
        **_dates(one.dates, late=late),
        unit=o.unit,
        unit_name=o.unit_name,
        basis=o.basis,
        event_day=one.event_day,
        document=one.document,
        reason=o.reason,
        judged_late_after=one.judged.late_on if late else None,
    )


def _collected(found: Collected) -> CollectedAnswer:
    return CollectedAnswer(
        task=found.name,
        title=found.title,
        periods=[str(period) for period in found.periods],
        done=found.done,
        owing=found.owing,
        ahead=found.ahead,
        proposed=found.proposed,
    )


def _explained(tx: Connection, site: Site, caller: Caller, found: Explanation, words: Words) -> DeadlineAnswer:
    """What it says of units is what the caller may read; what it sums up is for those who read the whole plan."""
    key, late = found.key, found.task.kind.can_be_late
    own = units_with_own_dates(tx, key) if found.tracked is not None else []
    whole = caller.rights.may_read_whole_plan(key.plan)
    chain = chain_of(tx, site.office, key, found.task, found.dates) if whole else []
    # Steps to a lateness that is never counted would mislead.
    steps = [step for step in found.dates.steps if late or not step.code.startswith("late_")]
    return DeadlineAnswer(
        **_dates(found.dates, late=late),
        deadline=str(key),
        title=found.task.title,
        kind=found.task.kind,
        quote=found.task.source.quote,
        line=found.task.source.line,
        rrule=found.rrule,
        tracked=found.tracked,
        steps=[_step(step, words) for step in steps],
        units=[
            _of_unit(u, late=late) for u in own if caller.rights.may_read_item(key.plan, key.task, u.obligation.unit)
        ],
        collects=[_collected(one) for one in chain],
    )


def deadline_routes(site: Site) -> APIRouter:
    router = APIRouter(tags=["deadlines"])

    @router.get("/deadlines", **said("list_deadlines"))
    def deadlines(
        asked: Annotated[DeadlineQuery, Query()],
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(ANYBODY.reads)],
    ) -> DeadlineList:
        check_after(asked, _one)
        sought = Sought(asked.plan, asked.task, asked.kind, asked.period, asked.year, asked.first, asked.last)
        with site.office.database.read() as tx:
            page = deadline_page(tx, sought, caller.rights, size=asked.size, after=asked.after)
        items = [_line(d) for d in page.rows]
        return DeadlineList(items=items, next=next_page(site, request, response, page))

    @router.get("/deadlines/{plan}/{task}/{period}", **said("read_deadline"))
    def one(
        plan: Slug,
        task: Slug,
        period: PeriodKey,
        request: Request,
        caller: Annotated[Caller, Depends(READS_DEADLINE.reads)],
    ) -> DeadlineAnswer:
        key = DeadlineKey(plan, task, Period(period))
        with site.office.database.read() as tx:
            try:
                found = why(tx, site.office, key)
            except UserError as error:
                raise HTTPException(404) from error
            return _explained(tx, site, caller, found, words_of(site, request))

    return router
