"""Deadlines and the dates they have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from plans.deadlines import Basis, DeadlineKey, DueDates, Step
from plans.periods import Period
from plans.plan import Kind
from plans.rules import Operator
from store.schema import coordinations, deadlines, dues, obligations, plans, stage_moments, tasks

_BATCH = 500


@dataclass(frozen=True, slots=True)
class StoredDeadline:
    """A deadline and the dates its rule gives it."""

    id: int
    period: Period
    tracked: bool
    cancelled: bool
    due_id: int
    dates: DueDates
    soon: date


def dates_of(row: Any, *, with_steps: bool = False) -> DueDates:
    """The dates in a row that has the columns of `dues`."""
    dates = due_dates(row.stated, row.operator, row.last_day, row.act_by, row.late_on, row.late_at, row.at, row.opens)
    if not with_steps:
        return dates
    return replace(dates, steps=tuple(Step(s["code"], s["params"]) for s in row.steps))


@lru_cache(1024)  # thousands of obligations go by the same few dates, and equal ones are compared at a glance
def due_dates(
    stated: date,
    operator: str,
    last_day: date,
    act_by: date,
    late_on: date,
    late_at: datetime,
    at: time | None,
    opens: date | None,
) -> DueDates:
    return DueDates(stated, Operator(operator), last_day, act_by, late_on, late_at, at, opens)


def due_columns(dates: DueDates, soon: date) -> dict[str, Any]:
    return {
        "stated": dates.stated,
        "operator": dates.operator.value,
        "at": dates.at,
        "opens": dates.opens,
        "last_day": dates.last_day,
        "act_by": dates.act_by,
        "soon": soon,
        "late_on": dates.late_on,
        "late_at": dates.late_at,
        "steps": [{"code": s.code, "params": dict(s.params)} for s in dates.steps],
    }


def deadlines_of_task(tx: Connection, task_id: int) -> dict[Period, StoredDeadline]:
    """Every deadline of a task, cancelled ones too."""
    return deadlines_of_tasks(tx, [task_id])[task_id]


def deadlines_of_tasks(tx: Connection, task_ids: Iterable[int]) -> dict[int, dict[Period, StoredDeadline]]:
    """Task → every deadline it has, cancelled ones too."""
    numbers = sorted(task_ids)
    found: dict[int, dict[Period, StoredDeadline]] = {number: {} for number in numbers}
    query = (
        select(deadlines.c.task_id, deadlines.c.period, deadlines.c.tracked, deadlines.c.cancelled_at, dues)
        .join(dues, dues.c.deadline_id == deadlines.c.id)
        .where(dues.c.basis == Basis.RULE.value)
    )
    for start in range(0, len(numbers), _BATCH):
        for r in tx.execute(query.where(deadlines.c.task_id.in_(numbers[start : start + _BATCH]))):
            period = Period(r.period)
            found[r.task_id][period] = StoredDeadline(
                id=r.deadline_id,
                period=period,
                tracked=r.tracked,
                cancelled=r.cancelled_at is not None,
                due_id=r.id,
                dates=dates_of(r, with_steps=True),
                soon=r.soon,
            )
    return found


def set_deadline(tx: Connection, deadline_id: int, *, tracked: bool, cancelled_at: datetime | None) -> None:
    changed = {"tracked": tracked, "cancelled_at": cancelled_at}
    tx.execute(update(deadlines).where(deadlines.c.id == deadline_id).values(changed))


def add_due(
    tx: Connection,
    deadline_id: int,
    basis: Basis,
    dates: DueDates,
    soon: date,
    reason: str | None = None,
    set_on: date | None = None,
) -> int:
    """Another set of dates for a deadline; returns its number. `set_on`: the day of the act that set them."""
    own = {"deadline_id": deadline_id, "basis": basis.value, "reason": reason, "set_on": set_on}
    values = {**own, **due_columns(dates, soon)}
    return int(tx.execute(dues.insert().values(values).returning(dues.c.id)).scalar_one())


def count_dues(tx: Connection, deadline_id: int, basis: Basis) -> int:
    """How many sets of dates of a kind a deadline has."""
    mine = (dues.c.deadline_id == deadline_id, dues.c.basis == basis.value)
    return int(tx.execute(select(func.count()).select_from(dues).where(*mine)).scalar_one())


def find_due(tx: Connection, deadline_id: int, basis: Basis, dates: DueDates, reason: str | None) -> int | None:
    """The set of dates of a deadline that already says the same for the same reason; units share it."""
    same = (
        dues.c.deadline_id == deadline_id,
        dues.c.basis == basis.value,
        dues.c.stated == dates.stated,
        dues.c.operator == dates.operator.value,
        dues.c.last_day == dates.last_day,
        dues.c.late_at == dates.late_at,
        dues.c.at.is_(None) if dates.at is None else dues.c.at == dates.at,
        dues.c.reason.is_(None) if reason is None else dues.c.reason == reason,
    )
    found: int | None = tx.scalar(select(func.min(dues.c.id)).where(*same))
    return found


def change_due(tx: Connection, due_id: int, dates: DueDates, soon: date) -> None:
    """New dates for all that point here; what was sent for the same last day stays in the ledger's key."""
    tx.execute(update(dues).where(dues.c.id == due_id).values(due_columns(dates, soon)))


