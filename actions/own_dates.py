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
from store import moments as stored_moments
from store import obligations as stored
from store.origins import event_dues, rest_on, resting, settle_in_force


@dataclass(frozen=True, slots=True)
class OwnDates:
    """The dates that a unit's own day of an event gives it."""

    dates: DueDates
    soon: date
    moments: tuple[StageMoment, ...]


def settle_own_dates(
    tx: Connection,
    office: Office,
    act: Act,
    deadline_id: int,
    rule: DueDates,
    own: Mapping[int, OwnDates],
    *,
    general: bool,
) -> list[int]:
    """Let every obligation rest on the own dates (`own`, by unit number) of who owes it, or on the rule's.

    Of an obligation that was taken over, the day of the unit it came from still goes, unless its present unit has one.
    `general`: the event has a day for all; without one, the dates of a unit that is left without a day stay. Writes
    only what changes; returns the obligations that rest on other dates now.
    """
    have = event_dues(tx, deadline_id)
    changes: dict[int | None, list[int]] = defaultdict(list)
    used: set[int] = set()
    for one in resting(tx, deadline_id):
        mine = next((own[unit] for unit in one.units if unit in own), None)
        due = None if mine is not None or general else one.origin
        if mine is not None and mine.dates != rule:
            due = next((i for i, dates in have.items() if dates == mine.dates), None)
            if due is None:
                due = stored_deadlines.add_due(tx, deadline_id, Basis.EVENT, mine.dates, mine.soon)
                have[due] = mine.dates
            if due not in used:
                stored_moments.set_moments(tx, due, mine.moments)
        if due is not None:
            used.add(due)
        if due != one.origin:
            changes[due].append(one.obligation)
    for due in have.keys() - used:
        stored_moments.set_moments(tx, due, ())
    if not changes:
        return []
    before = stored.dates_of_open(tx, [deadline_id])
    for due, numbers in sorted(changes.items(), key=lambda c: c[0] or 0):
        rest_on(tx, numbers, due)
    in_force = settle_in_force(tx, [deadline_id])
    announce_moved(tx, office, act.now, {i: before[i] for i in in_force if i in before})
    return sorted({number for numbers in changes.values() for number in numbers} | set(in_force))
