"""What went wrong, for programs: `application/problem+json` (RFC 9457), in the language that was asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import Match

from plans.problems import EnvironmentFault, Problem, UserError
from web.api.languages import words_of
from web.api.models import ProblemAnswer, ProblemItem
from web.api.validation import Fault, faults_of, is_of_path, is_unreadable, pointer_of
from web.api.wording import texts
from web.headers import SECURITY
from web.paths import API
from web.site import Site

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUSES = {
    400: "unreadable",
    401: "token",
    403: "forbidden",
    404: "not-found",
    405: "method",
    409: "conflict",
    411: "length",
    413: "too-large",
    415: "media-type",
    421: "host",
    422: "invalid",
    429: "too-many",
    500: "defect",
    503: "unavailable",
}
# What the input says is well-formed, but things have moved on since.
_CONFLICTS = frozenset({"submit.closed", "load.older_revision"})


def problem(
    site: Site,
    request: HTTPConnection,
    status: int,
    faults: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer for an error, with every fault in words."""
    status = status if status in STATUSES else 400
    said = words_of(site, request)
    items = [
        ProblemItem(
            code=f.problem.code,
            detail=said.problem(f.problem),
            pointer=f.pointer,
            parameter=f.parameter,
            line=f.problem.place.line or None if f.problem.place else None,
            column=f.problem.place.column or None if f.problem.place else None,
        )
        for f in faults
    ]
    answer = ProblemAnswer(
        type=f"{site.office.base_url}{API}/#{STATUSES[status]}",
        title=texts(said.language)[f"api.problem.{status}"],
        status=status,
        detail=items[0].detail if len(items) == 1 else texts(said.language)[f"api.problem.{status}.about"],
        instance=site.root + request.url.path,
        problems=items,
    )
    made = JSONResponse(answer.model_dump(mode="json"), status, media_type=MEDIA_TYPE)
    made.headers.update({"Content-Language": said.language, "Vary": "Accept-Language"})
    made.headers.update(headers or {})
    return made


def of_user_error(site: Site, request: HTTPConnection, error: UserError) -> JSONResponse:
    """All that is wrong with what was sent; a conflict where it only came too late."""
    late = bool(error.problems) and all(p.code in _CONFLICTS for p in error.problems)
    units = getattr(request.state, "units", ())
    return problem(site, request, 409 if late else 422, (Fault(p, pointer_of(p, units)) for p in error.problems))


@dataclass(frozen=True, slots=True)
class _Allowed:
    """The methods that a path has, for `Allow` (RFC 9110 §10.2.1)."""

    app: FastAPI

    def at(self, request: Request) -> str:
        found: set[str] = set()
        for route in self.app.state.routes:
            if route.matches(dict(request.scope))[0] is not Match.NONE:
                found |= route.methods or set()
        return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


def install(app: FastAPI, site: Site) -> None:
    """Answer every error of the API so."""
    allowed = _Allowed(app)

    def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = allowed.at(request)
        found = [Fault(p) for p in getattr(error, "problems", ())]
        if error.status_code == 400:  # bytes that are no text
            found = [Fault(Problem("invalid.json"), "#")]
        return problem(site, request, error.status_code, found, headers)

    def malformed(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found: list[dict[str, Any]] = list(error.errors())
        if is_unreadable(found):
            return problem(site, request, 400, faults_of(found))
        if is_of_path(found):
            return problem(site, request, 404)  # nothing has a name of that form
        if not is_json(request) and any(e["loc"][:1] == ("body",) for e in found) and error.body:
            return problem(site, request, 415)
        return problem(site, request, 422, faults_of(found))

    def wrong(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, UserError)
        return of_user_error(site, request, error)

    def broken(request: Request, error: Exception) -> JSONResponse:
        """The environment failed, not the program; it is logged in one line."""
        assert isinstance(error, EnvironmentFault)
        log.error("%s %s: %s", request.method, request.url.path, error)
        return problem(site, request, 503, headers={"Retry-After": "30"})

    def failed(request: Request, _error: Exception) -> JSONResponse:
        """A defect; it is raised again behind this answer, and the server logs its traceback."""
        log.error("%s %s failed", request.method, request.url.path)
        return problem(site, request, 500, headers=SECURITY)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(UserError, wrong)
    app.add_exception_handler(EnvironmentFault, broken)
    app.add_exception_handler(Exception, failed)


def media_type(request: HTTPConnection) -> str:
    """What a body is said to be, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(request: Request) -> bool:
    said = media_type(request)
    return said == "application/json" or (said.startswith("application/") and said.endswith("+json"))


class Refusal(HTTPException):
    """An error with problems of its own."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(status)
        self.problems = problems
