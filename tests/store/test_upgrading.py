from __future__ import annotations

import pytest
from sqlalchemy import inspect, text

from plans.problems import EnvironmentFault
from store.coordinating import coordinated
from store.database import Database
from store.marks import read_mark, write_mark
from store.schema import metadata
from store.upgrading import HEAD, ensure_current, upgrade, version_of


def test_ensure_current_of_an_empty_database_builds_the_schema(empty: Database) -> None:
    assert version_of(empty) is None
    ensure_current(empty)
    assert version_of(empty) == HEAD
    with empty.read() as tx:
        assert set(inspect(tx).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_ensure_current_of_a_current_database_changes_nothing(database: Database) -> None:
    with database.write() as tx:
        write_mark(tx, "kept", "yes")
    ensure_current(database)
    with database.read() as tx:
        assert read_mark(tx, "kept") == "yes"


def test_ensure_current_of_another_version_refuses_and_names_both(database: Database) -> None:
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(EnvironmentFault) as caught:
        ensure_current(database)
    assert caught.value.problem.code == "schema_version"
    assert caught.value.problem.params == {"found": "9999", "wanted": HEAD}
    assert version_of(database) == "9999"


def test_plans_of_the_second_schema_are_coordinated_by_the_unit_they_name(empty: Database) -> None:
    upgrade(empty, "0002")
    with empty.write() as tx:
        tx.execute(
            text("INSERT INTO units (slug, name, kind, successors, position) VALUES ('so', 'Sở', 'so', '[]', 0)")
        )
        for slug, coordinator in (("mot", "(SELECT id FROM units)"), ("hai", "NULL")):
            values = f"'{slug}', '{slug}', {coordinator}, '2026-01-01', '2026-01-01 00:00:00'"
            columns = "slug, title, coordinator_id, track_from, loaded_at"
            tx.execute(text(f"INSERT INTO plans ({columns}) VALUES ({values})"))
    upgrade(empty)
    with empty.read() as tx:
        assert [(p.slug, p.named, p.acting) for p in coordinated(tx)] == [("hai", None, None), ("mot", "so", "so")]
