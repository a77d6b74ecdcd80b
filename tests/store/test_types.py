from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import literal, select
from sqlalchemy.exc import StatementError

from store.database import Database
from store.leases import hold, read_lease
from store.schema import leases
from store.types import Clock, Instant
from tests.store.estate import NOW


def test_instant_without_a_zone_is_refused(database: Database) -> None:
    with database.read() as tx, pytest.raises(StatementError, match="naive instant"):
        tx.execute(select(literal(NOW.replace(tzinfo=None), Instant())))


def test_instant_of_another_zone_is_kept_in_utc(database: Database) -> None:
    told = datetime(2026, 12, 4, 8, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    with database.write() as tx:
        hold(tx, "scheduler", "node")
        tx.execute(leases.update().values(beat_at=told))
        lease = read_lease(tx, "scheduler")
    assert lease is not None
    assert (lease.beat_at, lease.beat_at.tzinfo) == (datetime(2026, 12, 4, 1, tzinfo=UTC), UTC)


def test_instant_keeps_its_order_in_queries(database: Database) -> None:
    with database.write() as tx:
        hold(tx, "scheduler", "node")
        tx.execute(leases.update().values(beat_at=NOW))
        later = datetime(2026, 12, 4, 9, 0, 0, 1, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))  # a microsecond after NOW
        assert tx.scalars(select(leases.c.name).where(leases.c.beat_at < later)).all() == ["scheduler"]
        assert tx.scalars(select(leases.c.name).where(leases.c.beat_at < NOW)).all() == []


def test_clock_of_a_deadline_is_kept_to_the_minute(database: Database) -> None:
    with database.read() as tx:
        assert tx.scalar(select(literal(time(16, 30), Clock()))) == time(16, 30)
        assert tx.scalar(select(literal(None, Clock()))) is None
