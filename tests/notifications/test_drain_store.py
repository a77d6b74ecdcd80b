"""Whole deliveries from a database that is full, locked or spoiled, or that changes meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from actions.receiving import Receipt, submit
from calendars.working import WorkingCalendar
from notifications import claiming, delivery
from notifications.deciding import Tally
from plans.problems import EnvironmentFault
from store import outbox
from store.database import Database
from store.schema import messages, obligations, people, units
from tests.actions.province import YEARLY, Town, act
from tests.conftest import local, make_desk, make_office
from tests.notifications.drains import (
    MORNING,
    Route,
    addresses,
    arrived,
    once_each,
    queue,
    recipients,
    rows,
    states,
)
from tests.smtp_server import Scripted

assert YEARLY is not None
HELD = "what became of letters cannot be recorded, nothing more leaves"


class Trouble:
    """A database that does not take writes for a while: full, or locked by another process."""

    def __init__(self, route: Route) -> None:
        self._engine = route.town.office.database.engine
        self._path = str(route.town.office.database.url.database)
        self._full = False
        self._other: sqlite3.Connection | None = None
        event.listen(self._engine, "checkout", self._checked_out)

    def _checked_out(self, connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute("PRAGMA busy_timeout=50")
        pages = connection.execute("PRAGMA page_count").fetchone()[0] if self._full else 1 << 30
        connection.execute(f"PRAGMA max_page_count={pages}")

    def begin(self, kind: str) -> None:
        if kind == "full":
            self._full = True
        else:
            self._other = sqlite3.connect(self._path, isolation_level=None)
            self._other.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        self._full = False
        if self._other is not None:
            self._other.execute("ROLLBACK")
            self._other.close()
            self._other = None


@pytest.fixture
def trouble(route: Route, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trouble]:
    monkeypatch.setattr(delivery, "_DATABASE_AGAIN", 0.05)
    found = Trouble(route)
    yield found
    found.end()


@pytest.mark.parametrize("kind", ["full", "locked"])
def test_database_that_takes_no_claim_lets_nothing_leave(route: Route, trouble: Trouble, kind: str) -> None:
    queue(route.town, 30)
    trouble.begin(kind)
    server = Scripted()
    with pytest.raises(EnvironmentFault, match="database_failed"):
        route.drain(server)
    assert arrived(server) == {}
    assert {(r.state, r.attempts, r.next_at) for r in rows(route.town)} == {("queued", 0, local(MORNING))}
    trouble.end()
    assert route.drain(server) == Tally(sent=30)
    assert arrived(server) == once_each(route.town)


@pytest.mark.parametrize("kind", ["full", "locked"])
def test_database_that_takes_no_results_stops_letters_until_it_does(
    route: Route, trouble: Trouble, offers: dict[str, str], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    queue(route.town, 150)
    after: list[int] = []
    watching: list[asyncio.Task[None]] = []

    async def before(verb: str) -> None:
        if verb == "BODY":
            await asyncio.sleep(0.005)  # or all would have left before the first attempt to record
            if len(server.bodies) >= 20 and not watching:
                trouble.begin(kind)
                watching.append(asyncio.create_task(watch()))

    async def watch() -> None:
        while HELD not in caplog.text:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # what was with a line is finished
        after.append(len(arrived(server)))
        await asyncio.sleep(0.5)
        after.append(len(arrived(server)))
        trouble.end()

    server = Scripted(before, BODY=f"250 2.0.0 {'x' * 450}", **offers)
    drain_in_spite_of(route, server)
    assert after[0] == after[1] < 150
    assert caplog.text.count(HELD) == 1
    drain_in_spite_of(route, server)
    assert arrived(server) == once_each(route.town)
    assert {(r.state, r.attempts, r.code, r.uncertain) for r in rows(route.town)} == {("sent", 1, 250, False)}
    assert states(route.town) == {"sent": 150}


def test_pass_of_limited_patience_ends_where_the_database_takes_no_results(route: Route, trouble: Trouble) -> None:
    """What had left is taken up again with the bytes it had; nothing else has left since."""
    queue(route.town, 40)

    async def before(verb: str) -> None:
        if verb == "BODY" and len(server.bodies) == 5:
            trouble.begin("locked")

    server = Scripted(before)
    with pytest.raises(EnvironmentFault, match="database_failed"):
        route.drain(server, patience=0.2)
    trouble.end()
    assert {r.state for r in rows(route.town)} <= {"sent", "sending"}
    with route.town.office.database.write() as tx:
        outbox.recover_all(tx)
    again = Scripted()
    route.drain(again)
    assert states(route.town) == {"sent": 40}
    assert set(arrived(server, again)) == set(once_each(route.town))


def test_letters_whose_leases_ended_while_nothing_could_be_recorded_are_left_to_others(
    route: Route, trouble: Trouble, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LEASE", timedelta(seconds=0.3))
    queue(route.town, 150)
    watching: list[asyncio.Task[None]] = []
    before_the_end: list[int] = []
    other = Town(replace(route.town.office, database=Database(str(route.town.office.database.url))), route.town.desk)

    async def before(verb: str) -> None:
        if verb == "BODY":
            await asyncio.sleep(0.005)
            if len(server.bodies) >= 20 and not watching:
                trouble.begin("full")
                watching.append(asyncio.create_task(watch()))

    async def watch() -> None:
        while HELD not in caplog.text:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.4)
        await asyncio.to_thread(other.deliver, "2026-12-01 08:11")
        before_the_end.append(len(arrived(server)))
        trouble.end()

    server = Scripted(before, BODY=f"250 2.0.0 {'x' * 450}")
    drain_in_spite_of(route, server)
    other.office.database.close()
    assert len(arrived(server)) == before_the_end[0] < 150
    assert states(route.town) == {"sent": 150}
    assert {letter.message_id for letter in other.box.accepted} | set(arrived(server)) == set(once_each(route.town))


def test_letters_that_another_node_took_up_meanwhile_are_left_to_it(
    route: Route, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This one slept, its leases ended, the other recovered and claimed them."""
    monkeypatch.setattr(delivery, "_RENEW", 0.02)
    queue(route.town, 30)
    taken = [row.id for row in rows(route.town)[20:]]

    async def before(verb: str) -> None:
        if verb == "BODY":
            await asyncio.sleep(0.01)
            if len(server.bodies) == 2:
                with route.town.office.database.write() as tx:
                    tried = update(messages).where(messages.c.id.in_(taken), messages.c.state == "sending")
                    tx.execute(tried.values(attempts=messages.c.attempts + 1))

    server = Scripted(before)
    assert route.drain(server) == Tally(sent=20)
    assert sorted(recipients(server)) == sorted(addresses(range(1, 21)))
    assert [(r.id, r.state, r.attempts) for r in rows(route.town)[20:]] == [(n, "sending", 2) for n in taken]
    assert "10 letters were taken up by another node" in caplog.text


