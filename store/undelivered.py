"""Mail that could not be delivered, whom it concerns, and what coordinators were told of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, select, update

from plans.people import posts_of
from store.ledger import UNDELIVERABLE
from store.recipients import read_posts
from store.schema import deadlines, messages, obligations, people, plans, reminders, tasks, units

_acting, _for_units = units.alias("acting"), units.alias("for_units")


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that was given up."""

    message: int
    person: int
    name: str
    address: str
    unreachable: bool  # the address is known to be no good
    subject: str | None
    at: datetime
    code: int | None
    enhanced: str | None
    answer: str
    coordinators: frozenset[str]  # slugs of those that coordinate its plans today; empty: all are concerned
    units: tuple[str, ...]  # names, of those it was for


def failures(tx: Connection, since: datetime, until: datetime) -> list[Failure]:
    """What failed after `since` up to `until` and has not been queued again; reports of failures are left out."""
    failed = and_(
        messages.c.state == "failed",
        messages.c.failed_at > since,
        messages.c.failed_at <= until,
        messages.c.kind != UNDELIVERABLE,
    )
    query = select(messages, people.c.name, people.c.address.label("on_file"), people.c.unreachable_at)
    rows = list(tx.execute(query.join(people).where(failed).order_by(messages.c.failed_at, messages.c.id)))
    if not rows:
        return []
    some = select(messages.c.id).where(failed)
    plans_of: dict[int, set[str | None]] = defaultdict(set)
    for message, slug in tx.execute(_plans_of(some)):
        plans_of[message].add(slug)
    units_of: dict[int, set[str]] = defaultdict(set)
    for message, name in tx.execute(_units_of(some)):
        units_of[message].add(name)
    posts = _posts(tx) if any(r.id not in units_of for r in rows) else {}
    return [
        Failure(
            message=r.id,
            person=r.person_id,
            name=r.name,
            address=r.address or r.on_file,
            unreachable=r.unreachable_at is not None,
            subject=r.subject,
            at=r.failed_at,
            code=r.code,
            enhanced=r.enhanced,
            answer=r.answer or "",
            # What is of a plan that nobody coordinates any more concerns everyone.
            coordinators=frozenset(s for s in plans_of[r.id] if s) if None not in plans_of[r.id] else frozenset(),
            units=tuple(sorted(units_of[r.id] if r.id in units_of else posts.get(r.on_file, set()))),
        )
        for r in rows
    ]


def _plans_of(some: Select[Any]) -> Select[Any]:
    return (
        select(reminders.c.message_id, _acting.c.slug)
        .join(obligations, obligations.c.id == reminders.c.obligation_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .outerjoin(_acting, _acting.c.id == plans.c.acting_id)
        .where(reminders.c.message_id.in_(some))
        .distinct()
    )


def _units_of(some: Select[Any]) -> Select[Any]:
    return (
        select(reminders.c.message_id, _for_units.c.name)
        .join(_for_units, _for_units.c.id == reminders.c.for_unit_id)
        .where(reminders.c.message_id.in_(some))
        .distinct()
    )


def _posts(tx: Connection) -> dict[str, set[str]]:
    """Address → names of the units that have it on file."""
    found: dict[str, set[str]] = defaultdict(set)
    for unit in read_posts(tx).values():
        for address in posts_of(unit):
            found[address].add(unit.name)
    return found


@dataclass(frozen=True, slots=True)
class Report:
    """A mail to a coordinator's officer about what failed up to a moment."""

    id: int
    person: int
    until: datetime
    state: str
    uncertain: bool
    sent_at: datetime | None
    day: date
    part: int

    @property
    def waits(self) -> bool:
        """Whether it is still to be written, so that more can go into it."""
        return self.state == "queued" and not self.uncertain

    @property
    def given_away(self) -> bool:
        """Whether it may have reached its reader."""
        return self.state in ("sent", "unknown", "sending") or (self.state == "queued" and self.uncertain)


def reports(tx: Connection, persons: Iterable[int], since: datetime) -> dict[int, list[Report]]:
    """Person → reports of what failed after `since`, the newest last."""
    query = select(messages).where(
        messages.c.person_id.in_(sorted(persons)), messages.c.kind == UNDELIVERABLE, messages.c.at > since
    )
    found: dict[int, list[Report]] = defaultdict(list)
    for r in tx.execute(query.order_by(messages.c.at, messages.c.id)):
        report = Report(r.id, r.person_id, r.at, r.state, r.uncertain, r.sent_at, r.local_day, r.part)
        found[r.person_id].append(report)
    return dict(found)


def extend_report(tx: Connection, report: int, until: datetime) -> None:
    """Have a report that was not written yet tell of what failed up to a later moment."""
    waiting = and_(messages.c.id == report, messages.c.state == "queued", messages.c.uncertain.is_(False))
    tx.execute(update(messages).where(waiting).values(at=until))
