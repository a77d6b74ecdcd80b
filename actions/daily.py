"""What the date alone changes: the horizon moves on, events say "hôm nay" or "quá hạn"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from actions.events import refresh_events
from actions.loading import extend_horizon
from actions.office import CLOCK, Act, Guard, Office
from store.marks import read_mark, swap_mark


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a new day changed."""

    deadlines: int = 0
    obligations: int = 0
    events: int = 0


def refresh_day(office: Office, now: datetime, *, guard: Guard | None = None) -> Refreshed:
    """Once a local day (and after a clock set back): extend the horizon, render what the date changed."""
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
        done = extend_horizon(tx, office, Act(CLOCK, now))
        return Refreshed(done.deadlines_added, done.obligations_added, refresh_events(tx, office, now))
