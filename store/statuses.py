"""Statuses in SQL: the conditions of `plans.status.status`, which a test compares with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, not_, or_

from plans.plan import Kind
from plans.status import OPEN_STATES, State, Status
from store.schema import deadlines, dues, obligations, tasks
from store.settling import UNSETTLED

_CAN_BE_LATE = tuple(k.value for k in Kind if k.can_be_late)
_STORED = {
    Status.SUBMITTED: State.SUBMITTED,
    Status.WAIVED: State.WAIVED,
    Status.MISSING: State.MISSING,
    Status.CANCELLED: State.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked of obligations, and what of their dates; both have to hold."""

    states: tuple[State, ...]
    dated: tuple[ColumnElement[bool], ...] = ()  # on the dates in force, joined with their deadlines and tasks
    late: bool | None = None  # the verdict; None: whatever it is
    few_days: bool = False  # whether its dates are found by themselves, without walking through all others

    def dates(self) -> list[ColumnElement[bool]]:
        """Conditions on dates joined with their deadlines and tasks; by settled ones, nothing is open."""
        only_open = set(self.states) <= set(OPEN_STATES)
        return [*self.dated, *([UNSETTLED] if only_open else [])]

    def owed(self) -> list[ColumnElement[bool]]:
        """Conditions on obligations."""
        found: list[ColumnElement[bool]] = [obligations.c.state.in_([s.value for s in self.states])]
        if self.late is not None:
            found.append(obligations.c.late.is_(True) if self.late else obligations.c.late.is_not(True))
        return found


DONE = Scope((State.SUBMITTED, State.ACCEPTED, State.MISSING, State.WAIVED))


def coming(now: datetime) -> Scope:
    """Still to be acted on, and not late: due today, soon or later, or sent back."""
    return Scope(OPEN_STATES, _not_overdue(now))


def unfinished(today: date) -> Scope:
    """Still to be acted on, late or not; nobody is late with a milestone, and it is over with its day."""
    return Scope(OPEN_STATES, (deadlines.c.tracked, or_(can_be_late(), dues.c.last_day >= today)))


def due_within(first: date, last: date) -> Scope:
    """Still to be acted on, on one of these days; as `store.obligations.due_between`."""
    return Scope(OPEN_STATES, (deadlines.c.tracked, dues.c.act_by >= first, dues.c.act_by <= last), few_days=True)


def scope_of(status: Status, now: datetime, today: date) -> Scope:
    """What has a status at `now`, on the local day `today`; in the order of `plans.status.status`."""
    if status in (Status.ON_TIME, Status.LATE):
        return Scope((State.ACCEPTED,), late=status is Status.LATE)
    if status in _STORED:
        return Scope((_STORED[status],))
    if status is Status.UNTRACKED:
        return Scope(OPEN_STATES, (not_(deadlines.c.tracked),))
    if status is Status.OVERDUE:
        return Scope(OPEN_STATES, (dues.c.late_at <= now, deadlines.c.tracked, can_be_late()))
    if status is Status.RETURNED:
        return Scope((State.RETURNED,), _not_overdue(now))
    has_come = and_(dues.c.act_by <= today, or_(can_be_late(), dues.c.last_day >= today))
    if status is Status.DUE_TODAY:
        return Scope((State.OPEN,), (*_not_overdue(now), has_come))
    is_near = and_(dues.c.soon <= today, dues.c.act_by >= today)
    rest = is_near if status is Status.DUE_SOON else not_(is_near)
    return Scope((State.OPEN,), (*_not_overdue(now), not_(has_come), rest))


def _not_overdue(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return deadlines.c.tracked, or_(dues.c.late_at > now, not_(can_be_late()))


def can_be_late() -> ColumnElement[bool]:
    return tasks.c.kind.in_(_CAN_BE_LATE)
