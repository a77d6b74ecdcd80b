"""What the stages still to come will take in mail, if nobody submits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from plans.deadlines import DeadlineKey
from plans.periods import Period
from store.obligations import OPEN, in_force
from store.reached import OWING, Reached, units_of
from store.schema import deadlines, dues, obligations, plans, reminders, stage_moments, tasks, units


def moments_of_plan(tx: Connection, plan: str) -> dict[tuple[datetime, str], set[int]]:
    """(moment, kind of message) → the people of every stage of a plan that is still to be queued for someone.

    A stage that was set anew, with nothing changed but its words, is in the ledger for whoever has been told.
    """
    m = stage_moments.c
    columns = (obligations.c.due_id, obligations.c.variant, deadlines.c.task_id, deadlines.c.id.label("deadline"))
    owed = _open(plan, *columns, plans.c.acting_id, OWING)
    owing = {
        (r.due_id, r.variant): units_of(r) for r in tx.execute(owed.group_by(*columns, plans.c.id, plans.c.acting_id))
    }
    stages = (
        select(m.due_id, m.variant, m.stage, m.at, m.audience, m.kind, *columns[2:], plans.c.acting_id)
        .join(dues, dues.c.id == m.due_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .where(plans.c.slug == plan, m.queued_at.is_(None))
    )
    to, in_ledger = Reached(tx), _in_ledger(tx, plan)
    found: dict[tuple[datetime, str], set[int]] = defaultdict(set)
    for r in tx.execute(stages):
        units_owing = owing.get((r.due_id, r.variant))
        if units_owing is None:
            continue
        have = in_ledger.get((r.due_id, r.variant, r.stage))
        people = to.of(r, units_owing) if have is None else _left(to, r, units_owing, have)
        if people:
            found[r.at, r.kind] |= people
    return dict(found)


def _left(to: Reached, stage: Any, owing: frozenset[int], have: Mapping[int, set[int]]) -> Set[int]:
    """Whom a stage reaches, but for those who `have` it (unit that owes → people) for all that it reaches them for."""
    if stage.audience in ("coordinator", "coordinating"):
        return {p for p in to.of(stage, owing) if not all(p in have.get(unit, ()) for unit in owing)}
    return set().union(*(to.owing(stage.task_id, unit, stage.audience) - have.get(unit, set()) for unit in owing))


def _in_ledger(tx: Connection, plan: str) -> dict[tuple[int, str, str], dict[int, set[int]]]:
    """(due, variant, stage) → unit that owes → people who have the stage in the ledger, though it is to be queued."""
    m, r, o = stage_moments.c, reminders.c, obligations.c
    query = (
        _open(plan, o.due_id, o.variant, r.stage, o.unit_id, r.person_id)
        .join(reminders, and_(r.obligation_id == o.id, r.last_day == dues.c.last_day))
        .join(stage_moments, and_(m.due_id == o.due_id, m.variant == o.variant, m.stage == r.stage))
        .where(m.queued_at.is_(None))
    )
    found: dict[tuple[int, str, str], dict[int, set[int]]] = {}
    for row in tx.execute(query):
        of_stage = found.setdefault((row.due_id, row.variant, row.stage), {})
        of_stage.setdefault(row.unit_id, set()).add(row.person_id)
    return found


def _open(plan: str, *columns: Any) -> Select[Any]:
    """What is open and reminded of in a plan, with its dates."""
    return (
        select(*columns)
        .select_from(plans)
        .join(tasks, tasks.c.plan_id == plans.c.id)
        .join(deadlines, deadlines.c.task_id == tasks.c.id)
        .join(dues, dues.c.deadline_id == deadlines.c.id)
        .join(obligations, in_force)
        .where(
            plans.c.slug == plan,
            obligations.c.state.in_(OPEN),
            deadlines.c.tracked,
            deadlines.c.cancelled_at.is_(None),
        )
    )


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
