from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from store.database import Database
from store.schema import metadata
from store.upgrading import HEAD, MIGRATIONS


def described(database: Database) -> dict[str, dict[str, Any]]:
    """What the engine itself says of every table but Alembic's own."""
    with database.read() as tx:
        found = inspect(tx)
        return {
            table: {
                "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in found.get_columns(table)},
                "primary key": found.get_pk_constraint(table)["constrained_columns"],
                "foreign keys": sorted(
                    (k["name"] or "", k["constrained_columns"], k["referred_table"])
                    for k in found.get_foreign_keys(table)
                ),
                "unique": sorted((u["name"] or "", u["column_names"]) for u in found.get_unique_constraints(table)),
                "indexes": sorted(
                    (i["name"] or "", i["column_names"], i["unique"], _options(i)) for i in found.get_indexes(table)
                ),
            }
            for table in found.get_table_names()
            if table != "alembic_version"
        }


def _options(index: Any) -> list[tuple[str, str]]:
    return sorted((name, str(value)) for name, value in index.get("dialect_options", {}).items())


def test_migrations_leave_nothing_to_generate(database: Database) -> None:
    with database.read() as tx:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(tx, opts=options), metadata) == []


def test_migrations_build_what_the_schema_says(empty: Database, new_database: Callable[[str], Database]) -> None:
    with empty.write() as tx:
        metadata.create_all(tx)
    migrated = new_database("sqlite" if empty.is_sqlite else "postgresql")
    assert described(migrated) == described(empty)


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
