"""A wave of mail end to end, from queued rows to rows marked sent, beside what the wire and others reach.

Limit and sink are Postfix's `smtp-source` and `smtp-sink` (no mail server is started). They are looked for on the PATH,
in /usr/sbin, and below the directory given by --postfix, where the package may have been unpacked:

    apt-get download postfix && dpkg -x postfix_*.deb /tmp/postfix
    python benchmarks/mail.py --postfix /tmp/postfix [--letters N] [--turns N] [--wave N] [--only PART …]

Peers, all sending to the same sink in the same run: the bytes of the same mails over aiosmtplib, one client a
connection; and the naive way, one row after the other with EmailMessage, a new connection and a commit each.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import aiosmtplib
from sqlalchemy import func, select, update

from actions.daily import refresh_day
from actions.feeds import render_waiting
from actions.loading import load
from actions.office import Act, Office
from actions.queueing import queue_due
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.deciding import Tally
from notifications.delivery import deliver_due
from notifications.desk import Desk
from notifications.outlets import Done, Letter, Outcome, Take
from notifications.outlets.smtp import SmtpOutlet
from notifications.settings import MailSettings, SmtpSettings
from plans.files.documents import read_documents
from plans.units import Audience, Roster, Unit
from plans.words import words
from store.bodies import letters_of
from store.database import Database
from store.marks import secret
from store.recipients import rebuild
from store.schema import messages
from store.units import save_roster
from store.upgrading import upgrade

LINES = 10
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LOADED, WAVE = datetime(2026, 11, 2, 9, tzinfo=ZONE), datetime(2026, 11, 19, 8, tzinfo=ZONE)
PLAN = """
plan: {id: ke-hoach, title: Triển khai thực hiện Chỉ thị số 19/CT-TTg, number: 2458/UBND-NC, coordinator: so-noi-vu}
tasks:
  - id: bao-cao-nam
    title: Báo cáo kết quả thực hiện phong trào thi đua hằng năm
    product: báo cáo
    owed_by: [moi-don-vi]
    due: {before: 05/12/2026}
    source: {quote: "trước ngày 05 tháng 12 hàng năm"}
"""
RATIOS = {"limit": 0.20, "aiosmtplib": 1.5, "naive": 20.0, "distant": 3.0}
MEMORY = 250  # MB


@dataclass
class Home:
    """A database with a wave of mail in it."""

    database: Database
    office: Office
    desk: Desk
    mail: MailSettings
    queued_in: float = 0.0


def roster(units: int) -> Roster:
    """Straight as values: no office writes tens of thousands of units into one file."""
    found = {
        f"xa-{n}": Unit(f"xa-{n}", f"Ủy ban nhân dân xã {n}", "xa", mailbox=f"xa{n}@tinh.example") for n in range(units)
    }
    coordinator = Unit("so-noi-vu", "Sở Nội vụ", "so", mailbox="snv@tinh.example")
    audience = Audience("moi-don-vi", "Các xã", kinds=("xa",))
    return Roster(units={coordinator.slug: coordinator, **found}, audiences={audience.slug: audience})


def office_of(database: Database) -> Office:
    calendar = WorkingCalendar(shipped_workdays())
    return Office(database, calendar, ZONE, "https://nhachan.tinh.example", "tinh.example")


def prepare(folder: str, units: int) -> None:
    """A plan that `units` owe, loaded."""
    database = Database(f"sqlite:///{folder}/bench.db")
    upgrade(database)
    office = office_of(database)
    with database.write() as tx:
        save_roster(tx, Roster(), roster(units), LOADED.date())
        rebuild(tx, LOADED.date())
    load(office, Act("bench", LOADED), [], read_documents([("plan.yaml", PLAN.encode())]).plans)
    refresh_day(office, WAVE)
    render_waiting(office, WAVE)  # letters carry the events of what they speak of
    database.close()


@contextlib.contextmanager
def home(units: int, server: tuple[str, int]) -> Iterator[Home]:
    """`units` letters queued, to be sent to `server`; what loading costs is another process's."""
    with tempfile.TemporaryDirectory() as folder:
        run_apart(prepare, folder, units)
        database = Database(f"sqlite:///{folder}/bench.db")
        office = office_of(database)
        with database.write() as tx:
            key = secret(tx)
        smtp = SmtpSettings(*server, "none", connections=LINES)
        mail = MailSettings("smtp", Path(folder), "Nhắc hạn", "nhac-han@tinh.example", "tinh.example", smtp)
        desk = Desk(office.calendar, ZONE, words("vi"), mail, office.base_url, key)
        begun = time.perf_counter()
        queue_due(office, desk, WAVE)
        try:
            yield Home(database, office, desk, mail, time.perf_counter() - begun)
        finally:
            database.close()


