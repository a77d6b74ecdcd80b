"""Name the successors of a unit, as a unit file would, and pass on what it owes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from actions.loading import LoadReport, load
from actions.office import Act, Office
from plans.files.reading import nearest
from plans.files.roster_checks import cycles
from plans.problems import Problem, UserError
from plans.succession import has_ended
from plans.units import Roster, Unit
from store.units import read_roster


@dataclass(frozen=True, slots=True)
class Ended:
    """A unit with the end that was given to it, and what followed from it."""

    unit: Unit
    report: LoadReport


def succeed(
    office: Office, act: Act, old: str, new: Sequence[str], on: date | None = None, *, dry_run: bool = False
) -> Ended:
    """End a unit on the day before `on`, the first day of its successors, and pass on what it owes.

    Without `on` an end that is recorded already stays; where there is none, the successors begin today. Raises
    UserError with everything that is wrong with the units named.
    """
    with office.database.read() as tx:
        roster = read_roster(tx)
    unknown = [_unknown(slug, roster) for slug in dict.fromkeys((old, *new)) if slug not in roster.units]
    if unknown:
        raise UserError(unknown)
    unit = roster.units[old]
    until = unit.until
    if on is not None or until is None:
        until = (on or office.today(act.now)) - timedelta(days=1)
    unit = replace(unit, until=until, successors=tuple(dict.fromkeys(new)))
    if problems := _problems(unit, until, roster):
        raise UserError(problems)
    after = replace(roster, units={**roster.units, old: unit})
    report = load(office, act, [after], (), dry_run=dry_run)
    return Ended(unit, report)


def _unknown(slug: str, roster: Roster) -> Problem:
    near = nearest(slug, roster.units)
    if near is None:
        return Problem("unknown.unit", {"name": slug})
    return Problem("unknown.unit.nearest", {"name": slug, "nearest": near})


def _problems(unit: Unit, until: date, roster: Roster) -> list[Problem]:
    found = []
    if unit.since is not None and until < unit.since:
        found.append(Problem("succeed.before_start", {"unit": unit.slug, "since": unit.since, "until": until}))
    for slug in unit.successors:
        successor = roster.units[slug]
        if slug == unit.slug:
            found.append(Problem("succeed.itself", {"unit": slug}))
        elif has_ended(successor, until + timedelta(days=1)):
            found.append(Problem("succeed.ended", {"unit": slug, "until": successor.until}))
    graph = {s: u.successors for s, u in roster.units.items()} | {unit.slug: unit.successors}
    for circle in cycles(graph) if not found else ():
        found.append(Problem("succeed.circle", {"unit": circle[1], "old": circle[0], "chain": " → ".join(circle)}))
    return found
