"""An obligation (việc phải thực hiện): a deadline × a unit that owes it, with what its acts have made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.plan import Kind
from plans.status import State, Status, status


@dataclass(frozen=True, slots=True)
class Obligation:
    """An obligation as every list, page, mail and event reads it."""

    id: int
    key: DeadlineKey
    unit: str  # slug
    unit_name: str
    title: str
    kind: Kind
    product: str | None
    document: str | None  # number of the plan's document
    plan_title: str
    quote: str | None
    dates: DueDates  # those in force, without their explanation
    soon: date  # first day of "sắp đến hạn"
    basis: Basis
    state: State
    late: bool | None  # the verdict on an accepted one
    received_on: date | None
    tracked: bool
    coordinator: str | None  # slug of the unit that coordinates the plan today
    reason: str | None = None  # of the extension or the return in force
    revision: int = 1
    formerly: str | None = None  # name of the unit it was first with, where that has ended

    @property
    def sent_back(self) -> bool:
        """Whether an answer was handed in and is to be completed: it would be untrue that nothing was sent."""
        return self.basis is Basis.RESUBMISSION

    def status(self, now: datetime, today: date) -> Status:
        """See `plans.status.status`."""
        return status(
            self.state, self.kind, self.dates, self.soon, tracked=self.tracked, late=self.late, now=now, today=today
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """What a unit handed in, and what became of it."""

    obligation: int
    number: str | None
    received_on: date
    recorded_at: datetime
    recorded_by: str
    accepted_at: datetime | None = None
    returned_at: datetime | None = None
    return_reason: str | None = None
    note: str | None = None
    declared_by: str | None = None  # the name typed by whoever used the link of another
