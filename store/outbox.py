"""The outbox: `queued → sending → sent | queued again | failed | unknown | superseded`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, func, or_, select, update

from plans.obligations import Obligation
from store.ledger import overtaken
from store.moments import reopen_stages
from store.obligations import COLUMNS, obligation_of, obligations_query
from store.recipients import told
from store.requests import extension_asked
from store.schema import (
    coordinations,
    deadlines,
    message_bodies,
    messages,
    obligations,
    people,
    plans,
    reminders,
    stage_moments,
    units,
)
from store.urging import pass_urges_on

_absent = people.alias("absent")


@dataclass(frozen=True, slots=True)
class Held:
    """A reminder in a claimed message, with its obligation as it is now."""

    id: int
    stage: str
    at: datetime  # the moment of the stage
    audience: str
    last_day: date
    for_unit: str  # slug of the unit for which the person is written to
    for_unit_name: str
    still_told: bool  # the person is still one of those written to for that unit
    overtaken: bool  # the ledger holds a later stage of the same item for this person
    obligation: Obligation
    detail: Mapping[str, Any] | None = None  # of an announcement: what it was before
    instead_of: str | None = None  # name of the absent one whose deputy the person is
    asked: datetime | None = None  # when a later date was asked for, while that has no answer


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message whose turn has come, before it is rendered."""

    id: int
    person: int
    name: str
    address: str
    link_version: int
    kind: str
    local_day: date
    at: datetime
    ref: str
    attempts: int
    tried_since: datetime | None
    uncertain: bool
    held: tuple[Held, ...]
    content: bytes | None  # what was sent before, when the outcome is uncertain
    asked: bool = False  # what was sent before carries the yearly question


@dataclass(frozen=True, slots=True)
class Taken:
    """What a claim found."""

    claimed: tuple[Claimed, ...]
    spoiled: Mapping[int, Exception]  # message → why it cannot even be read

    def __len__(self) -> int:
        return len(self.claimed) + len(self.spoiled)


def first_due(tx: Connection, now: datetime) -> int | None:
    """The message that a claim would take first, locked until the transaction ends: the claim takes this one then."""
    due = select(messages.c.id).where(messages.c.state == "queued", messages.c.next_at <= now)
    first = due.order_by(messages.c.next_at, messages.c.id).limit(1).with_for_update(skip_locked=True)
    found: int | None = tx.scalar(first)
    return found


def recover_expired(tx: Connection, now: datetime) -> int:
    """Take back messages whose sender died with them in hand: their outcome is uncertain."""
    lost = select(messages.c.id).where(messages.c.state == "sending", messages.c.lease_until <= now)
    # Skipping what others hold, so that two nodes that look at once never wait for each other in a circle.
    taken = update(messages).where(messages.c.id.in_(lost.with_for_update(skip_locked=True)))
    values = {"state": "queued", "uncertain": True, "lease_until": None}
    return len(tx.execute(taken.values(values).returning(messages.c.id)).all())


def recover(tx: Connection, numbers: Sequence[int], lease_until: datetime) -> int:
    """Take back those of these messages that are held until that very moment: their sender died with them in hand."""
    values = {"state": "queued", "uncertain": True, "lease_until": None}
    which = and_(messages.c.id.in_(numbers), messages.c.state == "sending", messages.c.lease_until == lease_until)
    return len(tx.execute(update(messages).where(which).values(values).returning(messages.c.id)).all())


def recover_all(tx: Connection) -> int:
    """The same without waiting for their leases: for a home that only one process may send from."""
    values = {"state": "queued", "uncertain": True, "lease_until": None}
    lost = update(messages).where(messages.c.state == "sending").values(values)
    return len(tx.execute(lost.returning(messages.c.id)).all())


def claim(tx: Connection, now: datetime, limit: int) -> Taken:
    """Up to `limit` queued messages whose turn has come, locked until the transaction ends."""
    due = (
        select(*_OF_MESSAGE, people.c.name, people.c.address, people.c.link_version, people.c.asked_on)
        .join(people, people.c.id == messages.c.person_id)
        .where(messages.c.state == "queued", messages.c.next_at <= now)
        .order_by(messages.c.next_at, messages.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=messages)
    )
    rows = [tuple(row) for row in tx.execute(due)]
    held: dict[int, list[Held]] = {row[0]: [] for row in rows}
    spoiled: dict[int, Exception] = {}
    for row in tx.execute(_held_query(), {"numbers": list(held)}):
        number = row[COLUMNS]
        try:
            held[number].append(_held(row))
        except (ValueError, KeyError, TypeError) as error:  # a value that nobody could have written
            spoiled[number] = error
    uncertain = [row[0] for row in rows if row[_UNCERTAIN]]
    bodies: dict[int, bytes] = {}
    if uncertain:
        stored = select(message_bodies.c.message_id, message_bodies.c.content)
        found = tx.execute(stored.where(message_bodies.c.message_id.in_(uncertain)))
        bodies = {i: bytes(c) for i, c in found}
    claimed = [_claimed(row, held[row[0]], bodies.get(row[0])) for row in rows if row[0] not in spoiled]
    return Taken(tuple(claimed), spoiled)


