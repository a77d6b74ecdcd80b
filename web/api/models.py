"""What all answers and bodies of the API have in common.

Descriptions are codes of `web/api/locale`: `web.api.description` says them in words.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from plans.files.values import LONGEST_SLUG
from plans.periods import YEARS

T = TypeVar("T")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_PERIOD = r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$"
_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
LARGEST = 2**31 - 1  # number that a row can have


def told(code: str, *examples: object, **more: Any) -> Any:
    """A field with its description and examples."""
    return Field(description=f"api.field.{code}", examples=list(examples) or None, **more)


def _day(value: object) -> object:
    """A date as text in ISO form, and nothing else that would pass for one: numbers, moments."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _ISO.fullmatch(value) and int(value[:4]) in YEARS:
        return value
    raise PydanticCustomError("day", "an ISO date between the years that are counted")


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[
    datetime, PlainSerializer(_instant, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
Slug = Annotated[str, StringConstraints(pattern=_SLUG, max_length=LONGEST_SLUG)]
PeriodKey = Annotated[str, StringConstraints(pattern=_PERIOD, max_length=100)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_LINES)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=_LINES)]


class Answer(BaseModel):
    """What is answered; every key is always there."""

    model_config = ConfigDict(frozen=True)


class Given(BaseModel):
    """What is sent: a key that means nothing is told, since a slip of the pen must not pass for silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Listing(Answer, Generic[T]):
    """One page of a list."""

    items: list[T] = told("items")
    next: str | None = told("next")


class Paged(Given):
    """Which page of a list."""

    after: Annotated[str, StringConstraints(max_length=100)] | None = told("after", default=None)
    size: int = told("size", 50, default=50, ge=1, le=200)


class Trying(Given):
    """Whether something is done, or only said."""

    dry_run: bool = told("dry_run", default=False)


class ProblemItem(Answer):
    """One of the things that are wrong."""

    code: str = told("code", "submit.future")
    detail: str = told("item_detail")
    pointer: str | None = told("pointer", "#/received")
    parameter: str | None = told("parameter", "size")
    line: int | None = told("line", None)
    column: int | None = told("column", None)


class ProblemAnswer(Answer):
    """RFC 9457."""

    type: str = told("type")
    title: str = told("problem_title")
    status: int = told("status_code", 422)
    detail: str = told("detail")
    instance: str = told("instance")
    problems: list[ProblemItem] = told("problems")
