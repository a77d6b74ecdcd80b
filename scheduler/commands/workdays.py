"""`workdays list|off|work|clear`: the working-day table, and what a change of it moves."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from actions.office import Act, Office
from actions.redating import Moved
from actions.workdays import Wish, WorkdayChange, listed_days, wished
from calendars.working import WorkingCalendar
from plans.deadlines import Basis
from plans.problems import Problem, UserError
from scheduler.app import open_app
from scheduler.catching_up import catch_up
from scheduler.clock import Clock
from scheduler.running import YEARS, day
from scheduler.terminal import Terminal, local

ACTOR = "cli"


def run(parsed: argparse.Namespace, home: Path, clock: Clock, terminal: Terminal) -> int:
    with open_app(home, clock, parsed.lang) as app:
        if parsed.act == "list":
            year = app.office.today(app.clock()).year if parsed.year is None else parsed.year
            if year not in YEARS:
                raise UserError(Problem("workdays.year", {"year": year, "first": YEARS[0], "last": YEARS[-1]}))
            _list(app.office.calendar, year, terminal)
            return 0
        act = Act(ACTOR, app.clock(), parsed.reason)
        change = _change(parsed, app.office, act, terminal.say("cli.meta.day"))
        catch_up(app, terminal)
        if terminal.as_json:
            terminal.objects(_object(moved, app.office.zone) for moved in change.shown)
        else:
            _print(change, app.office.zone, terminal)
    if parsed.dry_run and not terminal.as_json:
        terminal.line("cli.dry_run.done")
    return 0


# -- list ------------------------------------------------------------------------------------------------------------


def _list(calendar: WorkingCalendar, year: int, terminal: Terminal) -> None:
    rows = listed_days(calendar, year)
    if terminal.as_json:
        terminal.objects(
            {
                "day": d.day,
                "weekday": d.day.isoweekday(),
                "working": d.working,
                "name": d.name,
                "source": d.source,
                "from": d.origin,
                "confirmed": d.confirmed,
            }
            for d in rows
        )
        return
    headings = ("cli.col.day", "cli.col.weekday", "cli.col.working", "cli.col.name", "cli.col.from", "cli.col.source")
    terminal.rows(
        headings,
        [
            (
                d.day,
                terminal.say.weekday(d.day),
                terminal.say(_state(working=d.working)),
                d.name,
                terminal.say(f"cli.workdays.from.{d.origin}"),
                d.source if d.confirmed else terminal.say("cli.workdays.unconfirmed"),
            )
            for d in rows
        ],
    )
    code = "cli.workdays.announced" if calendar.is_announced(year) else "cli.workdays.awaited"
    terminal.line(code, year=year)


def _state(*, working: bool) -> str:
    return "cli.workdays.work" if working else "cli.workdays.off"


# -- off, work, clear ------------------------------------------------------------------------------------------------


def _change(parsed: argparse.Namespace, office: Office, act: Act, option: str) -> WorkdayChange:
    first = day(parsed.day, option)
    last = day(parsed.last, "--to") if parsed.last else first
    if parsed.act == "clear":
        wish = Wish(first, last, None)
    else:
        wish = Wish(first, last, parsed.act == "work", parsed.reason, parsed.source)
    return wished(office, act, wish, dry_run=parsed.dry_run)


def _print(change: WorkdayChange, zone: ZoneInfo, terminal: Terminal) -> None:
    for d in change.days:
        state = terminal.say(_state(working=d.working))
        terminal.line("cli.workdays.day" if d.name else "cli.workdays.plain_day", day=d.day, state=state, name=d.name)
    if not change.shown:
        terminal.line("cli.workdays.nothing")
        return
    terminal.line("cli.workdays.moved")
    for moved in change.shown:
        _print_moved(moved, zone, terminal)
    terminal.line("cli.workdays.sum", deadlines=change.deadlines, open=change.obligations, stages=change.stages)


def _print_moved(moved: Moved, zone: ZoneInfo, terminal: Terminal) -> None:
    code = "cli.workdays.deadline" if moved.basis is Basis.RULE else "cli.workdays.deadline_of"
    basis = terminal.say(f"basis.{moved.basis.value}")
    terminal.line(code, deadline=str(moved.deadline), open=moved.open, basis=basis)
    for name in ("stated", "act_by", "late_on"):
        old, new = getattr(moved.before, name), getattr(moved.after, name)
        if old != new:
            terminal.line(f"cli.workdays.{name}", old=old, new=new)
    for stage in moved.stages:
        old_at, new_at = (terminal.cell(local(at, zone)) for at in (stage.old, stage.new))
        terminal.line("cli.workdays.stage", stage=terminal.say.stage(stage.code), old=old_at, new=new_at)


def _object(moved: Moved, zone: ZoneInfo) -> dict[str, object]:
    before, after = moved.before, moved.after
    return {
        "deadline": str(moved.deadline),
        "basis": moved.basis,
        "open": moved.open,
        "stated": [before.stated.isoformat(), after.stated.isoformat()],
        "last_day": [before.last_day.isoformat(), after.last_day.isoformat()],
        "act_by": [before.act_by.isoformat(), after.act_by.isoformat()],
        "late_on": [before.late_on.isoformat(), after.late_on.isoformat()],
        "stages": [{"stage": s.code, "old": _iso(s.old, zone), "new": _iso(s.new, zone)} for s in moved.stages],
    }


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    found = local(at, zone)
    return found.isoformat() if found else None
