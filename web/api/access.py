"""Whom the API answers: whoever holds a token, with the rights that its person has at that moment.

    @router.get("/units/{unit}")
    def one(unit: Slug, caller: Annotated[Caller, Depends(READS_UNIT.reads)]) -> UnitAnswer: …

    @router.post("/deadlines/{plan}/{task}/{period}/accept")
    def accept(…, caller: Annotated[Caller, Depends(CHANGES_DEADLINE.acts)]) -> Done: …

Cookies are not looked at, so no other site can have a visitor's browser act here. The rules ask the same questions as
those of the pages (`web.access`), and what they refuse looks like what isn't there.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import BackgroundTasks, Request
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import may_read_deadline, may_read_plan, may_read_unit, rights_of
from actions.tokens import has_form
from plans.access import Rights, Visitor
from plans.deadlines import DeadlineKey
from plans.periods import Period
from plans.problems import EnvironmentFault
from store.deadlines import deadline_facts
from store.hashing import hashed
from store.sessions import SEEN_EVERY
from store.tokens import Token, find_token, mark_token_seen
from web.access import Allows, Declared, Open
from web.limits import Limit, client_of
from web.site import Site

REALM = 'Bearer realm="nhachan"'
INVALID = f'{REALM}, error="invalid_token"'
SPAN = timedelta(minutes=15)
TRIES = 30  # wrong tokens of one client within the span
DESCRIBES = Open("says what may be asked, and nothing of what there is")


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone whose program asks."""

    visitor: Visitor
    token: int

    @property
    def rights(self) -> Rights:
        return self.visitor.rights

    @property
    def actor(self) -> str:
        """As the audit trail names who acts."""
        return f"person:{self.visitor.address}"


class ApiRule(Declared):
    """Asks for a token, and of its person whatever `allows` says of the path."""

    acting = "acts"

    def __init__(self, name: str, allows: Allows, refusal: int = 404) -> None:
        self.name = name
        self.allows = allows
        self.refusal = refusal

    def reads(self, request: Request, after: BackgroundTasks) -> Caller:
        """For what changes nothing."""
        return self._caller(request, after, writes=False)

    def acts(self, request: Request, after: BackgroundTasks) -> Caller:
        """For what changes something: the token must be one for that."""
        return self._caller(request, after, writes=True)

    def _caller(self, request: Request, after: BackgroundTasks, *, writes: bool) -> Caller:
        site: Site = request.app.state.site
        now = site.clock()
        given = _given(request)
        with site.office.database.read() as tx:
            token = find_token(tx, hashed(given), now) if has_form(given) else None
            rights = rights_of(tx, token.address, site.office.today(now), site.web.granted) if token else Rights()
            if token is None:
                raise _wrong(request, now)
            if not rights.any:  # no guess: it was a good one once
                raise HTTPException(401, headers={"WWW-Authenticate": INVALID})
            if writes and not token.writes:
                raise HTTPException(403, headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope"'})
            allowed = _is_clean(request) and self.allows(tx, rights, request.path_params)
        if token.seen_at is None or now - token.seen_at > SEEN_EVERY:
            after.add_task(_note_seen, site, token, now)  # once it is answered
        if not allowed:
            raise HTTPException(self.refusal)
        return Caller(Visitor(token.person_id, token.address, token.person, rights), token.id)


def _given(request: Request) -> str:
    """The token of a request (RFC 6750 §2.1). Raises HTTPException where there is none."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise HTTPException(401, headers={"WWW-Authenticate": REALM})
    return given.strip()


def _wrong(request: Request, now: datetime) -> HTTPException:
    """For a wrong token; 429 for one of many. Good ones are answered all the same: nobody guesses 256 bits."""
    limit: Limit = request.app.state.wrong_tokens
    if not limit.allows(client_of(request), now):
        return HTTPException(429, headers={"Retry-After": str(int(SPAN.total_seconds()))})
    return HTTPException(401, headers={"WWW-Authenticate": INVALID})


def _is_clean(request: Request) -> bool:
    """Whether a path has no character that PostgreSQL would not look up."""
    return all(str(value).isprintable() for value in request.path_params.values())


def _note_seen(site: Site, token: Token, now: datetime) -> None:
    with suppress(EnvironmentFault), site.office.database.write() as tx:  # nobody waits for it, nothing rests on it
        mark_token_seen(tx, token.id, now)


def key_of(path: Mapping[str, str]) -> DeadlineKey:
    return DeadlineKey(path["plan"], path["task"], Period(path["period"]))


def _is_there(tx: Connection, path: Mapping[str, str]) -> bool:
    return bool(deadline_facts(tx, key=key_of(path)))


def _may_submit(rights: Rights, plan: str, task: str) -> bool:
    """As the coordinator, or for some unit in whose name one may say that it has sent something."""
    own = bool(rights.acts_for or rights.heads) or any((p, t) == (plan, task) for p, t, _ in rights.named)
    return rights.may_change_plan(plan) or own


# The rules. Path parameters are called `unit`, `plan`, or `plan`, `task`, `period`. -----------------------------------

ANYBODY = ApiRule("holds a token", lambda _tx, _rights, _path: True)
SEES_OPERATIONS = ApiRule("sees operations", lambda _tx, rights, _path: rights.may_see_operations)
READS_UNIT = ApiRule("reads the unit", lambda tx, rights, path: may_read_unit(tx, rights, path["unit"]))
READS_PLAN = ApiRule("reads the plan", lambda tx, rights, path: may_read_plan(tx, rights, path["plan"]))
READS_DEADLINE = ApiRule("reads the deadline", lambda tx, rights, path: may_read_deadline(tx, rights, key_of(path)))
CHANGES_DEADLINE = ApiRule(
    "coordinates the plan", lambda tx, rights, path: rights.may_change_plan(path["plan"]) and _is_there(tx, path)
)
SUBMITS = ApiRule(
    "coordinates the plan or answers for a unit",
    lambda tx, rights, path: (
        _may_submit(rights, path["plan"], path["task"])
        and may_read_deadline(tx, rights, key_of(path))
        and _is_there(tx, path)
    ),
)
LOADS = ApiRule("coordinates some plan", lambda _tx, rights, _path: rights.administers or bool(rights.coordinates), 403)
