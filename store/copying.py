"""Copies of a database: for rehearsals."""

from __future__ import annotations

import sqlite3

from sqlalchemy import insert, select

from store.database import Database
from store.schema import message_bodies, metadata, stems
from store.upgrading import upgrade

_ROWS = 1000


def copy_database(source: Database, url: str) -> None:
    """Make an SQLite database at `url` with the contents of `source`, whatever engine that is.

    The bytes of mails already sent are left behind: nothing is decided from them.
    """
    copy = Database(url)
    try:
        if source.is_sqlite and source.url.database and copy.url.database:
            with sqlite3.connect(source.url.database) as old, sqlite3.connect(copy.url.database) as new:
                old.backup(new)
            new.close()
            old.close()
            return
        upgrade(copy)
        with source.read() as old_tx, copy.write() as new_tx:
            for table in metadata.sorted_tables:
                if table in (message_bodies, stems):
                    continue
                found = old_tx.execution_options(yield_per=_ROWS).execute(select(table))
                for rows in found.mappings().partitions(_ROWS):
                    new_tx.execute(insert(table), [dict(r) for r in rows])
    finally:
        copy.close()
