"""A month: its deadlines with how many are open, and the reminders that will leave, by day, if nobody submits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, func, literal, select

from plans.deadlines import Basis, DeadlineKey
from plans.filtering import Filter
from plans.periods import Period
from plans.plan import Kind
from plans.status import State
from store.choosing import choices
from store.obligations import OPEN, in_force
from store.options import named_groups
from store.ordered_joins import InOrder
from store.reached import OWING, Reached, units_of
from store.schema import deadlines, dues, obligations, plans, stage_moments, tasks

_OWED = tuple(s.value for s in State if s not in (State.CANCELLED, State.WAIVED))
_NAMES = (plans.c.slug.label("plan"), tasks.c.slug.label("task"), deadlines.c.period, tasks.c.title, tasks.c.kind)
_DATED = (
    dues.join(deadlines, deadlines.c.id == dues.c.deadline_id)
    .join(tasks, tasks.c.id == deadlines.c.task_id)
    .join(plans, plans.c.id == tasks.c.plan_id)
)


@dataclass(frozen=True, slots=True)
class DayOfDeadline:
    """A day on which a deadline is to be acted by; extensions make more than one of it."""

    key: DeadlineKey
    title: str
    kind: Kind
    basis: Basis
    act_by: date
    last_day: date
    stated: date
    open: int
    total: int  # units that owe it by these dates


def deadlines_between(
    tx: Connection, which: Filter, first: date, last: date, today: date, *, counted: bool = True
) -> list[DayOfDeadline]:
    """Tracked deadlines to be acted by within [first, last], by that day and key; those that nobody owes left out.

    The filter's status is not looked at. Unless `counted`, nobody is: the numbers of a year of deadlines take a while.
    """
    owed = obligations.c.state.in_(_OWED)
    said = (*_NAMES, dues.c.basis, dues.c.act_by, dues.c.last_day, dues.c.stated)
    found = []
    for choice in choices(tx, which, today):
        if counted:
            numbers = (func.count().label("total"), func.count().filter(obligations.c.state.in_(OPEN)).label("open"))
            query = select(*said, *numbers).select_from(
                InOrder(_DATED, obligations, and_(in_force, owed, *choice.owed()))
            )
            query = query.group_by(dues.c.id, deadlines.c.id, tasks.c.id, plans.c.id)
        else:
            some = select(obligations.c.id).where(in_force, owed, *choice.owed()).limit(1).correlate(dues)
            query = select(*said, literal(0).label("total"), literal(0).label("open")).select_from(_DATED)
            query = query.where(some.scalar_subquery().is_not(None))  # as an EXISTS, PostgreSQL would look all through
        between = dues.c.act_by >= first, dues.c.act_by <= last
        for r in tx.execute(query.where(deadlines.c.tracked, *choice.dated(), *between)):
            found.append(
                DayOfDeadline(
                    key=DeadlineKey(r.plan, r.task, Period(r.period)),
                    title=r.title,
                    kind=Kind(r.kind),
                    basis=Basis(r.basis),
                    act_by=r.act_by,
                    last_day=r.last_day,
                    stated=r.stated,
                    open=r.open,
                    total=r.total,
                )
            )
    return sorted(found, key=lambda d: (d.act_by, d.key, d.last_day))


@dataclass(frozen=True, slots=True)
class Leaving:
    """A stage of a deadline still to come, with the people whom it will reach if nobody submits before."""

    at: datetime
    stage: str
    audience: str
    kind: str  # of the message
    key: DeadlineKey
    title: str
    task_kind: Kind
    units: int  # with which the deadline is open still
    people: frozenset[int]


def leaving_between(tx: Connection, which: Filter, first: datetime, last: datetime, today: date) -> list[Leaving]:
    """The stages within [first, last] by moment, deadline and stage; recipients are those of today.

    A person's stages of a day leave as one message: whoever counts mails counts people, day by day. The filter's status
    is not looked at.
    """
    m = stage_moments.c
    coming = and_(m.due_id == dues.c.id, m.queued_at.is_(None), m.at >= first, m.at <= last)
    to = Reached(tx)
    found = []
    for choice in choices(tx, which, today):
        columns = (m.at, m.stage, m.audience, m.kind.label("mail"), *_NAMES, OWING)
        reached = and_(in_force, m.variant == obligations.c.variant, obligations.c.state.in_(OPEN), *choice.owed())
        query = (
            select(*columns, deadlines.c.task_id, deadlines.c.id.label("deadline"), plans.c.acting_id)
            .select_from(InOrder(_DATED.join(stage_moments, coming), obligations, reached))
            .where(deadlines.c.tracked, *choice.dated(), deadlines.c.cancelled_at.is_(None))
            .group_by(m.due_id, m.variant, m.stage, deadlines.c.id, tasks.c.id, plans.c.id)
        )
        for r in tx.execute(query):
            key, owing = DeadlineKey(r.plan, r.task, Period(r.period)), units_of(r)
            people = to.of(r, owing, choice.units)
            found.append(Leaving(r.at, r.stage, r.audience, r.mail, key, r.title, Kind(r.kind), len(owing), people))
    return sorted((leaving for leaving in found if leaving.people), key=lambda g: (g.at, g.key, g.stage))


@dataclass(frozen=True, slots=True)
class Offer:
    """What calendars may be narrowed to, and the days between which there is something in them."""

    plans: tuple[tuple[str, str], ...]  # (slug, number or title), the latest first
    groups: tuple[tuple[str, str], ...]  # (slug, name) in their order
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether the month of a day lies between."""
        return (self.first.year, self.first.month) <= (day.year, day.month) <= (self.last.year, self.last.month)


def offer(tx: Connection, readable: frozenset[str] | None, today: date) -> Offer:
    """Of the plans that may be read (None: all): from the day the first was tracked to the last day to act by."""
    rows = tx.execute(select(plans.c.slug, plans.c.number, plans.c.title).order_by(plans.c.id.desc()))
    first = tx.scalar(select(func.min(plans.c.track_from))) or today
    last = tx.scalar(select(func.max(dues.c.act_by))) or today
    return Offer(
        tuple((r.slug, r.number or r.title) for r in rows if readable is None or r.slug in readable),
        named_groups(tx),
        min(first, today),
        max(last, today),
    )
