"""A process that claims for another: nothing is lost and nothing comes twice, whichever of the two ends when."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import sqlite3
import sys
import time
from contextlib import closing

import pytest
from sqlalchemy import text, update

from notifications import delivery
from notifications.claiming import LEASE, claim_batch
from notifications.claiming_apart import ClaimingProcess
from notifications.deciding import Tally
from notifications.recording import record_sent
from plans.problems import EnvironmentFault
from store import outbox
from store.results import Answer
from store.schema import people
from tests.conftest import local
from tests.notifications.drains import MORNING, PIPELINING, Route, arrived, has_ended, once_each, queue, rows, states
from tests.smtp_server import Scripted

LETTERS, BATCH, AT_FIRST = 60, 8, 6


@pytest.fixture(autouse=True)
def _in_small_batches(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(delivery, "BATCH", BATCH)
    monkeypatch.setattr(delivery, "cores", lambda: 2)


class Patient(Scripted):
    """Takes a few letters, and the others once a process of its own claims them."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        super().__init__(self._wait, EHLO=PIPELINING)
        self._caplog = caplog

    @property
    def claiming(self) -> int | None:
        """The process id."""
        found = re.search(r"claimed by a process of its own, (\d+)", self._caplog.text)
        return int(found[1]) if found else None

    async def _wait(self, verb: str) -> None:
        if verb == "BODY":
            await asyncio.sleep(0.003)
            while len(self.bodies) > AT_FIRST and self.claiming is None:
                await asyncio.sleep(0.01)
            await self.meanwhile()

    async def meanwhile(self) -> None:
        """What happens while it takes letters."""


def test_wave_is_claimed_apart_and_sent_once_each(route: Route, caplog: pytest.LogCaptureFixture) -> None:
    queue(route.town, LETTERS)
    last = rows(route.town)[-1]
    with route.town.office.database.write() as tx:
        tx.execute(update(people).where(people.c.address == last.to).values(address="a b@x.example"))
    server = Patient(caplog)
    assert route.drain(server, apart=LETTERS, connections=2) == Tally(sent=LETTERS - 1, failed=1)
    assert arrived(server) == {ref: 1 for ref in once_each(route.town) if ref != last.ref}
    assert states(route.town) == {"sent": LETTERS - 1, "failed": 1}
    # What it has to say is said where everybody looks.
    assert f"message {last.id} cannot be written" in caplog.text
    assert server.claiming is not None
    assert has_ended(server.claiming)


def test_few_letters_are_claimed_here(route: Route, caplog: pytest.LogCaptureFixture) -> None:
    queue(route.town, 12)
    assert route.drain(Scripted(), apart=13, connections=2) == Tally(sent=12)
    assert "process of its own" not in caplog.text


