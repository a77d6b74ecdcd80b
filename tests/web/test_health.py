"""The health check: 200 while the database answers and the scheduler lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from actions.office import Office
from store.database import Database
from store.leases import database_now
from store.schema import leases
from tests.conftest import local, make_desk
from tests.web.scenes import Post, Scene


def test_healthy_house(loaded: Scene) -> None:
    answer = loaded.get("/health")
    assert answer.status_code == 200
    told = answer.json()
    assert 0 <= told.pop("scheduler_silent_seconds") < 60
    assert told == {
        "ok": True,
        "database": True,
        "mail": {"queued": 0, "sending": 0, "failed": 0, "unknown": 0},
        "mail_stuck": False,
    }


def test_silent_scheduler_is_a_fault(loaded: Scene) -> None:
    with loaded.office.database.write() as tx:
        tx.execute(leases.update().values(beat_at=database_now(tx) - timedelta(minutes=3)))
    answer = loaded.get("/health")
    assert answer.status_code == 503
    assert answer.json()["scheduler_silent_seconds"] >= 180


def test_scheduler_never_heard_of_is_a_fault(sqlite_office: Office, tmp_path: Path) -> None:
    scene = Scene(sqlite_office, make_desk(sqlite_office, tmp_path), Post(), local("2026-11-02 09:00"))
    answer = scene.get("/health")
    assert (answer.status_code, answer.json()["scheduler_silent_seconds"]) == (503, None)


def test_missing_database_is_a_fault_that_pages_explain(sqlite_office: Office, tmp_path: Path) -> None:
    desk = make_desk(sqlite_office, tmp_path)
    lost = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    scene = Scene(replace(sqlite_office, database=lost), desk, Post(), local("2026-11-02 09:00"))
    answer = scene.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "database": False})
    page = scene.get("/")
    assert page.status_code == 503
    assert "Chưa đọc được cơ sở dữ liệu." in page.text
    assert page.headers["retry-after"] == "30"
    assert scene.get(f"/feeds/so-noi-vu/{'a' * 32}/x.ics").status_code == 503


def test_counts_mail_by_what_became_of_it(played: Scene) -> None:
    assert played.get("/health").json()["mail"] == {"queued": 0, "sending": 0, "failed": 1, "unknown": 0}