def set_coordinating(tx: Connection, deadline_id: int, added: Iterable[int], removed: Iterable[int]) -> None:
    """Who coordinates a deadline, by unit number."""
    rows = [{"deadline_id": deadline_id, "unit_id": u} for u in added]
    if rows:
        tx.execute(coordinations.insert(), rows)
    gone = list(removed)
    if gone:
        mine = coordinations.c.deadline_id == deadline_id
        tx.execute(delete(coordinations).where(mine, coordinations.c.unit_id.in_(gone)))


@dataclass(frozen=True, slots=True)
class DeadlineFacts:
    """A deadline with all that pages and events say of it, apart from who owes it."""

    id: int
    key: DeadlineKey
    title: str
    kind: Kind
    product: str | None
    document: str | None  # number of the plan's document
    plan_title: str
    issuer: str | None
    issued: date | None
    quote: str | None
    dates: DueDates  # of the rule, with their explanation
    soon: date
    tracked: bool
    cancelled: bool


def deadline_facts(
    tx: Connection, ids: Iterable[int] | None = None, key: DeadlineKey | None = None
) -> list[DeadlineFacts]:
    """Deadlines by number or by key, ordered by key."""
    query = (
        select(
            dues,
            deadlines.c.period,
            deadlines.c.tracked,
            deadlines.c.cancelled_at,
            tasks.c.slug.label("task"),
            tasks.c.title,
            tasks.c.kind,
            tasks.c.product,
            tasks.c.quote,
            plans.c.slug.label("plan"),
            plans.c.number,
            plans.c.title.label("plan_title"),
            plans.c.issuer,
            plans.c.issued,
        )
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .where(dues.c.basis == Basis.RULE.value)
    )
    if ids is not None:
        query = query.where(deadlines.c.id.in_(list(ids)))
    if key is not None:
        query = query.where(plans.c.slug == key.plan, tasks.c.slug == key.task, deadlines.c.period == key.period.key)
    found = [
        DeadlineFacts(
            id=r.deadline_id,
            key=DeadlineKey(r.plan, r.task, Period(r.period)),
            title=r.title,
            kind=Kind(r.kind),
            product=r.product,
            document=r.number,
            plan_title=r.plan_title,
            issuer=r.issuer,
            issued=r.issued,
            quote=r.quote,
            dates=dates_of(r, with_steps=True),
            soon=r.soon,
            tracked=r.tracked,
            cancelled=r.cancelled_at is not None,
        )
        for r in tx.execute(query)
    ]
    return sorted(found, key=lambda d: d.key)


def deadline_keys(tx: Connection) -> list[str]:
    """The name of every deadline."""
    query = (
        select(plans.c.slug, tasks.c.slug, deadlines.c.period)
        .select_from(deadlines)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
    )
    return sorted(f"{p}/{t}/{d}" for p, t, d in tx.execute(query))


@dataclass(frozen=True, slots=True)
class Alarm:
    """The stages of a deadline that nobody has been told of yet: what an APScheduler job waits for."""

    plan: str
    task: str
    period: str
    stages: tuple[tuple[datetime, str], ...]  # those that wait already, and those that come within the window
    open: int  # obligations still open

    @property
    def id(self) -> str:
        return f"{self.plan}/{self.task}/{self.period}"


def alarms(tx: Connection, until: datetime) -> list[Alarm]:
    """One for each tracked deadline with a stage waiting, or coming before `until`, by job id."""
    waiting = (
        select(dues.c.deadline_id, stage_moments.c.stage, stage_moments.c.at, stage_moments.c.position)
        .join(dues, dues.c.id == stage_moments.c.due_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .where(
            stage_moments.c.queued_at.is_(None),
            stage_moments.c.at < until,
            deadlines.c.tracked,
            deadlines.c.cancelled_at.is_(None),
        )
    )
    stages: dict[int, list[Any]] = defaultdict(list)
    for row in tx.execute(waiting):
        stages[row.deadline_id].append(row)
    if not stages:
        return []
    for rows in stages.values():
        rows.sort(key=lambda r: (r.at, r.position))
    counted = (
        select(
            deadlines.c.id,
            deadlines.c.period,
            tasks.c.slug.label("task"),
            plans.c.slug.label("plan"),
            func.count(obligations.c.id).filter(obligations.c.state.in_(("open", "returned"))).label("open"),
        )
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .outerjoin(obligations, obligations.c.deadline_id == deadlines.c.id)
        .where(deadlines.c.id.in_(list(stages)))
        .group_by(deadlines.c.id, deadlines.c.period, tasks.c.slug, plans.c.slug)
    )
    found = [
        Alarm(r.plan, r.task, r.period, tuple((s.at, s.stage) for s in stages[r.id]), int(r.open))
        for r in tx.execute(counted)
    ]
    return sorted(found, key=lambda a: a.id)
