"""One pass without the daemon: what the date changed, what is due, what may leave."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from actions.daily import refresh_day
from actions.feeds import render_waiting
from actions.queueing import Queued, queue_due
from actions.signing_in import mail_sign_ins
from notifications.deciding import Tally
from notifications.delivery import deliver_due
from notifications.outlets import OutletDown
from plans.problems import EnvironmentFault
from scheduler.app import LEASE, App
from scheduler.feed_keeping import FeedKeeping
from store import leases
from store.database import Database
from store.outbox import count_due

_PATIENCE = 60.0  # seconds with a database that does not take what became of letters; a daemon goes on trying


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass did."""

    queued: Queued
    mail: Tally


Watch = Callable[[int, int], None]


def _unwatched(_done: int, _waiting: int) -> None:
    """Nobody is watching."""


def one_pass(app: App, *, at_once: bool = False, watch: Watch = _unwatched) -> Passed:
    """Refresh, queue and deliver once at the app's time; `at_once` does not wait for office hours.

    `watch` is told how many letters are done, of how many that waited.
    """
    now = app.clock()
    with _holding_lease(app.database):
        with app.database.read() as tx:
            app.office.follow_table(tx)
        refresh_day(app.office, now)
        render_waiting(app.office, now)  # mails carry events
        queued = queue_due(app.office, app.desk, now, at_once=at_once)
        done = Passed(queued, asyncio.run(_deliver(app, watch, at_once=at_once)))
        FeedKeeping(app).step()
        return done


@contextmanager
def _holding_lease(database: Database) -> Iterator[None]:
    """Hold the lease if it is free: a daemon that starts meanwhile must not take this pass's letters for lost ones."""
    holder = f"tick:{socket.gethostname()}:{os.getpid()}"
    done = threading.Event()

    def beat() -> None:
        while not done.wait(leases.SECONDS / 3):
            with suppress(EnvironmentFault), database.write() as tx:
                leases.hold(tx, LEASE, holder)

    with database.write() as tx:
        held = leases.hold(tx, LEASE, holder) is not None
    beating = threading.Thread(target=beat, daemon=True)
    if held:
        beating.start()
    try:
        yield
    finally:
        done.set()
        if held:
            beating.join()
            with database.write() as tx:
                leases.release(tx, LEASE, holder)


async def _deliver(app: App, watch: Watch, *, at_once: bool) -> Tally:
    with app.database.read() as tx:
        waiting = count_due(tx, app.clock())
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        done += more
        watch(done, waiting)

    async with app.outlet() as outlet:
        may_send = (lambda _: True) if at_once else app.office.is_working_moment
        with suppress(OutletDown):  # the pass itself finds out, and says so
            await mail_sign_ins(app.office, app.desk, outlet, app.settings.web.granted, app.clock)
        # Who asks for a pass wants to see whether the outlet works again.
        return await deliver_due(
            app.database,
            app.desk,
            outlet,
            app.clock,
            may_send=may_send,
            at_once=True,
            progress=progress,
            patience=_PATIENCE,
        )
