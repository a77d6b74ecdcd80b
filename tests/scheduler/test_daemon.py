"""The daemon: holds the lease and beats, is woken by jobs, survives faults, and drains when told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import select, update

import notifications.delivery as delivery
import scheduler.daemon as module
from actions.office import Act
from actions.queueing import Queued, queue_due
from actions.workdays import change_workdays
from calendars.working import WorkingCalendar
from config.settings import read_settings
from notifications.deciding import Tally
from notifications.outlets import Done, Letter, Outcome, Take
from plans.problems import EnvironmentFault
from plans.words import words
from plans.workdays import Workday
from scheduler.app import LEASE, App
from scheduler.clock import Clock
from scheduler.daemon import Daemon
from scheduler.jobs import new_scheduler
from scheduler.passing import one_pass
from store import leases, sign_ins
from store.database import Database
from store.leases import Lease
from store.moments import moments_between
from store.schema import leases as lease_rows
from store.schema import messages
from tests.conftest import load_text, local, make_desk, make_office
from tests.scheduler.homes import PLAN, UNITS

NewApp = Callable[..., App]
WAVE = 4  # letters of the small province on Friday 20/11/2026: the overdue mail waits for the afternoon
PATIENCE = 15.0  # seconds at most for what takes milliseconds


@pytest.fixture
def new_app(new_database: Callable[[str], Database], calendar: WorkingCalendar, tmp_path: Path) -> NewApp:
    """Opens the small province on an engine, loaded on 02/11 of a year, at a time that goes on from `now`."""
    homes = iter(range(100))

    def make(now: str = "2026-11-20 09:00", engine: str = "sqlite", database: Database | None = None) -> App:
        home = tmp_path / f"home-{next(homes)}"
        home.mkdir()
        fresh = database is None
        office = make_office(database or new_database(engine), calendar)
        if fresh:
            year = now[:4]
            load_text(office, local(f"{year}-11-02 09:00"), UNITS, PLAN.replace("2026", year))
        settings = read_settings(home)
        clock = Clock(local(now)).running()
        return App(settings, clock, office, make_desk(office, settings.mail.maildir), words("vi"))

    return make


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats ten times as fast, so that leases run out while a test waits."""
    monkeypatch.setattr(module, "BEAT", 0.2)
    monkeypatch.setattr(leases, "SECONDS", 2.5)


class Box:
    """An outlet in memory that waits before each letter while its gate is shut."""

    name, lines = "box", 1

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.tried: list[Letter] = []
        self.accepted: list[Letter] = []

    async def __aenter__(self) -> Box:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def deliver(self, take: Take, done: Done) -> None:
        while (letter := take()) is not None:
            self.tried.append(letter)
            await self.gate.wait()
            self.accepted.append(letter)
            done(letter, Outcome("sent", 250, "ok"))


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Box:
    """Where the mail of every daemon of a test goes."""
    found = Box()
    monkeypatch.setattr(App, "outlet", lambda _self: found)
    return found


async def until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    end = asyncio.get_running_loop().time() + patience
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it never came about"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def running(*daemons: Daemon) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Daemons at work; stopped in the end, without a fault."""
    tasks = [asyncio.create_task(daemon.run()) for daemon in daemons]
    try:
        yield tasks
    finally:
        for daemon in daemons:
            daemon.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)


def states(app: App) -> Counter[str]:
    with app.database.read() as tx:
        return Counter(tx.scalars(select(messages.c.state)))


def lease_of(app: App) -> Lease | None:
    with app.database.read() as tx:
        return leases.read_lease(tx, LEASE)


def beat_of(app: App) -> datetime:
    lease = lease_of(app)
    return lease.beat_at if lease else datetime.min.replace(tzinfo=UTC)


# -- the working-day table -------------------------------------------------------------------------------------------


FRIDAY = date(2026, 12, 4)


def day_off(app: App, at: str) -> None:
    """Another process makes the day of the yearly report a day off."""
    other = make_office(app.database, app.office.calendar)
    rows = [Workday(FRIDAY, working=False, name="Nghỉ do bão")]
    change_workdays(other, Act("cli", local(at), "bão"), rows)


def test_daemon_goes_by_a_day_off_that_another_process_enters(new_app: NewApp, box: Box) -> None:
    app = new_app("2026-12-03 09:00")
    daemon = Daemon(app)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: daemon.term is not None)
            assert app.office.calendar.is_working(FRIDAY)
            day_off(app, "2026-12-03 09:00")
            await daemon.wake()
            await until(lambda: not app.office.calendar.is_working(FRIDAY))

    asyncio.run(main())
    assert app.desk.calendar is app.office.calendar


