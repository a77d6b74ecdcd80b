"""The mail log page by page, the newest message first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, or_, select

from plans.paging import Page, cut, read_key
from store.choosing import among
from store.mail_log import Logged, by_numbers
from store.ordered_joins import Unindexed
from store.schema import messages, obligations, people, reminders

_RARE = ("queued", "sending", "failed", "unknown")  # states that soon pass, or come seldom: found by themselves


@dataclass(frozen=True, slots=True)
class Sought:
    """Which messages; None: all."""

    state: str | None = None
    kind: str | None = None
    address: str | None = None  # of a person on file
    units: frozenset[int] | None = None  # for one of which an item is, or which owes one today
    since: datetime | None = None  # the moment the message was for
    before: datetime | None = None  # a message of this instant is left out


def mail_page(tx: Connection, sought: Sought, *, size: int = 50, after: str | None = None) -> Page[Logged]:
    """Messages by the moment they were for and number, the newest first; `after` is that of the page before."""
    m = messages.c
    query = select(m.id, m.at)
    if sought.state is not None:
        # Of a state that most messages end in, SQLite would sort all; they are met soon enough by their moments.
        query = query.where((m.state if sought.state in _RARE else Unindexed(m.state)) == sought.state)
    if sought.kind is not None:
        query = query.where(m.kind == sought.kind)
    if sought.address is not None:
        query = query.where(
            m.person_id == select(people.c.id).where(people.c.address == sought.address).scalar_subquery()
        )
    if sought.units is not None:
        item = (
            select(reminders.c.id)
            .join(obligations, obligations.c.id == reminders.c.obligation_id)
            .where(
                reminders.c.message_id == m.id,
                or_(among(reminders.c.for_unit_id, sought.units), among(obligations.c.unit_id, sought.units)),
            )
        )
        query = query.where(exists(item))
    if sought.since is not None:
        query = query.where(m.at >= sought.since)
    if sought.before is not None:
        query = query.where(m.at < sought.before)
    if (mark := read_key(after, 1)) is not None:
        query = query.where(m.at <= mark[0], or_(m.at < mark[0], m.id < mark[1][0]))
    found = list(tx.execute(query.order_by(m.at.desc(), m.id.desc()).limit(size + 1)))
    some = cut(found, size, lambda r: (r.at, r.id))
    logged = {entry.id: entry for entry in by_numbers(tx, [r.id for r in some.rows])}
    return Page(tuple(logged[r.id] for r in some.rows), some.after)
