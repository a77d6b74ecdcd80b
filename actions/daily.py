"""What the date alone changes: units end, people are away or back, the horizon moves on, events say "quá hạn"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from actions.events import MOST, outdated, refresh_events, render_all, render_some
from actions.office import CLOCK, Act, Guard, Office
from actions.reconciling import extend_horizon
from actions.succeeding import pass_on
from store.absences import turning
from store.events import count_waiting, next_waiting
from store.marks import read_mark, swap_mark
from store.recipients import rebuild, units_leaning_on
from store.settling import settle
from store.units import read_roster


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a new day changed."""

    deadlines: int = 0
    obligations: int = 0
    events: int = 0
    succeeded: int = 0  # obligations of units that ended


def refresh_day(office: Office, now: datetime, *, guard: Guard | None = None) -> Refreshed:
    """Once a local day (and after a clock set back): succession, who is away, the horizon, what events say.

    Where the program, the office's language or its address give events other bytes, all are rendered anew, at whatever
    hour that is met: at once where they are few, else by `actions.feeds.render_waiting`.
    """
    today = office.today(now).isoformat()
    with office.database.read() as tx:
        if read_mark(tx, "refreshed") == today and not outdated(tx, office):
            return Refreshed()
    with office.database.write() as tx:
        if guard is not None and not guard(tx):
            return Refreshed()
        office.follow_table(tx, lock=True)
        said_anew = _render_anew(tx, office, now) if outdated(tx, office) else 0
        before = read_mark(tx, "refreshed")
        if before == today or not swap_mark(tx, "refreshed", before, today):
            return Refreshed(events=said_anew)
        turned = turning(tx, date.fromisoformat(before) if before else None, office.today(now))
        if turned:
            rebuild(tx, office.today(now), units_leaning_on(tx, office.today(now), turned))
        # Before audiences are resolved anew, which would cancel what a successor is to take over.
        succeeded = pass_on(tx, office, Act(CLOCK, now), read_roster(tx))
        done = extend_horizon(tx, office, Act(CLOCK, now))
        settle(tx, now)
        events = said_anew + refresh_events(tx, office, now, date.fromisoformat(before) if before else None)
        return Refreshed(done.deadlines_added, done.obligations_added, events, len(succeeded))


def _render_anew(tx: Connection, office: Office, now: datetime) -> int:
    rendered = render_all(tx, office, now)
    if count_waiting(tx) <= MOST:
        while some := next_waiting(tx, MOST):
            rendered += render_some(tx, office, now, some)
    return rendered
