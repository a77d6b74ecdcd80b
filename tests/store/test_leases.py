from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, update

from store.database import Database
from store.leases import SECONDS, alive, check_term, database_now, hold, read_lease, release
from store.schema import leases

NAME = "scheduler"


def expire(tx: Connection) -> None:
    tx.execute(update(leases).values(expires_at=database_now(tx) - timedelta(seconds=1)))


def test_hold_of_a_free_lease_starts_the_first_term(database: Database) -> None:
    with database.write() as tx:
        lease = hold(tx, NAME, "one")
    assert lease is not None
    assert (lease.holder, lease.term) == ("one", 1)
    assert lease.expires_at - lease.beat_at == timedelta(seconds=SECONDS)


def test_hold_by_its_holder_keeps_the_term_and_beats(database: Database) -> None:
    with database.write() as tx:
        hold(tx, NAME, "one")
        old = datetime(2020, 1, 1, tzinfo=UTC)
        tx.execute(update(leases).values(expires_at=old, beat_at=old))
        lease = hold(tx, NAME, "one")
        assert lease is not None
        assert (lease.holder, lease.term) == ("one", 1)
        assert lease.beat_at > old
        assert lease.expires_at > database_now(tx)


def test_hold_by_another_waits_until_the_lease_expires(database: Database) -> None:
    with database.write() as tx:
        hold(tx, NAME, "one")
    with database.write() as tx:
        assert hold(tx, NAME, "two") is None
        expire(tx)
    with database.write() as tx:
        lease = hold(tx, NAME, "two")
    assert lease is not None
    assert (lease.holder, lease.term) == ("two", 2)


def test_check_term_fails_for_a_former_term_and_another_holder(database: Database) -> None:
    with database.write() as tx:
        hold(tx, NAME, "one")
        assert check_term(tx, NAME, "one", 1)
        expire(tx)
        hold(tx, NAME, "two")
        assert not check_term(tx, NAME, "one", 1)
        assert not check_term(tx, NAME, "two", 1)
        assert check_term(tx, NAME, "two", 2)
        expire(tx)
        hold(tx, NAME, "one")
        assert not check_term(tx, NAME, "one", 1)  # a holder that comes back starts a term of its own
        assert check_term(tx, NAME, "one", 3)


def test_release_lets_the_next_in_at_once_and_keeps_the_heartbeat(database: Database) -> None:
    with database.write() as tx:
        held = hold(tx, NAME, "one")
    with database.write() as tx:
        release(tx, NAME, "two")  # not its holder: nothing happens
        assert alive(tx, NAME) == held
        release(tx, NAME, "one")
        assert alive(tx, NAME) is None
        left = read_lease(tx, NAME)
        assert held is not None
        assert left is not None
        assert left.beat_at == held.beat_at
        taken = hold(tx, NAME, "two")
        assert taken is not None
        assert taken.term == 2


def test_check_term_keeps_the_lease_until_its_transaction_ends(new_database: Callable[[str], Database]) -> None:
    database = new_database("postgresql")  # one write transaction at a time is all that SQLite has
    with database.write() as tx:
        hold(tx, NAME, "one")
        expire(tx)
    with database.write() as scheduling:
        assert check_term(scheduling, NAME, "one", 1)
        with database.write() as other:
            taken = other.execute(
                leases.select().where(leases.c.expires_at <= database_now(other)).with_for_update(skip_locked=True)
            )
            assert taken.all() == []
