"""Personal tokens: by what programs ask in the name of a person. Of the token itself a hash is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update

from store.schema import people, tokens

_KEPT = timedelta(days=90)  # how long one that has expired can still be seen in the table


@dataclass(frozen=True, slots=True)
class Token:
    """What a person has given to a program."""

    id: int
    person_id: int
    address: str
    person: str  # name
    name: str
    writes: bool
    created_at: datetime
    expires_at: datetime
    seen_at: datetime | None  # as exactly as requests are noted
    revoked_at: datetime | None


_WHO = (people.c.address, people.c.name.label("person"))
_COLUMNS = tuple(tokens.c[n] for n in Token.__dataclass_fields__ if n in tokens.c)


def add_token(
    tx: Connection, token_hash: str, person: int, name: str, now: datetime, expires_at: datetime, *, writes: bool
) -> int:
    """A new token; those that expired long ago are forgotten."""
    tx.execute(delete(tokens).where(tokens.c.expires_at < now - _KEPT))
    values = {
        "token_hash": token_hash,
        "person_id": person,
        "name": name,
        "writes": writes,
        "created_at": now,
        "expires_at": expires_at,
    }
    return int(tx.execute(tokens.insert().values(values).returning(tokens.c.id)).scalar_one())


def find_token(tx: Connection, token_hash: str, now: datetime) -> Token | None:
    """The token that a program holds, while it is good."""
    query = select(*_COLUMNS, *_WHO).join(people).where(tokens.c.token_hash == token_hash, _good(now))
    row = tx.execute(query).first()
    return _token(row) if row else None


def list_tokens(tx: Connection, now: datetime, *, person: int | None = None) -> list[Token]:
    """Those that are good, the newest first; of one person only, where given."""
    query = select(*_COLUMNS, *_WHO).join(people).where(_good(now))
    if person is not None:
        query = query.where(tokens.c.person_id == person)
    return [_token(row) for row in tx.execute(query.order_by(tokens.c.id.desc()))]


def mark_token_seen(tx: Connection, token: int, now: datetime) -> None:
    """Note a request; never back in time, where several come at once."""
    before = or_(tokens.c.seen_at.is_(None), tokens.c.seen_at < now)
    tx.execute(update(tokens).where(tokens.c.id == token, before).values(seen_at=now))


def revoke_tokens(
    tx: Connection, now: datetime, *, numbers: Collection[int] | None = None, person: int | None = None
) -> list[int]:
    """Take back good tokens: these, or a person's, or where neither is given everybody's; returns their numbers."""
    which = _good(now)
    if numbers is not None:
        which = and_(which, tokens.c.id.in_(list(numbers)))
    if person is not None:
        which = and_(which, tokens.c.person_id == person)
    return sorted(tx.scalars(update(tokens).where(which).values(revoked_at=now).returning(tokens.c.id)))


def _good(now: datetime) -> ColumnElement[bool]:
    return and_(tokens.c.revoked_at.is_(None), tokens.c.expires_at > now)


def _token(row: Any) -> Token:
    return Token(**row._mapping)
