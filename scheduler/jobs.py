"""One APScheduler job per deadline with a stage in the window; a job wakes the loop and knows nothing else.

The ledger is the truth, a job is its alarm clock: the jobs are kept in memory and made anew from the store.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Connection

from actions.office import Office
from store.deadlines import Alarm, alarms

WINDOW = timedelta(days=7)
REFRESH = "refresh-day"  # the daily job that moves the window on

Wake = Callable[[], Awaitable[None]]


class StageTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no type information
    """Yields the moments of one deadline's next stages."""

    def __init__(self, moments: tuple[datetime, ...]) -> None:
        self.moments = moments

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first moment after the previous one; a moment that has passed unseen is still given, once."""
        after = previous_fire_time
        coming = [m for m in self.moments if after is None or m > after]
        past = [m for m in coming if m <= now]
        return past[-1] if past else min(coming, default=None)

    def __str__(self) -> str:
        return ", ".join(f"{m:%Y-%m-%dT%H:%M%z}" for m in self.moments)


def wanted_jobs(tx: Connection, office: Office, now: datetime) -> list[Alarm]:
    """The alarms of the window; a stage that came outside working moments waits for the next one."""
    opening = office.next_working_moment(now)
    return [
        Alarm(a.plan, a.task, a.period, a.stage, tuple(dict.fromkeys(max(m, opening) for m in a.moments)), a.open)
        if a.moments[0] <= now
        else a
        for a in alarms(tx, now + WINDOW)
    ]


def new_scheduler(kind: type[BaseScheduler], office: Office) -> BaseScheduler:
    """A scheduler that runs what it missed once, however late."""
    defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    return kind(jobstores={"default": MemoryJobStore()}, job_defaults=defaults, timezone=office.zone)


def synchronise(scheduler: BaseScheduler, wanted: list[Alarm], wake: Wake) -> int:
    """Make the jobs be those wanted; returns how many were added, changed or removed."""
    have = {job.id: job for job in scheduler.get_jobs() if job.id != REFRESH}
    changes = 0
    for alarm in wanted:
        job = have.pop(alarm.id, None)
        if job is not None and job.trigger.moments == alarm.moments:
            continue
        scheduler.add_job(wake, StageTrigger(alarm.moments), id=alarm.id, name=alarm.stage, replace_existing=True)
        changes += 1
    for gone in have:
        scheduler.remove_job(gone)
    return changes + len(have)
