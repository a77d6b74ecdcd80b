"""One pass without the daemon holds the lease while it sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.office import Office
from config.settings import read_settings
from notifications.outlets import Done, Outcome, Take
from plans.words import words
from scheduler.app import LEASE, App
from scheduler.clock import Clock
from scheduler.passing import one_pass
from store import leases
from store.leases import Lease
from tests.conftest import load_text, local, make_desk
from tests.scheduler.homes import PLAN, UNITS


class Watching:
    """An outlet that notes who schedules while a letter is in hand."""

    name, lines = "watching", 1

    def __init__(self, app: App) -> None:
        self.app = app
        self.seen: list[Lease | None] = []

    async def __aenter__(self) -> Watching:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def deliver(self, take: Take, done: Done) -> None:
        while (letter := take()) is not None:
            with self.app.database.read() as tx:
                self.seen.append(leases.alive(tx, LEASE))
            done(letter, Outcome("sent", None, letter.message_id))


def new_app(office: Office, home: Path, now: str) -> App:
    load_text(office, local("2026-11-02 09:00"), UNITS, PLAN)
    settings = read_settings(home)
    return App(settings, Clock(local(now)), office, make_desk(office, settings.mail.maildir), words("vi"))


def watched(monkeypatch: pytest.MonkeyPatch, app: App) -> Watching:
    outlet = Watching(app)
    monkeypatch.setattr(App, "outlet", lambda _: outlet)
    return outlet


def test_pass_holds_the_lease_while_it_sends(
    sqlite_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app(sqlite_office, tmp_path, "2026-11-20 09:00")
    outlet = watched(monkeypatch, app)
    done = one_pass(app)
    assert done.mail.sent == len(outlet.seen) > 0
    assert {lease.holder.partition(":")[0] for lease in outlet.seen if lease} == {"tick"}
    with app.database.read() as tx:
        assert leases.alive(tx, LEASE) is None


def test_pass_leaves_the_lease_to_a_daemon(
    sqlite_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app(sqlite_office, tmp_path, "2026-11-20 09:00")
    outlet = watched(monkeypatch, app)
    with app.database.write() as tx:
        leases.hold(tx, LEASE, "daemon")
    one_pass(app)
    assert {lease.holder for lease in outlet.seen if lease} == {"daemon"}
    with app.database.read() as tx:
        held = leases.alive(tx, LEASE)
    assert held is not None
    assert held.holder == "daemon"


def test_pass_at_night_sends_nothing(sqlite_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = new_app(sqlite_office, tmp_path, "2026-11-20 22:00")
    outlet = watched(monkeypatch, app)
    assert (one_pass(app).mail.sent, outlet.seen) == (0, [])
    assert one_pass(app, at_once=True).mail.sent == len(outlet.seen) > 0
