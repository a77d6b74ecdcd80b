"""What the date alone changes: the horizon moves on, people are away or back, events say "hôm nay" or "quá hạn"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from actions.events import refresh_events
from actions.loading import extend_horizon
from actions.office import CLOCK, Act, Guard, Office
from store.absences import turning
from store.marks import read_mark, swap_mark
from store.recipients import rebuild, units_leaning_on


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a new day changed."""

    deadlines: int = 0
    obligations: int = 0
    events: int = 0


def refresh_day(office: Office, now: datetime, *, guard: Guard | None = None) -> Refreshed:
    """Once a local day (and after a clock set back): who is away, what has come within the horizon, what events say."""
    today = office.today(now).isoformat()
    with office.database.read() as tx:
        if read_mark(tx, "refreshed") == today:
            return Refreshed()
    with office.database.write() as tx:
        if guard is not None and not guard(tx):
            return Refreshed()
        office.follow_table(tx, lock=True)
        before = read_mark(tx, "refreshed")
        if before == today or not swap_mark(tx, "refreshed", before, today):
            return Refreshed()
        turned = turning(tx, date.fromisoformat(before) if before else None, office.today(now))
        if turned:
            rebuild(tx, office.today(now), units_leaning_on(tx, office.today(now), turned))
        done = extend_horizon(tx, office, Act(CLOCK, now))
        return Refreshed(done.deadlines_added, done.obligations_added, refresh_events(tx, office, now))
