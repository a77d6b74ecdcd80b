"""What the stages still to come will take in mail, if nobody submits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, exists, select, union_all

from plans.deadlines import DeadlineKey
from plans.periods import Period
from store.obligations import OPEN, in_force
from store.recipients import told
from store.schema import (
    coordinations,
    deadlines,
    dues,
    obligations,
    plans,
    recipients,
    reminders,
    stage_moments,
    tasks,
    units,
)


def moments_of_plan(tx: Connection, plan: str) -> list[tuple[datetime, int, str]]:
    """(moment, person, kind of message) of every stage of a plan that is still to be queued, each once.

    A stage that was set anew, with nothing changed but its words, is in the ledger for whoever has been told.
    """
    own = [
        _coming(plan, s.table).join(s.table, s.on)
        for s in told(deadlines.c.task_id, obligations.c.unit_id, stage_moments.c.audience)
    ]
    officers = recipients.c.audience == "officers"
    urging = (
        _coming(plan, recipients)
        .join(recipients, and_(officers, recipients.c.unit_id == plans.c.acting_id))
        .where(stage_moments.c.audience == "coordinator")
    )
    helping = (
        _coming(plan, recipients)
        .join(coordinations, coordinations.c.deadline_id == deadlines.c.id)
        .join(recipients, and_(officers, recipients.c.unit_id == coordinations.c.unit_id))
        .where(stage_moments.c.audience == "coordinating")
    )
    every = union_all(*[query.distinct() for query in (*own, urging, helping)]).subquery()
    found = {(at, person, kind) for at, person, kind in tx.execute(select(every))}
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Item:
    """An open obligation with its stages still to come."""

    obligation: int
    key: DeadlineKey
    title: str
    task: int
    unit: int
    unit_name: str
    last_day: date
    stages: tuple[tuple[datetime, str, str], ...]  # moment, stage, audience


def items_of_units(
    tx: Connection, unit_numbers: Iterable[int], since: datetime, until: datetime | None = None
) -> list[Item]:
    """What these units still owe, and the stages for themselves that come in [since, until], by last day and key."""
    m = stage_moments.c
    coming = and_(
        m.due_id == dues.c.id,
        m.variant == obligations.c.variant,
        m.queued_at.is_(None),
        m.audience.in_(("officers", "head")),
        m.at >= since,
        *([m.at <= until] if until else []),
    )
    query = (
        select(
            obligations.c.id,
            plans.c.slug.label("plan"),
            tasks.c.slug.label("task"),
            deadlines.c.period,
            tasks.c.title,
            deadlines.c.task_id,
            obligations.c.unit_id,
            units.c.name,
            dues.c.last_day,
            m.at,
            m.stage,
            m.audience,
        )
        .select_from(obligations)
        .join(dues, dues.c.id == obligations.c.due_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .join(units, units.c.id == obligations.c.unit_id)
        .outerjoin(stage_moments, coming)
        .where(obligations.c.state.in_(OPEN), deadlines.c.tracked, obligations.c.unit_id.in_(sorted(unit_numbers)))
    )
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in tx.execute(query):
        rows[row.id].append(row)
    found = [
        Item(
            obligation=number,
            key=DeadlineKey(some[0].plan, some[0].task, Period(some[0].period)),
            title=some[0].title,
            task=some[0].task_id,
            unit=some[0].unit_id,
            unit_name=some[0].name,
            last_day=some[0].last_day,
            stages=tuple(sorted((r.at, r.stage, r.audience) for r in some if r.stage is not None)),
        )
        for number, some in rows.items()
    ]
    return sorted(found, key=lambda i: (i.last_day, i.key, i.unit_name, i.unit))


def _coming(plan: str, told_by: Table) -> Select[Any]:
    """Stages still to be queued for someone who is not in the ledger with them; the people are joined by the caller."""
    m = stage_moments.c
    in_ledger = select(reminders.c.id).where(
        reminders.c.obligation_id == obligations.c.id,
        reminders.c.last_day == dues.c.last_day,
        reminders.c.stage == m.stage,
        reminders.c.person_id == told_by.c.person_id,
    )
    return (
        select(m.at, told_by.c.person_id, m.kind)
        .select_from(stage_moments)
        .join(dues, dues.c.id == m.due_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .join(obligations, and_(in_force, obligations.c.variant == m.variant))
        .where(
            plans.c.slug == plan,
            m.queued_at.is_(None),
            obligations.c.state.in_(OPEN),
            deadlines.c.tracked,
            deadlines.c.cancelled_at.is_(None),
            ~exists(in_ledger.correlate_except(reminders)),
        )
    )
