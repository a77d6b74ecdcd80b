"""Units whose own day of an event gives them dates of their own in a deadline that all units share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from actions.announcing import announce_moved
from actions.office import Act, Office
from notifications.stages import StageMoment
from plans.deadlines import Basis, DueDates
from store import deadlines as stored_deadlines
from store import obligations as stored
from store.origins import event_dues, rest_on, resting


@dataclass(frozen=True, slots=True)
class OwnDates:
    """The dates that a unit's own day of an event gives it."""

    dates: DueDates
    soon: date
    moments: tuple[StageMoment, ...]


def settle_own_dates(
    tx: Connection, office: Office, act: Act, deadline_id: int, rule_due: int, own: Mapping[int, OwnDates]
) -> list[int]:
    """Let every unit's obligation rest on its own dates (`own`, by unit number) or on the rule's.

    Writes only what changes; returns the obligations whose dates in force are others now.
    """
    have = event_dues(tx, deadline_id)
    wanted: dict[int, int] = {}  # unit → due
    for unit, mine in own.items():
        due = next((i for i, dates in have.items() if dates == mine.dates), None)
        if due is None:
            due = stored_deadlines.add_due(tx, deadline_id, Basis.EVENT, mine.dates, mine.soon)
            have[due] = mine.dates
        stored_deadlines.set_moments(tx, due, mine.moments)
        wanted[unit] = due
    changes: dict[int | None, list[int]] = defaultdict(list)
    for one in resting(tx, deadline_id):
        if one.origin != wanted.get(one.unit):
            changes[wanted.get(one.unit)].append(one.obligation)
    changed: list[int] = []
    for due, numbers in sorted(changes.items(), key=lambda c: c[0] or 0):
        before = {o.id: o.dates for o in stored.by_ids(tx, numbers)}
        in_force = rest_on(tx, numbers, due, rule_due)
        announce_moved(tx, office, act.now, {i: before[i] for i in in_force})
        changed += in_force
    for due in have.keys() - set(wanted.values()):
        stored_deadlines.set_moments(tx, due, ())
    return changed
