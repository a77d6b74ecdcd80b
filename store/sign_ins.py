"""Links to sign in by: asked for, mailed, used once.

The token of a link is made when its mail is written, and neither it nor the mail is ever stored: there is a hash. A
link of which a mailing node died is dead; the person asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from store.schema import people, sign_ins

VALID = timedelta(minutes=15)
_KEPT = timedelta(days=2)  # for whoever asks why no mail came


@dataclass(frozen=True, slots=True)
class Asked:
    """Someone who asked for a link, or says so."""

    id: int
    address: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A link that can still be used."""

    id: int
    person_id: int
    address: str
    name: str
    browser_hash: str | None  # of the browser that asked; None: any may use it
    back: str


def ask(tx: Connection, address: str, browser_hash: str, back: str, now: datetime) -> None:
    """Note that a link is wanted. Whose address it is is looked up later: here, nobody can tell by the work done."""
    tx.execute(delete(sign_ins).where(sign_ins.c.created_at < now - _KEPT))
    values = {
        "address": address,
        "browser_hash": browser_hash,
        "back": back,
        "created_at": now,
        "expires_at": now + VALID,
        "state": "waiting",
    }
    tx.execute(sign_ins.insert().values(values))


def asked_since(tx: Connection, since: datetime, address: str | None = None) -> int:
    """How many links were asked for by mail since a moment; for one address, where given."""
    query = select(func.count()).where(sign_ins.c.created_at >= since, sign_ins.c.state != "printed")
    return tx.scalar(query if address is None else query.where(sign_ins.c.address == address)) or 0


def waiting(tx: Connection, now: datetime, limit: int) -> list[Asked]:
    """What was asked for and not mailed yet, oldest first; what has expired meanwhile is left."""
    query = (
        select(sign_ins.c.id, sign_ins.c.address, sign_ins.c.expires_at)
        .where(sign_ins.c.state == "waiting", sign_ins.c.expires_at > now)
        .order_by(sign_ins.c.id)
        .limit(limit)
    )
    return [Asked(*row) for row in tx.execute(query)]


def claim(tx: Connection, number: int, person: int, token_hash: str) -> bool:
    """Take one up to mail it under a new token; False where another node has."""
    values = {"state": "sending", "person_id": person, "token_hash": token_hash}
    return _from(tx, number, "waiting", values)


def pass_over(tx: Connection, number: int) -> None:
    """Nobody with any right has this address: no mail."""
    _from(tx, number, "waiting", {"state": "nobody"})


def finish(tx: Connection, number: int, state: str, answer: str) -> None:
    """What became of the mail: `sent`, `unknown`, `failed`, or `waiting` again, under another token then."""
    values: dict[str, Any] = {"state": state, "answer": answer}
    if state == "waiting":
        values["token_hash"] = None
    _from(tx, number, "sending", values)


def _from(tx: Connection, number: int, state: str, values: dict[str, Any]) -> bool:
    one = update(sign_ins).where(sign_ins.c.id == number, sign_ins.c.state == state)
    return tx.execute(one.values(values).returning(sign_ins.c.id)).first() is not None


def print_link(
    tx: Connection, address: str, person: int, token_hash: str, now: datetime, valid: timedelta, back: str = "/"
) -> None:
    """Note a link that is handed over in another way than by mail, and not bound to a browser."""
    values = {
        "address": address,
        "person_id": person,
        "token_hash": token_hash,
        "back": back,
        "created_at": now,
        "expires_at": now + valid,
        "state": "printed",
    }
    tx.execute(sign_ins.insert().values(values))


def find_link(tx: Connection, token_hash: str, now: datetime) -> Link | None:
    """The link with this token, if it can still be used."""
    columns = (sign_ins.c.id, sign_ins.c.person_id, people.c.address, people.c.name)
    query = select(*columns, sign_ins.c.browser_hash, sign_ins.c.back).join(people)
    row = tx.execute(query.where(sign_ins.c.token_hash == token_hash, _usable(now))).first()
    return Link(**row._mapping) if row else None


def use_link(tx: Connection, number: int, now: datetime) -> bool:
    """Use a link up; False where it was used, or its time ran out, since it was looked at."""
    used = update(sign_ins).where(sign_ins.c.id == number, _usable(now)).values(used_at=now)
    return tx.execute(used.returning(sign_ins.c.id)).first() is not None


def _usable(now: datetime) -> Any:
    return and_(sign_ins.c.used_at.is_(None), sign_ins.c.expires_at > now)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the wish for a link."""

    at: datetime
    address: str
    state: str
    answer: str | None
    used_at: datetime | None


def recent_links(tx: Connection) -> list[Told]:
    """What was asked for lately, oldest first."""
    columns = (sign_ins.c.created_at, sign_ins.c.address, sign_ins.c.state, sign_ins.c.answer, sign_ins.c.used_at)
    return [Told(*row) for row in tx.execute(select(*columns).order_by(sign_ins.c.id))]
