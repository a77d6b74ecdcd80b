"""The description of the API: OpenAPI 3.1, in words of a language, with every error that an operation can answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from web.api.loading import PlanText
from web.api.models import ProblemAnswer
from web.api.problems import MEDIA_TYPE, STATUSES
from web.api.wording import PREFIX, texts
from web.paths import API
from web.site import Site

Schema = dict[str, Any]

VERSION = "1"
TAGS = ("units", "plans", "deadlines", "obligations", "acts", "mail")
# Which errors an operation can answer, by what it is given.
_ALWAYS = (401, 404, 421, 429, 503)
_WITH_QUERY = (422,)
_WITH_BODY = (400, 403, 409, 411, 413, 415, 422)
_HEADERS: Mapping[int, tuple[str, ...]] = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_WORDED = ("description", "summary", "title")


class Description:
    """What is said of an application, per language."""

    def __init__(self, app: FastAPI, site: Site) -> None:
        self._app = app
        self._site = site
        self.in_words = cache(self._in_words)

    def _in_words(self, language: str) -> Schema:
        found: Schema = deepcopy(self._raw())
        _say(found, texts(language))
        return found

    def _raw(self) -> Schema:
        """With codes where words will stand."""
        app = self._app
        made = get_openapi(
            title=f"nhachan: {self._site.mail.sender_name}",
            version=VERSION,
            openapi_version="3.1.0",
            summary="api.summary",
            description="api.description",
            routes=app.routes,
            tags=[{"name": tag, "description": f"api.tag.{tag}"} for tag in TAGS],
            servers=[{"url": f"{self._site.office.base_url}{API}"}],
        )
        parts: Schema = made["components"]
        for name in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(name, None)
        for model in (ProblemAnswer, PlanText):
            one = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
            parts["schemas"] |= one.pop("$defs", {}) | {model.__name__: one}
        parts["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "api.security", "bearerFormat": "nhachan_…"}
        }
        parts["responses"] = {STATUSES[status]: _error(status) for status in sorted(STATUSES)}
        made["security"] = [{"token": []}]
        for operation in operations(made):
            _complete(operation)
        for schema in parts["schemas"].values():
            _tidy(schema)
        return made


def operations(made: Schema) -> Iterator[Schema]:
    """Every operation, in the order of the paths."""
    for methods in made["paths"].values():
        yield from methods.values()


def _complete(operation: Schema) -> None:
    """Say what is answered but 200, and what the answer carries beside its body."""
    statuses = list(_ALWAYS)
    if any(p["in"] == "query" for p in operation.get("parameters", ())):
        statuses += _WITH_QUERY
    if "requestBody" in operation:
        statuses += _WITH_BODY
    answers: Schema = {"200": operation["responses"]["200"]}
    answers["200"]["description"] = "api.answer"
    answers["200"]["headers"] = {"Content-Language": _header("api.header.Content-Language")}
    if operation["operationId"].startswith("list_"):
        answers["200"]["headers"]["Link"] = _header("api.header.Link", required=False)
    for status in sorted({*statuses, 500}):
        answers[str(status)] = {"$ref": f"#/components/responses/{STATUSES[status]}"}
    operation["responses"] = answers
    for parameter in operation.get("parameters", ()):
        _tidy(parameter["schema"])
        if "description" not in parameter:
            parameter["description"] = f"api.path.{parameter['name']}"


def _error(status: int) -> Schema:
    headers = {name: _header(f"api.header.{name}") for name in ("Content-Language", *_HEADERS.get(status, ()))}
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemAnswer.__name__}"}}}
    return {"description": f"api.problem.{status}", "headers": headers, "content": content}


def _header(code: str, *, required: bool = True) -> Schema:
    return {"description": code, "required": required, "schema": {"type": "string"}}


def _tidy(schema: Any) -> None:
    """Without the titles that the framework makes of names, and the classes' own remarks, which are for programmers."""
    if isinstance(schema, list):
        for one in schema:
            _tidy(one)
    elif isinstance(schema, dict):
        if isinstance(schema.get("title"), str):
            del schema["title"]
        if isinstance(schema.get("description"), str) and not schema["description"].startswith(PREFIX):
            del schema["description"]
        for key, value in schema.items():
            if key not in ("examples", "default", "enum", "const"):
                _tidy(value)


def _say(made: Any, said: Mapping[str, str]) -> None:
    """Put words in the place of codes."""
    if isinstance(made, list):
        for one in made:
            _say(one, said)
    elif isinstance(made, dict):
        for key, value in made.items():
            if key in _WORDED and isinstance(value, str) and value.startswith(PREFIX):
                made[key] = said[value]
            elif key not in ("examples", "default"):
                _say(value, said)