def drain_in_spite_of(route: Route, server: Scripted) -> None:
    """The pass ends in a fault if it was a claim that failed; what was in hand is sent and recorded all the same."""
    try:
        done = route.drain(server, connections=2)
    except EnvironmentFault:
        return
    assert done == Tally(sent=done.sent)


# -- finished meanwhile ----------------------------------------------------------------------------------------------


def test_report_submitted_while_letters_leave_is_never_asked_for(
    any_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pass is under way, others are claimed and sent: what is still queued is judged when its own turn comes."""
    route = any_route
    monkeypatch.setattr(delivery, "BATCH", 4)
    queue(route.town, 20)

    async def before(verb: str) -> None:
        if verb == "BODY" and len(server.bodies) == 3:
            await asyncio.to_thread(report)

    def report() -> None:
        receipt = Receipt(date(2026, 12, 1))
        submit(route.town.office, act("2026-12-01 08:00"), YEARLY, ["x-015", "x-020"], receipt, by_unit=True)

    server = Scripted(before)
    assert route.drain(server) == Tally(sent=18, superseded=2)
    assert sorted(recipients(server)) == sorted(addresses(n for n in range(1, 21) if n not in (15, 20)))
    assert [(r.to, r.attempts) for r in rows(route.town) if r.state == "superseded"] == [
        (to, 0) for to in addresses([15, 20])
    ]


# -- spoiled ---------------------------------------------------------------------------------------------------------


def of_unit(slug: str) -> Any:
    return select(obligations.c.id).join(units, units.c.id == obligations.c.unit_id).where(units.c.slug == slug)


def in_message_of(address: str) -> Any:
    return select(messages.c.id).join(people, people.c.id == messages.c.person_id).where(people.c.address == address)


TO_7 = "xa-7@xa.example"
SPOILED: dict[str, Callable[[], Any]] = {
    "address with a line end": lambda: update(people).where(people.c.address == TO_7).values(address="a@x\r\nBcc: z@x"),
    "address with a space": lambda: update(people).where(people.c.address == TO_7).values(address="a b@x.example"),
    "Message-ID with a line end": lambda: (
        update(messages).where(messages.c.id.in_(in_message_of(TO_7))).values(message_ref="a@x\r\nBcc: z@x")
    ),
    "unknown state": lambda: update(obligations).where(obligations.c.id.in_(of_unit("x-007"))).values(state="lạ"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_message_that_is_spoiled_is_set_aside_alone(any_route: Route, what: str) -> None:
    route = any_route
    queue(route.town, 12)
    seventh = rows(route.town)[6].id
    with route.town.office.database.write() as tx:
        tx.execute(SPOILED[what]())
    server = Scripted()
    assert route.drain(server, connections=2) == Tally(sent=11, failed=1)
    assert sorted(recipients(server)) == sorted(addresses(n for n in range(1, 13) if n != 7))
    assert [r.id for r in rows(route.town) if r.state == "failed"] == [seventh]
    assert all(b"Bcc" not in body for body in server.bodies)
    assert route.drain(server, "2026-12-02 09:00") == Tally()


UNREADABLE = {
    "time": "UPDATE messages SET at = 'hôm qua' WHERE id = :id",
    "day": "UPDATE messages SET local_day = 'hôm qua' WHERE id = :id",
    "detail": "UPDATE reminders SET detail = '{' WHERE message_id = :id",
    "kind": "UPDATE tasks SET kind = 'lạ'",
}


@pytest.mark.parametrize("column", ["time", "day", "detail"])
def test_row_that_cannot_be_read_is_set_aside_alone(route: Route, column: str) -> None:
    """One value that nobody could have written spoils the whole query: one by one then, in the same pass."""
    queue(route.town, 12)
    seventh = rows(route.town)[6].id
    with route.town.office.database.write() as tx:
        tx.execute(text(UNREADABLE[column]), {"id": seventh})
    server = Scripted()
    assert route.drain(server, connections=2) == Tally(sent=11, failed=1)
    assert sorted(recipients(server)) == sorted(addresses(n for n in range(1, 13) if n != 7))
    assert states(route.town) == {"sent": 11, "failed": 1}


def test_letter_that_another_node_is_claiming_is_not_set_aside_for_a_spoiled_one(
    new_database: Callable[[str], Database], calendar: WorkingCalendar, tmp_path: Path
) -> None:
    office = make_office(new_database("postgresql"), calendar)
    route = Route(Town(office, make_desk(office, tmp_path)))
    route.close()
    queue(route.town, 3)
    first, second, _ = (row.id for row in rows(route.town))

    @event.listens_for(office.database.engine, "connect")
    def _impatient(connection: Any, _record: Any) -> None:
        connection.execute("SET lock_timeout = '2s'")  # a failure, and no test that never ends
        connection.commit()

    office.database.close()
    with office.database.write() as tx:
        tx.execute(text("UPDATE messages SET at = 'infinity' WHERE id = :id"), {"id": second})  # no moment of Python's
    with office.database.write() as tx:
        assert [m.id for m in outbox.claim(tx, local(MORNING), 1).claimed] == [first]
        batch = claiming.claim_batch(office.database, route.town.desk, local(MORNING))
    assert (batch.ready, batch.counts) == ((), {"failed": 1})
    event.remove(office.database.engine, "connect", _impatient)
    office.database.close()
    assert [r.state for r in rows(route.town)] == ["queued", "failed", "queued"]


def test_task_of_an_unknown_kind_fails_only_the_mails_that_tell_of_it(route: Route) -> None:
    queue(route.town, 3)
    with route.town.office.database.write() as tx:
        tx.execute(text(UNREADABLE["kind"]))
    assert route.drain(Scripted()) == Tally(failed=3)
    assert states(route.town) == {"failed": 3}
