"""One pass without the daemon: what the date changed, what is due, what may leave."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from actions.daily import refresh_day
from actions.queueing import Queued, queue_due
from notifications.deciding import Tally
from notifications.delivery import deliver_due
from plans.problems import EnvironmentFault
from scheduler.app import LEASE, App
from store import leases
from store.database import Database


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass did."""

    queued: Queued
    mail: Tally


def one_pass(app: App, *, at_once: bool = False) -> Passed:
    """Refresh, queue and deliver once at the app's time; `at_once` does not wait for office hours."""
    now = app.clock()
    with _holding_lease(app.database):
        with app.database.read() as tx:
            app.office.follow_table(tx)
        refresh_day(app.office, now)
        queued = queue_due(app.office, app.desk, now, at_once=at_once)
        return Passed(queued, asyncio.run(_deliver(app, at_once=at_once)))


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


async def _deliver(app: App, *, at_once: bool) -> Tally:
    async with app.outlet() as outlet:
        if at_once:
            return await deliver_due(app.database, app.desk, outlet, app.clock)
        return await deliver_due(app.database, app.desk, outlet, app.clock, may_send=app.office.is_working_moment)
