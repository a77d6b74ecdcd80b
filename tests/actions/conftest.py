"""Towns: an office on each engine, or on SQLite alone for what does not depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.office import Office
from tests.actions.province import Town
from tests.conftest import make_desk


@pytest.fixture
def town(office: Office, tmp_path: Path) -> Town:
    return Town(office, make_desk(office, tmp_path / "mail"))


@pytest.fixture
def sqlite_town(sqlite_office: Office, tmp_path: Path) -> Town:
    return Town(sqlite_office, make_desk(sqlite_office, tmp_path / "mail"))
