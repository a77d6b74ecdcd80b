"""Tokens that a person gives to programs: made here, shown once, taken back here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from actions.office import Act
from actions.tokens import Made, make_token, revoke
from plans.problems import Problem, UserError
from store.tokens import list_tokens
from web.access import SIGNED_IN
from web.flash import flash
from web.paths import SESSIONS, TOKENS
from web.site import Site
from web.typed_days import day_of
from web.visits import Visit

_USUAL = timedelta(days=90)
_LARGEST = 2**31 - 1  # number that a row can have

Signed = Annotated[Visit, Depends(SIGNED_IN.guard)]
Acting = Annotated[Visit, Depends(SIGNED_IN.act)]


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form."""

    name: str
    until: str
    writes: bool = False


def blank(site: Site, now: datetime) -> Typed:
    return Typed("", f"{site.office.today(now) + _USUAL:%d/%m/%Y}")


def token_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def page(
        visit: Visit,
        status: int = 200,
        *,
        typed: Typed | None = None,
        problems: tuple[Problem, ...] = (),
        made: Made | None = None,
    ) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = list_tokens(tx, now, person=visit.visitor.person_id)
        shown = {"tokens": found, "typed": typed or blank(site, now), "problems": problems, "made": made}
        return site.page("tokens.html", now, status=status, visit=visit, **shown)

    @router.api_route(TOKENS, methods=["GET", "HEAD"])
    def tokens(visit: Signed) -> HTMLResponse:
        return page(visit)

    @router.post(TOKENS)
    def make(
        visit: Acting,
        ten: Annotated[str, Form()] = "",
        den: Annotated[str, Form()] = "",
        quyen: Annotated[str, Form()] = "",
    ) -> Response:
        """The answer is the only place where the token is ever shown."""
        typed, day, mine = Typed(ten[:200], den[:40], quyen == "ghi"), day_of(den), visit.visitor
        if day is None:
            return page(visit, 422, typed=typed, problems=(Problem("token.day", {"value": den[:40]}),))
        act = Act(f"person:{mine.address}", site.clock())
        try:
            made = make_token(site.office, act, mine.person_id, ten, day, writes=typed.writes)
        except UserError as error:
            return page(visit, 422, typed=typed, problems=error.problems)
        return page(visit, made=made)

    @router.post(TOKENS + "/{number}/thu-hoi")
    def take_back(visit: Acting, number: int) -> Response:
        """One's own only; of another's there is nothing to take back."""
        act = Act(f"person:{visit.visitor.address}", site.clock())
        numbers = [number] if 0 < number <= _LARGEST else []
        done = revoke(site.office, act, numbers=numbers, person=visit.visitor.person_id)
        return flash(site, RedirectResponse(SESSIONS, 303), "flash.token_revoked", n=len(done))

    return router
