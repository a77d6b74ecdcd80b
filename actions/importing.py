"""A roster taken from a workbook: what it changes is told first, then it goes the way of every unit file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from actions.loading import LoadReport, load
from actions.office import Act, Office
from plans.files.roster_sheets import read_roster_file
from plans.problems import Problem, Severity, UserError, errors
from plans.rosters import NewlyTold, RosterDifference, compare_rosters, fingerprint, newly_told
from plans.units import Roster
from store.absences import read_absences
from store.people import unreachable_addresses
from store.plans import stored_plans
from store.units import open_items_of, read_roster


@dataclass(frozen=True, slots=True)
class Told:
    """Someone whom mail reaches from now on that went to others, or nobody, before."""

    who: NewlyTold
    items: int  # that are open in these units now


@dataclass(frozen=True, slots=True)
class Imported:
    """What a roster file changes, or would change."""

    old: Roster
    new: Roster
    difference: RosterDifference
    told: tuple[Told, ...]
    report: LoadReport
    warnings: tuple[Problem, ...]
    seen: str  # fingerprint of the roster that all this was compared with


def import_roster(
    office: Office,
    act: Act,
    name: str,
    content: bytes,
    *,
    complete: bool = False,
    seen: str | None = None,
    again: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Take a roster from the bytes of a workbook or CSV file (`name`: as problems call it), all of it or nothing.

    `complete`: what the file does not list ends (`plans.files.roster_sheets`). `seen`: the fingerprint of the roster
    with which somebody has looked at the difference; another one by now is a problem. `again`: also where it names
    people whose work was handed over since. Raises UserError with every problem, each at its cell.
    """
    today = office.today(act.now)
    with office.database.read() as tx:
        old = read_roster(tx)
        mark = fingerprint(old)
        if seen is not None and seen != mark:
            raise UserError(Problem("roster.changed"))
        file = read_roster_file(name, content, old, today, complete=complete)
        problems = [*file.problems, *_still_named(tx, old, file.roster)]
        if errors(problems):
            raise UserError(problems)
        told = _told(tx, office, act, old, file.roster)
    if file.exported not in (None, mark):
        problems.append(Problem("roster.exported_before", {}, None, Severity.WARNING))
    report = load(
        office,
        act,
        [file.roster],
        (),
        roster_places=[file.places],
        replace_newer=again,
        dry_run=dry_run,
        problems=problems,
        made_from=mark,
    )
    difference = compare_rosters(old, file.roster)
    return Imported(old, file.roster, difference, told, report, report.warnings, mark)


def _still_named(tx: Connection, old: Roster, new: Roster) -> list[Problem]:
    """Groups and audiences that would go while a plan means them: nobody would owe its tasks any more."""
    gone = (old.groups.keys() - new.groups.keys()) | (old.audiences.keys() - new.audiences.keys())
    found = []
    for slug, plan in stored_plans(tx).items() if gone else ():
        for task in plan.tasks:
            for name in sorted(gone.intersection((*task.owed_by, *task.coordinating))):
                found.append(Problem("roster.still_named", {"id": name, "task": f"{slug}/{task.slug}"}))
    return found


def _told(tx: Connection, office: Office, act: Act, old: Roster, new: Roster) -> tuple[Told, ...]:
    today = office.today(act.now)
    people = newly_told(old, new, read_absences(tx, today), unreachable_addresses(tx), today)
    open_items = open_items_of(tx, {slug for one in people for slug in one.units})
    return tuple(Told(one, _sum(open_items, one.units)) for one in people)


def _sum(open_items: dict[str, int], units: Iterable[str]) -> int:
    return sum(open_items.get(slug, 0) for slug in units)
