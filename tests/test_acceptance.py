"""The real program as a process: killed and started again, told to stop, asked for its pages, built and installed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from scheduler.app import LEASE
from scheduler.serving import GRACE
from store.database import Database
from store.leases import read_lease
from store.schema import leases, messages, reminders
from tests.smtp_server import DROP, GOOD, Scripted

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[1]
PACKAGES = ("actions", "calendars", "config", "notifications", "plans", "reports", "scheduler", "store", "web")
PATIENCE = 40.0  # seconds at most, on a busy machine
UNITS = 60


def nhachan(*arguments: object) -> list[str]:
    """What a command answers; it must not fail."""
    command = [sys.executable, "-m", "scheduler.cli", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr.decode()) == (0, ""), done.stdout.decode()
    return done.stdout.decode().splitlines()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A province of villages that each owe a yearly report, tracked from 02/11/2020: a wave of mail for each stage."""
    home = tmp_path_factory.mktemp("loaded") / "home"
    nhachan("--home", home, "init")
    xa = [f"  - {{id: xa-{n}, name: Xã {n}, kind: xa, mailbox: vt@xa-{n}.example}}" for n in range(1, UNITS + 1)]
    (home / "units.yaml").write_text(
        "units:\n  - {id: so-noi-vu, name: Sở Nội vụ, kind: so, mailbox: vt@snv.example}\n" + "\n".join(xa) + "\n"
        "audiences: [{id: cac-xa, name: Các xã, kinds: [xa]}]\n",
        encoding="utf-8",
    )
    (home / "plans" / "ke-hoach.yaml").write_text(
        "plan: {id: ke-hoach, title: Kế hoạch, issued: 05/01/2020, until: 31/12/2020, coordinator: so-noi-vu}\n"
        "tasks:\n  - {id: bao-cao, title: Báo cáo năm, owed_by: [cac-xa], due: {by: 04/12/2020}}\n",
        encoding="utf-8",
    )
    nhachan("--home", home, "--now", "2020-11-02T09:00", "load", home)
    return home


@pytest.fixture
def home(loaded: Path, tmp_path: Path) -> Path:
    """A home of its own, with pages on a free port."""
    copied = Path(shutil.copytree(loaded, tmp_path / "home"))
    settings = (copied / "nhachan.toml").read_text(encoding="utf-8")
    (copied / "nhachan.toml").write_text(settings.replace("port = 8088", f"port = {free_port()}"), encoding="utf-8")
    return copied


def send_to(home: Path, smtp_port: int) -> None:
    """Have the mail of a home go to a server on loopback."""
    settings = (home / "nhachan.toml").read_text(encoding="utf-8").replace('outlet = "maildir"', 'outlet = "smtp"')
    settings += f'host = "127.0.0.1"\nport = {smtp_port}\nsecurity = "none"\nconnections = 1\n'
    (home / "nhachan.toml").write_text(settings, encoding="utf-8")


T_15, T_3WD, T0 = "2020-11-19T09:00", "2020-12-01T09:00", "2020-12-04T09:00"  # working days on which a stage comes


class Running:
    """`nhachan serve` as a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def stop(self) -> tuple[int, float, str]:
        """SIGTERM: (exit code, seconds it took, what it said last)."""
        began = asyncio.get_running_loop().time()
        self.process.terminate()
        out, _ = await asyncio.wait_for(self.process.communicate(), PATIENCE)
        code = self.process.returncode
        assert code is not None
        return code, asyncio.get_running_loop().time() - began, out.decode().splitlines()[-1]


@asynccontextmanager
async def serving(home: Path, now: str) -> AsyncIterator[Running]:
    """The daemon from a pretended time on; killed in the end if it still runs."""
    arguments = ("-W", "error", "-m", "scheduler.cli", "--home", str(home), "--now", now, "serve")
    with (home / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def log_of(home: Path) -> str:
    return (home / "log").read_text(encoding="utf-8")


class Books:
    """The database of a home, looked at from outside."""

    def __init__(self, home: Path) -> None:
        self.database = Database(f"sqlite:///{home / 'nhachan.db'}")

    def __enter__(self) -> Books:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def states(self, table: Any = messages) -> Counter[str]:
        """How many rows there are of each state; announcements of new tasks, which reminders replace, are left out."""
        query = select(table.c.state)
        if table is reminders:
            query = query.where(~reminders.c.stage.startswith("n-"))
        with self.database.read() as tx:
            return Counter(tx.scalars(query))

    def refs(self, state: str | None = None) -> set[str]:
        query = select(messages.c.message_ref)
        with self.database.read() as tx:
            return set(tx.scalars(query if state is None else query.where(messages.c.state == state)))

    def expire_lease(self) -> None:
        """As if the ten seconds after its holder's death had passed."""
        with self.database.write() as tx:
            tx.execute(update(leases).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))

    def lease_is_free(self) -> bool:
        with self.database.read() as tx:
            lease = read_lease(tx, LEASE)
        return lease is not None and lease.expires_at <= datetime.now(UTC)


