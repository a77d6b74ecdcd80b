"""Whole deliveries over several lines at once: each letter once, at the pace that is set, and stopped in the middle."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, update

from notifications import claiming, delivery
from notifications.claiming import claim_batch
from notifications.deciding import Tally
from notifications.desk import Desk
from notifications.recording import record
from store.schema import messages
from tests.conftest import local
from tests.notifications.drains import (
    MORNING,
    PIPELINING,
    Route,
    arrived,
    message_id,
    once_each,
    queue,
    rows,
    states,
)
from tests.smtp_server import Scripted


class Timed(Scripted):
    """Notes when each letter is spoken of, and over which connection."""

    def __init__(self, **answers: str) -> None:
        super().__init__(**answers)
        self.letters: list[tuple[int, float]] = []

    async def _answer(self, verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if verb == "MAIL":
            self.letters.append((writer.get_extra_info("peername")[1], time.monotonic()))
        return await super()._answer(verb, reader, writer)


class OneAtATime(Scripted):
    """Greets a second connection with 421 while there is another."""

    def __init__(self, **answers: str) -> None:
        super().__init__(**answers)
        self.turned_away = 0
        self._taken = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._taken:
            self.turned_away += 1
            writer.write(b"421 4.7.0 too many connections\r\n")
            writer.close()
            return
        self._taken = True
        try:
            await super().serve(reader, writer)
        finally:
            self._taken = False


def paced(route: Route, *, per_minute: int | None = None, per_line: int | None = None) -> None:
    desk: Desk = route.town.desk
    route.town.desk = replace(desk, mail=replace(desk.mail, per_minute=per_minute, per_line=per_line))


def going(at: str = MORNING) -> Callable[[], datetime]:
    """A clock that goes."""
    began, moment = time.monotonic(), local(at)
    return lambda: moment + timedelta(seconds=time.monotonic() - began)


# -- once each -------------------------------------------------------------------------------------------------------


def test_server_that_allows_one_connection_gets_everything_over_it(
    route: Route, offers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    queue(route.town, 40)
    server = OneAtATime(**offers)
    assert route.drain(server, connections=3) == Tally(sent=40)
    assert (server.connections, server.turned_away) == (1, 2)
    assert arrived(server) == once_each(route.town)
    assert route.state().down_since is None
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_letters_over_several_lines_arrive_once_and_are_recorded_in_groups(
    any_route: Route, offers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one writer: a commit costs a write to the disk, and two would wait for each other."""
    route = any_route
    queue(route.town, 150)
    recorded: list[int] = []
    writing = Counter[str]()

    def one_writer(*given: object) -> Counter[str]:
        writing["now"] += 1
        writing["most"] = max(writing["most"], writing["now"])
        recorded.append(len(given[3]))  # type: ignore[arg-type]
        try:
            return record(*given)  # type: ignore[arg-type]
        finally:
            writing["now"] -= 1

    monkeypatch.setattr(delivery, "record", one_writer)
    commits: list[object] = []
    engine, note = route.town.office.database.engine, commits.append
    event.listen(engine, "commit", note)
    server = Scripted(**offers)
    assert route.drain(server, connections=3) == Tally(sent=150)
    event.remove(engine, "commit", note)
    assert server.connections == 3
    assert arrived(server) == once_each(route.town)
    assert (sum(recorded), writing["most"]) == (150, 1)
    assert len(commits) < 150 / 2
    assert [(r.state, r.attempts, r.answer) for r in rows(route.town)] == [("sent", 1, "2.0.0 queued")] * 150


# -- at the pace that is set -----------------------------------------------------------------------------------------

LATE = 1.0  # seconds by which the first may come late, on a busy machine: those behind it seem closer then


@pytest.mark.parametrize("connections", [1, 3])
def test_letters_of_a_minute_are_never_more_than_is_set(route: Route, offers: dict[str, str], connections: int) -> None:
    queue(route.town, 24)
    paced(route, per_minute=900)
    server = Timed(**offers)
    assert route.drain(server, going(), connections=connections) == Tally(sent=24)
    at = sorted(moment for _, moment in server.letters)
    assert at[-1] - at[0] >= 23 * 60 / 900 - LATE


