"""`jobs`: the APScheduler jobs that a daemon of this home loads now."""

from __future__ import annotations

import argparse
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from scheduler.app import open_app
from scheduler.clock import Clock
from scheduler.jobs import new_scheduler, synchronise, wanted_jobs
from scheduler.terminal import Terminal, local


async def _wake() -> None:
    """These jobs are listed, never run."""


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        now = app.clock()
        with app.database.read() as tx:
            wanted = wanted_jobs(tx, app.office, now)
        scheduler = new_scheduler(BackgroundScheduler, app.office)
        synchronise(scheduler, wanted, _wake)
        alarms = {one.id: one for one in wanted}
        found = []
        for job in sorted(scheduler.get_jobs(), key=lambda j: (j.trigger.moments[0], j.id)):
            alarm = alarms[job.id].alarm
            next_run = local(job.trigger.get_next_fire_time(None, now), app.office.zone)
            found.append(
                {
                    "id": job.id,
                    "next_run": next_run,
                    "stage": job.name,
                    "plan": alarm.plan,
                    "task": alarm.task,
                    "period": alarm.period,
                    "open": alarm.open,
                }
            )
    if terminal.as_json:
        terminal.objects({**job, "next_run": job["next_run"].isoformat() if job["next_run"] else None} for job in found)
    elif found:
        headings = ("cli.col.next_run", "cli.col.stage", "cli.col.open", "cli.col.deadline")
        terminal.rows(headings, [(j["next_run"], j["stage"], j["open"], j["id"]) for j in found])
    else:
        terminal.line("cli.jobs.none")
    return 0
