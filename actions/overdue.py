"""Who is late: the list that a coordinator works from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from actions.office import Office
from plans.obligations import Obligation
from store import obligations as stored
from store.successions import as_owed_at
from store.units import read_roster


@dataclass(frozen=True, slots=True)
class Overdue:
    """An obligation that was late and not in at a moment."""

    obligation: Obligation
    days_late: int  # working days after late-after
    last_reminder: datetime | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of them; None and empty: all."""

    units: tuple[str, ...] = ()
    plan: str | None = None
    group: str | None = None


def overdue(
    tx: Connection, office: Office, now: datetime, on: date | None = None, which: Filter | None = None
) -> list[Overdue]:
    """What is overdue now, or was at the end of the local day `on`; the longest overdue first.

    On a past day, what has been received since then still counts as not in, and units that have ended since owed what
    was theirs.
    """
    which = which or Filter()
    moment = now if on is None else office.end_of(on)
    day = office.today(moment)
    late = stored.overdue_at(tx, moment, day)
    owed = late if on is None else stored.in_order(as_owed_at(tx, late, moment))
    found = [o for o in owed if _matches(o, which)]
    if which.group is not None:
        members = group_members(tx, which.group, day)
        found = [o for o in found if o.unit in members]
    told = stored.last_reminders(tx, [o.id for o in found])
    return [Overdue(o, max(0, office.calendar.count(o.dates.late_on, day)), told.get(o.id)) for o in found]


def _matches(o: Obligation, which: Filter) -> bool:
    return (not which.units or o.unit in which.units) and (which.plan is None or o.key.plan == which.plan)


def group_members(tx: Connection, group: str, day: date) -> set[str]:
    """The units in a group on a day; of no group, none."""
    found = read_roster(tx).groups.get(group)
    if found is None:
        return set()
    return {
        m.unit for m in found.members if (m.since is None or m.since <= day) and (m.until is None or day <= m.until)
    }