async def until(condition: Callable[[], object], step: float = 0.02) -> None:
    end = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it never came about"
        await asyncio.sleep(step)


def message_id(body: bytes) -> str:
    found = re.search(rb"(?mi)^Message-ID:\s*<([^>]+)>", body)
    assert found is not None
    return found[1].decode()


# -- killed and started again ----------------------------------------------------------------------------------------


def test_daemon_killed_in_the_middle_loses_nothing_and_repeats_only_what_was_in_hand(home: Path) -> None:
    """Each kill hits a point of the conversation; each start is five minutes later, so that what was put off goes."""
    kills = [("BODY", 3), ("RCPT", 13), ("BODY", 30), ("MAIL", 45)]  # the how-manieth of its kind
    expected: Counter[str] = Counter()  # Message-IDs in doubt: each time they may arrive once more
    seen: Counter[str] = Counter()
    running: list[asyncio.subprocess.Process] = []
    books = Books(home)

    async def strike(verb: str) -> None:
        seen[verb] += 1
        if verb == "BODY" and seen[verb] == 8:  # the server drops this one after it has it
            expected[message_id(server.bodies[-1])] += 1
        if kills and kills[0] == (verb, seen[verb]):
            kills.pop(0)
            running[-1].kill()
            await running[-1].wait()
            # What has come in whole, and the books don't say so: results are committed some at a time.
            expected.update({message_id(body) for body in server.bodies} & books.refs("sending"))
            raise ConnectionError

    # Answers are used up only where the daemon lives to hear them: the kill at BODY 3 uses none.
    body = [*[GOOD["BODY"]] * 6, DROP, GOOD["BODY"]]
    rcpt = [*[GOOD["RCPT"]] * 5, "450 4.2.0 greylisted", GOOD["RCPT"]]
    server = Scripted(strike, BODY=body, RCPT=rcpt)

    async def main() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        async with listening:
            send_to(home, listening.sockets[0].getsockname()[1])
            with books:
                for minute in range(0, 60, 5):
                    async with serving(home, T_15.replace(":00", f":{minute:02}")) as daemon:
                        running.append(daemon.process)
                        await until(lambda: daemon.process.returncode is not None or books.states() == {"sent": UNITS})
                        if daemon.process.returncode is None:
                            assert (await daemon.stop())[0] == 0
                            break
                        assert daemon.process.returncode == -9
                        assert books.states()["sending"] > 0
                    if minute > 0:  # the first time it is waited for
                        books.expire_lease()
                arrived: dict[str, list[bytes]] = {}
                for content in server.bodies:
                    arrived.setdefault(message_id(content), []).append(content)
                assert kills == []
                assert len(running) == 5
                assert set(arrived) == books.refs()
                again = Counter({ref: len(copies) - 1 for ref, copies in arrived.items()})
                assert +again <= expected  # once more at most for each time that it was in doubt
                assert sum(again.values()) >= 3
                assert [ref for ref, copies in arrived.items() if len(set(copies)) > 1] == []
                assert (books.states(), books.states(reminders)) == ({"sent": UNITS}, {"sent": UNITS})
                assert "Traceback" not in log_of(home)

    asyncio.run(main())


def test_daemon_told_to_stop_in_the_middle_finishes_the_letter_in_hand(home: Path) -> None:
    running: list[asyncio.subprocess.Process] = []
    held = asyncio.Event()

    async def hold(verb: str) -> None:
        if verb == "BODY" and len(server.bodies) == 10:
            held.set()
            await asyncio.sleep(0.5)  # a server that takes its time while the daemon is told to stop

    server = Scripted(hold)

    async def main() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        async with listening:
            send_to(home, listening.sockets[0].getsockname()[1])
            with Books(home) as books:
                async with serving(home, T_3WD) as daemon:
                    running.append(daemon.process)
                    await asyncio.wait_for(held.wait(), PATIENCE)
                    code, seconds, last = await daemon.stop()
                assert (code, last) == (0, "Đã dừng.")
                assert seconds < 5
                assert (len(server.bodies), server.connections) == (10, 1)
                assert server.heard[-1] == "QUIT"
                assert books.states() == {"sent": 10, "queued": UNITS - 10}
                assert books.lease_is_free()  # the next one starts at once
                # And goes on with the rest; what had been claimed waits a minute at most.
                async with serving(home, T_3WD.replace(":00", ":05")) as daemon:
                    await until(lambda: books.states() == {"sent": UNITS})
                    assert (await daemon.stop())[0] == 0
                assert Counter(map(message_id, server.bodies)) == dict.fromkeys(books.refs(), 1)
                assert "Traceback" not in log_of(home)

    asyncio.run(main())


