"""The process that serves: over its own loop, until a signal ends it, with all that it still had to write."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import uvloop

from actions.feeds import feed_url
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.serving import listen, new_loop, serve
from store.feeds import find_feed, reads_of

PATIENCE = 20.0


@pytest.mark.parametrize(("role", "name"), [("web", signal.SIGTERM), ("web", signal.SIGINT), ("all", signal.SIGTERM)])
def test_reads_are_written_when_a_signal_ends_it(small: Path, role: str, name: signal.Signals) -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    file = small / "nhachan.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("port = 8088", f"port = {port}"), encoding="utf-8")
    answers: list[tuple[int, bytes]] = []

    def fetch_and_stop(url: str) -> None:
        try:
            with urlopen(Request(url, headers={"User-Agent": "vdirsyncer/0.21"}), timeout=PATIENCE) as answer:
                answers.append((answer.status, answer.read(15)))
        finally:
            os.kill(os.getpid(), name)

    with open_app(small, Clock(), None) as app:
        with app.database.read() as tx:
            feed = find_feed(tx, "so-y-te")
        assert feed is not None
        asking = threading.Thread(target=fetch_and_stop, args=[feed_url(app.office, app.desk.secret, feed)])
        serve(app, role, asking.start)
        asking.join(PATIENCE)
        assert answers == [(200, b"BEGIN:VCALENDAR")]
        with app.database.read() as tx:
            assert [client for client, _ in reads_of(tx, feed.id)] == ["vdirsyncer"]


def test_loop_is_the_fast_one() -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert isinstance(runner.get_loop(), uvloop.Loop)
