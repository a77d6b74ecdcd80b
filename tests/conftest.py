"""Databases of both engines, an office on them, and the sample province."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from actions.loading import LoadReport, load
from actions.office import Act, Office
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.desk import Desk
from notifications.settings import MailSettings
from plans.files.documents import read_documents
from plans.words import words
from store.database import Database
from store.marks import read_mark, secret, write_mark
from tests.copies import once
from tests.databases import PostgreSQL, in_memory, lending, make_sqlite_template, share_statements

if memory := in_memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", memory)  # where `tmp_path` lies

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CHROMIUM = "/usr/bin/chromium"
SAMPLES = Path(__file__).parent.parent / "config" / "samples"


def local(text: str) -> datetime:
    """`2026-12-01 08:00` in Vietnam, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.fixture(scope="session", autouse=True)
def _statements_shared() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        share_statements(patch)
        yield


@pytest.fixture(scope="session")
def sqlite_template(_statements_shared: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the current schema, to be copied."""
    return make_sqlite_template(tmp_path_factory.mktemp("template") / "empty.db")


@pytest.fixture(scope="session")
def postgresql(_statements_shared: None) -> Iterator[PostgreSQL]:
    """The PostgreSQL of this test process."""
    server = PostgreSQL()
    yield server
    server.stop()


@pytest.fixture
def new_database(
    sqlite_template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Database]]:
    """Makes databases of an engine for one test.

    A PostgreSQL one is emptied and lent to the next: its schema must stay, and what listens on its engine must go.
    """
    yield from lending(sqlite_template, tmp_path, lambda: request.getfixturevalue("postgresql"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, new_database: Callable[[str], Database]) -> Database:
    """A fresh store; every test that takes it runs on both engines."""
    return new_database(request.param)


@pytest.fixture(scope="session")
def calendar() -> WorkingCalendar:
    return WorkingCalendar(shipped_workdays())


def make_office(database: Database, calendar: WorkingCalendar) -> Office:
    return Office(database, calendar.having(()), ZONE, "http://127.0.0.1:8088", "nhachan.example")


def make_desk(office: Office, maildir: Path) -> Desk:
    with office.database.write() as tx:
        if read_mark(tx, "secret") is None:
            write_mark(tx, "secret", "5e" * 32)  # the same in every test, so that what is made with it can be copied
        key = secret(tx)
    mail = MailSettings("maildir", maildir, "Nhắc hạn tỉnh mẫu", "nhachan@dienbien.example", "nhachan.example")
    return Desk(office.calendar, office.zone, words("vi"), mail, office.base_url, key)


@pytest.fixture
def office(database: Database, calendar: WorkingCalendar) -> Office:
    return make_office(database, calendar)


@pytest.fixture
def sqlite_office(new_database: Callable[[str], Database], calendar: WorkingCalendar) -> Office:
    """For what does not depend on the engine."""
    return make_office(new_database("sqlite"), calendar)


def load_text(office: Office, now: datetime, *texts: str, **options: object) -> LoadReport:
    """Load unit and plan files given as text; fails on any problem with them.

    What the same files gave in a store as empty, at the same moment, is copied: loading took a fifth of the time of all
    tests of actions.
    """
    if any("policies:" in one for one in texts):  # they may bring quiet days, which the office's calendar takes over
        return _load_text(office, now, *texts, **options)
    settled = [getattr(office, field.name) for field in fields(office) if field.name not in ("database", "calendar")]
    calendar = office.calendar
    days = (calendar._shipped, calendar._weekend, calendar.own, calendar.quiet, calendar.revision)
    key = (now, texts, repr(options), repr(settled), days)
    return once(office.database, key, lambda: _load_text(office, now, *texts, **options))


def _load_text(office: Office, now: datetime, *texts: str, **options: object) -> LoadReport:
    documents = read_documents([(f"file-{i}.yaml", t.encode()) for i, t in enumerate(texts)])
    faults = [p for p in documents.problems if p.severity == "error"]
    assert not faults, faults
    return load(office, Act("test", now), documents.rosters, documents.plans, documents.policies, **options)  # type: ignore[arg-type]


def load_sample(office: Office, now: datetime, *plans: str, sample: str = "dien-bien", **options: object) -> LoadReport:
    """Load a sample province with these plans."""
    files = [SAMPLES / sample / "units.yaml", *[SAMPLES / sample / "plans" / f"{p}.yaml" for p in plans]]
    return load_text(office, now, *[f.read_text(encoding="utf-8") for f in files], **options)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if found:
        return found
    if os.environ.get("NHACHAN_REQUIRE_CHROMIUM") == "1":
        pytest.fail("Chromium is missing and NHACHAN_REQUIRE_CHROMIUM=1: apt-get install chromium")
    pytest.skip("Chromium is not installed (apt-get install chromium)")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("NHACHAN_SCREENSHOTS") or tmp_path / "pictures").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
