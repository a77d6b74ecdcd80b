"""What coordinators do with the units of a deadline, and what a unit may say of itself: as on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, Strict

from actions.adjusting import extend, waive
from actions.office import Act
from actions.receiving import Changed, Receipt, accept, send_back, submit
from plans.deadlines import DeadlineKey
from plans.periods import Period
from plans.problems import Problem, UserError
from plans.rules import Operator
from plans.status import State
from plans.words import Words
from web.api.access import CHANGES_DEADLINE, SUBMITS, Caller
from web.api.languages import words_of
from web.api.lists import said
from web.api.models import Answer, Day, Given, Line, PeriodKey, Slug, Text, Trying, told
from web.site import Site

_Units = Annotated[list[Slug], Field(min_length=1)]
_Yes = Annotated[bool, Strict()]
_SOME = ["so-cong-thuong"]


class Submitting(Given):
    """What came in."""

    units: _Units = told("act_units", _SOME)
    number: Line | None = told("number", "125/BC-SCT", default=None)
    received: Day | None = told("received_or_today", "2026-12-04", default=None)
    note: Text | None = told("note", default=None)


class Accepting(Given):
    """What is confirmed."""

    units: _Units = told("act_units", _SOME)
    received: Day | None = told("received_corrected", "2026-12-04", default=None)


class Returning(Given):
    """What is to be completed."""

    units: _Units = told("act_units", _SOME)
    reason: Text = told("return_reason", "Thiếu biểu số liệu kèm theo")
    until: Day | None = told("resubmit_by", "2026-12-14", default=None)
    received: Day | None = told("received_corrected", default=None)
    void: _Yes = told("void", default=False)


class Extending(Given):
    """A later date."""

    units: _Units | None = told("act_units_or_all", _SOME, default=None)
    until: Day = told("extend_until", "2026-12-21")
    before: _Yes = told("extend_before", default=False)
    document: Line | None = told("approved_by", "311/SNV", default=None)
    reason: Text | None = told("extend_reason", "Sáp nhập đơn vị", default=None)


class Waiving(Given):
    """A duty lifted."""

    units: _Units = told("act_units", _SOME)
    reason: Text = told("waive_reason", "Không có phong trào thi đua riêng")


class ChangedLine(Answer):
    """What became of one obligation."""

    obligation: int = told("obligation", 12)
    unit: str = told("unit", "so-cong-thuong")
    unit_name: str = told("unit_name", "Sở Công Thương")
    before: State = told("state_before", "open")
    state: State = told("state", "accepted")
    late: bool | None = told("late", False)
    last_day: date | None = told("new_last_day", None)
    skipped: str | None = told("skipped", None)
    skipped_text: str | None = told("skipped_text", None)


class Done(Answer):
    """What an act changed."""

    deadline: str = told("deadline", "dien-bien-2458/bao-cao-nam/2026")
    dry_run: bool = told("was_dry_run", False)
    changed: int = told("changed", 1)
    items: list[ChangedLine] = told("changed_items")


def _key(plan: Slug, task: Slug, period: PeriodKey) -> DeadlineKey:
    return DeadlineKey(plan, task, Period(period))


Key = Annotated[DeadlineKey, Depends(_key)]


def _done(key: DeadlineKey, found: Sequence[Changed], outcome: State | None, words: Words, trying: Trying) -> Done:
    """`outcome`: what the act makes of an obligation; None: it stays what it was."""
    return Done(
        deadline=str(key),
        dry_run=trying.dry_run,
        changed=sum(1 for c in found if not c.skipped),
        items=[
            ChangedLine(
                obligation=c.obligation.id,
                unit=c.obligation.unit,
                unit_name=c.obligation.unit_name,
                before=c.before,
                state=c.before if c.skipped or outcome is None else outcome,
                late=c.late,
                last_day=c.last_day,
                skipped=c.skipped,
                skipped_text=words(f"cli.skipped.{c.skipped}") if c.skipped else None,
            )
            for c in found
        ],
    )


def act_routes(site: Site) -> APIRouter:
    router = APIRouter(prefix="/deadlines/{plan}/{task}/{period}", tags=["acts"])
    office = site.office

    def act(request: Request, caller: Caller, units: Sequence[str], reason: str | None = None) -> Act:
        request.state.units = units  # so that a problem can point to the one it is about
        return Act(caller.actor, site.clock(), reason)

    @router.post("/submit", **said("submit"))
    def submits(
        key: Key,
        given: Submitting,
        trying: Annotated[Trying, Query()],
        request: Request,
        caller: Annotated[Caller, Depends(SUBMITS.acts)],
    ) -> Done:
        by, rights = act(request, caller, given.units), caller.rights
        by_unit = not rights.may_change_plan(key.plan)
        strange = [u for u in given.units if by_unit and not rights.may_declare(key.plan, key.task, u)]
        if strange:
            raise UserError(Problem("unit.owes_not", {"unit": u, "deadline": str(key)}) for u in strange)
        receipt = Receipt(given.received or office.today(by.now), given.number, given.note)
        done = submit(office, by, key, given.units, receipt, by_unit=by_unit, dry_run=trying.dry_run)
        outcome = State.SUBMITTED if by_unit else State.ACCEPTED
        return _done(key, done, outcome, words_of(site, request), trying)

    @router.post("/accept", **said("accept"))
    def accepts(
        key: Key,
        given: Accepting,
        trying: Annotated[Trying, Query()],
        request: Request,
        caller: Annotated[Caller, Depends(CHANGES_DEADLINE.acts)],
    ) -> Done:
        done = accept(
            office, act(request, caller, given.units), key, given.units, given.received, dry_run=trying.dry_run
        )
        return _done(key, done, State.ACCEPTED, words_of(site, request), trying)

    @router.post("/return", **said("return"))
    def returns(
        key: Key,
        given: Returning,
        trying: Annotated[Trying, Query()],
        request: Request,
        caller: Annotated[Caller, Depends(CHANGES_DEADLINE.acts)],
    ) -> Done:
        options: dict[str, Any] = {"received_on": given.received, "void": given.void, "dry_run": trying.dry_run}
        done = send_back(
            office, act(request, caller, given.units, given.reason), key, given.units, given.until, **options
        )
        return _done(key, done, State.RETURNED, words_of(site, request), trying)

    @router.post("/extend", **said("extend"))
    def extends(
        key: Key,
        given: Extending,
        trying: Annotated[Trying, Query()],
        request: Request,
        caller: Annotated[Caller, Depends(CHANGES_DEADLINE.acts)],
    ) -> Done:
        units = given.units or []
        done = extend(
            office,
            act(request, caller, units, given.reason),
            key,
            units,
            given.until,
            operator=Operator.BEFORE if given.before else Operator.BY,
            document=given.document,
            dry_run=trying.dry_run,
        )
        return _done(key, done, None, words_of(site, request), trying)

    @router.post("/waive", **said("waive"))
    def waives(
        key: Key,
        given: Waiving,
        trying: Annotated[Trying, Query()],
        request: Request,
        caller: Annotated[Caller, Depends(CHANGES_DEADLINE.acts)],
    ) -> Done:
        done = waive(office, act(request, caller, given.units, given.reason), key, given.units, dry_run=trying.dry_run)
        return _done(key, done, State.WAIVED, words_of(site, request), trying)

    return router
