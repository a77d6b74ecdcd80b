"""What units have declared, and what they ask for: the queues of whoever coordinates, the longest waiting first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.receiving import verdicts
from actions.requesting import decide
from plans.access import Rights
from plans.obligations import Obligation
from plans.paging import Page
from plans.problems import Problem, UserError
from plans.requests import Request as Asked
from plans.requests import RequestKind, RequestState
from store.confirming import Declared, waiting
from store.obligations import by_ids
from store.requests import count_waiting_requests, requests_of, waiting_page
from web.access import CHANGES_PLANS
from web.flash import flash
from web.pages.deeds import LONGEST, Fields
from web.pages.listing import choices_of, read_listing
from web.pages.selection import named, numbers_in, way_of
from web.site import Site
from web.typed_days import unread_day
from web.visits import Visit

_ANSWERS = {"dong-y": True, "tu-choi": False}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to some requests, and what it would do."""

    grant: bool
    chosen: tuple[Asked, ...]
    owed: Mapping[int, Obligation]  # what is asked about
    typed: Fields
    problems: tuple[Problem, ...] = ()
    is_known: bool = False  # what it would do; else something is to be filled in

    @property
    def numbers(self) -> str:
        return " ".join(str(r.id) for r in self.chosen)

    @property
    def asks_for_time(self) -> bool:
        return any(r.kind is RequestKind.EXTENSION for r in self.chosen)

    def missing(self) -> list[Problem]:
        """What is wrong with the fields themselves."""
        typed, found = self.typed, []
        if typed.text("until") is not None and typed.day() is None:
            found.append(unread_day(typed.until))
        if not self.grant and typed.text("reason") is None:
            found.append(Problem("selection.reason"))
        if any(len(text) > LONGEST for text in (typed.reason, typed.document)):
            found.append(Problem("selection.long", {"limit": LONGEST}))
        return found


def read_waiting(tx: Connection, which: Rights, numbers: list[int]) -> tuple[Asked, ...]:
    """Requests that may be answered. Raises HTTPException 404 for one that isn't there, or is another's to answer."""
    found = {r.id: r for r in requests_of(tx, numbers)}
    for number in numbers:
        key = found[number].key if number in found else None
        if number not in found or (key is not None and not which.may_change_plan(key.plan)):
            raise HTTPException(404)
    return tuple(found[number] for number in numbers)


def owed_of(tx: Connection, some: tuple[Asked, ...]) -> dict[int, Obligation]:
    return {o.id: o for o in by_ids(tx, [r.obligation for r in some if r.obligation is not None])}


def confirming_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/xac-nhan", methods=["GET", "HEAD"])
    def queue(
        request: Request, visit: Annotated[Visit, Depends(CHANGES_PLANS.guard)], sau: str | None = None
    ) -> HTMLResponse:
        now, mine = site.clock(), visit.rights.coordinating
        today = site.office.today(now)
        with site.office.database.read() as tx:
            listing = read_listing(tx, "/xac-nhan", request.query_params.multi_items(), mine, today.year)
            page: Page[Declared] = waiting(tx, listing.which, today, after=sau)
            late = verdicts(tx, site.office, [(d.obligation, d.received_on) for d in page.rows])
            asked = count_waiting_requests(tx, mine)
        return site.page(
            "confirming.html",
            now,
            visit=visit,
            listing=listing,
            choices=choices_of(site, listing),
            page=page,
            late=late,
            carried=way_of(request, "xac-nhan").query,
            asked_for=asked,
            after=sau,
        )

    @router.api_route("/de-nghi", methods=["GET", "HEAD"])
    def requests(visit: Annotated[Visit, Depends(CHANGES_PLANS.guard)], sau: str | None = None) -> HTMLResponse:
        now, mine = site.clock(), visit.rights.coordinating
        with site.office.database.read() as tx:
            page = waiting_page(tx, mine, after=sau)
            owed, asked = owed_of(tx, page.rows), count_waiting_requests(tx, mine)
        return site.page("requests.html", now, visit=visit, page=page, owed=owed, asked_for=asked, after=sau)

    def show(visit: Visit, answer: Answer) -> HTMLResponse:
        problems = named(answer.problems, answer.owed.values(), site.words)
        status = 422 if problems else 200
        return site.page("answer.html", site.clock(), status=status, visit=visit, a=answer, problems=problems)

    @router.post("/de-nghi/{deed}")
    def answer(
        deed: str,
        visit: Annotated[Visit, Depends(CHANGES_PLANS.act)],
        viec: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
        xem: Annotated[str, Form()] = "",
        sua: Annotated[str, Form()] = "",
        chac_chan: Annotated[str, Form(alias="chac-chan")] = "",
        ngay: Annotated[str, Form()] = "",
        van_ban: Annotated[str, Form(alias="van-ban")] = "",
        ly_do: Annotated[str, Form(alias="ly-do")] = "",
    ) -> Response:
        """Requests are ticked under the name that all lists have, `viec`."""
        now, grant = site.clock(), _ANSWERS.get(deed)
        if grant is None:
            raise HTTPException(404)
        with site.office.database.read() as tx:
            chosen = read_waiting(tx, visit.rights, numbers_in(viec))
            asked = Answer(grant, chosen, owed_of(tx, chosen), Fields(ngay, van_ban, ly_do))
        if not chosen:
            return show(visit, replace(asked, problems=(Problem("selection.nothing"),)))
        if sua or not (grant or xem or chac_chan):
            return show(visit, asked)
        try:
            if problems := asked.missing():
                raise UserError(problems)
            typed = asked.typed
            done = decide(
                site.office,
                replace(visit.act(now), reason=typed.text("reason")),
                [r.id for r in chosen],
                grant=grant,
                until=typed.day() if grant else None,
                document=typed.text("document") if grant else None,
                dry_run=not chac_chan,
            )
        except UserError as error:
            return show(visit, replace(asked, problems=error.problems))
        if not chac_chan:
            return show(visit, replace(asked, is_known=True))
        code = "flash.granted" if grant else "flash.refused"
        count = sum(r.state is not RequestState.OPEN for r in done)
        return flash(site, RedirectResponse("/de-nghi", 303), code, n=count)

    return router
