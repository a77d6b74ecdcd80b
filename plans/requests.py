"""What units ask of the coordinator (đề nghị của đơn vị): more time, to be left out, another contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from plans.deadlines import DeadlineKey
from plans.plan import Kind

LONGEST_TEXT = 1000  # characters
LONGEST_NAME = 200


class RequestKind(StrEnum):
    """What is asked for."""

    EXTENSION = "extension"  # a later date
    NOT_CONCERNED = "not_concerned"  # "không thuộc đối tượng"
    CONTACT = "contact"  # another address or name of who is written to


class RequestState(StrEnum):
    """What became of it."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by whoever asked, or needless by now


@dataclass(frozen=True, slots=True)
class Request:
    """A request with what lists say of it."""

    id: int
    kind: RequestKind
    unit: str  # slug
    unit_name: str
    address: str  # of the person whose link or account asked
    person: str  # name of the same
    asked_at: datetime
    text: str | None  # why
    state: RequestState
    asked_by: str | None = None  # the name that somebody typed who holds the link of another
    obligation: int | None = None  # number; None for a contact that is asked for of no task
    key: DeadlineKey | None = None  # of the obligation
    title: str | None = None  # of its task
    kind_of_task: Kind | None = None
    coordinator: str | None = None  # slug of who coordinates it today
    until: date | None = None  # of an extension: the day asked for
    detail: Mapping[str, str] = field(default_factory=dict)  # of a contact: `old`, `new`, `name`
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None  # of the decision
