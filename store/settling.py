"""Which dates are settled: nothing that goes by them is open any more, and whoever looks for what is passes them by.

What a date says of itself may only be wrong to one side: `settle` alone calls it settled, having looked, and every
write that opens an obligation or puts it on other dates takes the word back in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, select, text, update
from sqlalchemy.exc import OperationalError

from plans.status import OPEN_STATES
from store.schema import dues, obligations

UNSETTLED = dues.c.settled.is_(False)
_open = exists(
    select(obligations.c.id).where(
        obligations.c.due_id == dues.c.id,
        obligations.c.deadline_id == dues.c.deadline_id,
        obligations.c.state.in_([s.value for s in OPEN_STATES]),
    )
)


def settle(tx: Connection, now: datetime) -> int:
    """Mark the past dates by which nothing is open; returns how many, none where others are writing.

    On PostgreSQL nobody sees what another transaction has opened until it commits, so that there must be none.
    """
    if tx.dialect.name == "postgresql":
        try:
            with tx.begin_nested():
                tx.execute(text("LOCK TABLE obligations IN SHARE MODE NOWAIT"))
        except OperationalError:  # another day, then: pages only take longer until it comes
            return 0
    done = tx.execute(update(dues).where(UNSETTLED, dues.c.late_at <= now, ~_open).values(settled=True))
    # Whoever writes into the database past this program doesn't know of the word.
    tx.execute(update(dues).where(dues.c.settled.is_(True), _open).values(settled=False))
    return done.rowcount


def unsettle(tx: Connection, numbers: Iterable[int]) -> None:
    """These dates may have something open."""
    tx.execute(update(dues).where(dues.c.id.in_(list(numbers)), dues.c.settled.is_(True)).values(settled=False))


def unsettle_of(tx: Connection, some: Sequence[int]) -> None:
    """The dates of these obligations, no more than a statement has room for, may have something open."""
    unsettle(tx, tx.scalars(select(obligations.c.due_id).where(obligations.c.id.in_(some)).distinct()))
