"""What becomes of the obligations of a unit that ended: they pass to its successor, merge into its own, or close.

An obligation belongs to the heir of the unit it was first with, so that a successor named late, named wrongly or taken
back moves it again. What was handed in and waits for confirmation is not asked about here: it stays under the old name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plans.status import OPEN_STATES, State
from plans.units import Roster, Unit

NO_UNIT = "no_unit"  # "không còn đơn vị": no successor, or several
MERGED = "merged:"  # "gộp vào …": before the successor's slug


def merged_into(slug: str) -> str:
    """The reason kept with an obligation whose successor owes the same deadline."""
    return f"{MERGED}{slug}"


def successor_in(reason: str | None) -> str | None:
    """The slug in such a reason; None in every other one."""
    return reason.removeprefix(MERGED) if reason is not None and reason.startswith(MERGED) else None


def is_succession(reason: str | None) -> bool:
    """Whether an obligation was closed because its unit ended: what then closed it may open it again."""
    return reason == NO_UNIT or successor_in(reason) is not None


def has_ended(unit: Unit, on: date) -> bool:
    return unit.until is not None and unit.until < on


def line_of(roster: Roster, slugs: Iterable[str]) -> set[str]:
    """These units and all that may come after them, by whatever number of successions."""
    found: set[str] = set()
    asked = list(slugs)
    while asked:
        name = asked.pop()
        if name in roster.units and name not in found:
            found.add(name)
            asked.extend(roster.units[name].successors)
    return found


@dataclass(frozen=True, slots=True)
class Heir:
    """Who answers on a day for what a unit owed."""

    unit: str | None  # slug; None: nobody, or several
    begins: date | None = None  # first day of the only successor, where that is still ahead


def heir(roster: Roster, slug: str, on: date) -> Heir:
    """The unit itself while it lives, else its only living successor, through any number of successors that ended."""
    living: list[str] = []
    seen: set[str] = set()
    asked = [slug]
    while asked:
        name = asked.pop()
        unit = roster.units.get(name)
        if unit is None or name in seen:
            continue
        seen.add(name)
        if has_ended(unit, on):
            asked.extend(unit.successors)
        else:
            living.append(name)
    if len(living) != 1:
        return Heir(None)
    since = roster.units[living[0]].since
    return Heir(living[0], since if since is not None and since > on else None)


def in_office(roster: Roster, slug: str, on: date) -> str | None:
    """Who does on a day what a plan gives a unit to do as its coordinator; None for nobody, several, or not yet."""
    found = heir(roster, slug, on)
    return found.unit if found.unit == slug or found.begins is None else None


def took_over_on(roster: Roster, slug: str, on: date) -> date | None:
    """The day after the last end on the way from a unit to its heir; None while the unit lives."""
    ended = (roster.units[name].until for name in line_of(roster, [slug]) if has_ended(roster.units[name], on))
    last = max((until for until in ended if until is not None), default=None)
    return None if last is None else last + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holding:
    """An obligation as succession sees it: open, or closed by an earlier succession."""

    id: int
    deadline: int
    unit: str  # slug of the unit that owes it
    home: str  # slug of the unit it was first with
    state: State
    reason: str | None
    last_day: date


@dataclass(frozen=True, slots=True)
class Pass:
    """The same obligation is now the successor's; to the unit that has it already: it opens again."""

    obligation: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Merge:
    """The successor owes the same deadline: its own stays, this one closes."""

    obligation: int
    old: str
    new: str
    revives: int | None = None  # the successor's own, where that had been cancelled


@dataclass(frozen=True, slots=True)
class Close:
    """Nobody, or more than one, could take it over: it closes, and the coordinator is asked."""

    obligation: int
    old: str


Outcome = Pass | Merge | Close
Slots = Mapping[tuple[int, str], tuple[int, State]]  # (deadline, unit) → its obligation


def decide(roster: Roster, day: date, moving: Sequence[Holding], others: Slots) -> list[Outcome]:
    """What becomes of `moving` on `day`, in the order in which it can be carried out.

    `others` holds the obligations, in the same deadlines, of the units that may take over. Where two units pass into
    one that owes nothing, the one with the later last day passes (nobody gets less time), the other merges into it.
    """
    order = {slug: i for i, slug in enumerate(roster.units)}
    slots = {**others, **{(h.deadline, h.unit): (h.id, h.state) for h in moving}}
    settled: list[Outcome] = []
    leaving: dict[int, list[tuple[Holding, str]]] = defaultdict(list)  # by deadline
    for h in sorted(moving, key=lambda h: (-h.last_day.toordinal(), order.get(h.home, len(order)), h.id)):
        found = heir(roster, h.home, day)
        is_open = h.state in OPEN_STATES
        if found.unit is None:
            if is_open:
                settled.append(Close(h.id, h.unit))
                slots[h.deadline, h.unit] = h.id, State.CANCELLED
        elif found.unit == h.unit:
            if not is_open:
                settled.append(Pass(h.id, h.unit, h.unit))
                slots[h.deadline, h.unit] = h.id, State.OPEN
        elif found.begins is None and h.reason != merged_into(found.unit):
            leaving[h.deadline].append((h, found.unit))
    return settled + [outcome for some in leaving.values() for outcome in _leave(some, slots)]


def _leave(leaving: list[tuple[Holding, str]], slots: dict[tuple[int, str], tuple[int, State]]) -> list[Outcome]:
    """One after the other, within a deadline; who is to take a place that is about to become free waits for it."""
    done: list[Outcome] = []
    while leaving:
        going = {h.id for h, _ in leaving}
        ready = next(((h, n) for h, n in leaving if slots.get((h.deadline, n), (0,))[0] not in going), None)
        if ready is None:  # two that should change places: both units live, and each has what it has
            waited_for = {new for _, new in leaving}
            leaving = [(h, new) for h, new in leaving if h.unit not in waited_for]
            continue
        leaving.remove(ready)
        h, new = ready
        there = slots.get((h.deadline, new))
        if there is None:
            done.append(Pass(h.id, h.unit, new))
            slots[h.deadline, new] = h.id, State.OPEN
            del slots[h.deadline, h.unit]
            continue
        number, state = there
        revives = number if state is State.CANCELLED else None
        done.append(Merge(h.id, h.unit, new, revives))
        slots[h.deadline, h.unit] = h.id, State.CANCELLED
        if revives is not None:
            slots[h.deadline, new] = number, State.OPEN
    return done