# -- the servers ------------------------------------------------------------------------------------------------------


class Postfix:
    """Postfix's measuring programs."""

    def __init__(self, folder: str | None) -> None:
        places = [os.environ.get("PATH", ""), "/usr/sbin", *([f"{folder}/usr/sbin"] if folder else [])]
        found = [shutil.which(n, path=os.pathsep.join(places)) for n in ("smtp-source", "smtp-sink")]
        if None in found:
            raise FileNotFoundError("smtp-source, smtp-sink")
        self.source, self.sink = (str(f) for f in found)
        libraries = f"{folder}/usr/lib/postfix" if folder else ""
        self._running = 0  # process id of the sink
        self.environment = {**os.environ, "LD_LIBRARY_PATH": libraries}

    @contextlib.contextmanager
    def listening(self) -> Iterator[tuple[str, int]]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        process = subprocess.Popen([self.sink, *user, f"127.0.0.1:{port}", "1000"], env=self.environment)
        self._running = process.pid
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield "127.0.0.1", port
        finally:
            process.terminate()
            process.wait()

    def used(self) -> float:
        """Seconds of processor of the sink that is running."""
        fields = Path(f"/proc/{self._running}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def limit(self, server: tuple[str, int], letters: int, size: int) -> float:
        """Letters per second."""
        command = [self.source, "-d", "-s", str(LINES), "-m", str(letters), "-l", str(size)]
        command += ["-f", "a@tinh.example", "-t", "b@tinh.example", f"{server[0]}:{server[1]}"]
        begun = time.perf_counter()
        subprocess.run(command, env=self.environment, check=True)
        return letters / (time.perf_counter() - begun)


def _distance(server: tuple[str, int], port: multiprocessing.Queue[int], delay: float) -> None:
    """A link on which everything takes `delay` seconds each way, in a process of its own."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(65536):
            loop.call_later(delay, writer.write, data)
        loop.call_later(delay, writer.close)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*server)
        await asyncio.gather(carry(reader, back), carry(there, writer), return_exceptions=True)

    async def main() -> None:
        listening = await asyncio.start_server(accept, "127.0.0.1", 0)
        port.put(listening.sockets[0].getsockname()[1])
        await listening.serve_forever()

    asyncio.run(main())


@contextlib.contextmanager
def distant(server: tuple[str, int], round_trip: float) -> Iterator[tuple[str, int]]:
    context = multiprocessing.get_context("spawn")
    port: multiprocessing.Queue[int] = context.Queue()
    process = context.Process(target=_distance, args=(server, port, round_trip / 2), daemon=True)
    process.start()
    try:
        yield "127.0.0.1", port.get(timeout=20)
    finally:
        process.terminate()
        process.join()


# -- what is compared -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pass:
    """From queued rows to rows marked sent. Of processor time a busy machine takes somewhat more."""

    rate: float  # letters per second
    size: int  # octets of one
    sending: float  # µs of processor a letter, of the process that sends
    claiming: float  # of the one that claims


def ours(units: int, server: tuple[str, int]) -> Pass:
    with home(units, server) as there:
        spent, claimed = used(resource.RUSAGE_SELF), used(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        tally = asyncio.run(_deliver(there))
        took = time.perf_counter() - begun
        spent, claimed = used(resource.RUSAGE_SELF) - spent, used(resource.RUSAGE_CHILDREN) - claimed
        if tally != Tally(sent=units):
            raise SystemExit(f"not everything was sent: {tally}")
        with there.database.read() as tx:
            if list(tx.scalars(select(messages.c.id).where(messages.c.state != "sent"))):
                raise SystemExit("a row does not say sent")
            newest = tx.scalar(select(func.max(messages.c.id)))
            content = letters_of(tx, [newest])[newest]
            if b"Content-Type: text/calendar" not in content:
                raise SystemExit("a letter has no calendar file")
    return Pass(units / took, len(content), spent / units * 1e6, claimed / units * 1e6)


@dataclass(frozen=True)
class Turn:
    """The same letters sent in three ways, one after the other."""

    ours: Pass
    sink: float  # µs of processor a letter that we sent, of smtp-sink
    limit: float  # letters per second
    aiosmtplib: float


def near(letters: int, content: bytes, postfix: Postfix, server: tuple[str, int]) -> Turn:
    before = postfix.used()
    found = run_apart(ours, letters, server)
    sink = (postfix.used() - before) / letters * 1e6
    limit = postfix.limit(server, letters, found.size)
    return Turn(found, sink, limit, asyncio.run(aiosmtplib_clients(letters // 2, content, server)))


def used(whose: int) -> float:
    """Seconds of processor."""
    found = resource.getrusage(whose)
    return found.ru_utime + found.ru_stime


async def _deliver(there: Home) -> Tally:
    assert there.mail.smtp is not None
    async with SmtpOutlet(there.mail.smtp, "bench.example") as outlet:
        return await deliver_due(there.database, there.desk, outlet, lambda: WAVE)


async def aiosmtplib_clients(letters: int, content: bytes, server: tuple[str, int]) -> float:
    """The library alone, sending bytes that are ready, a client a connection."""
    left = iter(range(letters))

    async def client() -> None:
        async with aiosmtplib.SMTP(hostname=server[0], port=server[1], start_tls=False, timeout=60) as smtp:
            for _ in left:
                await smtp.sendmail("a@tinh.example", ["b@tinh.example"], content)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(LINES)))
    return letters / (time.perf_counter() - begun)


async def naive(there: Home, parts: EmailMessage) -> float:
    """Row after row: built with EmailMessage, sent over a new connection, committed."""
    text, html = (parts.get_body((kind,)) for kind in ("plain", "html"))
    calendar = next(parts.iter_attachments())
    assert text is not None
    assert html is not None
    said, shown, dates = text.get_content(), html.get_content(), calendar.get_content()
    assert there.mail.smtp is not None
    with there.database.read() as tx:
        rows = tx.execute(select(messages.c.id, messages.c.message_ref)).all()
    begun = time.perf_counter()
    for number, ref in rows:
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"], mail["To"], mail["Subject"] = "a@tinh.example", "b@tinh.example", str(parts["Subject"])
        mail["Message-ID"] = f"<{ref}>"
        mail.set_content(said)
        mail.add_alternative(shown, subtype="html")
        mail.add_attachment(dates, subtype="calendar", filename="nhac-han.ics")
        await aiosmtplib.send(mail, hostname=there.mail.smtp.host, port=there.mail.smtp.port, start_tls=False)
        with there.database.write() as tx:
            tx.execute(update(messages).where(messages.c.id == number).values(state="sent"))
    return len(rows) / (time.perf_counter() - begun)


def wave(units: int, server: tuple[str, int]) -> dict[str, float]:
    """A stage of `units` obligations: seconds from its moment until all is queued, the first and the last is out."""
    times: list[float] = []

    @dataclass
    class Watched:
        outlet: SmtpOutlet
        name: str = "smtp"
        lines: int = LINES
        found: list[float] = field(default_factory=list)

        async def __aenter__(self) -> Watched:
            return self

        async def __aexit__(self, *error: object) -> None:
            await self.outlet.__aexit__(None, None, None)

        async def deliver(self, take: Take, done: Done) -> None:
            def told(letter: Letter, outcome: Outcome) -> None:
                if outcome.kind == "sent":
                    times.append(time.perf_counter())
                done(letter, outcome)

            await self.outlet.deliver(take, told)

    with home(units, server) as there:
        assert there.mail.smtp is not None

        async def run() -> Tally:
            assert there.mail.smtp is not None
            async with Watched(SmtpOutlet(there.mail.smtp, "bench.example")) as outlet:
                return await deliver_due(there.database, there.desk, outlet, lambda: WAVE)

        with watched_memory() as most:
            begun = time.perf_counter()
            tally = asyncio.run(run())
            ended = time.perf_counter()
        if tally.sent != units:
            raise SystemExit(f"not everything was sent: {tally}")
        q = there.queued_in
        return {
            "queued": q,
            "first": q + times[0] - begun,
            "last": q + times[-1] - begun,
            "recorded": q + ended - begun,
            # Queueing comes first, when nothing is claimed yet.
            "memory": max(most["together"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024,
            "beside": most["beside"] / 1024,
        }


@contextlib.contextmanager
def watched_memory() -> Iterator[dict[str, int]]:
    """Most memory that this process and those it started have held at one moment, in kB; and those alone."""
    most = {"together": 0, "beside": 0}
    done = threading.Event()

    def held(process: int | str) -> int:
        with contextlib.suppress(OSError, StopIteration):
            said = Path(f"/proc/{process}/status").read_text().splitlines()
            return int(next(line for line in said if line.startswith("VmRSS")).split()[1])
        return 0

    def watch() -> None:
        while not done.wait(0.05):
            tasks = Path("/proc/self/task").iterdir()
            beside = sum(held(child) for task in tasks for child in (task / "children").read_text().split())
            most["beside"] = max(most["beside"], beside)
            most["together"] = max(most["together"], beside + held("self"))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield most
    finally:
        done.set()
        watching.join()


def run_apart(work: Callable[..., Any], *arguments: object) -> Any:
    """In a process of its own, so that neither's memory counts for the other."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def sample(server: tuple[str, int]) -> bytes:
    with home(1, server) as there:
        asyncio.run(_deliver(there))
        with there.database.read() as tx:
            (content,) = letters_of(tx, tx.scalars(select(messages.c.id))).values()
            return content


def line(label: str, rate: float, ratio: float | None = None, limit: float | None = None) -> bool:
    kept = ratio is None or limit is None or ratio >= limit
    tail = "" if ratio is None else f"   we reach {ratio:6.2f} of it" + (f" (at least {limit:g})" if limit else "")
    print(f"{label:<66}{rate:10,.0f} /s{tail}{'' if kept else '   TOO LITTLE'}")
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postfix", help="a directory into which the package was unpacked")
    parser.add_argument("--letters", type=int, default=50_000)
    parser.add_argument("--turns", type=int, default=3, help="of what is compared: others may use the machine as well")
    parser.add_argument("--wave", type=int, default=50_000)
    parser.add_argument("--only", nargs="*", choices=("near", "far", "wave"), default=("near", "far", "wave"))
    chosen = parser.parse_args()
    # An installed program finds its modules compiled, and so do the processes that are started here.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        postfix, kept = Postfix(chosen.postfix), True
    except FileNotFoundError:
        print("not run: smtp-source and smtp-sink are missing; the top of this file says where they come from")
        return 0
    with postfix.listening() as server:
        content = run_apart(sample, server)
        if "near" in chosen.only:
            turns = [near(chosen.letters, content, postfix, server) for _ in range(chosen.turns)]
            found = sorted((turn.ours for turn in turns), key=lambda one: one.rate)[len(turns) // 2]
            mine, limit, peer = found.rate, median(t.limit for t in turns), median(t.aiosmtplib for t in turns)
            print(f"{chosen.letters:,} mails of {found.size:,} octets with their calendar file, {LINES} connections,")
            print(f"SQLite with synchronous=FULL; by turns, the median of {len(turns)}")
            line("from queued rows to rows marked sent", mine)
            sink = median(t.sink for t in turns)
            spent = f"{found.sending:.0f} to send, {found.claiming:.0f} to claim and record, {sink:.0f} of smtp-sink"
            print(f"  µs of processor a letter: {spent}")
            kept &= line("limit: smtp-source, bytes that are ready", limit, mine / limit, RATIOS["limit"])
            kept &= line(
                "aiosmtplib, bytes that are ready, a client a connection", peer, mine / peer, RATIOS["aiosmtplib"]
            )
            with home(300, server) as there:
                parsed = BytesParser(policy=SMTP_POLICY).parsebytes(content)
                assert isinstance(parsed, EmailMessage)
                plain = asyncio.run(naive(there, parsed))
            kept &= line("naive: a row, EmailMessage, a new connection", plain, mine / plain, RATIOS["naive"])
        if "far" in chosen.only:
            with distant(server, 0.020) as far:
                mine = run_apart(ours, chosen.letters // 5, far).rate
                line(f"over a round trip of 20 ms, {LINES} connections", mine)
                peer = asyncio.run(aiosmtplib_clients(chosen.letters // 50, content, far))
                kept &= line("aiosmtplib over the same, bytes that are ready", peer, mine / peer, RATIOS["distant"])
        if "wave" in chosen.only:
            found = run_apart(wave, chosen.wave, server)
            print(f"a stage of {chosen.wave:,} obligations, seconds from its moment:")
            print(f"  all queued {found['queued']:.1f}, first mail out {found['first']:.1f},", end=" ")
            print(f"last {found['last']:.1f}, all recorded {found['recorded']:.1f}")
            print(f"  peak memory of both processes {found['memory']:.0f} MB (under {MEMORY}),", end=" ")
            print(f"the one that claims {found['beside']:.0f}")
            kept &= found["memory"] < MEMORY
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
