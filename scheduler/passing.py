"""One pass without the daemon: what the date changed, what is due, what may leave."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from actions.daily import refresh_day
from actions.queueing import Queued, queue_due
from notifications.deciding import Tally
from notifications.delivery import deliver_due
from scheduler.app import App


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass did."""

    queued: Queued
    mail: Tally


def one_pass(app: App, *, at_once: bool = False) -> Passed:
    """Refresh, queue and deliver once at the app's time; `at_once` does not wait for office hours."""
    now = app.clock()
    refresh_day(app.office, now)
    queued = queue_due(app.office, app.desk, now, at_once=at_once)
    return Passed(queued, asyncio.run(_deliver(app, at_once=at_once)))


async def _deliver(app: App, *, at_once: bool) -> Tally:
    async with app.outlet() as outlet:
        if at_once:
            return await deliver_due(app.database, app.desk, outlet, app.clock)
        return await deliver_due(app.database, app.desk, outlet, app.clock, may_send=app.office.is_working_moment)
