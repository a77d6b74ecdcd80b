"""How each outlet is doing: whether it can be used, since when not, and when it is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from store.database import insert_or_ignore, inserting
from store.schema import outlets

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OutletState:
    """An outlet as it was last found."""

    name: str
    accepted_at: datetime | None = None  # when it last took a letter
    down_since: datetime | None = None  # None: it can be used, as far as is known
    next_try: datetime | None = None
    tries: int = 0  # in vain, one after the other
    fault: str = ""  # names its sentence, `outlet.<fault>`
    code: int | None = None  # of the SMTP reply
    answer: str = ""

    def paused(self, now: datetime) -> bool:
        return self.next_try is not None and now < self.next_try


def read_outlet(tx: Connection, name: str) -> OutletState:
    row = tx.execute(select(outlets).where(outlets.c.name == name)).first()
    return OutletState(**row._mapping) if row is not None else OutletState(name)


def outlet_down(tx: Connection, name: str) -> OutletState | None:
    """The outlet where it cannot be used; others that are down were used before the settings changed."""
    state = read_outlet(tx, name)
    return state if state.down_since is not None else None


def mark_down(tx: Connection, name: str, fault: str, code: int | None, answer: str, now: datetime) -> OutletState:
    """Note that an outlet cannot be used; it is tried again after a minute, then two, four … ten."""
    before = read_outlet(tx, name)
    pause = min(FIRST_PAUSE * 2 ** min(before.tries, 8), LONGEST_PAUSE)
    values = {
        "down_since": before.down_since or now,
        "next_try": now + pause,
        "tries": before.tries + 1,
        "fault": fault,
        "code": code,
        "answer": answer,
    }
    insert = insert_or_ignore(tx, outlets).values(name=name, **values)
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))
    return read_outlet(tx, name)


_USABLE: dict[str, Any] = {"down_since": None, "next_try": None, "tries": 0, "fault": "", "code": None, "answer": ""}


def mark_accepted(tx: Connection, name: str, now: datetime) -> None:
    """Note that an outlet took a letter: whatever was wrong with it is over."""
    tx.execute(_accepted(tx.dialect.name), {"name": name, "accepted_at": now, **_USABLE})


@cache  # a wave runs it with every batch
def _accepted(dialect: str) -> Any:
    values: dict[str, Any] = {name: bindparam(name) for name in ("accepted_at", *_USABLE)}
    insert = inserting(dialect, outlets).values(name=bindparam("name"), **values)
    return insert.on_conflict_do_update(index_elements=["name"], set_={name: insert.excluded[name] for name in values})


def mark_up(tx: Connection, name: str) -> None:
    """Note that an outlet answers again, though it has taken nothing yet."""
    tx.execute(update(outlets).where(outlets.c.name == name).values(_USABLE))
