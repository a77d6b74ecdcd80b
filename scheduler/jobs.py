"""One APScheduler job per deadline with a stage in the window; a job wakes the loop and knows nothing else.

The ledger is the truth, a job is its alarm clock: the jobs are kept in memory and made anew from the store.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class WantedJob:
    """What one job is for."""

    alarm: Alarm
    moments: tuple[datetime, ...]  # at which it wakes the loop
    stage: str  # the one it will be about next

    @property
    def id(self) -> str:
        return self.alarm.id


def wanted_jobs(tx: Connection, office: Office, now: datetime) -> list[WantedJob]:
    """One per deadline of the window; stages that came outside working moments wait for the next one, as one."""
    return [_wanted(alarm, office.next_working_moment(now)) for alarm in alarms(tx, now + WINDOW)]


def _wanted(alarm: Alarm, opening: datetime) -> WantedJob:
    waiting = [stage for at, stage in alarm.stages if at <= opening]
    moments = tuple(dict.fromkeys(max(at, opening) for at, _ in alarm.stages))
    return WantedJob(alarm, moments, waiting[-1] if waiting else alarm.stages[0][1])


def new_scheduler(kind: type[BaseScheduler], office: Office) -> BaseScheduler:
    """A scheduler that runs what it missed once, however late."""
    defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    return kind(jobstores={"default": MemoryJobStore()}, job_defaults=defaults, timezone=office.zone)


def synchronise(scheduler: BaseScheduler, wanted: list[WantedJob], wake: Wake, ahead: timedelta = timedelta()) -> int:
    """Make the jobs be those wanted; returns how many were added, changed or removed.

    APScheduler goes by the real time; `ahead` is how far that of the moments runs ahead of it. Without it a job of a
    pretended past would be over before it came, and be made and run again without end.
    """
    have = {job.id: job for job in scheduler.get_jobs() if job.id != REFRESH}
    changes = 0
    for one in wanted:
        job = have.pop(one.id, None)
        moments = tuple(at - ahead for at in one.moments)
        if job is not None and job.trigger.moments == moments:
            continue
        scheduler.add_job(wake, StageTrigger(moments), id=one.id, name=one.stage, replace_existing=True)
        changes += 1
    for gone in have:
        scheduler.remove_job(gone)
    return changes + len(have)