def test_wave_is_claimed_here_where_no_process_can_be_started(
    route: Route, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(route.town, 12)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert route.drain(Scripted(), apart=1, connections=2) == Tally(sent=12)
    assert "no process of its own can claim letters" in caplog.text


@pytest.mark.parametrize("moment", [AT_FIRST + 2, 30])
def test_process_killed_in_a_wave_costs_no_letter_and_repeats_none(
    route: Route, caplog: pytest.LogCaptureFixture, moment: int
) -> None:
    class Killing(Patient):
        killed = False

        async def meanwhile(self) -> None:
            if len(self.bodies) >= moment and self.claiming is not None and not self.killed:
                self.killed = True
                os.kill(self.claiming, signal.SIGKILL)

    queue(route.town, LETTERS)
    server = Killing(caplog)
    assert route.drain(server, apart=LETTERS, connections=2) == Tally(sent=LETTERS)
    assert arrived(server) == once_each(route.town)
    assert states(route.town) == {"sent": LETTERS}
    assert "has died: this one claims for itself" in caplog.text


def test_asked_to_stop_what_is_in_hand_is_sent_and_the_rest_stays(
    route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    """A service manager asks both processes: the one that claims ends after the one that sends."""

    class Stopping(Patient):
        stopped = asked = False

        async def meanwhile(self) -> None:
            if len(self.bodies) >= 20 and self.claiming is not None and not self.asked:
                self.asked = True
                os.kill(self.claiming, signal.SIGTERM)
            self.stopped = self.stopped or len(self.bodies) >= 30

    queue(route.town, LETTERS)
    server = Stopping(caplog)
    done = route.drain(server, stopping=lambda: server.stopped, apart=LETTERS, connections=2)
    assert 30 <= done.sent < LETTERS
    assert states(route.town) == {"sent": done.sent, "queued": LETTERS - done.sent}
    assert len(arrived(server)) == done.sent
    assert {r.attempts for r in rows(route.town) if r.state == "queued"} == {0}
    assert server.asked
    assert "has died" not in caplog.text


# -- the process itself -----------------------------------------------------------------------------------------------


@pytest.fixture
def process(route: Route) -> ClaimingProcess:
    queue(route.town, 30)
    found = ClaimingProcess(route.town.office.database, route.town.desk)
    while not found.ready:
        time.sleep(0.01)
    return found


def test_process_that_dies_at_work_leaves_everything_queued(route: Route, process: ClaimingProcess) -> None:
    path = str(route.town.office.database.url.database)

    async def main() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            claiming = asyncio.create_task(process.claim(local(MORNING), 20))
            await asyncio.sleep(0.1)
            process._process.kill()
            assert await claiming is None
            other.execute("ROLLBACK")
        await process.close()

    asyncio.run(main())
    assert {(r.state, r.attempts, r.uncertain) for r in rows(route.town)} == {("queued", 0, False)}


def test_process_whose_caller_is_gone_takes_nothing(route: Route, process: ClaimingProcess) -> None:
    path = str(route.town.office.database.url.database)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        process._connection.send((local(MORNING), 20, "", {}))
        time.sleep(0.1)
        process._connection.close()
        other.execute("ROLLBACK")
    assert process._process.wait(10) == 1
    assert {(r.state, r.attempts) for r in rows(route.town)} == {("queued", 0)}


def test_process_tells_of_a_database_that_fails(route: Route, process: ClaimingProcess) -> None:
    async def main() -> None:
        with route.town.office.database.write() as tx:
            tx.execute(text("ALTER TABLE messages RENAME TO elsewhere"))
        with pytest.raises(EnvironmentFault, match="database_failed"):
            await process.claim(local(MORNING), 20)
        with route.town.office.database.write() as tx:
            tx.execute(text("ALTER TABLE elsewhere RENAME TO messages"))
        batch = await process.claim(local(MORNING), 20)
        assert batch is not None
        assert len(batch.ready) == 20
        await process.close()

    asyncio.run(main())


def test_claimed_and_never_handed_over_is_queued_again(any_route: Route) -> None:
    town = any_route.town
    queue(town, 6)
    announced: list[int] = []
    claim_batch(town.office.database, town.desk, local(MORNING), 3, announced.extend)
    other = local("2026-12-01 08:01")
    claim_batch(town.office.database, town.desk, other, 2)
    with town.office.database.write() as tx:
        # Another node's claim of the same messages has a lease of its own.
        assert outbox.recover(tx, announced, other + LEASE) == 0
        assert outbox.recover(tx, announced, local(MORNING) + LEASE) == 3
    found = [(r.id in announced, r.state, r.uncertain) for r in rows(town)]
    assert found == [(True, "queued", True)] * 3 + [(False, "sending", False)] * 2 + [(False, "queued", False)]


SENT = Answer(250, "2.0.0 queued", "2.0.0")


def test_what_was_sent_is_recorded_before_more_is_claimed(route: Route, process: ClaimingProcess) -> None:
    async def main() -> None:
        first = await process.claim(local(MORNING), 20)
        assert first is not None
        told = {ready.message: SENT for ready in first.ready[:15]}
        second = await process.claim(local(MORNING), 5, "smtp", told)
        assert second is not None
        assert states(route.town) == {"sent": 15, "sending": 10, "queued": 5}
        assert {r.answer for r in rows(route.town) if r.state == "sent"} == {SENT.text}
        rest = await process.claim(local(MORNING), 0, "smtp", {ready.message: SENT for ready in first.ready[15:]})
        assert rest is not None
        assert not rest.ready
        await process.close()

    asyncio.run(main())
    assert states(route.town) == {"sent": 20, "sending": 5, "queued": 5}


def test_what_was_sent_is_recorded_where_nothing_can_be_claimed(route: Route, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no claim")

    queue(route.town, 6)
    now, database = local(MORNING), route.town.office.database
    claimed = claim_batch(database, route.town.desk, now, 3)
    told = {ready.message: SENT for ready in claimed.ready}
    monkeypatch.setattr(outbox, "claim", fails)
    claim_batch(database, route.town.desk, now, 3, record=lambda tx: record_sent(tx, "smtp", told, now))
    assert states(route.town) == {"sent": 3, "failed": 1, "queued": 2}


def test_process_that_dies_before_it_recorded_loses_no_result(
    route: Route, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it waits for the database: what it was told of is recorded all the same."""
    path = str(route.town.office.database.url.database)
    asked = ClaimingProcess.claim

    async def claim(self: ClaimingProcess, *told: object) -> object:
        if not told[3] or killed:
            return await asked(self, *told)  # type: ignore[arg-type]
        killed.append(len(told[3]))  # type: ignore[arg-type]
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            claiming = asyncio.create_task(asked(self, *told))  # type: ignore[arg-type]
            await asyncio.sleep(0.1)
            self._process.kill()
            found = await claiming
            other.execute("ROLLBACK")
        return found

    killed: list[int] = []
    monkeypatch.setattr(ClaimingProcess, "claim", claim)
    queue(route.town, LETTERS)
    server = Patient(caplog)
    assert route.drain(server, apart=LETTERS, connections=2) == Tally(sent=LETTERS)
    assert killed
    assert arrived(server) == once_each(route.town)
    assert states(route.town) == {"sent": LETTERS}
