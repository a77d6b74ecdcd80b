"""The health check: 200 while the database answers and the scheduler lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import isnan
from pathlib import Path

import pytest

from actions.office import Office
from store.database import Database
from store.leases import database_now
from store.outlets import mark_down
from store.schema import leases
from tests.conftest import local, make_desk
from tests.web.browsing import Browser
from tests.web.scenes import ADMINISTRATOR, WEB, Post, Scene
from web.app import create_app


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
        "mail_outlet_down_seconds": None,
        "mail_outlet_fault": None,
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
    known = {ADMINISTRATOR: "bi-mat"}
    scene = Scene(replace(sqlite_office, database=lost), desk, Post(), local("2026-11-02 09:00"), sessions=known)
    answer = scene.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "database": False})
    page = scene.get("/")
    assert page.status_code == 503
    assert "Chưa đọc được cơ sở dữ liệu." in page.text
    assert page.headers["retry-after"] == "30"
    assert scene.get(f"/feeds/so-noi-vu/{'a' * 32}/x.ics").status_code == 503


def test_counts_mail_by_what_became_of_it(played: Scene) -> None:
    assert played.get("/health").json()["mail"] == {"queued": 0, "sending": 0, "failed": 1, "unknown": 0}


def test_outlet_that_is_down_is_told_and_leaves_the_status_as_it_is(loaded: Scene) -> None:
    loaded.post.down = "connection refused"
    loaded.tick("2026-11-20 08:00")
    loaded.now = local("2026-11-20 09:00")
    answer = loaded.get("/health")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["mail_outlet_down_seconds"], told["mail_outlet_fault"]) == (3600.0, "connection")
    loaded.post.down = None
    loaded.tick("2026-11-20 09:01")
    told = loaded.get("/health").json()
    assert (told["mail_outlet_down_seconds"], told["mail_outlet_fault"]) == (None, None)


def test_board_of_an_outlet_that_is_down_while_nothing_waits(loaded: Scene) -> None:
    with loaded.office.database.write() as tx:
        mark_down(tx, "maildir", "folder", None, "No space left on device", local("2026-11-20 08:00"))
    page = loaded.get("/")
    assert page.status_code == 200
    assert "0 thư đang chờ" in page.text
    assert "kiểm tra ổ đĩa còn chỗ trống" in page.text


def test_outlet_of_earlier_settings_is_no_alarm(loaded: Scene) -> None:
    with loaded.office.database.write() as tx:
        mark_down(tx, "smtp cu.tinh.example:25", "connection", None, "no", local("2026-10-20 08:00"))
    assert loaded.get("/health").json()["mail_outlet_fault"] is None


# -- metrics ---------------------------------------------------------------------------------------------------------


def samples(scene: Scene) -> dict[str, float]:
    answer = scene.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert answer.text.endswith("\n")
    named = {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    found = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert {name.partition("{")[0] for name in found} == named
    return {name: float(value) for name, value in found.items()}


def test_metrics_of_a_house_with_mail(played: Scene) -> None:
    found = samples(played)
    counted = played.get("/health").json()["mail"]
    for state in ("queued", "sending", "failed", "unknown"):
        assert found[f'nhachan_mail_messages{{state="{state}"}}'] == counted[state]
    assert found['nhachan_mail_messages{state="sent"}'] > 100
    assert found["nhachan_mail_outlet_down_seconds"] == 0
    assert "@" not in played.get("/metrics").text


def test_metrics_of_an_outage(loaded: Scene) -> None:
    loaded.post.down = "connection refused"
    loaded.tick("2026-11-20 08:00")
    loaded.now = local("2026-11-20 09:00")
    found = samples(loaded)
    assert found["nhachan_mail_outlet_down_seconds"] == 3600
    assert found['nhachan_mail_messages{state="queued"}'] > 0
    assert 0 <= found["nhachan_scheduler_silent_seconds"] < 60


def test_metrics_before_the_first_heartbeat_and_without_a_database(sqlite_office: Office, tmp_path: Path) -> None:
    scene = Scene(sqlite_office, make_desk(sqlite_office, tmp_path), Post(), local("2026-11-02 09:00"))
    assert isnan(samples(scene)["nhachan_scheduler_silent_seconds"])
    lost = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    known = {ADMINISTRATOR: "bi-mat"}
    scene = Scene(replace(sqlite_office, database=lost), scene.desk, Post(), local("2026-11-02 09:00"), sessions=known)
    assert scene.get("/metrics").status_code == 503


# -- strangers -------------------------------------------------------------------------------------------------------

TOKEN = "mot-ma-du-dai-cho-giam-sat"
PROXIED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("192.0.2.7", {}),
        ("2001:db8::7", {}),
        ("127.0.0.1", {"Host": "nhachan.dienbien.example"}),
        *(("127.0.0.1", {name: "192.0.2.7"}) for name in PROXIED),
        ("192.0.2.7", {"Authorization": "Bearer sai"}),
        ("192.0.2.7", {"Authorization": "Bearer "}),
        ("192.0.2.7", {"Authorization": f"Basic {TOKEN}"}),
    ],
)
def test_strangers_are_told_the_state_alone(played: Scene, client: str, headers: dict[str, str]) -> None:
    scene = monitored(played)
    browser = Browser(scene, client)
    answer = browser.get("/health", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert browser.get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("127.0.0.1", {"Host": "127.0.0.1:8088"}),
        ("::1", {"Host": "localhost"}),
        ("192.0.2.7", {"Authorization": f"Bearer {TOKEN}"}),
    ],
)
def test_this_machine_and_holders_of_the_token_are_told_more(
    played: Scene, client: str, headers: dict[str, str]
) -> None:
    browser = Browser(monitored(played), client)
    assert "mail" in browser.get("/health", headers=headers).json()
    assert browser.get("/metrics", headers=headers).status_code == 200


def test_without_a_token_none_is_right(played: Scene) -> None:
    assert Browser(played).get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def monitored(scene: Scene) -> Scene:
    """The scene behind a proxy, with a token."""
    office = replace(scene.office, base_url="https://nhachan.dienbien.example")
    found = replace(scene, office=office)
    web = replace(WEB, metrics_token=TOKEN)
    vars(found)["app"] = create_app(office, lambda: scene.now, scene.desk.secret, scene.desk.mail, web)
    return found
