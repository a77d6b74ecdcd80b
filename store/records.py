"""What a unit has made of a year, and what a person has to see to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, not_, select

from plans.people import OFFICERS
from plans.plan import Kind
from plans.status import State
from store.choosing import Choice, in_year
from store.ordered_joins import InOrder
from store.schema import deadlines, dues, obligations, people, plans, recipients, task_recipients, tasks
from store.statuses import can_be_late
from store.walking import ALL


@dataclass(frozen=True, slots=True)
class YearRecord:
    """What became of the tracked reports and work that a unit owed in a year, and that has been judged."""

    on_time: int
    late: int
    missing: int
    overdue: int  # not in yet

    @property
    def judged(self) -> int:
        return self.on_time + self.late + self.missing + self.overdue

    @property
    def rate(self) -> float | None:
        """The share that came in time, 0 to 1; None before anything was judged."""
        return self.on_time / self.judged if self.judged else None


_NOTHING = YearRecord(0, 0, 0, 0)


def year_record(tx: Connection, unit: int, year: int, now: datetime) -> YearRecord:
    """The record of one unit; see `year_records`."""
    return year_records(tx, year, now, unit).get(unit, _NOTHING)


def year_records(tx: Connection, year: int, now: datetime, unit: int | None = None) -> Mapping[int, YearRecord]:
    """Unit → its record, of all units where none is named.

    What waits for the coordinator is not judged yet. A coordinating unit's own work stays out of its rate.
    """
    days = (
        select(dues.c.id, dues.c.deadline_id, dues.c.late_at, tasks.c.kind, plans.c.acting_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .where(in_year(year), deadlines.c.tracked, can_be_late())
        .limit(ALL)
        .subquery()
    )
    o = obligations.c
    own_work = and_(days.c.kind == Kind.WORK.value, days.c.acting_id.is_not(None), days.c.acting_id == o.unit_id)
    met = case((o.late.is_(True), "late"), else_="on_time")
    judged = case(
        (o.state == State.ACCEPTED.value, met),
        (o.state == State.MISSING.value, "missing"),
        (and_(o.state.in_((State.OPEN.value, State.RETURNED.value)), days.c.late_at <= now), "overdue"),
        else_="",
    )
    conditions = [o.deadline_id == days.c.deadline_id, o.due_id == days.c.id, not_(own_work)]
    if unit is not None:
        conditions.append(o.unit_id == unit)
    query = (
        select(o.unit_id, judged.label("verdict"), func.count().label("many"))
        .select_from(InOrder(days, obligations, and_(*conditions)))
        .group_by(o.unit_id, "verdict")
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for r in tx.execute(query):
        if r.verdict:
            found[r.unit_id][r.verdict] = r.many
    return {
        number: YearRecord(**{name: counts.get(name, 0) for name in ("on_time", "late", "missing", "overdue")})
        for number, counts in found.items()
    }


def seen_to_by(tx: Connection, address: str) -> list[Choice]:
    """What a person is written to about today, as an officer, a deputy, a head or one whom a task names.

    In parts that share no obligation, for `store.board.page_of`.
    """
    number = tx.scalar(select(people.c.id).where(people.c.address == address))
    told = tx.execute(select(recipients.c.unit_id, recipients.c.audience).where(recipients.c.person_id == number)).all()
    own = task_recipients.c
    heads = frozenset(r.unit_id for r in told if r.audience != OFFICERS)
    officers = frozenset(r.unit_id for r in told if r.audience == OFFICERS) - heads
    named: dict[int, set[int]] = defaultdict(set)  # task → units for which the task names the person
    for task, unit in tx.execute(select(own.task_id, own.unit_id).where(own.person_id == number)):
        if unit not in heads:
            named[task].add(unit)
    elsewhere: dict[int, set[int]] = defaultdict(set)  # unit → tasks that name officers of their own for it
    for task, unit in tx.execute(select(own.task_id, own.unit_id).where(own.unit_id.in_(sorted(officers)))):
        elsewhere[unit].add(task)
    alike: dict[frozenset[int], set[int]] = defaultdict(set)
    for unit in officers:
        alike[frozenset(elsewhere[unit])].add(unit)
    of_units = [Choice(other_than=some, units=frozenset(units)) for some, units in alike.items()]
    of_tasks = [Choice(tasks=frozenset({task}), units=frozenset(units)) for task, units in sorted(named.items())]
    return [*([Choice(units=heads)] if heads else []), *of_units, *of_tasks]
