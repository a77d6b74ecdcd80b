"""Statuses in SQL: the conditions of `plans.status.status`, which a test compares with it.

For queries that join obligations with the dates in force, deadlines and tasks.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, false, not_, or_

from plans.plan import Kind
from plans.status import OPEN_STATES, State, Status
from store.schema import deadlines, dues, obligations, tasks

_CAN_BE_LATE = tuple(k.value for k in Kind if k.can_be_late)
_STATES: dict[Status, tuple[State, ...]] = {
    Status.UNTRACKED: OPEN_STATES,
    Status.PENDING: (State.OPEN,),
    Status.DUE_SOON: (State.OPEN,),
    Status.DUE_TODAY: (State.OPEN,),
    Status.OVERDUE: OPEN_STATES,
    Status.SUBMITTED: (State.SUBMITTED,),
    Status.RETURNED: (State.RETURNED,),
    Status.ON_TIME: (State.ACCEPTED,),
    Status.LATE: (State.ACCEPTED,),
    Status.WAIVED: (State.WAIVED,),
    Status.MISSING: (State.MISSING,),
    Status.CANCELLED: (State.CANCELLED,),
}
# Still to be acted on, and not late.
COMING = (Status.DUE_TODAY, Status.RETURNED, Status.DUE_SOON, Status.PENDING)
DONE = (Status.SUBMITTED, Status.ON_TIME, Status.LATE, Status.MISSING, Status.WAIVED)


def having(statuses: Collection[Status], now: datetime, today: date) -> list[ColumnElement[bool]]:
    """The conditions that together mean: one of these statuses at `now`, on the local day `today`."""
    if not statuses:
        return [false()]
    states = sorted({state.value for status in statuses for state in _STATES[status]})
    found: list[ColumnElement[bool]] = [obligations.c.state.in_(states)]
    if len(statuses) == 1:
        return found + _more(next(iter(statuses)), now, today)
    alternatives = [
        and_(obligations.c.state.in_([s.value for s in _STATES[status]]), *_more(status, now, today))
        for status in statuses
    ]
    return [*found, or_(*alternatives)]


def _more(status: Status, now: datetime, today: date) -> list[ColumnElement[bool]]:
    """What a status asks for beyond the stored state; in the order of `plans.status.status`."""
    if status is Status.LATE:
        return [obligations.c.late.is_(True)]
    if status is Status.ON_TIME:
        return [obligations.c.late.is_not(True)]
    if status in (Status.SUBMITTED, Status.WAIVED, Status.MISSING, Status.CANCELLED):
        return []
    if status is Status.UNTRACKED:
        return [not_(deadlines.c.tracked)]
    can_be_late = tasks.c.kind.in_(_CAN_BE_LATE)
    if status is Status.OVERDUE:
        return [dues.c.late_at <= now, deadlines.c.tracked, can_be_late]
    found = [deadlines.c.tracked, or_(not_(can_be_late), dues.c.late_at > now)]
    if status is Status.RETURNED:
        return found
    has_come = and_(dues.c.act_by <= today, or_(can_be_late, dues.c.last_day >= today))
    if status is Status.DUE_TODAY:
        return [*found, has_come]
    is_near = and_(dues.c.soon <= today, dues.c.act_by >= today)
    return [*found, not_(has_come), is_near if status is Status.DUE_SOON else not_(is_near)]