def slow_down(home: Path, per_minute: int) -> None:
    """Have letters leave at a pace: all of them are out in some milliseconds, which is no middle to be killed in."""
    settings = (home / "nhachan.toml").read_text(encoding="utf-8")
    paced = settings.replace('outlet = "maildir"', f'outlet = "maildir"\nper_minute = {per_minute}')
    assert paced != settings
    (home / "nhachan.toml").write_text(paced, encoding="utf-8")


def test_daemon_killed_in_the_middle_leaves_each_letter_in_the_maildir_once(home: Path) -> None:
    slow_down(home, 6000)

    async def main() -> None:
        new, read = home / "maildir" / "new", home / "maildir" / "cur"

        def letters() -> int:
            return sum(1 for folder in (new, read) if folder.is_dir() for _ in os.scandir(folder))

        with Books(home) as books:
            for enough in (10, 35):
                async with serving(home, T_15) as daemon:
                    await until(lambda: letters() >= enough, step=0)  # noqa: B023
                    daemon.process.kill()
                    await daemon.process.wait()
                assert letters() < UNITS  # it was in the middle
                for file in list(new.iterdir()):  # somebody reads them meanwhile
                    file.rename(read / f"{file.name}:2,S")
                books.expire_lease()
            async with serving(home, T_15) as daemon:
                await until(lambda: books.states() == {"sent": UNITS})
                assert (await daemon.stop())[0] == 0
            found = [message_id(file.read_bytes()) for folder in (new, read) for file in folder.iterdir()]
            assert (len(found), set(found)) == (UNITS, books.refs())
            assert books.states(reminders) == {"sent": UNITS}
            assert "Traceback" not in log_of(home)

    asyncio.run(main())


# -- asked while it runs ---------------------------------------------------------------------------------------------


def get(url: str, **headers: str) -> tuple[int, str, bytes]:
    """(status, content type, content)"""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE) as answer:
            return answer.status, answer.headers["Content-Type"] or "", answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "", b""


def signed_in(home: Path, address: str) -> Callable[[str], tuple[int, str, bytes]]:
    """`get` of a browser in which the button of a printed link was pressed."""
    command = [sys.executable, "-m", "scheduler.cli", "--home", str(home), "--now", T0, "login-link", address]
    link = subprocess.check_output(command, cwd=ROOT, stderr=subprocess.DEVNULL, timeout=PATIENCE).decode().strip()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = opener.open(link, timeout=PATIENCE).read().decode()
    form = urllib.parse.urlencode({"form_token": re.findall(r'form_token" value="([^"]+)"', page)[0]})
    opener.open(link, form.encode(), timeout=PATIENCE).close()

    def ask(url: str) -> tuple[int, str, bytes]:
        with opener.open(url, timeout=PATIENCE) as answer:
            return answer.status, answer.headers["Content-Type"] or "", answer.read()

    return ask


