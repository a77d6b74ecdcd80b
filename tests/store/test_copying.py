from __future__ import annotations

from pathlib import Path

import pytest

from actions.office import Office
from store.copying import copy_database
from store.database import Database
from store.marks import AuditEntry, record, trail
from store.upgrading import HEAD, version_of
from tests.actions.province import TWO_UNITS, Town, act, everything, plan, yearly
from tests.conftest import load_text, local, make_desk
from tests.store.estate import NOW


@pytest.fixture
def lived_in(office: Office, tmp_path: Path) -> Database:
    """A store in which something of everything has happened."""
    town = Town(office, make_desk(office, tmp_path / "mail"))
    load_text(office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly(with_="[ubnd]")))
    town.walk("2026-11-19", "2026-11-19")
    town.walk("2026-12-01", "2026-12-01", "08:00")
    town.queue("2026-12-04 08:00")
    return office.database


def test_copy_has_the_rows_of_either_engine(lived_in: Database, tmp_path: Path) -> None:
    copy_database(lived_in, f"sqlite:///{tmp_path / 'copy.db'}")
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    before, after = everything(lived_in, ["message_bodies"]), everything(copy, ["message_bodies"])
    version = version_of(copy)
    with copy.write() as tx:  # and it can be written to
        record(tx, [AuditEntry(NOW, "a", "b", "c", None, {})])
        newest = trail(tx, limit=1)
    copy.close()
    assert after == before
    assert {t for t in before if before[t]} >= {"plans", "obligations", "reminders", "messages", "audit", "events"}
    assert version == HEAD
    assert newest[0].actor == "a"


def test_copy_leaves_the_source_alone(lived_in: Database, tmp_path: Path) -> None:
    before = everything(lived_in)
    copy_database(lived_in, f"sqlite:///{tmp_path / 'copy.db'}")
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    with copy.write() as tx:
        act("2026-12-05 08:00").note(tx, "load", "x")
    copy.close()
    assert everything(lived_in) == before
