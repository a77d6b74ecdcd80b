"""The daemon: one loop that is woken by jobs, by a sweep and by its own messages, and drains when told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Connection

from actions.daily import refresh_day
from actions.queueing import queue_due
from actions.signing_in import mail_sign_ins
from notifications.deciding import Tally
from notifications.delivery import deliver_due
from notifications.outlets import Outlet, OutletDown
from plans.problems import EnvironmentFault
from scheduler.app import LEASE, App
from scheduler.feed_keeping import FeedKeeping
from scheduler.jobs import REFRESH, new_scheduler, synchronise, wanted_jobs
from store import leases, outbox
from store.outlets import read_outlet

log = logging.getLogger(__name__)

SWEEP = 60.0  # seconds at most between two looks at the ledger
REST = 10.0  # seconds at least after a step that failed: a full disk is not to be filled with what is said of it
LOOK = 1.0  # seconds between two looks for people who wait to sign in
KEEP = 5.0  # seconds between two looks at calendars that were touched
BEAT = 3.0  # seconds between two heartbeats; a lease lasts 10


@dataclass
class Daemon:
    """One node: schedules while it holds the lease, and delivers."""

    app: App
    schedules: bool = True
    mails: bool = True
    holder: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    term: int | None = None  # of the lease while it is held
    tried: bool = field(
        default=False, init=False
    )  # an outlet that was down when the daemon started is tried at once, then after its pauses
    failed: bool = field(default=False, init=False)  # something in the last step

    def __post_init__(self) -> None:
        self.stopping = asyncio.Event()
        self.awake = asyncio.Event()

    def stop(self) -> None:
        """Finish the letter in hand, then end."""
        if not self.stopping.is_set():
            log.info("stopping: the letter in hand is finished first")
        self.stopping.set()
        self.awake.set()

    async def wake(self) -> None:
        """What every job does."""
        self.awake.set()

    async def run(self) -> None:
        """Until stopped: hold the lease, schedule, deliver."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        async with self._lease(), self._feeds_kept(), self.app.outlet() as outlet:
            scheduler = new_scheduler(AsyncIOScheduler, self.app.office)
            scheduler.start()
            midnight = CronTrigger(hour=0, minute=5, timezone=self.app.office.zone)
            scheduler.add_job(self.wake, midnight, id=REFRESH)
            signing = asyncio.create_task(self._mail_sign_ins(outlet)) if self.mails else None
            try:
                while not self.stopping.is_set():
                    self.awake.clear()
                    await self.one_step(scheduler, outlet)
                    await self._sleep()
            finally:
                scheduler.shutdown(wait=False)
                if signing is not None:
                    await signing

    async def one_step(self, scheduler: AsyncIOScheduler, outlet: Outlet) -> Tally:
        """Look once: what the date changed, what is due, what may leave. A fault is logged and tried again.

        What is queued already leaves even when scheduling fails; what is due is looked at while a long queue drains.
        """
        tally, self.failed = Tally(), False
        with self._logged():
            await asyncio.to_thread(self._follow_table)
        if self.schedules and self.term is not None:
            with self._logged():
                await asyncio.to_thread(self._schedule)
                with self.app.database.read() as tx:
                    wanted = wanted_jobs(tx, self.app.office, self.app.clock())
                synchronise(scheduler, wanted, self.wake, self.app.clock.ahead)
        if self.mails:
            loop = asyncio.get_running_loop()
            # Where mail leaves slowly, what comes due meanwhile is not to wait for the end of it.
            end = loop.time() + SWEEP
            with self._logged():
                tally = await deliver_due(
                    self.app.database,
                    self.app.desk,
                    outlet,
                    self.app.clock,
                    self.stopping.is_set,
                    self.app.office.is_working_moment,
                    lambda: loop.time() >= end,
                    at_once=not self.tried,
                )
                self.tried = True
                if replace(tally, outlet_down=None) != Tally():
                    log.info("mail: %s", tally)
        return tally

    async def _mail_sign_ins(self, outlet: Outlet) -> None:
        """Beside everything else: whoever asked for a link to sign in waits for it, at night and during a wave too."""
        while not self.stopping.is_set():
            pause = LOOK
            try:
                app = self.app
                done = await mail_sign_ins(app.office, app.desk, outlet, app.settings.web.granted, app.clock)
                if done:
                    log.info("links to sign in: %s", dict(done))
                if done["waiting"]:
                    pause = REST
            except OutletDown as down:
                pause = REST
                log.warning("no link to sign in could be sent: %s", down)
            except EnvironmentFault as fault:
                pause = REST
                log.error("%s", self.app.words.problem(fault.problem))
            except Exception:
                pause = REST
                log.exception("links to sign in could not be sent; they are tried again")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)

    @contextmanager
    def _logged(self) -> Iterator[None]:
        """No fault ends the daemon: it is logged, and what failed is done again."""
        try:
            yield
        except EnvironmentFault as fault:
            self.failed = True
            log.error("%s", self.app.words.problem(fault.problem))
        except Exception:
            self.failed = True
            log.exception("a step failed; the next one comes within a minute")

    @asynccontextmanager
    async def _feeds_kept(self) -> AsyncIterator[None]:
        """Keep calendars up to date while the block runs, beside the mail: a large load takes minutes to render."""
        if not self.schedules:
            yield
            return
        keeping = asyncio.create_task(self._keep_feeds())
        try:
            yield
        finally:
            self.stopping.set()
            await keeping

    async def _keep_feeds(self) -> None:
        kept = FeedKeeping(self.app)
        while not self.stopping.is_set():
            if self.term is not None:
                with self._logged():
                    await asyncio.to_thread(kept.step, self.stopping.is_set)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), KEEP)

    def _follow_table(self) -> None:
        with self.app.database.read() as tx:
            self.app.office.follow_table(tx)

    def _schedule(self) -> None:
        now = self.app.clock()
        refreshed = refresh_day(self.app.office, now, guard=self._still_holds)
        if refreshed.deadlines or refreshed.events:
            log.info("a new day: %s", refreshed)
        queued = queue_due(self.app.office, self.app.desk, now, guard=self._still_holds)
        if queued.messages:
            log.info("queued: %s", queued)

    def _still_holds(self, tx: Connection) -> bool:
        return self.term is not None and leases.check_term(tx, LEASE, self.holder, self.term)

    async def _sleep(self) -> None:
        """Until woken, until the next message may be tried over an outlet that is not paused, a minute at most."""
        wait = SWEEP
        if self.mails:
            with self._logged(), self.app.database.read() as tx:
                next_at = outbox.pending_until(tx)
                if next_at is not None:
                    now = self.app.clock()
                    paused_until = read_outlet(tx, self.app.desk.mail.outlet_name).next_try
                    turn = max(next_at, paused_until or next_at, self.app.office.next_working_moment(now))
                    least = REST if self.failed else 0.2
                    wait = min(wait, max(least, (turn - now) / timedelta(seconds=1)))
        with suppress(TimeoutError):
            await asyncio.wait_for(self.awake.wait(), wait)

    @asynccontextmanager
    async def _lease(self) -> AsyncIterator[None]:
        """Hold the lease while the block runs; a second daemon of an SQLite home is refused, elsewhere it waits."""
        if not self.schedules:
            yield
            return
        await self._first_hold()
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            if self.term is not None:
                with suppress(EnvironmentFault), self.app.database.write() as tx:
                    leases.release(tx, LEASE, self.holder)

    async def _first_hold(self) -> None:
        """Take the lease; what the last holder of an SQLite home left in `sending` is nobody's any more."""
        patience = leases.SECONDS / BEAT + 1
        while not self.stopping.is_set():
            if await asyncio.to_thread(self._hold):
                if self.app.database.is_sqlite and self.mails:
                    with self.app.database.write() as tx:
                        lost = outbox.recover_all(tx)
                    if lost:
                        log.warning("%s letters were in hand when the last daemon ended: they go again", lost)
                return
            if not self.app.database.is_sqlite:
                return
            patience -= 1
            if patience < 0:
                with self.app.database.read() as tx:
                    lease = leases.read_lease(tx, LEASE)
                raise EnvironmentFault("daemon_running", holder=lease.holder if lease else "?")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), BEAT)

    def _hold(self) -> bool:
        with self.app.database.write() as tx:
            lease = leases.hold(tx, LEASE, self.holder)
        term = lease.term if lease else None
        if term != self.term and term is not None:
            log.info("this node schedules (term %s)", term)
        elif term != self.term:
            log.warning("another node schedules")
        self.term = term
        return term is not None

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            before = self.term
            with self._logged():
                await asyncio.to_thread(self._hold)
            if self.term != before and self.term is not None:
                self.awake.set()  # a node that takes over looks at once at what the last one left