_OF_MESSAGE = [
    messages.c[name]
    for name in (
        "id",
        "person_id",
        "kind",
        "local_day",
        "at",
        "message_ref",
        "attempts",
        "tried_since",
        "uncertain",
    )
]
_UNCERTAIN = 8


def _claimed(row: Sequence[Any], held: list[Held], content: bytes | None) -> Claimed:
    number, person, kind, day, at, ref, attempts, since, uncertain, name, address, link_version, asked_on = row
    if len(held) > 1:
        held.sort(key=lambda h: (h.obligation.dates.act_by, h.obligation.key, h.for_unit))
    return Claimed(
        number,
        person,
        name,
        address,
        link_version,
        kind,
        day,
        at,
        ref,
        attempts,
        since,
        uncertain,
        tuple(held),
        content,
        # Asked once a year: nothing older than this message asked since it was queued.
        asked=uncertain and asked_on is not None and asked_on >= day,
    )


def _held(row: Sequence[Any]) -> Held:
    """Of a row of `_held_query`, whose columns are told by their order: it is the innermost loop of a wave."""
    _, number, stage, at, audience, day, unit, unit_name, still_told, overtaken, detail, by, asked = row[COLUMNS:]
    return Held(
        number,
        stage,
        at,
        audience,
        day,
        unit,
        unit_name,
        bool(still_told),
        overtaken,
        obligation_of(row[:COLUMNS]),
        detail,
        by,
        asked,
    )


@cache
def _held_query() -> Select[Any]:
    """The reminders of messages; whether the person is still told depends on the audience the stage is for."""
    for_units = units.alias("for_units")
    # Coordinators and coordinating units are written to through their officers; only who owes has officers by task.
    audience = case((reminders.c.audience == "head", "head"), else_="officers")
    owes = reminders.c.audience.in_(("officers", "head"))
    task = case((owes, deadlines.c.task_id), else_=None)
    still = [
        exists(
            select(s.table.c.person_id)
            .where(s.on, s.table.c.person_id == reminders.c.person_id)
            .correlate(reminders, deadlines)
        )
        for s in told(task, reminders.c.for_unit_id, audience)
    ]
    return (
        obligations_query()
        .add_columns(
            reminders.c.message_id,
            reminders.c.id.label("reminder_id"),
            reminders.c.stage,
            reminders.c.at.label("moment"),
            reminders.c.audience,
            reminders.c.last_day.label("key_day"),
            for_units.c.slug.label("for_unit"),
            for_units.c.name.label("for_unit_name"),
            and_(_still_concerned(), or_(*still)).label("still_told"),
            overtaken().label("overtaken"),
            reminders.c.detail,
            _absent.c.name.label("instead_of"),
            extension_asked.label("asked"),
        )
        .join(reminders, reminders.c.obligation_id == obligations.c.id)
        .join(for_units, for_units.c.id == reminders.c.for_unit_id)
        .outerjoin(_absent, _absent.c.id == reminders.c.instead_of)
        .where(reminders.c.message_id.in_(bindparam("numbers", expanding=True)), reminders.c.state == "queued")
    )


def _still_concerned() -> Any:
    """Whether the unit for which someone is written to still coordinates the plan, helps with the deadline, owes it."""
    helps = (
        select(coordinations.c.unit_id)
        .where(
            coordinations.c.deadline_id == obligations.c.deadline_id,
            coordinations.c.unit_id == reminders.c.for_unit_id,
        )
        .correlate(obligations, reminders)
    )
    return case(
        (reminders.c.audience == "coordinator", plans.c.acting_id == reminders.c.for_unit_id),
        (reminders.c.audience == "coordinating", exists(helps)),
        else_=obligations.c.unit_id == reminders.c.for_unit_id,  # until it passed to a successor
    )


def requeue_stages(tx: Connection, reminder_ids: Sequence[int]) -> None:
    """Have the stages of these reminders queued for whoever is responsible now."""
    if reminder_ids:
        pass_urges_on(tx, reminder_ids)
        of = select(reminders.c.due_id, reminders.c.stage).where(reminders.c.id.in_(list(reminder_ids)))
        for due_id, stage in tx.execute(of.distinct()).all():
            reopen_stages(tx, stage_moments.c.due_id == due_id, stage_moments.c.stage == stage)


def reminders_of(tx: Connection, message_id: int) -> list[int]:
    """The numbers of the reminders that a message holds or held last."""
    return sorted(tx.scalars(select(reminders.c.id).where(reminders.c.message_id == message_id)))


def count_due(tx: Connection, now: datetime) -> int:
    """How many queued messages may be tried now."""
    due = select(func.count()).where(messages.c.state == "queued", messages.c.next_at <= now)
    return tx.scalar(due) or 0


def oldest_queued(tx: Connection) -> datetime | None:
    """The moment that the longest waiting message was for."""
    found: datetime | None = tx.scalar(select(func.min(messages.c.at)).where(messages.c.state == "queued"))
    return found


def pending_until(tx: Connection) -> datetime | None:
    """When the next queued message may be tried; None when nothing is queued."""
    found: datetime | None = tx.scalar(select(func.min(messages.c.next_at)).where(messages.c.state == "queued"))
    return found
