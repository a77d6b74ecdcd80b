"""The status of an obligation: stored where an act made it, computed from the clock otherwise."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from plans.deadlines import DueDates
from plans.plan import Kind


class State(StrEnum):
    """What acts have made of an obligation: the part of the status that is stored."""

    OPEN = "open"
    SUBMITTED = "submitted"  # declared by the unit, waits for the coordinator
    RETURNED = "returned"  # sent back for completion: open again
    ACCEPTED = "accepted"
    WAIVED = "waived"
    MISSING = "missing"  # the period was closed without it
    CANCELLED = "cancelled"


OPEN_STATES = (State.OPEN, State.RETURNED)


class Status(StrEnum):
    """What people are shown; words in the catalogue under `status.<value>`."""

    UNTRACKED = "untracked"
    PENDING = "pending"
    DUE_SOON = "due_soon"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ON_TIME = "on_time"
    LATE = "late"
    WAIVED = "waived"
    MISSING = "missing"
    CANCELLED = "cancelled"


_STORED = {
    State.SUBMITTED: Status.SUBMITTED,
    State.WAIVED: Status.WAIVED,
    State.MISSING: Status.MISSING,
    State.CANCELLED: Status.CANCELLED,
}


def status(
    state: State,
    kind: Kind,
    dates: DueDates,
    soon: date,
    *,
    tracked: bool,
    late: bool | None,
    now: datetime,
    today: date,
) -> Status:
    """The status at `now` (UTC), on the local day `today`.

    `soon` is the first day of "sắp đến hạn"; `late` is the verdict on an accepted obligation.
    """
    if state is State.ACCEPTED:
        return Status.LATE if late else Status.ON_TIME
    if state in _STORED:
        return _STORED[state]
    if not tracked:
        return Status.UNTRACKED
    if kind.can_be_late and now >= dates.late_at:
        return Status.OVERDUE
    if state is State.RETURNED:
        return Status.RETURNED
    if today >= dates.act_by and (kind.can_be_late or today <= dates.last_day):
        return Status.DUE_TODAY
    if soon <= today <= dates.act_by:
        return Status.DUE_SOON
    return Status.PENDING
