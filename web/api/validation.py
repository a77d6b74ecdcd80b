"""What the framework finds wrong with a request, as problems with words of our own, and where each is.

In a body the place is a JSON pointer as URI fragment (RFC 6901 §6), as RFC 9457 §3 shows it; elsewhere a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from plans.problems import Problem

_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length", "expected")
# Pydantic's types → ours, by how they begin; the first that fits.
_CODES = {
    "missing": "missing",
    "extra_forbidden": "extra",
    "json_invalid": "json",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many",
    "too_short": "too_few",
    "string_pattern_mismatch": "form",
    "greater_than": "too_small",
    "less_than": "too_large",
    "literal_error": "choice",
    "enum": "choice",
    "date": "day",
    "day": "day",
    "bool": "truth",
    "int": "number",
    "list": "list",
    "cursor": "cursor",
    "model": "object",
    "dict": "object",
    "string": "text",
}
# Of problems that acts find.
_POINTERS = {
    "submit.future": "#/received",
    "submit.long_before": "#/received",
    "return.past": "#/until",
    "extend.not_later": "#/until",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem, and in which part of a request it is."""

    problem: Problem
    pointer: str | None = None  # "#/units/0": into the body
    parameter: str | None = None  # of the query or the path


def faults_of(found: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Every error of a `RequestValidationError`, in order."""
    return [_fault(one) for one in found]


def _fault(error: Mapping[str, Any]) -> Fault:
    where, *path = error["loc"]
    code = next((ours for theirs, ours in _CODES.items() if error["type"].startswith(theirs)), "other")
    context = error.get("ctx") or {}
    limit = next((context[name] for name in _LIMITS if name in context), "")
    name = ".".join(str(part) for part in path)
    problem = Problem(f"invalid.{code}", {"name": name or str(where), "limit": limit})
    if where != "body":
        return Fault(problem, parameter=name)
    if code == "json":  # what follows "body" is the number of a character
        return Fault(Problem("invalid.json"), pointer="#")
    return Fault(problem, pointer="#" + "".join(f"/{_escaped(part)}" for part in path))


def pointer_of(problem: Problem, units: Sequence[str]) -> str | None:
    """Where in the body of an act, which names these units, the cause of a problem stands."""
    if problem.code in _POINTERS:
        return _POINTERS[problem.code]
    unit = problem.params.get("unit")
    return f"#/units/{units.index(unit)}" if problem.code.startswith("unit.") and unit in units else None


def _escaped(part: object) -> str:
    return quote(str(part).replace("~", "~0").replace("/", "~1"), safe="~")


def is_unreadable(found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a body that is said to be JSON is none."""
    return any(error["type"] == "json_invalid" for error in found)


def is_of_path(found: Sequence[Mapping[str, Any]]) -> bool:
    return any(error["loc"][0] == "path" for error in found)
