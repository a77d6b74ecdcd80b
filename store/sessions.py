"""Sessions: who is signed in where. What the browser holds is kept as a hash only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from store.schema import people, sessions

IDLE = timedelta(hours=12)  # without a request, until a session is over
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)  # how exactly the last request is known
_KEPT = timedelta(days=30)  # how long one that is over can still be seen


@dataclass(frozen=True, slots=True)
class Session:
    """Someone signed in in one browser."""

    id: int
    person_id: int
    address: str
    name: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    client: str

    def alive(self, now: datetime) -> bool:
        return self.ended_at is None and now < min(self.expires_at, self.seen_at + IDLE)


_WHO = (people.c.address, people.c.name)
_COLUMNS = tuple(sessions.c[n] for n in Session.__dataclass_fields__ if n in sessions.c)


def open_session(tx: Connection, id_hash: str, person: int, now: datetime, client: str) -> int:
    """A new session, under an identifier that nobody has had before; those long over are forgotten."""
    tx.execute(delete(sessions).where(sessions.c.expires_at < now - _KEPT))
    values = {
        "id_hash": id_hash,
        "person_id": person,
        "created_at": now,
        "seen_at": now,
        "expires_at": now + LONGEST,
        "client": client,
    }
    return int(tx.execute(sessions.insert().values(values).returning(sessions.c.id)).scalar_one())


def find_session(tx: Connection, id_hash: str, now: datetime) -> Session | None:
    """The session that a browser holds, while it lasts."""
    row = tx.execute(select(*_COLUMNS, *_WHO).join(people).where(sessions.c.id_hash == id_hash)).first()
    found = _session(row) if row else None
    return found if found and found.alive(now) else None


def list_sessions(tx: Connection, now: datetime, *, person: int | None = None) -> list[Session]:
    """Those that last, the one seen last first; of one person only, where given."""
    query = select(*_COLUMNS, *_WHO).join(people).where(_alive(now))
    if person is not None:
        query = query.where(sessions.c.person_id == person)
    return sorted((_session(r) for r in tx.execute(query)), key=lambda s: (s.seen_at, s.id), reverse=True)


def mark_seen(tx: Connection, session: int, now: datetime) -> None:
    """Note a request; never back in time, where several come at once."""
    tx.execute(update(sessions).where(sessions.c.id == session, sessions.c.seen_at < now).values(seen_at=now))


def end_sessions(
    tx: Connection,
    now: datetime,
    *,
    numbers: Collection[int] | None = None,
    person: int | None = None,
    but: int | None = None,
) -> list[int]:
    """End sessions that last, at once: these, or a person's, or where neither is given everybody's; not `but`.

    Returns the numbers of those that were ended.
    """
    which = _alive(now)
    if numbers is not None:
        which = and_(which, sessions.c.id.in_(list(numbers)))
    if person is not None:
        which = and_(which, sessions.c.person_id == person)
    if but is not None:
        which = and_(which, sessions.c.id != but)
    ended = update(sessions).where(which).values(ended_at=now).returning(sessions.c.id)
    return sorted(tx.scalars(ended))


def _alive(now: datetime) -> ColumnElement[bool]:
    return and_(sessions.c.ended_at.is_(None), sessions.c.expires_at > now, sessions.c.seen_at > now - IDLE)


def _session(row: Any) -> Session:
    return Session(**row._mapping)
