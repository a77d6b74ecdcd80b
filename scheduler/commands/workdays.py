"""`workdays list|off|work|clear`: the working-day table, and what a change of it moves."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from actions.office import Act, Office
from actions.redating import Moved
from actions.workdays import WorkdayChange, change_workdays, days_between, rows_for
from calendars.working import WorkingCalendar
from plans.deadlines import Basis
from plans.problems import Problem, UserError
from plans.workdays import Workday
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
    own = set(calendar.own)
    whole = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1))
    rows = [(d, calendar.row_of(d)) for d in whole if calendar.row_of(d) or calendar.name_of(d)]
    if terminal.as_json:
        terminal.objects(
            {
                "day": d,
                "weekday": d.isoweekday(),
                "working": calendar.is_working(d),
                "name": calendar.name_of(d),
                "source": row.source if row else None,
                "from": _origin(row, own),
                "confirmed": row is not None and row.confirmed,
            }
            for d, row in rows
        )
        return
    headings = ("cli.col.day", "cli.col.weekday", "cli.col.working", "cli.col.name", "cli.col.from", "cli.col.source")
    terminal.rows(
        headings,
        [
            (
                d,
                terminal.say.weekday(d),
                terminal.say(_state(working=calendar.is_working(d))),
                calendar.name_of(d),
                terminal.say(f"cli.workdays.from.{_origin(row, own)}"),
                row.source if row and row.confirmed else terminal.say("cli.workdays.unconfirmed"),
            )
            for d, row in rows
        ],
    )
    code = "cli.workdays.announced" if calendar.is_announced(year) else "cli.workdays.awaited"
    terminal.line(code, year=year)


def _state(*, working: bool) -> str:
    return "cli.workdays.work" if working else "cli.workdays.off"


def _origin(row: Workday | None, own: set[Workday]) -> str:
    """Who says so: the installation, the table that came with the program, or the reckoning of holidays alone."""
    return "reckoned" if row is None else "own" if row in own else "shipped"


# -- off, work, clear ------------------------------------------------------------------------------------------------


def _change(parsed: argparse.Namespace, office: Office, act: Act, option: str) -> WorkdayChange:
    first = day(parsed.day, option)
    days = days_between(first, day(parsed.last, "--to") if parsed.last else first)
    if parsed.act == "clear":
        own = {row.day for row in office.calendar.own}
        return change_workdays(office, act, (), [d for d in days if d in own] or days, dry_run=parsed.dry_run)
    working, source = parsed.act == "work", parsed.source
    rows = rows_for(office.calendar, days, working=working, name=parsed.reason, source=source)
    return change_workdays(office, act, rows, dry_run=parsed.dry_run)


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
