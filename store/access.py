"""What the rights of a person are read from: posts, assignments, groups, the plans that units coordinate or owe in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, exists, false, or_, select, union

from plans.deadlines import DeadlineKey
from store.schema import (
    coordinations,
    deadlines,
    groups,
    memberships,
    obligations,
    officers,
    overseers,
    people,
    plans,
    task_recipients,
    tasks,
    units,
)

MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Held:
    """A place in a unit: a role of `plans.units.Role`, or `mailbox`."""

    unit: str  # slug
    role: str
    until: date | None  # last day of the unit


def posts_held(tx: Connection, addresses: Collection[str]) -> list[Held]:
    """The places of these people."""
    as_officer = (
        select(units.c.slug, officers.c.role, units.c.until)
        .join(officers, officers.c.unit_id == units.c.id)
        .join(people, people.c.id == officers.c.person_id)
        .where(people.c.address.in_(list(addresses)))
    )
    as_mailbox = select(units.c.slug, units.c.until).where(units.c.mailbox.in_(list(addresses)))
    found = [Held(r.slug, r.role, r.until) for r in tx.execute(as_officer)]
    return found + [Held(r.slug, MAILBOX, r.until) for r in tx.execute(as_mailbox)]


def units_overseen(tx: Connection, addresses: Collection[str]) -> set[str | None]:
    """The units assigned to these people; None among them: one is a leader, who reads all."""
    query = (
        select(units.c.slug)
        .select_from(overseers)
        .join(people, people.c.id == overseers.c.person_id)
        .outerjoin(units, units.c.id == overseers.c.unit_id)
        .where(people.c.address.in_(list(addresses)))
    )
    return set(tx.scalars(query))


def members_headed_by(tx: Connection, heads: Collection[str], today: date) -> set[str]:
    """The units in groups that one of these units heads, both on this day."""
    if not heads:
        return set()
    headship, chief = memberships.alias("headship"), units.alias("chief")
    query = (
        select(units.c.slug)
        .join(memberships, memberships.c.unit_id == units.c.id)
        .join(groups, groups.c.id == memberships.c.group_id)
        .join(headship, headship.c.group_id == groups.c.id)
        .join(chief, chief.c.id == headship.c.unit_id)
        .where(headship.c.head, chief.c.slug.in_(list(heads)))
    )
    for one in (memberships, headship):
        query = query.where(or_(one.c.since.is_(None), one.c.since <= today))
        query = query.where(or_(one.c.until.is_(None), one.c.until >= today))
    return set(tx.scalars(query))


def plans_coordinated(tx: Connection, coordinators: Collection[str]) -> set[str]:
    """The plans that one of these units coordinates today."""
    if not coordinators:
        return set()
    query = select(plans.c.slug).join(units, units.c.id == plans.c.acting_id)
    return set(tx.scalars(query.where(units.c.slug.in_(list(coordinators)))))


def tasks_named_for(tx: Connection, address: str) -> set[tuple[str, str, str]]:
    """(plan, task, unit) of the tasks that are told to this person by name, or as the deputy of one named."""
    query = (
        select(plans.c.slug, tasks.c.slug, units.c.slug)
        .select_from(task_recipients)
        .join(people, people.c.id == task_recipients.c.person_id)
        .join(tasks, tasks.c.id == task_recipients.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .join(units, units.c.id == task_recipients.c.unit_id)
        .where(people.c.address == address)
    )
    return {(plan, task, unit) for plan, task, unit in tx.execute(query)}


# -- what units have to do with plans --------------------------------------------------------------------------------


def _owing(some: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a unit that `some` is true of owes a deadline, or helps with it."""
    owes = select(obligations.c.id).join(units, units.c.id == obligations.c.unit_id)
    helps = select(coordinations.c.unit_id).join(units, units.c.id == coordinations.c.unit_id)
    return or_(
        exists(owes.where(obligations.c.deadline_id == deadlines.c.id, some).correlate(deadlines)),
        exists(helps.where(coordinations.c.deadline_id == deadlines.c.id, some).correlate(deadlines)),
    )


def concerning(some: Collection[str]) -> ColumnElement[bool]:
    """Of deadlines: whether one of these units owes it, or helps with it."""
    return _owing(units.c.slug.in_(sorted(some))) if some else false()


def concerns_deadline(tx: Connection, key: DeadlineKey, some: Collection[str]) -> bool:
    """Whether one of these units owes a deadline, or helps with it."""
    query = (
        select(deadlines.c.id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .where(
            plans.c.slug == key.plan,
            tasks.c.slug == key.task,
            deadlines.c.period == str(key.period),
            _owing(units.c.slug.in_(list(some))),
        )
    )
    return bool(some) and tx.scalar(query.limit(1)) is not None


def plans_concerning(tx: Connection, some: Collection[str]) -> set[str]:
    """The plans in which one of these units owes something, or helps."""
    if not some:
        return set()
    these = select(units.c.id).where(units.c.slug.in_(list(some)))
    owed = select(obligations.c.deadline_id).where(obligations.c.unit_id.in_(these))
    helped = select(coordinations.c.deadline_id).where(coordinations.c.unit_id.in_(these))
    query = (
        select(plans.c.slug)
        .distinct()
        .join(tasks, tasks.c.plan_id == plans.c.id)
        .join(deadlines, deadlines.c.task_id == tasks.c.id)
        .where(deadlines.c.id.in_(union(owed, helped)))
    )
    return set(tx.scalars(query))


def units_concerned(tx: Connection, some: Collection[str], unit: str | None = None) -> set[str]:
    """The units that owe something in one of these plans, or help; only whether `unit` does, where given."""
    if not some:
        return set()
    in_plans = (
        select(deadlines.c.id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .where(plans.c.slug.in_(list(some)))
    )
    owed = select(obligations.c.id).where(
        and_(obligations.c.unit_id == units.c.id, obligations.c.deadline_id.in_(in_plans))
    )
    helped = select(coordinations.c.unit_id).where(
        and_(coordinations.c.unit_id == units.c.id, coordinations.c.deadline_id.in_(in_plans))
    )
    query = select(units.c.slug).where(or_(exists(owed.correlate(units)), exists(helped.correlate(units))))
    return set(tx.scalars(query if unit is None else query.where(units.c.slug == unit)))
