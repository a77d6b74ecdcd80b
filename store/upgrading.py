"""Brings a database to the schema of this program; Alembic is loaded only when there is something to do."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from plans.problems import EnvironmentFault
from store.database import Database

HEAD = "0012"
MIGRATIONS = Path(__file__).parent / "migrations"


def version_of(database: Database) -> str | None:
    """The schema version of a database; None for an empty one."""
    with database.read() as tx:
        if not inspect(tx).has_table("alembic_version"):
            return None
        found: str | None = tx.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def ensure_current(database: Database) -> None:
    """Create the schema in an empty database; raise `EnvironmentFault` when it is of another version."""
    found = version_of(database)
    if found is None:
        upgrade(database)
    elif found != HEAD:
        raise EnvironmentFault("schema_version", found=found, wanted=HEAD)


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    with database.write() as tx:
        run(tx, "upgrade", revision)


def run(tx: Connection, command: str, *arguments: str) -> None:
    """Run an Alembic command inside a transaction."""
    # Alembic takes a third of a second to load, and only a new or an outdated database needs it.
    commands, config_module = import_module("alembic.command"), import_module("alembic.config")
    config = config_module.Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = tx
    getattr(commands, command)(config, *arguments)
