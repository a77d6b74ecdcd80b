"""How large the database is, of which make, and what is still being prepared in it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from store.events import count_waiting
from store.feeds import count_unbound
from store.schema import feeds

_FEW = 20  # calendars that are put together before anybody has read of it


@dataclass(frozen=True, slots=True)
class Engine:
    """The database that is in use."""

    name: str  # SQLite | PostgreSQL
    version: str
    size: int  # octets


def read_engine(tx: Connection) -> Engine:
    if tx.dialect.name == "sqlite":
        pages = int(tx.scalar(text("PRAGMA page_count")) or 0) * int(tx.scalar(text("PRAGMA page_size")) or 0)
        return Engine("SQLite", str(tx.scalar(text("SELECT sqlite_version()"))), pages)
    size = int(tx.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    return Engine("PostgreSQL", str(tx.scalar(text("SHOW server_version"))), size)


@dataclass(frozen=True, slots=True)
class Preparing:
    """What the daemon does after large changes, while the site goes on."""

    events: int  # changed things whose events are still to be rendered
    calendars: int  # feeds that are to be put together anew
    of: int  # feeds in all

    @property
    def ready(self) -> int:
        return self.of - self.calendars


def read_preparing(tx: Connection) -> Preparing | None:
    """What is going on; None where it is nothing that anybody would wait for."""
    events, calendars = count_waiting(tx), count_unbound(tx)
    if not events and calendars < _FEW:
        return None
    in_use = select(func.count()).select_from(feeds).where(feeds.c.revoked_at.is_(None))
    return Preparing(events, calendars, int(tx.scalar(in_use) or 0))
