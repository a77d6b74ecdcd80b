from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from store.database import Database
from store.marks import AuditEntry, read_mark, record, secret, swap_mark, trail, write_mark
from tests.store.estate import NOW


def entry(subject: str, minutes: int = 0) -> AuditEntry:
    return AuditEntry(NOW + timedelta(minutes=minutes), "cv", "submit", subject, "vì", {"late": True, "units": ["a"]})


def test_mark_written_again_is_replaced(database: Database) -> None:
    with database.write() as tx:
        write_mark(tx, "monday", "2026-11-30")
        write_mark(tx, "monday", "2026-12-07")
        assert read_mark(tx, "monday") == "2026-12-07"


def test_secret_is_made_once(database: Database) -> None:
    with database.write() as tx:
        first = secret(tx)
    with database.read() as tx:
        assert secret(tx) == first
    assert len(first) == 32


def test_swap_mark_succeeds_only_from_the_value_read(database: Database) -> None:
    with database.write() as tx:
        assert swap_mark(tx, "refreshed", None, "1")
        assert not swap_mark(tx, "refreshed", None, "2")
        assert not swap_mark(tx, "refreshed", "0", "2")
        assert swap_mark(tx, "refreshed", "1", "2")
        assert read_mark(tx, "refreshed") == "2"


def test_trail_gives_a_subject_and_what_is_under_it_newest_first(database: Database) -> None:
    with database.write() as tx:
        record(tx, [entry("plan/a"), entry("plan/a_b", 1), entry("plan/a/2026", 2), entry("plan/axb", 3)])
        record(tx, [])
    with database.read() as tx:
        assert trail(tx, "plan/a") == [entry("plan/a/2026", 2), entry("plan/a")]
        assert trail(tx, "plan/a_b") == [entry("plan/a_b", 1)]
        assert trail(tx, limit=1) == [entry("plan/axb", 3)]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_audit_refuses_to_be_changed(database: Database, statement: str) -> None:
    with database.write() as tx:
        record(tx, [entry("plan/a")])
    with pytest.raises(DBAPIError, match="append-only"), database.write() as tx:
        tx.execute(text(statement))
    with database.read() as tx:
        assert trail(tx) == [entry("plan/a")]