def test_letters_over_a_connection_are_never_more_than_is_set(route: Route, offers: dict[str, str]) -> None:
    """However the lines share the connections: they take turns here, so that one is always free."""
    queue(route.town, 18)
    paced(route, per_line=300, per_minute=600)
    server = Timed(**offers)
    assert route.drain(server, going(), connections=2) == Tally(sent=18)
    over: dict[int, list[float]] = {}
    for connection, moment in server.letters:
        over.setdefault(connection, []).append(moment)
    assert len(over) == 2
    for moments in over.values():
        assert moments[-1] - moments[0] >= (len(moments) - 1) * 60 / 300 - LATE


@pytest.mark.parametrize(
    ("limits", "most"), [({"per_minute": 60}, 10), ({"per_minute": 6}, 1), ({"per_line": 30}, 2 * 5 + 2)]
)
def test_claims_are_small_while_letters_leave_slowly(route: Route, limits: dict[str, int], most: int) -> None:
    """What is claimed is not judged again: it must not lie there for minutes."""
    queue(route.town, 40)
    paced(route, **limits)
    sending: list[int] = []

    async def before(verb: str) -> None:
        if verb == "MAIL":
            await asyncio.sleep(0.1)
            sending.append(states(route.town)["sending"])

    route.drain(Scripted(before), going(), lambda: bool(sending), connections=2)
    assert 1 <= max(sending) <= most
    assert states(route.town)["queued"] == 40 - states(route.town)["sent"]


# -- held on to ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("was_down", "answers"), [(False, {}), (True, {"EHLO": PIPELINING})])
def test_letter_with_a_slow_server_is_not_taken_up_by_another_node(
    any_route: Route, was_down: bool, answers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    route = any_route
    queue(route.town, 4)
    if was_down:
        route.drain(None)
    lease = timedelta(seconds=1.5)
    monkeypatch.setattr(claiming, "LEASE", lease)
    monkeypatch.setattr(delivery, "LEASE", lease)
    monkeypatch.setattr(delivery, "_RENEW", 0.1)
    clock = going("2026-12-01 08:05")
    another: list[str] = []

    async def before(verb: str) -> None:
        if verb == "BODY" and len(server.bodies) == 1:
            for _ in range(4):
                await asyncio.sleep(0.5)
                batch = await asyncio.to_thread(claim_batch, route.town.office.database, route.town.desk, clock())
                another.extend(ready.letter.message_id for ready in batch.ready)

    server = Scripted(before, **answers)
    done = route.drain(server, clock, connections=2)
    here = [message_id(body) for body in server.bodies]
    assert done == Tally(sent=len(here))
    assert len(set(here)) == len(here) >= 1
    assert here[0] not in another
    assert [(r.state, r.attempts, r.uncertain) for r in rows(route.town) if r.ref in here] == [
        ("sent", 1, False)
    ] * len(here)


def test_lease_lost_all_the_same_does_not_send_twice_from_here(
    route: Route, offers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock set forward ends the leases of this node too: what it claims anew is in hand already."""
    queue(route.town, 150)

    async def before(verb: str) -> None:
        if verb == "BODY" and len(server.bodies) == 30:
            with route.town.office.database.write() as tx:
                tx.execute(
                    update(messages)
                    .where(messages.c.state == "sending")
                    .values(lease_until=datetime(2020, 1, 1, tzinfo=UTC))
                )

    server = Scripted(before, **offers)
    assert route.drain(server) == Tally(sent=150)
    assert arrived(server) == once_each(route.town)
    assert states(route.town) == {"sent": 150}


# -- stopped ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connections", [1, 3])
def test_stop_in_the_middle_finishes_what_is_in_hand_and_puts_back_the_rest(
    any_route: Route, offers: dict[str, str], connections: int
) -> None:
    route = any_route
    queue(route.town, 60)
    stopped: list[int] = []  # letters that had come in whole then

    async def before(verb: str) -> None:
        if verb == "BODY" and len(server.bodies) >= 20:
            stopped.append(len(arrived(server)))
            await asyncio.sleep(0.1)

    server = Scripted(before, **offers)
    done = route.drain(server, MORNING, lambda: bool(stopped), connections=connections)
    # Each line may have a letter in hand, and have announced another.
    assert stopped[0] <= done.sent <= stopped[0] + 2 * connections
    assert done == Tally(sent=done.sent)
    assert states(route.town) == {"sent": done.sent, "queued": 60 - done.sent}
    assert {(r.state, r.attempts, r.uncertain, r.code) for r in rows(route.town)} == {
        ("sent", 1, False, 250),
        ("queued", 0, False, None),
    }
    later = Scripted(**offers)
    assert route.drain(later, MORNING, connections=connections) == Tally(sent=60 - done.sent)
    assert arrived(server, later) == once_each(route.town)
