from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import DBAPIError

from plans.problems import EnvironmentFault
from store.database import Database
from store.marks import read_mark, write_mark
from store.schema import marks


def mark(database: Database) -> str | None:
    with database.read() as tx:
        return read_mark(tx, "name")


def write_and_fail(transaction: AbstractContextManager[Connection]) -> None:
    with transaction as tx:
        write_mark(tx, "name", "new")
        raise RuntimeError


def test_write_is_committed_when_its_block_ends(database: Database) -> None:
    with database.write() as tx:
        write_mark(tx, "name", "new")
    assert mark(database) == "new"


def test_write_is_rolled_back_when_its_block_raises(database: Database) -> None:
    with pytest.raises(RuntimeError):
        write_and_fail(database.write())
    assert mark(database) is None


def test_trial_sees_its_own_writes_and_leaves_none(database: Database) -> None:
    with database.write() as tx:
        write_mark(tx, "name", "old")
    with database.trial() as tx:
        write_mark(tx, "name", "new")
        assert read_mark(tx, "name") == "new"
    assert mark(database) == "old"


def test_trial_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        write_and_fail(database.trial())
    assert mark(database) is None


def test_fault_of_the_database_names_it_without_its_password(database: Database) -> None:
    database.close()
    nowhere = Database("postgresql+psycopg://user:geheim@127.0.0.1:1/none")
    with pytest.raises(EnvironmentFault) as caught, nowhere.read() as tx:
        tx.execute(text("SELECT 1"))
    nowhere.close()
    assert caught.value.problem.code == "database_failed"
    assert caught.value.problem.params["url"] == "postgresql+psycopg://user:***@127.0.0.1:1/none"
    assert "geheim" not in str(caught.value)


def test_fault_of_a_statement_names_no_value_of_a_row(database: Database) -> None:
    rows = [{"name": "secret", "value": "geheim"}, {"name": "name", "value": "geheim"}]
    with database.write() as tx:
        write_mark(tx, "name", "old")
    with pytest.raises(DBAPIError) as caught, database.write() as tx:
        tx.execute(insert(marks), rows)
    assert "INSERT" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_too_many_at_once_is_a_fault_of_the_surroundings(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)
    held = [database.engine.connect() for _ in range(15)]
    with pytest.raises(EnvironmentFault) as told:
        mark(database)
    assert told.value.problem.code == "database_failed"
    for connection in held:
        connection.close()
    assert mark(database) is None
