"""How many units have answered in each turn of a task: what a report that collects it stands on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from plans.chains import Turn
from plans.deadlines import Basis
from plans.periods import Period
from plans.status import State
from store.schema import deadlines, dues, obligations, plans, tasks

_IN = (State.SUBMITTED.value, State.ACCEPTED.value)
_OUT = (State.CANCELLED.value, State.WAIVED.value)


@dataclass(frozen=True, slots=True)
class Answered:
    """One turn of a task: how many units owe it, and how many have sent it."""

    turn: Turn
    owing: int
    done: int


def answered(tx: Connection, plan: str, task: str) -> list[Answered]:
    """The turns of a task that are not cancelled, with what has come in, by date."""
    query = (
        select(
            deadlines.c.period,
            dues.c.last_day,
            func.count(obligations.c.id).filter(obligations.c.state.not_in(_OUT)).label("owing"),
            func.count(obligations.c.id).filter(obligations.c.state.in_(_IN)).label("done"),
        )
        .join(dues, dues.c.deadline_id == deadlines.c.id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .outerjoin(obligations, obligations.c.deadline_id == deadlines.c.id)
        .where(
            plans.c.slug == plan,
            tasks.c.slug == task,
            tasks.c.removed_at.is_(None),
            deadlines.c.cancelled_at.is_(None),
            dues.c.basis == Basis.RULE.value,
        )
        .group_by(deadlines.c.period, dues.c.last_day)
    )
    found = [Answered(Turn(Period(r.period), r.last_day), r.owing, r.done) for r in tx.execute(query)]
    return sorted(found, key=lambda a: (a.turn.last_day, a.turn.period))
