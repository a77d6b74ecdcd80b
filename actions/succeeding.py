"""Units end: what they owe and coordinate passes to their successors, on the day after their last or once known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection

from actions.announcing import announce_ended, announce_passed
from actions.events import render_obligations
from actions.office import Act, Office
from plans.deadlines import DeadlineKey
from plans.succession import NO_UNIT, Close, Holding, Merge, Outcome, Pass, decide, heir, in_office, took_over_on
from plans.units import Roster
from store import successions as stored
from store.coordinating import coordinated, set_acting, unasked
from store.feeds import touch_units
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

    In the caller's transaction. `roster` is what the store holds. First come the plans that such units coordinated:
    whoever coordinates them now is asked about what nobody succeeds to.
    """
    settle_coordinators(tx, office, act, roster)
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
    since = _since(tx, act, roster, day, moving, outcomes)
    # Closures first: nothing may take a place before what was decided about it.
    stored.save_closures(tx, ended, act.now)
    stored.save_passes(tx, passed, unit_ids(tx), act.now)
    done = [_succeeded(d, before[d.obligation].key, before[d.obligation].title, roster) for d in outcomes]
    record(tx, [_entry(act, d, s) for d, s in zip(outcomes, done, strict=True)])
    opened = [d.obligation for d in passed]
    revived = [d.revives for d in ended if isinstance(d, Merge) and d.revives is not None]
    stored.reopen_moments_of(tx, [*opened, *revived])
    announce_passed(tx, office, act.now, since)
    announce_ended(tx, act.now, [d.obligation for d in ended if isinstance(d, Close)])
    ids = unit_ids(tx)
    touch_units(tx, {ids[unit] for d in outcomes for unit in (d.old, getattr(d, "new", d.old))}, act.now)
    render_obligations(tx, office, act.now, [*before, *revived], {ids[d.old] for d in passed})
    return tuple(done)


def _since(
    tx: Connection, act: Act, roster: Roster, day: date, moving: Sequence[Holding], outcomes: Sequence[Outcome]
) -> dict[int, date | None]:
    """What is to be announced as taken over → the day on which it was; None for what its own unit has back.

    Left out is what a clock set back brings home: nobody there has lost it yet.
    """
    homes = {h.id: h.home for h in moving}
    found = {}
    for d in outcomes:
        number = d.obligation if isinstance(d, Pass) else d.revives if isinstance(d, Merge) else None
        if number is not None:
            found[number] = took_over_on(roster, homes[d.obligation], day)
    at_home = [number for number, since in found.items() if since is None]
    for number in stored.undone(tx, at_home, act.now):
        del found[number]
    return found


def settle_coordinators(tx: Connection, office: Office, act: Act, roster: Roster) -> None:
    """Let every plan be coordinated by the unit its file names or, after that one's end, by its only successor.

    The plan itself keeps the name. What no coordinator was asked about yet, the new one is.
    """
    day, ids = office.today(act.now), unit_ids(tx)
    for plan in coordinated(tx):
        wanted = in_office(roster, plan.named, day) if plan.named else None
        if wanted == plan.acting:
            continue
        set_acting(tx, plan.id, ids[wanted] if wanted else None)
        old, new = (roster.units[u].name if u else None for u in (plan.acting, wanted))
        act.note(tx, "coordinate", plan.slug, old=old, new=new)
        if wanted:
            announce_ended(tx, act.now, unasked(tx, plan.id))


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
