"""Jobs are alarm clocks: each moment once, in order, and exactly those that the store wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.background import BackgroundScheduler
from hypothesis import given
from hypothesis import strategies as st

from actions.office import Act, Office
from actions.receiving import Receipt, submit
from plans.deadlines import DeadlineKey
from scheduler.clock import Clock
from scheduler.jobs import REFRESH, StageTrigger, WantedJob, new_scheduler, synchronise, wanted_jobs
from store.database import Database
from store.deadlines import Alarm
from tests.conftest import load_text, local
from tests.scheduler.homes import LIST, PLAN, UNITS, YEARLY

BEGIN = datetime(2026, 11, 16, 1, tzinfo=UTC)


def at(*minutes: float) -> tuple[datetime, ...]:
    return tuple(BEGIN + timedelta(minutes=m) for m in minutes)


# -- the trigger -----------------------------------------------------------------------------------------------------


def fired(trigger: StageTrigger, looks: Iterable[datetime]) -> list[datetime]:
    """What a scheduler runs that looks at these times; as APScheduler does, it asks for the next one after each run."""
    looks = list(looks)
    runs: list[datetime] = []
    coming = trigger.get_next_fire_time(None, looks[0])
    for now in looks:
        while coming is not None and coming <= now:
            runs.append(coming)
            coming = trigger.get_next_fire_time(coming, now)
    return runs


def test_trigger_fires_each_moment_once_in_order() -> None:
    assert fired(StageTrigger(at(1, 5, 9)), at(0, 1, 2, 5, 5, 6, 9, 100)) == list(at(1, 5, 9))


def test_trigger_fires_for_missed_moments_once_and_goes_on() -> None:
    assert fired(StageTrigger(at(1, 5, 9)), at(0, 7, 8, 9)) == list(at(1, 5, 9))
    assert fired(StageTrigger(at(1, 5, 9)), at(7, 8, 9)) == list(at(5, 9))
    assert fired(StageTrigger(at(1, 5, 9)), at(100, 101)) == list(at(9))


def test_trigger_without_moments_never_fires() -> None:
    assert StageTrigger(()).get_next_fire_time(None, BEGIN) is None


@given(
    st.lists(st.integers(0, 50), max_size=6, unique=True).map(sorted),
    st.lists(st.integers(0, 60), min_size=1, max_size=8).map(sorted),
)
def test_trigger_fires_no_moment_twice_and_none_before_it_came(moments: list[int], looks: list[int]) -> None:
    runs = fired(StageTrigger(at(*moments)), at(*looks))
    assert runs == sorted(set(runs))
    # The last moment that had come when somebody looked last was never missed, however many before it were.
    come = [m for m in moments if m <= looks[-1]]
    assert runs[-1:] == list(at(*come[-1:]))


def test_scheduler_runs_a_moment_that_it_missed_however_late(sqlite_office: Office) -> None:
    """APScheduler drops late jobs unless told otherwise."""
    woken = asyncio.Event()
    runs: list[int] = []

    async def wake() -> None:
        runs.append(1)
        woken.set()

    async def main() -> None:
        scheduler = new_scheduler(AsyncIOScheduler, sqlite_office)
        scheduler.start()
        long_ago = datetime.now(UTC) - timedelta(days=400)
        synchronise(scheduler, [wanted("a", (long_ago, long_ago + timedelta(days=1)))], wake)
        await asyncio.wait_for(woken.wait(), 5)
        assert scheduler.get_jobs() == []
        scheduler.shutdown(wait=False)

    asyncio.run(main())
    assert runs == [1]


# -- synchronise -----------------------------------------------------------------------------------------------------


def wanted(task: str, moments: tuple[datetime, ...], stage: str = "T-15") -> WantedJob:
    alarm = Alarm("ke-hoach", task, "2026", tuple((m, stage) for m in moments), 1)
    return WantedJob(alarm, moments, stage)


async def _wake() -> None:
    """Never run here."""


@pytest.fixture
def scheduler(sqlite_office: Office) -> Iterator[BackgroundScheduler]:
    """Started, but running nothing: its jobs are only looked at."""
    found = new_scheduler(BackgroundScheduler, sqlite_office)
    found.start(paused=True)
    yield found
    found.shutdown()


def jobs(scheduler: BackgroundScheduler) -> dict[str, tuple[str, tuple[datetime, ...]]]:
    return {job.id: (job.name, job.trigger.moments) for job in scheduler.get_jobs() if job.id != REFRESH}


def test_synchronise_adds_changes_and_removes_exactly_what_differs(
    scheduler: BackgroundScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler.add_job(_wake, "cron", hour=0, id=REFRESH)
    first = [wanted("a", at(1)), wanted("b", at(2, 3)), wanted("c", at(4))]
    assert synchronise(scheduler, first, _wake) == 3
    touched: list[tuple[str, str]] = []
    add, remove = scheduler.add_job, scheduler.remove_job
    monkeypatch.setattr(scheduler, "add_job", lambda *a, **k: (touched.append(("add", k["id"])), add(*a, **k)))
    monkeypatch.setattr(scheduler, "remove_job", lambda i: (touched.append(("remove", i)), remove(i)))
    assert synchronise(scheduler, first, _wake) == 0
    assert touched == []
    second = [wanted("b", at(2, 3)), wanted("c", at(5), "T0"), wanted("d", at(6))]
    assert synchronise(scheduler, second, _wake) == 3
    assert sorted(touched) == [("add", "ke-hoach/c/2026"), ("add", "ke-hoach/d/2026"), ("remove", "ke-hoach/a/2026")]
    assert jobs(scheduler) == {
        "ke-hoach/b/2026": ("T-15", at(2, 3)),
        "ke-hoach/c/2026": ("T0", at(5)),
        "ke-hoach/d/2026": ("T-15", at(6)),
    }
    assert synchronise(scheduler, [], _wake) == 3
    assert [job.id for job in scheduler.get_jobs()] == [REFRESH]  # which is not theirs


def test_synchronise_puts_moments_of_a_pretended_time_into_the_real_one(scheduler: BackgroundScheduler) -> None:
    begun = BEGIN + timedelta(days=3)
    clock = replace(Clock(BEGIN), begun=begun)
    assert clock.ahead == timedelta(days=-3)
    assert synchronise(scheduler, [wanted("a", at(1))], _wake, clock.ahead) == 1
    assert jobs(scheduler) == {"ke-hoach/a/2026": ("T-15", (begun + timedelta(minutes=1),))}
    assert synchronise(scheduler, [wanted("a", at(1))], _wake, clock.ahead) == 0


def test_clock_that_pretends_nothing_or_stands_still_is_not_ahead() -> None:
    assert (Clock().ahead, Clock(BEGIN).ahead) == (timedelta(), timedelta())
    running = Clock(BEGIN).running()
    assert timedelta() <= running() - BEGIN < timedelta(seconds=5)
    assert running() - datetime.now(UTC) <= running.ahead
    assert Clock().running() == Clock()


# -- what is wanted --------------------------------------------------------------------------------------------------


@pytest.fixture
def province(new_database: Callable[[str], Database], sqlite_office: Office) -> Office:
    load_text(sqlite_office, local("2026-11-02 09:00"), UNITS, PLAN)
    return sqlite_office


def wanted_at(office: Office, now: str) -> list[tuple[str, str, list[datetime]]]:
    with office.database.read() as tx:
        return [(w.id, w.stage, list(w.moments)) for w in wanted_jobs(tx, office, local(now))]


def moments(*texts: str) -> list[datetime]:
    return [local(f"2026-{text}") for text in texts]


@pytest.mark.parametrize(
    ("now", "stage", "expected"),
    [
        # T-3wd on 10/11 at 08:00, T0 on 13/11, then the list and the overdue mail of Monday 16/11.
        (
            "2026-11-09 16:59",
            "T-15",
            ["11-09 16:59", "11-10 08:00", "11-13 08:00", "11-13 14:00", "11-16 08:00", "11-16 14:00"],
        ),
        ("2026-11-10 07:59", "T-3wd", ["11-10 08:00", "11-13 08:00", "11-13 14:00", "11-16 08:00", "11-16 14:00"]),
        ("2026-11-10 10:30", "T-3wd", ["11-10 10:30", "11-13 08:00", "11-13 14:00", "11-16 08:00", "11-16 14:00"]),
        # After hours, at night and on a weekend, all that waits comes with the next opening, as one.
        ("2026-11-10 17:00", "T-3wd", ["11-11 08:00", "11-13 08:00", "11-13 14:00", "11-16 08:00", "11-16 14:00"]),
        ("2026-11-11 03:00", "T-3wd", ["11-11 08:00", "11-13 08:00", "11-13 14:00", "11-16 08:00", "11-16 14:00"]),
    ],
)
def test_wanted_jobs_wait_for_the_next_working_moment(
    province: Office, now: str, stage: str, expected: list[str]
) -> None:
    found = {job_id: (s, m) for job_id, s, m in wanted_at(province, now)}
    later = [m for m in found[LIST][1] if m <= local("2026-11-16 14:00")]
    assert (found[LIST][0], later) == (stage, moments(*expected))


def test_wanted_jobs_of_a_weekend_merge_with_those_of_monday(province: Office) -> None:
    saturday = {job_id: (s, m) for job_id, s, m in wanted_at(province, "2026-11-14 10:00")}
    # What waited since the week before and what comes on Monday at 08:00 is one wake-up, about the latest stage.
    assert saturday[LIST] == ("T+1wd-list", moments("11-16 08:00", "11-16 14:00", "11-18 14:00"))
    assert saturday[YEARLY] == ("T-15", moments("11-19 08:00"))


def test_wanted_jobs_leave_out_what_is_queued_or_beyond_the_window(province: Office) -> None:
    assert [job_id for job_id, _, _ in wanted_at(province, "2026-11-12 07:59")] == [LIST]
    assert sorted(job_id for job_id, _, _ in wanted_at(province, "2026-11-12 08:01")) == sorted([LIST, YEARLY])


def test_wanted_jobs_count_what_is_open(province: Office) -> None:
    key = DeadlineKey.parse(LIST)
    assert key is not None
    now = local("2026-11-12 09:00")
    submit(province, Act("test", now), key, ["xa-a"], Receipt(province.today(now)))
    with province.database.read() as tx:
        found = {w.id: w.alarm.open for w in wanted_jobs(tx, province, now)}
    assert found == {LIST: 1, YEARLY: 3}
