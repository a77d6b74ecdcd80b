"""Delivery that is killed at any moment, again and again: nothing is lost, and only what was in flight comes twice."""

from __future__ import annotations

import asyncio
import math
import os
import random
import re
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.office import Office
from tests.actions.province import Town
from tests.conftest import make_desk
from tests.delivering_node import LINES
from tests.notifications.drains import PIPELINING, has_ended, message_id, once_each, queue, rows, states
from tests.smtp_server import Scripted

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[1]
KILLS = 10
LETTERS = 400
SEED = 4
PATIENCE = 40.0  # seconds at most, on a busy machine


class Sink(Scripted):
    """Takes everything, at some leisure; half of its connections offer PIPELINING."""

    def __init__(self) -> None:
        super().__init__(self._at_leisure, EHLO=[PIPELINING, "250 hello"] * (LINES * (KILLS + 1)))
        self.open = 0
        self.enough = math.inf  # letters after which no more are taken, lest all be over before a kill

    async def _at_leisure(self, verb: str) -> None:
        if verb == "BODY":
            await asyncio.sleep(0.005)
            while len(self.bodies) > self.enough:
                await asyncio.sleep(0.005)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            await super().serve(reader, writer)
        finally:
            self.open -= 1


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """On the disk, as in an office."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize(("how", "kills"), [("go", KILLS), ("apart", 3)], ids=["alone", "with_a_process_that_claims"])
def test_delivery_killed_again_and_again_loses_nothing_and_repeats_only_what_was_in_flight(
    sqlite_office: Office, tmp_path: Path, how: str, kills: int
) -> None:
    town = Town(sqlite_office, make_desk(sqlite_office, tmp_path))
    queue(town, LETTERS)
    path = str(sqlite_office.database.url.database)
    dice = random.Random(SEED)
    may_repeat: Counter[str] = Counter()
    claiming: list[int] = []

    async def main() -> Sink:
        server = Sink()
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            port = str(listening.sockets[0].getsockname()[1])
            command = (sys.executable, "-W", "error", "-m", "tests.delivering_node", path, port)
            node = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
            assert node.stdin is not None
            assert node.stdout is not None
            try:
                for turn in range(kills + 1):
                    server.enough = len(server.bodies) + 3 if how == "apart" and turn < kills else math.inf
                    node.stdin.write(f"{how}\n".encode())
                    child = await said(node.stdout)
                    if turn < kills and how == "apart":
                        claiming.append(await said(node.stdout, b"letters are claimed by a process of its own, "))
                    if turn < kills:
                        moment = len(server.bodies) + dice.randint(1, 30)
                        server.enough = moment + 12
                        await until(server, moment)
                        await asyncio.sleep(dice.uniform(0, 0.04))
                        os.kill(child, signal.SIGKILL)
                        server.enough = math.inf
                    assert await said(node.stdout) == (-signal.SIGKILL if turn < kills else 0)
                    while server.open:  # it may still be reading what was on its way
                        await asyncio.sleep(0.01)
                    here = set(map(message_id, server.bodies))
                    may_repeat.update(r.ref for r in rows(town) if r.ref in here and r.state == "sending")
                    if turn < kills:
                        assert states(town)["queued"] + states(town)["sending"] > 0, "it was over before the kill"
            finally:
                server.enough = math.inf  # else what it keeps waiting would be waited for
                node.stdin.close()
                await node.wait()
        return server

    async def said(lines: asyncio.StreamReader, before: bytes = b"") -> int:
        """The next number that stands on a line after these words and nothing else; other lines are passed over."""
        async with asyncio.timeout(PATIENCE):
            while (found := re.fullmatch(re.escape(before) + rb"(-?\d+)\n", line := await lines.readline())) is None:
                assert line, "the node has ended"
        return int(found[1])

    async def until(server: Sink, bodies: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(server.bodies) < bodies:
                await asyncio.sleep(0.002)

    server = asyncio.run(main())
    assert all(map(has_ended, claiming))
    copies: dict[str, list[bytes]] = {}
    for body in server.bodies:
        copies.setdefault(message_id(body), []).append(body)
    assert states(town) == {"sent": LETTERS}
    assert copies.keys() == once_each(town).keys()
    twice = {ref: len(found) - 1 for ref, found in copies.items() if len(found) > 1}
    assert all(more <= may_repeat[ref] for ref, more in twice.items())
    assert [ref for ref in twice if len(set(copies[ref])) > 1] == []
    # What is claimed goes again as well, and nobody has seen it before: it is no repetition.
    assert 0 < sum(twice.values()) <= sum(may_repeat.values())
