"""Who coordinates a plan today: the unit its file names, or the one that came after it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, exists, or_, select, update

from plans.announcements import News
from plans.status import State
from plans.succession import NO_UNIT
from store.obligations import OPEN
from store.schema import deadlines, messages, obligations, plans, reminders, tasks, units

_named, _acting = units.alias("named"), units.alias("acting")
_carrier = messages.alias("carrier")


@dataclass(frozen=True, slots=True)
class Coordinated:
    """A plan with the unit that its file names as its coordinator, and the one that coordinates it."""

    id: int
    slug: str
    title: str
    number: str | None
    named: str | None  # slugs
    acting: str | None  # None: nobody


def coordinated(tx: Connection) -> list[Coordinated]:
    """Every plan, by slug."""
    query = (
        select(plans.c.id, plans.c.slug, plans.c.title, plans.c.number, _named.c.slug, _acting.c.slug)
        .outerjoin(_named, _named.c.id == plans.c.coordinator_id)
        .outerjoin(_acting, _acting.c.id == plans.c.acting_id)
    )
    return sorted((Coordinated(*row) for row in tx.execute(query)), key=lambda p: p.slug)


def uncoordinated(tx: Connection) -> list[Coordinated]:
    """The plans whose coordinator has ended, with nobody in its place, while something is open or to be confirmed."""
    waits = (
        select(tasks.c.plan_id)
        .join(deadlines, deadlines.c.task_id == tasks.c.id)
        .join(obligations, obligations.c.deadline_id == deadlines.c.id)
        .where(deadlines.c.tracked, obligations.c.state.in_((*OPEN, State.SUBMITTED.value)))
    )
    orphaned = [p for p in coordinated(tx) if p.named is not None and p.acting is None]
    some = select(plans.c.id).where(plans.c.id.in_([p.id for p in orphaned]), plans.c.id.in_(waits))
    concerned = set(tx.scalars(some)) if orphaned else set()
    return [p for p in orphaned if p.id in concerned]


def acting_of(tx: Connection, plan: int) -> str | None:
    """The unit that coordinates a plan today, by slug."""
    query = select(units.c.slug).join(plans, plans.c.acting_id == units.c.id)
    found: str | None = tx.scalar(query.where(plans.c.id == plan))
    return found


def set_acting(tx: Connection, plan: int, unit: int | None) -> None:
    """Another unit, or nobody, coordinates a plan; its contents, and so its revision, stay."""
    tx.execute(update(plans).where(plans.c.id == plan).values(acting_id=unit))


def unasked(tx: Connection, plan: int) -> list[int]:
    """What closed because nobody succeeds its unit, of which no coordinator has been told."""
    told = (
        select(reminders.c.id)
        .outerjoin(_carrier, _carrier.c.id == reminders.c.message_id)
        .where(
            reminders.c.obligation_id == obligations.c.id,
            reminders.c.stage.startswith(News.ENDED, autoescape=True),
            or_(
                reminders.c.state.in_(("sent", "unknown")),
                and_(reminders.c.state == "queued", or_(_carrier.c.state == "sending", _carrier.c.uncertain)),
            ),
        )
        .correlate(obligations)
    )
    query = (
        select(obligations.c.id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .where(
            tasks.c.plan_id == plan,
            obligations.c.state == State.CANCELLED.value,
            obligations.c.reason == NO_UNIT,
            ~exists(told),
        )
    )
    return sorted(tx.scalars(query))
