"""What the stages still to come will take in mail, if nobody submits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, exists, or_, select, union_all

from store.obligations import OPEN
from store.schema import coordinations, deadlines, dues, obligations, plans, recipients, reminders, stage_moments, tasks


def moments_of_plan(tx: Connection, plan: str) -> list[tuple[datetime, int, str]]:
    """(moment, person, kind of message) of every stage of a plan that is still to be queued, each once.

    A stage that was set anew, with nothing changed but its words, is in the ledger for whoever has been told.
    """
    m = stage_moments.c
    base = (
        select(m.at, recipients.c.person_id, m.kind)
        .select_from(stage_moments)
        .join(dues, dues.c.id == m.due_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .join(obligations, and_(obligations.c.due_id == dues.c.id, obligations.c.variant == m.variant))
        .where(
            plans.c.slug == plan,
            m.queued_at.is_(None),
            obligations.c.state.in_(OPEN),
            deadlines.c.tracked,
            deadlines.c.cancelled_at.is_(None),
        )
    )
    addressed = or_(
        and_(m.audience == recipients.c.audience, recipients.c.unit_id == obligations.c.unit_id),
        and_(
            m.audience == "coordinator",
            recipients.c.audience == "officers",
            recipients.c.unit_id == plans.c.coordinator_id,
        ),
    )
    helping = (
        base.join(coordinations, coordinations.c.deadline_id == deadlines.c.id)
        .join(
            recipients,
            and_(recipients.c.unit_id == coordinations.c.unit_id, recipients.c.audience == "officers"),
        )
        .where(m.audience == "coordinating")
    )
    told = select(reminders.c.id).where(
        reminders.c.obligation_id == obligations.c.id,
        reminders.c.last_day == dues.c.last_day,
        reminders.c.stage == m.stage,
        reminders.c.person_id == recipients.c.person_id,
    )
    new = ~exists(told.correlate(obligations, dues, stage_moments, recipients))
    owing = base.join(recipients, addressed).where(new)
    both = union_all(owing.distinct(), helping.where(new).distinct()).subquery()
    found = {(at, person, kind) for at, person, kind in tx.execute(select(both))}
    return sorted(found)
