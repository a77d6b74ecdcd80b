"""Scenes that are costly to make: made once, then read by all or copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from calendars.working import WorkingCalendar
from store.database import Database
from tests.conftest import make_office
from tests.web.scenes import Post, Scene, beat, play, start

Make = Callable[..., Scene]


def made(make: Make, template: Path, calendar: WorkingCalendar, folder: Path) -> Iterator[Scene]:
    shutil.copyfile(template, folder / "store.db")
    database = Database(f"sqlite:///{folder / 'store.db'}")
    yield make(make_office(database, calendar), folder)
    database.close()


@pytest.fixture(scope="package")
def played(
    sqlite_template: Path, calendar: WorkingCalendar, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """`play`, shared: tests that take it must leave it as it is."""
    yield from made(play, sqlite_template, calendar, tmp_path_factory.mktemp("played"))


@pytest.fixture(scope="package")
def _started(
    sqlite_template: Path, calendar: WorkingCalendar, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    yield from made(start, sqlite_template, calendar, tmp_path_factory.mktemp("started"))


def copied(scene: Scene, folder: Path) -> Iterator[Scene]:
    """A scene of the test's own, in the same state."""
    scene.office.database.close()  # what the log of SQLite holds goes into the file
    name = scene.office.database.url.database
    assert name is not None
    shutil.copyfile(name, folder / "store.db")
    office = replace(scene.office, database=Database(f"sqlite:///{folder / 'store.db'}"))
    with office.database.write() as tx:
        beat(tx)
    yield Scene(office, scene.desk, Post(scene.post.refused), scene.now, sessions=dict(scene.sessions))
    office.database.close()


@pytest.fixture
def loaded(_started: Scene, tmp_path: Path) -> Iterator[Scene]:
    """`start`, for tests that change it."""
    yield from copied(_started, tmp_path)


@pytest.fixture
def replayed(played: Scene, tmp_path: Path) -> Iterator[Scene]:
    """`play`, for tests that change it or watch that nothing does."""
    yield from copied(played, tmp_path)


@pytest.fixture(scope="module")
def lent(played: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """`play`, for the tests of one file, which leave nothing in it that the others of the file would see."""
    with contextmanager(copied)(played, tmp_path_factory.mktemp("lent")) as mine:
        yield mine


@pytest.fixture(scope="module")
def chrome(chromium: str, played: Scene, _started: Scene) -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright, which brings no browser of its own here.

    For a module and not for longer: as long as it is driven, a loop of asyncio runs in this thread, and no other may:
    scenes, which run one, are made before.
    """
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--font-render-hinting=none"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        browser.close()
