"""A daemon whose mail server is down: it rests until the next try, tries at once when it starts, says so once."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from actions.doctor import examine
from notifications.outlets import UNTRIED, Done, Fault, OutletDown, Take
from plans.problems import Severity
from scheduler.app import LEASE, App
from scheduler.clock import Clock
from scheduler.daemon import Daemon
from scheduler.passing import one_pass
from store.outlets import FIRST_PAUSE, mark_down, read_outlet
from tests.conftest import local
from tests.scheduler.test_daemon import WAVE, Box, NewApp, new_app, running, states, until

__all__ = ["new_app"]  # a fixture


class Shut(Box):
    """An outlet that is down as long as it is told."""

    name = "maildir"

    def __init__(self) -> None:
        super().__init__()
        self.down = True
        self.visits = 0

    async def deliver(self, take: Take, done: Done) -> None:
        if not self.down:
            await super().deliver(take, done)
            return
        while (letter := take()) is not None:
            self.visits += 1
            done(letter, UNTRIED)
            raise OutletDown(Fault("connection", "refused"))


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> Shut:
    found = Shut()
    monkeypatch.setattr(App, "outlet", lambda _self: found)
    return found


def steps_of(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    found: list[object] = []
    step = daemon.one_step

    async def counted(*args: object) -> object:
        found.append(args)
        return await step(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(daemon, "one_step", counted)
    return found


def test_daemon_rests_while_the_outlet_is_paused_and_logs_one_line(
    new_app: NewApp, shut: Shut, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app = new_app()
    daemon = Daemon(app)
    steps = steps_of(daemon, monkeypatch)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: shut.visits)
            await until(lambda: len(steps) == 1)
            await asyncio.sleep(1.5)
            assert (len(steps), shut.visits) == (1, 1)
            await daemon.wake()  # a job: the pause is kept, and the log too
            await until(lambda: len(steps) == 2)
            await asyncio.sleep(0.5)
            assert (len(steps), shut.visits) == (2, 1)

    asyncio.run(main())
    assert states(app) == {"queued": WAVE}
    said = [r.getMessage() for r in caplog.records if r.name != "apscheduler.scheduler" and "mail" in r.getMessage()]
    assert said == ["the mail server cannot be used (connection): refused"]


def test_daemon_tries_again_when_the_pause_is_over(
    new_app: NewApp, shut: Shut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.outlets.FIRST_PAUSE", timedelta(seconds=1))
    app = new_app()
    daemon = Daemon(app)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: shut.visits)
            shut.down = False
            assert not shut.accepted
            await until(lambda: len(shut.accepted) == WAVE, 10)

    asyncio.run(main())
    assert (shut.visits, states(app)) == (1, {"sent": WAVE})


def paused(app: App) -> None:
    with app.database.write() as tx:
        mark_down(tx, "maildir", "connection", None, "refused", app.clock())


def test_daemon_that_starts_tries_a_paused_outlet_at_once(new_app: NewApp, shut: Shut) -> None:
    app = new_app()
    paused(app)
    shut.down = False
    daemon = Daemon(app)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: len(shut.accepted) == WAVE)

    asyncio.run(main())
    with app.database.read() as tx:
        assert read_outlet(tx, "maildir").down_since is None


def test_daemon_that_starts_tries_once_only(new_app: NewApp, shut: Shut) -> None:
    app = new_app()
    paused(app)
    daemon = Daemon(app)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: shut.visits)
            await daemon.wake()
            await asyncio.sleep(0.5)

    asyncio.run(main())
    assert shut.visits == 1
    with app.database.read() as tx:
        assert read_outlet(tx, "maildir").tries == 2


def test_pass_tries_a_paused_outlet_at_once(new_app: NewApp, shut: Shut) -> None:
    app = new_app()
    paused(app)
    shut.down = False
    assert one_pass(app).mail.sent == WAVE


@pytest.mark.parametrize("after", [FIRST_PAUSE, timedelta(hours=3)])
def test_doctor_names_the_fault_and_not_what_follows_from_it(new_app: NewApp, shut: Shut, after: timedelta) -> None:
    app = new_app("2026-11-20 09:00")
    frozen = App(app.settings, Clock(local("2026-11-20 09:00")), app.office, app.desk, app.words)
    assert one_pass(frozen).mail.outlet_down is not None
    with app.database.read() as tx:
        found = [f for f in examine(tx, app.office, frozen.clock() + after, LEASE, "maildir") if "mail" in f.code]
    assert [(f.code, f.severity, f.params) for f in found] == [
        (
            "mail_down",
            Severity.ERROR,
            {"n": WAVE, "since": frozen.clock(), "fault": "connection", "reply": None, "answer": "refused"},
        )
    ]
