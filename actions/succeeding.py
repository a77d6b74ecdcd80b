"""Units end: what they still owe passes to their successors, on the day after their last, or when it becomes known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from actions.announcing import announce_ended, announce_passed
from actions.events import render_obligations
from actions.office import Act, Office
from plans.deadlines import DeadlineKey
from plans.succession import NO_UNIT, Close, Merge, Outcome, Pass, decide, heir
from plans.units import Roster
from store import successions as stored
from store.marks import AuditEntry, record
from store.obligations import by_ids
from store.units import unit_ids


class Fate(StrEnum):
    """What became of an obligation; words in the catalogue under `cli.succession.<value>`."""

    PASSED = "passed"
    MERGED = "merged"
    CLOSED = "closed"
    BACK = "back"  # its unit lives again: it is open again


@dataclass(frozen=True, slots=True)
class Succeeded:
    """An obligation that succession has moved or closed."""

    key: DeadlineKey
    title: str
    fate: Fate
    old: str  # name of the unit that owed it
    new: str | None  # name of the one that does now


def pass_on(tx: Connection, office: Office, act: Act, roster: Roster) -> tuple[Succeeded, ...]:
    """Bring every open obligation of units that have ended to who answers for it today; repeated, it does nothing.

    In the caller's transaction. `roster` is what the store holds.
    """
    day = office.today(act.now)
    moving = stored.moving(tx, day)
    if not moving:
        return ()
    heirs = {heir(roster, h.home, day).unit for h in moving}
    others = stored.slots(tx, {h.deadline for h in moving}, {h for h in heirs if h is not None})
    outcomes = decide(roster, day, moving, others)
    if not outcomes:
        return ()
    before = {o.id: o for o in by_ids(tx, [d.obligation for d in outcomes])}
    passed = [d for d in outcomes if isinstance(d, Pass)]
    ended = [d for d in outcomes if not isinstance(d, Pass)]
    # Closures first: nothing may take a place before what was decided about it.
    stored.save_closures(tx, ended, act.now)
    stored.save_passes(tx, passed, unit_ids(tx), act.now)
    done = [_succeeded(d, before[d.obligation].key, before[d.obligation].title, roster) for d in outcomes]
    record(tx, [_entry(act, d, s) for d, s in zip(outcomes, done, strict=True)])
    opened = [d.obligation for d in passed]
    revived = [d.revives for d in ended if isinstance(d, Merge) and d.revives is not None]
    stored.reopen_moments_of(tx, [*opened, *revived])
    announce_passed(tx, office, act.now, [*opened, *revived])
    announce_ended(tx, act.now, [d.obligation for d in ended if isinstance(d, Close)])
    render_obligations(tx, office, act.now, [*before, *revived])
    return tuple(done)


def _succeeded(outcome: Outcome, key: DeadlineKey, title: str, roster: Roster) -> Succeeded:
    fate = Fate.PASSED
    if isinstance(outcome, Merge):
        fate = Fate.MERGED
    elif isinstance(outcome, Close):
        fate = Fate.CLOSED
    elif outcome.old == outcome.new:
        fate = Fate.BACK
    new = None if isinstance(outcome, Close) else roster.units[outcome.new].name
    return Succeeded(key, title, fate, roster.units[outcome.old].name, new)


def _entry(act: Act, outcome: Outcome, done: Succeeded) -> AuditEntry:
    """Names as they are today: history keeps them, whatever the units are called later."""
    detail: dict[str, str | int | None] = {"obligation": outcome.obligation}
    if done.fate in (Fate.PASSED, Fate.MERGED):
        detail[done.fate.value] = done.new
    else:
        detail["why"] = NO_UNIT if done.fate is Fate.CLOSED else "unit_back"
    return AuditEntry(act.now, act.actor, "succeed", f"{done.key}/{outcome.old}", act.reason, detail)
