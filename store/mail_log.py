"""The mail log: what was sent to whom and when, what waits and what was not needed. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from store.obligations import batches, by_ids, obligations_query
from store.schema import message_bodies, messages, obligations, people, reminders, units

NOT_SENT = ("queued", "sending", "failed", "unknown")

told_unit = units.alias("for_units")
# History stays with the old name: what was said to a unit's own people was said to the unit that owed it then.
owing_then = case((reminders.c.audience.in_(("officers", "head")), told_unit.c.slug), else_=units.c.slug).label("owing")


@dataclass(frozen=True, slots=True)
class LoggedItem:
    """A reminder of a logged message."""

    obligation: int
    deadline: str
    unit: str  # slug
    stage: str
    state: str
    reason: str | None
    audience: str = "officers"


@dataclass(frozen=True, slots=True)
class Logged:
    """A message as the log shows it."""

    id: int
    at: datetime
    sent_at: datetime | None
    person: str
    address: str
    kind: str
    subject: str | None
    state: str
    reason: str | None
    answer: str | None
    ref: str
    items: tuple[LoggedItem, ...]
    code: int | None = None  # of the server's reply
    enhanced: str | None = None  # RFC 3463
    attempts: int = 0
    next_at: datetime | None = None  # when it is tried again, while it is queued

    @property
    def said(self) -> str | None:
        """What the server answered, with its number."""
        return " ".join(str(part) for part in (self.code, self.answer) if part) or None


def log(
    tx: Connection,
    *,
    state: str | None = None,
    address: str | None = None,
    obligations_in: Sequence[int] | None = None,
    unit: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> list[Logged]:
    """Messages by moment, person and kind; the newest `limit` of them where given.

    `unit`: with an item that this unit owed when it was said.
    """
    query = _messages()
    if state is not None:
        query = query.where(messages.c.state == state)
    if address is not None:
        query = query.where(people.c.address == address)
    if since is not None:
        query = query.where(messages.c.at >= since)
    if until is not None:
        query = query.where(messages.c.at <= until)
    if obligations_in is not None:
        named = select(reminders.c.message_id).where(reminders.c.obligation_id.in_(list(obligations_in)))
        query = query.where(messages.c.id.in_(named))
    if unit is not None:
        query = query.where(messages.c.id.in_(_carrying(unit)))
    if limit is not None:
        query = query.order_by(messages.c.id.desc()).limit(limit)
    return _read(tx, query)


def by_numbers(tx: Connection, numbers: Sequence[int]) -> list[Logged]:
    """Messages by their numbers, in the order of `log`."""
    return _read(tx, _messages().where(messages.c.id.in_(list(numbers))))


def _messages() -> Select[Any]:
    return select(messages, people.c.name, people.c.address.label("person_address")).join(people)


def _read(tx: Connection, query: Select[Any]) -> list[Logged]:
    rows = list(tx.execute(query))
    items = logged_items(tx, [r.id for r in rows])
    found = [
        Logged(
            id=r.id,
            at=r.at,
            sent_at=r.sent_at,
            person=r.name,
            address=r.address or r.person_address,
            kind=r.kind,
            subject=r.subject,
            state=r.state,
            reason=r.reason,
            answer=r.answer,
            ref=r.message_ref,
            items=tuple(items.get(r.id, ())),
            code=r.code,
            enhanced=r.enhanced,
            attempts=r.attempts,
            next_at=r.next_at if r.state == "queued" else None,
        )
        for r in rows
    ]
    return sorted(found, key=lambda m: (m.at, m.address, m.kind, m.id))


def _carrying(unit: str) -> Select[Any]:
    """The numbers of messages with an item of a unit."""
    return (
        select(reminders.c.message_id)
        .join(obligations, obligations.c.id == reminders.c.obligation_id)
        .join(units, units.c.id == obligations.c.unit_id)
        .join(told_unit, told_unit.c.id == reminders.c.for_unit_id)
        .where(owing_then == unit, reminders.c.message_id.is_not(None))
    )


def logged_items(tx: Connection, message_ids: Sequence[int]) -> dict[int, list[LoggedItem]]:
    """Message → its reminders, ordered by deadline and unit."""
    r = reminders.c
    columns = (r.message_id, r.obligation_id, r.stage, r.audience, r.state, r.reason, told_unit.c.slug.label("told"))
    query = select(*columns).join(told_unit, told_unit.c.id == r.for_unit_id)
    rows = list(chain.from_iterable(tx.execute(query.where(r.message_id.in_(n))) for n in batches(message_ids)))
    # Looked up by their numbers: joined in one statement, PostgreSQL takes all obligations for a few, and reads them.
    owed = {o.id: o for o in by_ids(tx, {row.obligation_id for row in rows})}
    found: dict[int, list[LoggedItem]] = {}
    for row in rows:
        o = owed[row.obligation_id]
        owing = row.told if row.audience in ("officers", "head") else o.unit
        item = LoggedItem(o.id, str(o.key), owing, row.stage, row.state, row.reason, row.audience)
        found.setdefault(row.message_id, []).append(item)
    for items in found.values():
        items.sort(key=lambda i: (i.deadline, i.unit, i.stage))
    return found


def content_of(tx: Connection, message_id: int) -> bytes | None:
    """The exact bytes of a message, once it was rendered."""
    found = tx.scalar(select(message_bodies.c.content).where(message_bodies.c.message_id == message_id))
    return None if found is None else bytes(found)


def count_by_state(tx: Connection) -> dict[str, int]:
    """State → how many messages were ever in it and still are; goes through all of them."""
    return {s: n for s, n in tx.execute(select(messages.c.state, func.count()).group_by(messages.c.state))}


def count_not_sent(tx: Connection) -> dict[str, int]:
    """The same of what is on its way, has failed or perhaps arrived: little, and found by itself."""
    query = select(messages.c.state, func.count()).where(messages.c.state.in_(NOT_SENT)).group_by(messages.c.state)
    return {s: n for s, n in tx.execute(query)}


@dataclass(frozen=True, slots=True)
class Stuck:
    """Mail that was tried in vain and waits: how many, since when, and what the server said last."""

    messages: int
    since: datetime
    answer: str | None


def stuck(tx: Connection, before: datetime) -> Stuck | None:
    """Messages that were to leave before this moment, were tried and are still queued; None when there are none."""
    query = select(messages.c.at, messages.c.answer).where(
        messages.c.state == "queued", messages.c.attempts > 0, messages.c.at < before
    )
    rows = list(tx.execute(query.order_by(messages.c.at, messages.c.id)))
    if not rows:
        return None
    return Stuck(len(rows), rows[0].at, next((r.answer for r in reversed(rows) if r.answer), None))


def never_mailed(
    tx: Connection, *, address: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[Logged]:
    """Reminders that were superseded before they came into any mail: one entry for each person, moment and reason."""
    query = (
        obligations_query()
        .add_columns(
            reminders.c.stage,
            reminders.c.audience,
            reminders.c.at.label("moment"),
            reminders.c.kind.label("mail_kind"),
            reminders.c.reason.label("why"),
            people.c.name.label("person_name"),
            people.c.address,
            owing_then,
        )
        .join(reminders, reminders.c.obligation_id == obligations.c.id)
        .join(people, people.c.id == reminders.c.person_id)
        .join(told_unit, told_unit.c.id == reminders.c.for_unit_id)
        .where(reminders.c.state == "superseded", reminders.c.message_id.is_(None))
    )
    if address is not None:
        query = query.where(people.c.address == address)
    if since is not None:
        query = query.where(reminders.c.at >= since)
    if until is not None:
        query = query.where(reminders.c.at <= until)
    groups: dict[tuple[datetime, str, str, str, str], list[LoggedItem]] = {}
    for r in tx.execute(query):
        item = LoggedItem(r.id, f"{r.plan}/{r.task}/{r.period}", r.owing, r.stage, "superseded", r.why, r.audience)
        groups.setdefault((r.moment, r.address, r.person_name, r.mail_kind, r.why), []).append(item)
    return [
        Logged(
            id=0,
            at=at,
            sent_at=None,
            person=name,
            address=who,
            kind=kind,
            subject=None,
            state="superseded",
            reason=why,
            answer=None,
            ref="",
            items=tuple(sorted(items, key=lambda i: (i.deadline, i.unit, i.stage))),
        )
        for (at, who, name, kind, why), items in sorted(groups.items(), key=lambda g: g[0])
    ]
