"""The outbox: `queued → sending → sent | queued again | failed | unknown | superseded`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from store.bodies import letters_of
from store.held import Held, held_by
from store.moments import reopen_stages
from store.schema import (
    messages,
    people,
    reminders,
    stage_moments,
)
from store.urging import pass_urges_on


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
    heard: date = date.min  # when the person was last asked the yearly question, or answered it


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
        select(*_OF_MESSAGE, *_OF_PERSON)
        .join(people, people.c.id == messages.c.person_id)
        .where(messages.c.state == "queued", messages.c.next_at <= now)
        .order_by(messages.c.next_at, messages.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=messages)
    )
    rows = tx.execute(due).all()
    held, spoiled = held_by(tx, [row[0] for row in rows])
    uncertain = [row[0] for row in rows if row[_UNCERTAIN]]
    bodies = letters_of(tx, uncertain) if uncertain else {}
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
_OF_PERSON = [people.c[name] for name in ("name", "address", "link_version", "asked_on", "confirmed_on")]
_UNCERTAIN = 8


def _claimed(row: Sequence[Any], held: list[Held], content: bytes | None) -> Claimed:
    number, person, kind, day, at, ref, attempts, since, uncertain, name, address, link_version, *heard = row
    asked_on, confirmed_on = heard
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
        heard=max(asked_on or date.min, confirmed_on or date.min),
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
