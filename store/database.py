"""The database: an engine with the habits this project relies on, and its two kinds of transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as Crowded
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.schema import Table

from plans.problems import EnvironmentFault
from store.watching import Watch

_BUSY_SECONDS = 30
_CACHE_KIB = 16 * 1024  # of each SQLite connection: the upper pages of the indexes of a large home, read once


class Database:
    """One database, shared by threads. `read()` and `write()` are the only ways in.

    On SQLite a write transaction takes its lock at once (`BEGIN IMMEDIATE`), so that what it read stays true until it
    has written; on PostgreSQL both are READ COMMITTED and rows are locked where a query says so. One that is not
    `durable` is thrown away afterwards: a loss of power may cost it anything.
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self.url = make_url(url)
        self.engine = _engine(url, durable)
        self._watch = Watch(self.url.database if self.is_sqlite else None)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: one snapshot on SQLite."""
        with self._begin(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes; committed when the block ends, rolled back when it raises."""
        with self._begin(write=True) as connection:
            yield connection

    @contextmanager
    def trial(self) -> Iterator[Connection]:
        """A write transaction that is always rolled back: what would happen, without it happening."""
        with self._begin(write=True) as connection:
            savepoint = connection.begin_nested()
            try:
                yield connection
            finally:
                savepoint.rollback()

    @contextmanager
    def _begin(self, *, write: bool) -> Iterator[Connection]:
        try:
            with self.engine.connect().execution_options(nhachan_write=write) as connection, connection.begin():
                yield connection
        except Crowded as error:  # all connections are lent, and none came back for half a minute
            raise EnvironmentFault("database_failed", url=self.display_url, detail=str(error)) from error
        except DatabaseError as error:
            if not is_of_surroundings(error):
                raise
            raise EnvironmentFault("database_failed", url=self.display_url, detail=_first_line(error)) from error

    @property
    def display_url(self) -> str:
        """The address without its password."""
        return self.url.render_as_string(hide_password=True)

    def mark(self) -> tuple[int, int] | None:
        """What stays the same while nobody commits anything, for one thread to compare; None where it can't be told."""
        return self._watch.mark()

    def close(self) -> None:
        self._watch.close()
        self.engine.dispose()


def is_of_surroundings(error: BaseException) -> bool:
    """Whether the database itself is at fault (full, locked, out of reach), and not what was asked of it."""
    return type(error) in (DatabaseError, OperationalError)


def insert_or_ignore(connection: Connection, table: Table) -> Any:
    """An INSERT for which `on_conflict_do_nothing` / `on_conflict_do_update` exist, on either engine."""
    return inserting(connection.dialect.name, table)


def inserting(dialect: str, table: Table) -> Any:
    """The same for an engine by its name, for a statement that is kept."""
    maker = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement: Insert = maker(table)
    return statement


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig else str(error)


def _engine(url: str, durable: bool) -> Engine:
    # What went wrong is logged, and told to coordinators where a mail failed of it: without the values of any row.
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        # Pages of the log before it is carried over: a wave fills the usual 1000 with every second batch of letters.
        cursor.execute("PRAGMA wal_autocheckpoint=4000")
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("nhachan_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
