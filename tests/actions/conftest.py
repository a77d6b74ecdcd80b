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


# Walks through months: what they decide is pure, and the SQL under it is tested on both engines by shorter tests and by
# those of the store. On PostgreSQL each of them takes many seconds.
_WALKS = {"test_year", "test_policies", "test_redating", "test_rehearsing", "test_ending", "test_chaining"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [i for i in items if i.path.stem in _WALKS and "[postgresql" in i.name and "actions" in i.path.parts]
    if left_out:
        gone = set(map(id, left_out))
        config.hook.pytest_deselected(items=left_out)
        items[:] = [i for i in items if id(i) not in gone]
