"""The day of an event from which deadlines count: entered on the page of one of them, after its consequences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.happening import Awaited, Entered, awaited_events, set_event
from actions.office import Act
from plans.access import Rights
from plans.deadlines import DeadlineKey
from plans.periods import Period
from plans.plan import Plan, Task
from plans.problems import Problem, UserError
from plans.rules import ANCHORS, DueRule, Relative
from store.plans import read_plan
from store.units import unit_names
from web.access import CHANGES_PLAN
from web.flash import flash
from web.site import Site
from web.typed_days import day_of, unread_day
from web.visits import Visit


@dataclass(frozen=True, slots=True)
class AwaitedDay:
    """An event, and whether its day is the visitor's to enter: it may move deadlines of other plans."""

    event: Awaited
    may_enter: bool
    elsewhere: tuple[str, ...]  # plans that the visitor does not coordinate

    @property
    def called(self) -> str:
        return self.event.name or self.event.event


@dataclass(frozen=True, slots=True)
class EventPage:
    """A deadline whose day is to be entered, or what would happen if it were."""

    key: DeadlineKey
    plan: Plan
    task: Task
    event: AwaitedDay
    typed: str = ""
    day: date | None = None  # as it was read
    outcome: Entered | None = None  # what would happen
    problems: tuple[Problem, ...] = ()
    names: dict[str, str] | None = None  # unit → name


def awaited_day(tx: Connection, due: DueRule, rights: Rights) -> AwaitedDay | None:
    """The event that a rule counts from; None for other rules and for what the calendar knows by itself."""
    if not isinstance(due, Relative) or due.event in ANCHORS:
        return None
    found = next((one for one in awaited_events(tx) if one.event == due.event), None)
    if found is None:
        return None
    plans = dict.fromkeys(name.partition("/")[0] for name in found.tasks)
    elsewhere = tuple(plan for plan in plans if not rights.may_change_plan(plan))
    return AwaitedDay(found, not elsewhere, elsewhere)


def read_event_page(tx: Connection, key: DeadlineKey, rights: Rights) -> EventPage:
    """Raises HTTPException 404 for a deadline that counts from no event."""
    stored = read_plan(tx, key.plan)
    task = stored.plan.task(key.task) if stored else None
    event = awaited_day(tx, task.due, rights) if task else None
    if stored is None or task is None or event is None or key.period.key != event.event.event:
        raise HTTPException(404)
    return EventPage(key, stored.plan, task, event, names=unit_names(tx))


def open_event_page(site: Site, visit: Visit, now: datetime, key: DeadlineKey) -> HTMLResponse:
    """A deadline that has no day yet."""
    with site.office.database.read() as tx:
        page = read_event_page(tx, key, visit.rights)
    return site.page("event.html", now, visit=visit, page=page)


def event_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def show(visit: Visit, now: datetime, page: EventPage) -> HTMLResponse:
        return site.page("event.html", now, status=422 if page.problems else 200, visit=visit, page=page)

    @router.post("/deadlines/{plan}/{task}/{period}/su-kien")
    def enter(
        plan: str,
        task: str,
        period: str,
        visit: Annotated[Visit, Depends(CHANGES_PLAN.act)],
        ngay: Annotated[str, Form()] = "",
        bo: Annotated[str, Form()] = "",
        chac_chan: Annotated[str, Form(alias="chac-chan")] = "",
    ) -> Response:
        """Without `chac-chan`: what would happen. `bo`: take the day away."""
        now, key = site.clock(), DeadlineKey(plan, task, Period(period))
        with site.office.database.read() as tx:
            page = read_event_page(tx, key, visit.rights)
        if not page.event.may_enter:
            raise HTTPException(404)
        day = None if bo else day_of(ngay)
        page = replace(page, typed=ngay, day=day)
        if day is None and not bo:
            return show(visit, now, replace(page, problems=(unread_day(ngay),)))
        act = Act(f"person:{visit.visitor.address}", now)
        try:
            outcome = set_event(site.office, act, page.event.event.event, day, dry_run=not chac_chan)
        except UserError as error:
            return show(visit, now, replace(page, problems=error.problems))
        if not chac_chan:
            return show(visit, now, replace(page, outcome=outcome))
        told = {"event": page.event.called}
        if day is None:
            return flash(site, RedirectResponse(f"/deadlines/{key}", 303), "flash.event.gone", **told)
        return flash(site, RedirectResponse(f"/deadlines/{key}", 303), "flash.event", day=day.isoformat(), **told)

    return router
