"""Two calendar programs of other people, as their users run them, subscribe to a unit's feed over HTTP."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import uvicorn
from icalendar import Calendar

from actions.receiving import Receipt, submit
from calendars.addresses import feed_path
from store.units import feed_of
from tests.web.scenes import KEY, Scene, act

UNIT = "so-tu-phap"
REPORT = "Báo cáo kết quả thực hiện phong trào thi đua hằng năm"
NOTHING = sha256(b"").hexdigest()
_PROGRAMS = Path(sys.executable).parent


@dataclass
class Served:
    """An application on a port of this machine, and what it has answered: status and digest of the body."""

    app: Any
    answers: list[tuple[int, str]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        said: dict[str, Any] = {"status": 0, "body": b""}

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                said["status"] = message["status"]
            else:
                said["body"] += message.get("body", b"")
            await send(message)

        await self.app(scope, receive, noting)
        self.answers.append((said["status"], sha256(said["body"]).hexdigest()))


@dataclass
class Subscriber:
    """A person's home directory, with both programs set up."""

    home: Path
    served: Served

    def run(self, program: str, *arguments: str) -> str:
        """What it prints; its warnings are its own affair, its failure is a test's."""
        environment = {"HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "Asia/Ho_Chi_Minh"}
        command = [_PROGRAMS / program, *arguments]
        ran = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def sync(self) -> str:
        return self.run("vdirsyncer", "sync")

    def agenda(self, first: date, days: int) -> list[tuple[str, str]]:
        """(day, title) as khal lists them."""
        listed = self.run(
            "khal", "list", "--format", "{start-date}|{end-date}|{title}|", "--day-format", "", f"{first}", f"{days}d"
        )
        found = [line.split("|") for line in listed.splitlines() if line]
        assert [line for line in found if line[0] != line[1]] == []  # nothing lasts longer than its day
        return sorted((day, title) for day, _, title, *_ in found)

    def files(self) -> dict[Path, int]:
        """What vdirsyncer keeps, a file an event, named by its content → when it was written, in ns."""
        return {f: f.stat().st_mtime_ns for f in (self.home / "calendar").iterdir()}


VDIRSYNCER = """
[general]
status_path = "~/status/"
[pair feed]
a = "served"
b = "kept"
collections = null
[storage served]
type = "http"
url = "{url}"
[storage kept]
type = "filesystem"
path = "~/calendar/"
fileext = ".ics"
"""
KHAL = """
[calendars]
[[unit]]
path = ~/calendar/
readonly = True
[locale]
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
timeformat = %H:%M
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Asia/Ho_Chi_Minh
default_timezone = Asia/Ho_Chi_Minh
"""


def path_of(scene: Scene) -> str:
    with scene.office.database.read() as tx:
        feed = feed_of(tx, UNIT)
    assert feed is not None
    return feed_path(scene.desk.secret, *feed)


@pytest.fixture
def subscriber(loaded: Scene, tmp_path: Path) -> Iterator[Subscriber]:
    served = Served(loaded.app)
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(served, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    until = monotonic() + 30
    while not server.started and thread.is_alive() and monotonic() < until:
        sleep(0.01)
    url = f"http://127.0.0.1:{bound.getsockname()[1]}{path_of(loaded)}"
    home = tmp_path / "home"
    for name, content in {".config/vdirsyncer/config": VDIRSYNCER.format(url=url), ".config/khal/config": KHAL}.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content, encoding="utf-8")
    (home / "calendar").mkdir()
    try:
        yield Subscriber(home, served)
    finally:
        server.should_exit = True
        thread.join()


def shown(*calendars: bytes) -> list[tuple[str, str]]:
    """(day, title) of all events."""
    events = [e for body in calendars for e in Calendar.from_ical(body).walk("VEVENT")]
    return sorted((e["DTSTART"].dt.isoformat(), str(e["SUMMARY"])) for e in events)


def test_vdirsyncer_transfers_what_changed_and_khal_lists_it(subscriber: Subscriber, loaded: Scene) -> None:
    subscriber.run("vdirsyncer", "discover")
    first = subscriber.sync()
    written, expected = subscriber.files(), shown(loaded.get(path_of(loaded)).content)
    assert shown(*(file.read_bytes() for file in written)) == expected
    assert len(re.findall("Copying", first)) == len(expected) > 1

    second = subscriber.sync()
    assert re.findall("Copying|Deleting", second) == []
    assert subscriber.files() == written
    (status, body), *again = subscriber.served.answers
    assert status == 200
    assert [answer for answer in again if answer not in ((200, body), (304, NOTHING))] == []

    begin, end = (date.fromisoformat(expected[n][0]) for n in (0, -1))
    assert subscriber.agenda(begin, (end - begin).days + 1) == expected
    assert ("2026-12-04", REPORT) in expected

    submit(loaded.office, act("2026-11-02 10:00"), KEY, [UNIT], Receipt(date(2026, 11, 2)))
    third = subscriber.sync()
    assert sorted(re.findall("Copying|Deleting", third)) == ["Copying", "Deleting"]
    [fresh] = set(subscriber.files()) - set(written)
    assert shown(fresh.read_bytes()) == [("2026-12-04", f"[Đã gửi] {REPORT}")]
    assert subscriber.agenda(date(2026, 12, 4), 1) == [("2026-12-04", f"[Đã gửi] {REPORT}")]
