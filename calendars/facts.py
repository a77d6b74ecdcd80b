"""What one event of a feed says, as values: the facts of an obligation, of a deadline and its counts, of a start."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from plans.deadlines import DueDates
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status

_NAMESPACE = UUID("6f1f0f0e-3d3b-5c52-9b0c-6e68616368f6")  # any fixed value; changing it would change every UID
_ENDED = (Status.CANCELLED, Status.WAIVED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the units that owe a deadline have done it; whom it does not concern any more is not counted."""

    left: int  # nothing handed in, and still asked for
    total: int
    returned: int = 0  # handed in, to be completed
    overdue: int = 0  # of `left` and `returned`, those past their own date
    waiting: int = 0  # handed in, not confirmed
    missing: int = 0  # nothing came before the period was closed
    extended: int = 0  # whose date is later than the deadline's

    @property
    def open(self) -> int:
        return self.left + self.returned

    def status(self, by_date: Status) -> Status:
        """The status of the deadline; `by_date` is that of an open item with the deadline's own date."""
        if self.overdue:
            return Status.OVERDUE
        if self.returned and not self.left:
            return Status.RETURNED
        if self.open:
            return Status.PENDING if by_date is Status.OVERDUE else by_date  # those still open have a later date
        if self.missing:
            return Status.MISSING
        return Status.SUBMITTED if self.waiting else Status.ON_TIME


@dataclass(frozen=True, slots=True)
class EventFacts:
    """Everything that an event says; text as the people wrote it, cleaned on rendering."""

    uid: str  # fixed at creation, see `uid`
    title: str
    kind: Kind
    status: Status
    dates: DueDates
    stamp: datetime  # the last change of the row, aware
    sequence: int = 0  # raised on every change (RFC 5545 §3.8.7.4)
    coordinating: bool = False  # the unit of this feed coordinates and owes nothing
    unit_name: str | None = None  # None in an event that stands for several units
    formerly: str | None = None  # name of the unit it passed from, which has ended
    leads: tuple[str, ...] = ()  # names of the units that owe it, in an event that stands for several
    document: str | None = None  # number of the plan, "2458/UBND-NC"
    quote: str | None = None  # the document's own words for the date
    link: str | None = None
    sent_back: bool = False  # something was handed in and is to be completed
    cancelled: bool = False  # stays in the feed, crossed out, so that clients that keep copies learn of it
    progress: Progress | None = None  # of a deadline: "12/45 chưa gửi"
    start: bool = False  # the first day of a campaign, see `start_of`

    def __post_init__(self) -> None:
        if self.stamp.tzinfo is None:
            raise ValueError("stamp must be aware")
        if self.start and self.dates.opens is None:
            raise ValueError("a start without a first day")

    @property
    def day(self) -> date:
        """Where it stands in a calendar: on the act-by day, a start on the first day."""
        return self.dates.opens if self.start and self.dates.opens else self.dates.act_by


def uid(kind: str, *parts: str | int) -> str:
    """A UID made of what names the thing at its creation, without host or unit in readable form (RFC 7986 §5.3).

    Store it: made again after a rename it would be another. Two installations that may share a subscriber need a part
    of their own in `parts`.
    """
    return str(uuid5(_NAMESPACE, json.dumps([kind, *parts], ensure_ascii=False)))


def start_of(facts: EventFacts) -> EventFacts | None:
    """The start of a campaign, from the facts of its end (whose UID is the stored one); None for all other deadlines.

    A campaign is a span from a day to a day; what is to be done within a month or a quarter has no start of its own.
    It says nothing that changes with the clock or with what is handed in.
    """
    dates = facts.dates
    if dates.opens is None or dates.operator is Operator.WITHIN or dates.opens >= dates.act_by:
        return None
    status = facts.status if facts.status in _ENDED else Status.PENDING
    return replace(
        facts, uid=uid("start", facts.uid), status=status, sent_back=False, progress=None, leads=(), start=True
    )