@pytest.mark.parametrize("off", [True, False])
def test_step_sends_nothing_on_a_day_that_has_just_become_off(new_app: NewApp, box: Box, off: bool) -> None:
    app = new_app("2026-12-04 09:00")
    daemon = Daemon(app)
    if off:
        day_off(app, "2026-12-03 16:00")
    assert daemon._hold()
    scheduler = new_scheduler(AsyncIOScheduler, app.office)

    async def main() -> Tally:
        scheduler.start()
        try:
            return await daemon.one_step(scheduler, box)
        finally:
            scheduler.shutdown(wait=False)

    sent = asyncio.run(main()).sent
    assert (sent, sent > 0) == (len(box.accepted), not off)


def test_pass_goes_by_a_day_off_that_another_process_enters(new_app: NewApp, box: Box) -> None:
    app = new_app("2026-12-04 09:00")
    day_off(app, "2026-12-03 16:00")
    assert one_pass(app).queued.messages == 0
    assert not app.office.calendar.is_working(FRIDAY)


# -- the lease -------------------------------------------------------------------------------------------------------


def test_daemon_takes_the_lease_beats_and_releases_it(new_app: NewApp, box: Box, quick: None) -> None:
    app = new_app()
    daemon = Daemon(app)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: daemon.term)
            first = lease_of(app)
            assert first is not None
            assert (first.holder, first.term, daemon.term) == (daemon.holder, 1, 1)
            assert str(os.getpid()) in first.holder
            for _ in range(3):
                last = beat_of(app)
                await until(lambda last=last: beat_of(app) > last)  # type: ignore[misc]
            kept = lease_of(app)
            assert kept is not None
            assert kept == replace(first, beat_at=kept.beat_at, expires_at=kept.beat_at + timedelta(seconds=2.5))

    asyncio.run(main())
    left = lease_of(app)
    assert left is not None
    assert left.expires_at <= datetime.now(UTC)
    assert left.beat_at > datetime.now(UTC) - timedelta(seconds=30)


def test_second_daemon_of_an_sqlite_home_is_refused(new_app: NewApp, box: Box, quick: None) -> None:
    app = new_app()
    first, second = Daemon(app), Daemon(app)

    async def main() -> None:
        async with running(first) as (task,):
            await until(lambda: first.term)
            with pytest.raises(EnvironmentFault) as caught:
                await asyncio.wait_for(second.run(), PATIENCE)
            assert words("vi").problem(caught.value.problem) == (
                f"nhachan đang chạy trên thư mục này ({first.holder}): dừng tiến trình ấy trước"
            )
            assert not task.done()
            lease = lease_of(app)
            assert lease is not None
            assert (lease.holder, lease.term, first.term) == (first.holder, 1, 1)

    asyncio.run(main())


