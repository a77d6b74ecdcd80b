"""The mark of a database: the same while nothing is written, whoever writes."""

from __future__ import annotations

from pathlib import Path

from store.database import Database
from store.marks import read_mark, write_mark


def test_mark_stays_until_somebody_writes(sqlite_template: Path, tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(sqlite_template.read_bytes())
    ours, others = Database(f"sqlite:///{file}"), Database(f"sqlite:///{file}")
    with ours.write() as tx:
        write_mark(tx, "x", "")
    marks = [ours.mark(), ours.mark()]
    for database in (ours, others):
        with database.read() as tx:
            assert read_mark(tx, "x") == ""
    marks.append(ours.mark())
    assert len(set(marks)) == 1
    for number, database in enumerate((ours, others)):
        with database.write() as tx:
            write_mark(tx, "x", str(number))
        marks.append(ours.mark())
    ours.close()  # a mark of the connection before says nothing about this one
    marks.append(ours.mark())
    assert len(set(marks[2:])) == 4
    assert None not in marks
    ours.close()
    others.close()
    assert not file.with_name("store.db-wal").exists()  # nothing keeps the log from going into the file


def test_mark_of_a_database_that_has_none(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    assert Database(f"sqlite:///{tmp_path / 'folder.db'}").mark() is None
    assert Database("postgresql+psycopg://127.0.0.1/nhachan").mark() is None