def test_pages_and_feeds_answer_while_it_runs(home: Path, tmp_path: Path) -> None:
    feeds = {f["owner"]: f["url"] for f in map(json.loads, nhachan("--home", home, "feeds", "--json"))}
    base = feeds["xa-1"].partition("/feeds/")[0]

    async def main() -> None:
        async with serving(home, T0) as daemon:
            assert daemon.process.stdout is not None
            said = [(await daemon.process.stdout.readline()).decode() for _ in range(3)]
            assert said == [
                f"Bảng theo dõi: {base}/\n",
                "Trang chỉ mở trên máy này; máy khác vào qua máy chủ trung gian (docs/operations.md).\n",
                f"Thư được giữ trong {home}/maildir (chưa cấu hình máy chủ thư).\n",
            ]
            with Books(home) as books:
                await until(lambda: books.states() == {"sent": UNITS})
            status, kind, health = await asyncio.to_thread(get, f"{base}/health")
            assert (status, kind) == (200, "application/json")
            assert {k: v for k, v in json.loads(health).items() if k in ("ok", "database")} == {
                "ok": True,
                "database": True,
            }
            coordinator = await asyncio.to_thread(signed_in, home, "vt@snv.example")
            for page in ("/", "/plans", "/units/xa-1", "/deadlines/ke-hoach/bao-cao/once"):
                status, kind, content = await asyncio.to_thread(coordinator, base + page)
                assert (status, kind) == (200, "text/html; charset=utf-8"), page
                assert "Báo cáo năm".encode() in content or page in ("/", "/plans"), page
            status, kind, calendar = await asyncio.to_thread(get, feeds["xa-1"])
            assert (status, kind) == (200, "text/calendar; charset=utf-8")
            # What is served is what `publish` writes; and a command works beside the daemon.
            await asyncio.to_thread(nhachan, "--home", home, "--now", T0, "publish", tmp_path / "lich")
            (file,) = (tmp_path / "lich" / "xa-1").glob("*/*.ics")
            assert file.read_bytes() == calendar
            with urllib.request.urlopen(feeds["xa-1"], timeout=PATIENCE) as answer:
                tag = answer.headers["ETag"]
            assert (await asyncio.to_thread(get, feeds["xa-1"], **{"If-None-Match": tag}))[0] == 304
            assert (await asyncio.to_thread(get, f"{base}/nowhere"))[0] == 404
            assert "Traceback" not in log_of(home)
            # Somebody who never finishes what he has to say does not hold up the end.
            _, slow = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
            slow.write(b"POST /l/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n")
            slow.write(b"Content-Length: 100\r\n\r\na=")
            await slow.drain()
            await asyncio.to_thread(get, f"{base}/health")
            code, seconds, last = await daemon.stop()
            slow.close()
            assert (code, last) == (0, "Đã dừng.")
            assert GRACE <= seconds < GRACE + 5  # it was waited for, and not for ever

    asyncio.run(main())


# -- built and installed ---------------------------------------------------------------------------------------------


def test_wheel_holds_everything_and_runs_the_demo(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    folder, installed, empty = tmp_path / "wheel", tmp_path / "installed", tmp_path / "empty"
    built = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(built, cwd=tmp_path, check=True, timeout=PATIENCE)
    (wheel,) = folder.iterdir()
    with zipfile.ZipFile(wheel) as opened:
        held = {name for name in opened.namelist() if ".dist-info/" not in name}
    there = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert held == there
    for name in (
        "config/nhachan.toml",
        "config/workdays.yaml",
        "config/samples/dien-bien/units.yaml",
        "notifications/templates/layout/digest.html",
        "notifications/templates/vi/phrases.txt",
        "notifications/templates/en/phrases.txt",
        "plans/locale/vi/LC_MESSAGES/nhachan.mo",
        "plans/locale/en/LC_MESSAGES/nhachan.mo",
        "store/migrations/versions/0001_first_schema.py",
        "web/static/copy.js",
        "web/templates/board.html",
    ):
        assert name in held

    target = ["install", "--no-deps", "--no-index", "--no-compile", "--target", str(installed), str(wheel)]
    subprocess.run([*pip, *target], cwd=tmp_path, check=True, timeout=PATIENCE)
    assert (installed / "bin" / "nhachan").is_file()
    empty.mkdir()
    # Without `site` the checkout, which is installed as editable, is not on the path; what it needs is.
    path = os.pathsep.join([str(installed), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", RUN, "--home", str(tmp_path / "thu"), "demo", "--once"],
        cwd=empty,
        env=environment,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == str(installed / "scheduler" / "cli.py")
    (board,) = (line.split()[-1] for line in lines if line.startswith("Bảng theo dõi:"))
    addresses = [line.split()[1] for line in lines if line.startswith("Lịch:")]
    assert [re.fullmatch(re.escape(board) + r"feeds/[\w-]+/[\w-]{32}/[\w-]+\.ics", a) is None for a in addresses] == [
        False
    ] * 3
    assert len(set(addresses)) == 3
    (maildir,) = (line.partition(": ")[2] for line in lines if line.startswith("Thư (Maildir)"))
    letters = list((Path(maildir) / "new").iterdir())
    assert f"Đã ghi {len(letters)} thư nhắc." in lines
    assert len(letters) > 0
    assert list(empty.iterdir()) == []


RUN = "import sys, scheduler.cli as cli; print(cli.__file__); sys.exit(cli.main(sys.argv[1:]))"