def test_daemon_takes_over_from_one_that_died_and_what_it_had_in_hand(
    new_app: NewApp, box: Box, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    app = new_app()
    queue_due(app.office, app.desk, app.clock())
    with app.database.write() as tx:
        leases.hold(tx, LEASE, "chet:1")
        far = app.clock() + timedelta(minutes=10)
        held = update(messages).where(messages.c.id <= 2).values(state="sending", attempts=1, lease_until=far)
        tx.execute(held)
    daemon = Daemon(app)

    async def main() -> None:
        async with running(daemon):
            await asyncio.sleep(0)
            assert daemon.term is None  # the dead one's lease holds until it has run out
            await until(lambda: len(box.accepted) == WAVE)
            await until(lambda: states(app) == {"sent": WAVE})
            assert daemon.term == 2

    with caplog.at_level(logging.INFO):
        asyncio.run(main())
    assert "2 letters were in hand when the last daemon ended: they go again" in caplog.messages


def test_daemon_stopped_while_it_waits_for_the_lease_ends_at_once(
    new_app: NewApp, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT", 3600.0)
    app = new_app()
    with app.database.write() as tx:
        leases.hold(tx, LEASE, "khac:1")
    daemon = Daemon(app)

    async def main() -> None:
        task = asyncio.create_task(daemon.run())
        await asyncio.sleep(0.1)
        assert not task.done()
        daemon.stop()
        await asyncio.wait_for(task, PATIENCE)

    asyncio.run(main())
    lease = lease_of(app)
    assert (lease and lease.holder, box.tried) == ("khac:1", [])


def test_daemon_that_lost_the_lease_schedules_no_more(
    new_app: NewApp, box: Box, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Its heart stopped for too long, another took over: what it believes does not matter, its transactions ask."""
    app = new_app()
    daemon = Daemon(app)
    assert daemon._hold()
    with app.database.write() as tx:
        held = {"holder": "khac:1", "term": 2, "expires_at": datetime(2100, 1, 1, tzinfo=UTC)}  # however slow this is
        tx.execute(update(lease_rows).values(held))
    scheduler = module.new_scheduler(module.AsyncIOScheduler, app.office)
    asyncio.run(daemon.one_step(scheduler, box))
    assert (states(app), box.tried) == (Counter(), [])
    assert daemon.term == 1
    assert not daemon._hold()
    assert daemon.term is None
    assert "another node schedules" in caplog.messages


def test_a_failing_heartbeat_is_not_the_last(
    new_app: NewApp, box: Box, quick: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = new_app()
    daemon = Daemon(app)
    failures = iter([RuntimeError("a hiccup"), EnvironmentFault("database_failed", url="u", detail="d")])
    hold = leases.hold

    def failing(*args: Any) -> Lease | None:
        if daemon.term is not None and (error := next(failures, None)):
            raise error
        return hold(*args)

    monkeypatch.setattr(leases, "hold", failing)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: "cơ sở dữ liệu u không dùng được: d" in caplog.messages)
            last = beat_of(app)
            await until(lambda: beat_of(app) > last)
            assert daemon.term == 1

    asyncio.run(main())
    assert [r.levelname for r in caplog.records if r.levelno >= logging.ERROR] == ["ERROR", "ERROR"]


# -- the loop --------------------------------------------------------------------------------------------------------


def counting(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Has one entry for each step."""
    steps: list[int] = []
    step = daemon.one_step

    async def counted(*args: Any) -> Any:
        steps.append(1)
        return await step(*args)

    monkeypatch.setattr(daemon, "one_step", counted)
    return steps


@pytest.mark.parametrize("year", ["2016", "2090"], ids=["past", "future"])
def test_a_job_wakes_the_daemon_at_its_moment(
    new_app: NewApp, box: Box, year: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pretended time too, whether it is past or to come; and it wakes once, not without end."""
    app = new_app(f"{year}-11-02 10:00")
    with app.database.read() as tx:
        coming = moments_between(tx, local(f"{year}-11-16 17:00"), local(f"{year}-12-01 00:00"))[0]
    app = replace(app, clock=Clock(coming - timedelta(seconds=1.5)).running())  # before the opening of its day
    daemon = Daemon(app)
    steps = counting(daemon, monkeypatch)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: steps)
            await until(lambda: box.accepted)
            assert timedelta() < app.clock() - coming < timedelta(seconds=10)  # a sweep would take up to a minute
            await asyncio.sleep(0.5)  # nothing more is due: the loop rests
            assert len(steps) <= 5

    asyncio.run(main())


def test_stop_finishes_the_letter_in_hand_and_no_other(new_app: NewApp, box: Box) -> None:
    app = new_app()
    daemon = Daemon(app)

    async def main() -> None:
        box.gate.clear()
        async with running(daemon) as (task,):
            await until(lambda: box.tried)
            assert states(app) == {"sending": WAVE}
            daemon.stop()
            await asyncio.sleep(0.1)
            assert not task.done()
            box.gate.set()
            await asyncio.wait_for(task, PATIENCE)

    asyncio.run(main())
    assert (len(box.tried), len(box.accepted)) == (1, 1)
    assert states(app) == {"sent": 1, "queued": WAVE - 1}


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_the_daemon(new_app: NewApp, box: Box, name: signal.Signals) -> None:
    daemon = Daemon(new_app())

    async def main() -> None:
        task = asyncio.create_task(daemon.run())
        await until(lambda: len(box.accepted) == WAVE)
        os.kill(os.getpid(), name)
        await asyncio.wait_for(task, PATIENCE)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (RuntimeError("a defect"), "a step failed; the next one comes within a minute"),
        (EnvironmentFault("database_failed", url="u", detail="d"), "cơ sở dữ liệu u không dùng được: d"),
    ],
)
@pytest.mark.parametrize("step", ["queue_due", "deliver_due", "refresh_day"])
def test_a_failing_step_is_logged_and_the_next_one_works(
    new_app: NewApp,
    box: Box,
    step: str,
    fault: Exception,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module, "SWEEP", 0.05)
    working = getattr(module, step)
    faults = iter([fault])

    def failing(*args: Any, **options: Any) -> Any:
        if error := next(faults, None):
            raise error
        return working(*args, **options)

    monkeypatch.setattr(module, step, failing)
    app = new_app()
    daemon = Daemon(app)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: states(app) == {"sent": WAVE})

    asyncio.run(main())
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == [sentence]
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert (record.exc_info is not None) == isinstance(fault, RuntimeError)  # a fault of the surroundings has no trace


def test_what_is_queued_leaves_even_while_scheduling_fails(
    new_app: NewApp, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app()
    assert queue_due(app.office, app.desk, app.clock()).messages == WAVE

    def failing(*_: Any, **__: Any) -> Queued:
        raise RuntimeError("every time")

    monkeypatch.setattr(module, "queue_due", failing)
    daemon = Daemon(app)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: states(app) == {"sent": WAVE})

    asyncio.run(main())


class Slow(Box):
    """An outlet that takes its time."""

    async def deliver(self, take: Take, done: Done) -> None:
        while (letter := take()) is not None:
            await asyncio.sleep(0.3)
            self.accepted.append(letter)
            done(letter, Outcome("sent", 250, "ok"))


def test_what_is_due_is_looked_at_while_a_long_queue_drains(new_app: NewApp, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    monkeypatch.setattr(App, "outlet", lambda _self: slow)
    monkeypatch.setattr(module, "SWEEP", 0.2)
    monkeypatch.setattr(delivery, "BATCH", 1)
    app = new_app()
    daemon = Daemon(app)
    steps = counting(daemon, monkeypatch)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: len(slow.accepted) == WAVE)

    asyncio.run(main())
    assert len(steps) >= 2
    assert states(app) == {"sent": WAVE}


def test_fault_that_lasts_is_not_said_without_end(new_app: NewApp, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_: Any, **__: Any) -> Tally:
        raise EnvironmentFault("database_failed", url="u", detail="database or disk is full")

    monkeypatch.setattr(module, "deliver_due", failing)
    app = new_app()
    daemon = Daemon(app)
    steps = counting(daemon, monkeypatch)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: steps)
            await asyncio.sleep(1.5)  # letters are due all the time

    asyncio.run(main())
    assert (len(steps), states(app)) == (1, {"queued": WAVE})


def test_daemon_that_only_schedules_sends_nothing(new_app: NewApp, box: Box) -> None:
    app = new_app()
    daemon = Daemon(app, mails=False)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: states(app) == {"queued": WAVE})

    asyncio.run(main())
    assert box.tried == []


def test_daemon_that_only_mails_takes_no_lease(new_app: NewApp, box: Box) -> None:
    app = new_app()
    queue_due(app.office, app.desk, app.clock())
    daemon = Daemon(app, schedules=False)

    async def main() -> None:
        async with running(daemon):
            await until(lambda: states(app) == {"sent": WAVE})

    asyncio.run(main())
    assert lease_of(app) is None


# -- several nodes ---------------------------------------------------------------------------------------------------


def test_two_nodes_on_postgresql_one_schedules_and_the_other_takes_over(
    new_app: NewApp, box: Box, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app(engine="postgresql")
    other = new_app(database=app.database)
    first, second = Daemon(app), Daemon(other)
    steps = counting(second, monkeypatch)

    async def main() -> None:
        async with running(first):
            await until(lambda: first.term)
            async with running(second):
                await until(lambda: steps and states(app) == {"sent": WAVE})
                assert (first.term, second.term) == (1, None)
                before = len(steps)
                first.stop()
                await until(lambda: second.term)
                lease = lease_of(app)
                assert lease is not None
                assert (lease.holder, lease.term, second.term) == (second.holder, 2, 2)
                # It looks at once at what the first one left, not only with its next sweep.
                await until(lambda: len(steps) > before)

    asyncio.run(main())
    # Whichever node sent them: every letter once.
    assert len({letter.message_id for letter in box.accepted}) == len(box.accepted) == WAVE


# -- signing in ------------------------------------------------------------------------------------------------------


def test_links_to_sign_in_leave_at_night_and_while_a_wave_is_held_up(new_app: NewApp, box: Box) -> None:
    app = new_app("2026-11-20 09:00")
    box.gate.clear()
    daemon = Daemon(app)

    def ask(address: str, at: App = app) -> None:
        with app.database.write() as tx:
            sign_ins.ask(tx, address, "b", "/", at.clock())

    async def main() -> None:
        async with running(daemon):
            await until(lambda: box.tried)  # the wave stands still before its first letter
            await asyncio.to_thread(ask, "an@syt.example")
            await until(lambda: "Đăng nhập" in subject(box.tried[-1]))
            box.gate.set()

    asyncio.run(main())
    night = new_app("2026-11-21 22:00", database=app.database)
    ask("khong-ai@syt.example", night)
    ask("giamdoc@syt.example", night)
    sent = len(box.accepted)

    async def later() -> None:
        async with running(Daemon(night)):
            await until(lambda: len(box.accepted) > sent)

    asyncio.run(later())
    assert [letter.recipient for letter in box.accepted[sent:]] == ["giamdoc@syt.example"]


def subject(letter: Letter) -> str:
    return str(message_from_bytes(letter.content, policy=policy.default)["Subject"])
