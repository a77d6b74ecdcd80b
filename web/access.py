"""Who a route answers. Every route declares it, or the application does not start.

    @router.api_route("/units/{slug}", methods=["GET", "HEAD"])
    def unit(slug: str, visit: Annotated[Visit, Depends(READS_UNIT.guard)]) -> HTMLResponse: …

    @router.post("/deadlines/{plan}/{task}/{period}/accept")
    def accept(plan: str, …, visit: Annotated[Visit, Depends(CHANGES_PLAN.act)]) -> Response: …

`act` is for forms: it asks for the session's own token too (`{{ say.token() }}` in the template). What a rule refuses
looks like what isn't there, so that nobody learns what exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, BackgroundTasks, FastAPI, Form, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from actions.access import may_read_deadline, may_read_plan, may_read_unit, rights_of
from plans.access import Rights, Visitor
from plans.deadlines import DeadlineKey
from plans.periods import Period
from plans.problems import EnvironmentFault
from store.hashing import hashed
from store.sessions import SEEN_EVERY, find_session, mark_seen
from web.cookies import SESSION, form_token, read_cookie, right_token
from web.site import Site
from web.visits import SignInNeeded, Visit

Allows = Callable[[Connection, Rights, Mapping[str, str]], bool]


class Declared:
    """What a route declares; the guard named `acting` is the one for a route that may change something."""

    acting: ClassVar[str]


class Open(Declared):
    """Asks for no session: the page looks after itself, for the reason given."""

    acting = "guard"

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def guard(self) -> None:
        return None


class Rule(Declared):
    """Asks for a session, and of its person whatever `allows` says of the path."""

    acting = "act"

    def __init__(self, name: str, allows: Allows, refusal: int = 404) -> None:
        self.name = name
        self.allows = allows
        self.refusal = refusal

    def guard(self, request: Request, after: BackgroundTasks) -> Visit:
        """For pages that are read."""
        site: Site = request.app.state.site
        now = site.clock()
        with site.office.database.read() as tx:
            visit = visit_of(tx, site, request, now)
            if visit is None:
                raise SignInNeeded
            request.state.visit = visit
            allowed = self.allows(tx, visit.rights, request.path_params)
        if now - visit.seen_at > SEEN_EVERY:
            after.add_task(_note_seen, site, visit.session, now)  # once it is answered
        if not allowed:
            raise HTTPException(self.refusal)
        return visit

    def act(self, request: Request, after: BackgroundTasks, form_token: Annotated[str, Form()] = "") -> Visit:
        """For forms: the session's token must be in it, whatever the browser says of where it comes from."""
        visit = self.guard(request, after)
        secret = read_cookie(request.app.state.site, request, SESSION) or ""
        if not right_token(secret, form_token):
            raise HTTPException(403)
        return visit


def visit_of(tx: Connection, site: Site, request: HTTPConnection, now: datetime) -> Visit | None:
    """Who sends a request; None for strangers, among them those who have lost every right since they signed in."""
    secret = read_cookie(site, request, SESSION)
    session = find_session(tx, hashed(secret), now) if secret else None
    if secret is None or session is None:
        return None
    rights = rights_of(tx, session.address, site.office.today(now), site.web.granted)
    if not rights.any:
        return None
    visitor = Visitor(session.person_id, session.address, session.name, rights)
    return Visit(visitor, session.id, form_token(secret), session.seen_at)


def _note_seen(site: Site, session: int, now: datetime) -> None:
    with suppress(EnvironmentFault), site.office.database.write() as tx:  # nobody waits for it, nothing rests on it
        mark_seen(tx, session, now)


def _key(path: Mapping[str, str]) -> DeadlineKey:
    return DeadlineKey(path["plan"], path["task"], Period(path["period"]))


# The rules. Path parameters are called `slug` (of a unit or a plan) or `plan`, `task`, `period`. ---------------------

STRANGERS = Open("signing in is for those who have not")
LINK_HOLDERS = Open("the token in the path says who may")
MACHINES = Open("for monitoring; what strangers are told is decided there")

SIGNED_IN = Rule("signed in", lambda _tx, _rights, _path: True)
ADMINISTERS = Rule("administrator", lambda _tx, rights, _path: rights.may_administer)
SEES_OPERATIONS = Rule("sees operations", lambda _tx, rights, _path: rights.may_see_operations)
READS_UNIT = Rule("reads the unit", lambda tx, rights, path: may_read_unit(tx, rights, path["slug"]))
READS_PLAN = Rule("reads the plan", lambda tx, rights, path: may_read_plan(tx, rights, path["slug"]))
READS_DEADLINE = Rule("reads the deadline", lambda tx, rights, path: may_read_deadline(tx, rights, _key(path)))
CHANGES_PLAN = Rule("coordinates the plan", lambda _tx, rights, path: rights.may_change_plan(path["plan"]))


def rules_of(route: APIRoute) -> list[Declared]:
    """What a route declares."""
    return [call.__self__ for call in _guards(route)]


def _guards(route: APIRoute) -> list[Any]:
    return [c for c in _calls(route.dependant) if isinstance(getattr(c, "__self__", None), Declared)]


def _calls(dependant: Dependant) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


def admit(app: FastAPI, routes: APIRouter) -> None:
    """Take routes into an application. Raises ValueError for one without a rule, or a form without its token."""
    for route in routes.routes:
        if not isinstance(route, APIRoute) or not rules_of(route):
            raise ValueError(f"{route}: who may ask for this?")
        acts = any(call.__name__ == call.__self__.acting for call in _guards(route))
        if not {"GET", "HEAD"}.issuperset(route.methods or ()) and not acts:
            raise ValueError(f"{route.path}: a form without its token")
    app.include_router(routes)
