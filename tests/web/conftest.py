"""A scene for tests that only read, made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from calendars.working import WorkingCalendar
from store.database import Database
from tests.conftest import make_office
from tests.web.scenes import Scene, play


@pytest.fixture(scope="package")
def played(
    sqlite_template: Path, calendar: WorkingCalendar, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """`play`, shared: tests that take it must leave it as it is."""
    folder = tmp_path_factory.mktemp("played")
    shutil.copyfile(sqlite_template, folder / "store.db")
    database = Database(f"sqlite:///{folder / 'store.db'}")
    yield play(make_office(database, calendar), folder)
    database.close()
