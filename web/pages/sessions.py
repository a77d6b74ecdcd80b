"""Where one is signed in, and signing out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from actions.office import Act
from store.sessions import end_sessions, list_sessions
from store.tokens import list_tokens
from web.access import SIGNED_IN
from web.pages.tokens import blank
from web.paths import SESSIONS, SIGN_OUT
from web.signing_in import sign_out
from web.site import Site
from web.visits import Visit

Signed = Annotated[Visit, Depends(SIGNED_IN.guard)]
Acting = Annotated[Visit, Depends(SIGNED_IN.act)]


def session_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route(SESSIONS, methods=["GET", "HEAD"])
    def sessions(visit: Signed) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = list_sessions(tx, now, person=visit.visitor.person_id)
            tokens = list_tokens(tx, now, person=visit.visitor.person_id)
        return site.page("sessions.html", now, visit=visit, sessions=found, tokens=tokens, typed=blank(site, now))

    @router.post(SESSIONS)
    def end_others(visit: Acting) -> Response:
        """Everywhere but here."""
        now, mine = site.clock(), visit.visitor
        with site.office.database.write() as tx:
            ended = end_sessions(tx, now, person=mine.person_id, but=visit.session)
            act = Act(f"person:{mine.address}", now)
            act.note_all(tx, "sign_out", [(f"session/{number}", {}) for number in ended])
        return RedirectResponse(SESSIONS, 303)

    @router.post(SIGN_OUT)
    def leave(visit: Acting) -> Response:
        with site.office.database.write() as tx:
            return sign_out(tx, site, visit.session, visit.visitor.address, site.clock())

    return router
