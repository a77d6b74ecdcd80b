"""All sets of dates that a change of the working calendar may move: read in a few queries, written as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Text, and_, bindparam, cast, delete, func, or_, select, update

from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.files.writing import task_from_mapping
from plans.periods import Period
from plans.plan import Task
from plans.status import State
from store.deadlines import dates_of, due_columns
from store.obligations import OPEN, in_force
from store.schema import deadlines, dues, obligations, plans, stage_moments, tasks

# A stage moves off a day off to the next day worked; no run of days off is longer.
_REACH = timedelta(days=31)
_SOME = 500  # numbers in one list of a statement

MomentRow = dict[str, Any]  # the columns of `stage_moments`


@dataclass(frozen=True, slots=True)
class DatedDue:
    """One set of dates, and what they were found from."""

    id: int
    deadline_id: int
    key: DeadlineKey
    task_id: int
    reminds: bool  # its deadline is tracked, and some unit rests on it where it is of units' own events
    basis: Basis
    dates: DueDates
    soon: date
    set_on: date | None
    round: int  # the n-th request to complete something for this deadline; 0 for other bases


def dated_dues(tx: Connection, around: Collection[date] | None = None) -> list[DatedDue]:
    """The dates of every deadline that is not cancelled; of those that days in `around` can move, where given."""
    query = (
        select(
            dues,
            deadlines.c.period,
            deadlines.c.tracked,
            deadlines.c.task_id,
            tasks.c.slug.label("task"),
            plans.c.slug.label("plan"),
        )
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .where(dues.c.id.in_(_within(around)))
        .order_by(dues.c.id)
    )
    rounds, rested_on = _rounds(tx), _rested_on(tx)
    return [
        DatedDue(
            id=r.id,
            deadline_id=r.deadline_id,
            key=DeadlineKey(r.plan, r.task, Period(r.period)),
            task_id=r.task_id,
            reminds=r.tracked and (r.basis != Basis.EVENT.value or r.id in rested_on),
            basis=Basis(r.basis),
            dates=dates_of(r, with_steps=True),
            soon=r.soon,
            set_on=r.set_on,
            round=rounds.get(r.id, 0),
        )
        for r in tx.execute(query)
    ]


def _within(around: Collection[date] | None) -> Select[Any]:
    """The numbers of the dues concerned: those whose days, or whose stages', span one of `around`.

    What counts working days from an event spans them too, however long ago that was: all of it is looked at.
    """
    live = select(dues.c.id).join(deadlines, deadlines.c.id == dues.c.deadline_id)
    live = live.join(tasks, tasks.c.id == deadlines.c.task_id).where(deadlines.c.cancelled_at.is_(None))
    if around is None:
        return live
    first, last = min(around) - _REACH, max(around) + _REACH
    begin, end = (datetime.combine(day, time.min, UTC) for day in (first, last))
    span = select(
        stage_moments.c.due_id, func.min(stage_moments.c.at).label("first"), func.max(stage_moments.c.at).label("last")
    )
    stages = span.group_by(stage_moments.c.due_id).subquery()
    starts = or_(dues.c.soon <= last, dues.c.opens <= last, stages.c.first <= end)
    ends = or_(dues.c.stated >= first, dues.c.late_on >= first, stages.c.last >= begin)
    counts = cast(tasks.c.body, Text).contains("working_days")  # as plan files say it
    return live.outerjoin(stages, stages.c.due_id == dues.c.id).where(or_(and_(starts, ends), counts))


def _rounds(tx: Connection) -> dict[int, int]:
    """Due → which request to complete something it is of its deadline."""
    query = select(dues.c.id, dues.c.deadline_id).where(dues.c.basis == Basis.RESUBMISSION.value)
    seen: dict[int, int] = defaultdict(int)
    found = {}
    for number, deadline in tx.execute(query.order_by(dues.c.id)):
        seen[deadline] += 1
        found[number] = seen[deadline]
    return found


def _rested_on(tx: Connection) -> set[int]:
    """The dues of units' own events that some unit rests on still."""
    query = select(obligations.c.origin_id).where(obligations.c.origin_id.is_not(None)).distinct()
    return set(tx.scalars(query))


def tasks_of_dues(tx: Connection, numbers: Iterable[int]) -> dict[int, Task]:
    """Tasks by number, as last loaded."""
    found = {}
    for some in _batches(numbers):
        for number, body in tx.execute(select(tasks.c.id, tasks.c.body).where(tasks.c.id.in_(some))):
            found[number] = task_from_mapping(body)
    return found


def moments_of_dues(
    tx: Connection, around: Collection[date] | None = None
) -> dict[int, dict[tuple[str, str], MomentRow]]:
    """Due → (variant, stage) → its row; for the dues that `dated_dues` gives."""
    found: dict[int, dict[tuple[str, str], MomentRow]] = defaultdict(dict)
    query = select(stage_moments).where(stage_moments.c.due_id.in_(_within(around)))
    for row in tx.execute(query).mappings():
        found[row["due_id"]][row["variant"], row["stage"]] = dict(row)
    return found


@dataclass(frozen=True, slots=True)
class DueHolder:
    """An obligation that goes by a set of dates."""

    obligation: int
    due: int
    state: State

    @property
    def open(self) -> bool:
        return self.state.value in OPEN


def holders_of_dues(tx: Connection, numbers: Iterable[int]) -> list[DueHolder]:
    """Every obligation that goes by these dates, by number; they stay as they are until the transaction ends."""
    found = []
    for some in _batches(numbers):
        query = select(obligations.c.id, obligations.c.due_id, obligations.c.state)
        query = query.join(dues, in_force).where(dues.c.id.in_(some)).order_by(obligations.c.id)
        query = query.with_for_update(of=obligations)
        found += [DueHolder(i, d, State(s)) for i, d, s in tx.execute(query)]
    return sorted(found, key=lambda h: h.obligation)


def write_dates(tx: Connection, rows: Sequence[tuple[int, DueDates, date]]) -> None:
    """Other dates for these dues: (number, dates, first day of "sắp đến hạn")."""
    if not rows:
        return
    values = [{"number": number, **due_columns(dates, soon)} for number, dates, soon in rows]
    changed: dict[str, Any] = {name: bindparam(name) for name in values[0] if name != "number"}
    tx.execute(update(dues).where(dues.c.id == bindparam("number")).values(changed), values)


def write_moments(tx: Connection, rows: Mapping[int, Iterable[MomentRow]]) -> None:
    """The stages of these dues, instead of those they have."""
    for some in _batches(rows):
        tx.execute(delete(stage_moments).where(stage_moments.c.due_id.in_(some)))
    values = [row for stages in rows.values() for row in stages]
    if values:
        tx.execute(stage_moments.insert(), values)


def _batches(numbers: Iterable[int]) -> list[list[int]]:
    ordered = sorted(set(numbers))
    return [ordered[start : start + _SOME] for start in range(0, len(ordered), _SOME)]
