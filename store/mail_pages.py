"""The mail log page by page, the newest message first; and one message with all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from plans.naming import fold
from plans.paging import Page, cut, read_key, written
from store.choosing import among
from store.mail_log import Logged, by_numbers, content_of
from store.ordered_joins import Unindexed
from store.schema import deadlines, messages, obligations, people, plans, reminders, tasks, units

_RARE = ("queued", "sending", "failed", "unknown")  # states that soon pass, or come seldom: found by themselves
_LOOKED_AT = 20_000  # messages of which a page asks what is in them; with fewer found, the next page goes on


@dataclass(frozen=True, slots=True)
class Sought:
    """Which messages; None: all."""

    state: str | None = None
    kind: str | None = None
    people: frozenset[int] | None = None  # to one of them
    units: frozenset[int] | None = None  # for one of which an item is, or which owes one today
    plans: frozenset[str] | None = None  # of one of which an item is
    since: datetime | None = None  # the moment the message was for
    before: datetime | None = None  # a message of this instant is left out


def mail_page(tx: Connection, sought: Sought, *, size: int = 50, after: str | None = None) -> Page[Logged]:
    """Messages by the moment they were for and number, the newest first; `after` is that of the page before.

    A page that asks what messages are about may have less than fits, or nothing, and others after it.
    """
    if frozenset() in (sought.people, sought.units, sought.plans):
        return Page(())
    m = messages.c
    query = select(m.id, m.at)
    if sought.state is not None:
        # Of a state that most messages end in, SQLite would sort all; they are met soon enough by their moments.
        query = query.where((m.state if sought.state in _RARE else Unindexed(m.state)) == sought.state)
    if sought.kind is not None:
        query = query.where(m.kind == sought.kind)
    if sought.people is not None:
        query = query.where(among(m.person_id, sought.people))
    if sought.since is not None:
        query = query.where(m.at >= sought.since)
    if sought.before is not None:
        query = query.where(m.at < sought.before)
    if (mark := read_key(after, 1)) is not None:
        query = query.where(m.at <= mark[0], or_(m.at < mark[0], m.id < mark[1][0]))
    query = query.order_by(m.at.desc(), m.id.desc())
    if sought.units is None and sought.plans is None:
        some = cut(list(tx.execute(query.limit(size + 1))), size, lambda r: (r.at, r.id))
    else:
        some = _with_item(tx, query, sought, size)
    logged = {entry.id: entry for entry in by_numbers(tx, [r.id for r in some.rows])}
    return Page(tuple(logged[r.id] for r in some.rows), some.after)


def _with_item(tx: Connection, query: Select[Any], sought: Sought, size: int) -> Page[Any]:
    """Those of the messages of `query` with an item that is sought."""
    window = query.limit(_LOOKED_AT).subquery()
    holding = select(window.c.id, window.c.at).where(exists(_item(sought, window.c.id)))
    found = list(tx.execute(holding.order_by(window.c.at.desc(), window.c.id.desc()).limit(size + 1)))
    some = cut(found, size, lambda r: (r.at, r.id))
    if some.after is None and (last := tx.execute(query.limit(1).offset(_LOOKED_AT - 1)).first()) is not None:
        return Page(some.rows, written((last.at, last.id)))
    return some


def _item(sought: Sought, message: ColumnElement[int]) -> Select[Any]:
    query = select(reminders.c.id).join(obligations, obligations.c.id == reminders.c.obligation_id)
    query = query.where(reminders.c.message_id == message)
    if sought.units is not None:
        some = sought.units
        query = query.where(or_(among(reminders.c.for_unit_id, some), among(obligations.c.unit_id, some)))
    if sought.plans is not None:
        query = query.join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        query = query.join(tasks, tasks.c.id == deadlines.c.task_id).join(plans, plans.c.id == tasks.c.plan_id)
        query = query.where(plans.c.slug.in_(sorted(sought.plans)))
    return query


def people_called(tx: Connection, text: str) -> frozenset[int]:
    """The people with this address, or else those whose name or address has the text in it, marks aside."""
    address = tx.scalar(select(people.c.id).where(people.c.address == text.strip().lower()))
    if address is not None:
        return frozenset({address})
    needle, said = fold(text), text.strip().casefold()
    rows = tx.execute(select(people.c.id, people.c.name, people.c.address))
    return frozenset(r.id for r in rows if (needle and needle in fold(r.name)) or (said and said in r.address))


def units_called(tx: Connection, text: str) -> frozenset[int]:
    """The unit with this slug, or else those whose name has the text in it, marks aside."""
    number = tx.scalar(select(units.c.id).where(units.c.slug == text.strip()))
    if number is not None:
        return frozenset({number})
    needle = fold(text)
    return frozenset(n for n, name in tx.execute(select(units.c.id, units.c.name)) if needle and needle in fold(name))


@dataclass(frozen=True, slots=True)
class Posted:
    """What is known of one message beside its line in the log."""

    mail: Logged
    person_id: int
    address_now: str  # of the person; the message may have gone to another one
    unreachable_at: datetime | None  # since a server said that the address is no good
    local_day: date
    failed_at: datetime | None
    tried_since: datetime | None  # when a mail server first put it off
    size: int | None  # octets; None: it has not been written


def read_posted(tx: Connection, number: int) -> Posted | None:
    """One message; None where there is none with this number."""
    columns = [messages.c[name] for name in ("person_id", "local_day", "failed_at", "tried_since")]
    query = select(*columns, people.c.address, people.c.unreachable_at).join(people)
    row = tx.execute(query.where(messages.c.id == number)).first()
    if row is None:
        return None
    (mail,), written = by_numbers(tx, [number]), content_of(tx, number)
    size = None if written is None else len(written)
    return Posted(
        mail, row.person_id, row.address, row.unreachable_at, row.local_day, row.failed_at, row.tried_since, size
    )
