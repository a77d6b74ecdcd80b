"""The lease: who schedules, and when it was last heard of. Times are the database's, not the caller's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select, update

from store.database import insert_or_ignore
from store.schema import leases

SECONDS = 10


@dataclass(frozen=True, slots=True)
class Lease:
    """The holder of a name until it expires; `term` rises with every new holder."""

    name: str
    holder: str
    term: int
    expires_at: datetime
    beat_at: datetime

    @property
    def released(self) -> bool:
        """Whether its holder ended in good order and gave it back, instead of letting it run out."""
        return self.expires_at - self.beat_at < timedelta(seconds=SECONDS) * 0.9


def database_now(tx: Connection) -> datetime:
    """The database's clock, so that nodes agree; SQLite has one node and this machine's clock."""
    if tx.dialect.name == "sqlite":
        return datetime.now(UTC)
    found: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


def read_lease(tx: Connection, name: str) -> Lease | None:
    row = tx.execute(select(leases).where(leases.c.name == name)).first()
    return Lease(row.name, row.holder, row.term, row.expires_at, row.beat_at) if row else None


def hold(tx: Connection, name: str, holder: str) -> Lease | None:
    """Take the lease, or keep it if it is held already; None while another's has not expired."""
    now = database_now(tx)
    values = {"holder": holder, "expires_at": now + timedelta(seconds=SECONDS), "beat_at": now}
    insert = insert_or_ignore(tx, leases).values(name=name, term=1, **values).on_conflict_do_nothing()
    if tx.execute(insert.returning(leases.c.term)).first() is None:
        mine = leases.c.holder == holder
        kept = update(leases).where(leases.c.name == name, mine).values(values)
        if tx.execute(kept.returning(leases.c.term)).first() is None:
            free = update(leases).where(leases.c.name == name, leases.c.expires_at <= now)
            taken = free.values(term=leases.c.term + 1, **values)
            if tx.execute(taken.returning(leases.c.term)).first() is None:
                return None
    return read_lease(tx, name)


def check_term(tx: Connection, name: str, holder: str, term: int) -> bool:
    """Whether the lease is still this holder's of this term: asked inside every scheduling transaction."""
    query = select(leases.c.term).where(leases.c.name == name, leases.c.holder == holder, leases.c.term == term)
    return tx.execute(query.with_for_update(read=True)).first() is not None


def release(tx: Connection, name: str, holder: str) -> None:
    """Let the next one in at once; the heartbeat stays, to show when the last daemon lived."""
    mine = update(leases).where(leases.c.name == name, leases.c.holder == holder)
    tx.execute(mine.values(expires_at=database_now(tx)))


def alive(tx: Connection, name: str) -> Lease | None:
    """The lease while it has not expired."""
    lease = read_lease(tx, name)
    return lease if lease and lease.expires_at > database_now(tx) else None
