"""The process that serves: over its own loop, until a signal ends it, with all that it still had to write."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import uvloop
from sqlalchemy import Connection

from actions.feeds import feed_url
from plans.problems import EnvironmentFault
from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.serving import listen, new_loop, serve
from store.feeds import find_feed, note_reads, reads_of

PATIENCE = 20.0


def on_a_free_port(home: Path) -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    file = home / "nhachan.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("port = 8088", f"port = {port}"), encoding="utf-8")


def readers(home: Path, role: str, end: Callable[[], None]) -> list[str]:
    """Kinds of programs that are noted to have fetched a calendar, after one did and `end` was called."""
    answers: list[tuple[int, bytes]] = []

    def fetch(url: str) -> None:
        try:
            with urlopen(Request(url, headers={"User-Agent": "vdirsyncer/0.21"}), timeout=PATIENCE) as answer:
                answers.append((answer.status, answer.read(15)))
        finally:
            end()

    with open_app(home, Clock(), None) as app:
        with app.database.read() as tx:
            feed = find_feed(tx, "so-y-te")
        assert feed is not None
        asking = threading.Thread(target=fetch, args=[feed_url(app.office, app.desk.secret, feed)])
        serve(app, role, asking.start)
        asking.join(PATIENCE)
        assert answers == [(200, b"BEGIN:VCALENDAR")]
        with app.database.read() as tx:
            return [client for client, _ in reads_of(tx, feed.id)]


@pytest.mark.parametrize(("role", "name"), [("web", signal.SIGTERM), ("web", signal.SIGINT), ("all", signal.SIGTERM)])
def test_reads_are_written_when_a_signal_ends_it(small: Path, role: str, name: signal.Signals) -> None:
    on_a_free_port(small)
    assert readers(small, role, lambda: os.kill(os.getpid(), name)) == ["vdirsyncer"]


def test_reads_that_cannot_be_written_are_kept(
    small: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    on_a_free_port(small)
    monkeypatch.setattr("scheduler.serving.FLUSH", 0.05)
    faults = iter([EnvironmentFault("database_failed", url="u", detail="d"), RuntimeError("a defect")])
    written = threading.Event()

    def note(tx: Connection, reads: Mapping[tuple[int, str], datetime]) -> None:
        if fault := next(faults, None):
            raise fault
        note_reads(tx, reads)
        written.set()

    monkeypatch.setattr("web.feeds.reads.note_reads", note)

    def end() -> None:
        written.wait(PATIENCE)
        os.kill(os.getpid(), signal.SIGTERM)

    assert readers(small, "web", end) == ["vdirsyncer"]
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == [
        "who has fetched which calendar: cơ sở dữ liệu u không dùng được: d",
        "who has fetched which calendar could not be noted",
    ]


def test_loop_is_the_fast_one() -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert isinstance(runner.get_loop(), uvloop.Loop)
