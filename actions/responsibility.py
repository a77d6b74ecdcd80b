"""Who is responsible for what, whoever is away today; and what is said when that changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from actions.announcing import announce_given, announce_taken
from actions.office import Office
from plans.files.plan_file import PlanFile
from plans.files.reading import Reference
from plans.people import OFFICERS, Absence, Addressee, addressees, named_addressees
from plans.plan import Task, TaskOfficer
from plans.problems import Place, Problem
from plans.units import Roster, Unit
from store.absences import Handover, read_absences, read_handovers
from store.obligations import last_obligation, open_items
from store.people import people_ids, unreachable_addresses
from store.plans import read_plan
from store.recipients import named_for, named_officers, read_posts


class Duty:
    """Who is written to for each unit and task on a day, by the numbers of unit and task."""

    def __init__(
        self,
        units: Mapping[int, Unit],
        named: Mapping[int, Sequence[TaskOfficer]],
        day: date,
        absent: Sequence[Absence] = (),
        unreachable: Collection[str] = (),
    ) -> None:
        self.units, self.named, self.day = units, named, day
        self.absent, self.unreachable = absent, unreachable
        self._of_unit: dict[int, dict[str, tuple[Addressee, ...]]] = {}

    def of(self, task: int, unit: int, audience: str = OFFICERS) -> tuple[Addressee, ...]:
        own: tuple[Addressee, ...] = ()
        if task in self.named:
            some = named_for(self.named[task], self.units[unit])
            own = named_addressees(some, self.absent, self.unreachable, self.day)
        if own and audience == OFFICERS:
            return own
        already = {a.address for a in own}
        return tuple(a for a in self.of_unit(unit)[audience] if a.address not in already)

    def of_unit(self, unit: int) -> dict[str, tuple[Addressee, ...]]:
        if unit not in self._of_unit:
            self._of_unit[unit] = addressees(self.units[unit], self.absent, self.unreachable, self.day)
        return self._of_unit[unit]


def duty_on(tx: Connection, day: date) -> Duty:
    """Who would be written to on a day, as absences stand now."""
    return Duty(read_posts(tx), named_officers(tx), day, read_absences(tx, day), unreachable_addresses(tx))


class Responsibility:
    """Who is responsible at a moment, to be compared with another: absences change nothing in that."""

    def __init__(self, tx: Connection, today: date) -> None:
        self.duty = Duty(read_posts(tx), named_officers(tx), today)
        self.last = last_obligation(tx)

    def announce(self, tx: Connection, office: Office, now: datetime) -> None:
        """Tell those who have become responsible since, and those who no longer are, of what is open."""
        before, after = self.duty, Duty(read_posts(tx), named_officers(tx), self.duty.day)
        both = before.units.keys() & after.units.keys()
        units = {u for u in both if _addresses(before.of_unit(u)[OFFICERS]) != _addresses(after.of_unit(u)[OFFICERS])}
        tasks = {t for t in before.named.keys() | after.named.keys() if before.named.get(t) != after.named.get(t)}
        if not units and not tasks:
            return
        taken: dict[frozenset[str], list[int]] = defaultdict(list)
        given: dict[frozenset[str], list[int]] = defaultdict(list)
        for number, task, unit in open_items(tx, units, tasks):
            if number > self.last or unit not in both:  # new itself
                continue
            old, new = _addresses(before.of(task, unit)), _addresses(after.of(task, unit))
            taken[new - old].append(number)
            given[old - new].append(number)
        for announce, groups in ((announce_taken, taken), (announce_given, given)):
            for who, numbers in sorted(groups.items(), key=lambda g: sorted(g[0])):
                if who:
                    announce(tx, office, now, numbers, sorted(people_ids(tx, who).values()))


def _addresses(some: Iterable[Addressee]) -> frozenset[str]:
    return frozenset(a.address for a in some)


def undone_handovers(
    tx: Connection,
    rosters: Sequence[Roster],
    places: Sequence[Mapping[Reference, Place]],
    plans: Sequence[PlanFile],
    stored: Roster,
) -> list[Problem]:
    """Where files still name someone whose work was handed over since: loading them would undo that unseen."""
    by_unit: dict[str, dict[str, Handover]] = defaultdict(dict)
    for h in read_handovers(tx):
        by_unit[h.unit][h.old] = h
    if not by_unit:
        return []
    problems = []
    nowhere: Sequence[Mapping[Reference, Place]] = [{}] * len(rosters)
    for roster, known in zip(rosters, places or nowhere, strict=True):
        for slug, unit in roster.units.items():
            there = stored.units.get(slug)
            now = {o.address for o in there.officers} if there else set()
            for h in _undone(by_unit[slug], {o.address for o in unit.officers}, now):
                problems.append(_problem(h, known.get(Reference(slug, "officers", h.old))))
    for file in plans:
        old = read_plan(tx, file.plan.slug) if file.plan else None
        for task in file.plan.tasks if file.plan and old else ():
            kept = old.plan.task(task.slug) if old else None
            now = {o.address for o in kept.officers} if kept else set()
            found = {o.address for o in task.officers}
            undone = {h.old: h for of_unit in by_unit.values() for h in _undone(of_unit, found, now)}
            for address, h in undone.items():
                problems.append(_problem(h, file.places.get(Reference(task.slug, "officers", address))))
            place = file.places.get(Reference(task.slug, ""))
            problems += [_left_out(h, task.slug, place) for h in _reassigned(kept, found, by_unit)]
    return problems


def _reassigned(
    kept: Task | None, named: Collection[str], handed: Mapping[str, Mapping[str, Handover]]
) -> Iterable[Handover]:
    """By which of a task's own officers, whom a file leaves out, work was taken over from somebody of that unit."""
    for o in kept.officers if kept else ():
        taken = [h for h in handed.get(o.unit or "", {}).values() if h.new == o.address and h.old not in named]
        if o.address not in named and taken:
            yield max(taken, key=lambda h: h.at)


def _left_out(h: Handover, task: str, place: Place | None) -> Problem:
    params = {"task": task, "unit": h.unit, "new": h.new, "day": h.at.date()}
    return Problem("load.reassigned", params, place)


def _undone(handed: Mapping[str, Handover], named: set[str], now: set[str]) -> list[Handover]:
    """Hand-overs from someone a file names, to someone in place `now` whom it does not name."""
    found = []
    for address in sorted(named - now):
        last, seen = handed.get(address), {address}
        while last is not None and last.new not in now and last.new in handed and last.new not in seen:
            seen.add(last.new)
            last = handed[last.new]
        if last is not None and last.new in now and last.new not in named:
            found.append(Handover(last.unit, address, last.new, last.at))
    return found


def _problem(h: Handover, place: Place | None) -> Problem:
    return Problem("load.handed_over", {"unit": h.unit, "old": h.old, "new": h.new, "day": h.at.date()}, place)
