"""A register of incoming documents becomes receipts: all of it, or what can be taken where that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from actions.office import Act, Office
from actions.receiving import Changed, Receipt, closed, take_in
from actions.selecting import select_obligations
from plans.deadlines import DeadlineKey
from plans.files.register import Entry, Register
from plans.naming import UnitNames
from plans.obligations import Obligation
from plans.problems import Place, Problem, Severity, UserError
from plans.status import State
from store.units import read_roster


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a register."""

    done: tuple[Changed, ...]
    problems: tuple[Problem, ...]  # rows that were not taken
    notes: tuple[Problem, ...]  # rows that another one makes needless


def receive_register(
    office: Office,
    act: Act,
    key: DeadlineKey,
    register: Register,
    *,
    skip: bool = False,
    dry_run: bool = False,
) -> Intake:
    """Record for each unit in a register that it handed in what it owes, on the first day the register has for it.

    Counts as accepted, as `submit` does. Raises UserError with every problem of every row, and then records nothing;
    `skip`: records the rows that have none.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        owing = {o.unit: o for o in select_obligations(tx, key, ()) if o.state is not State.CANCELLED}
        names = UnitNames(read_roster(tx).units.values())
        first, problems, notes = decide(register, key, owing, names, office.today(act.now))
        if problems and not skip:
            raise UserError(problems)
        receipts = [(owing[unit], Receipt(e.day, e.number)) for unit, e in first.items() if e.day is not None]
        return Intake(tuple(take_in(tx, office, act, receipts)), problems, notes)


def decide(
    register: Register, key: DeadlineKey, owing: Mapping[str, Obligation], names: UnitNames, today: date
) -> tuple[dict[str, Entry], tuple[Problem, ...], tuple[Problem, ...]]:
    """Unit → the entry that counts; what is wrong with others; which of them are needless."""
    good: dict[str, list[Entry]] = {}
    problems = list(register.problems)
    for entry in register.entries:
        unit = _unit_of(entry, key, owing, names)
        if entry.day is not None and entry.day > today:
            problems.append(Problem("submit.future", {"day": entry.day}, entry.day_at))
        if isinstance(unit, Problem):
            problems.append(unit)
        elif owing[unit].state is State.MISSING:
            problems.append(closed(owing[unit], entry.unit_at))
        elif entry.day is not None and entry.day <= today:
            good.setdefault(unit, []).append(entry)
    first = {unit: min(found, key=lambda e: (e.day or today, e.row)) for unit, found in good.items()}
    notes = [
        Problem(
            "register.twice",
            {"unit": owing[unit].unit_name, "row": first[unit].row, "day": first[unit].day},
            entry.unit_at,
            Severity.WARNING,
        )
        for unit, found in good.items()
        for entry in found
        if entry is not first[unit]
    ]
    return first, _in_order(problems), _in_order(notes)


def _unit_of(entry: Entry, key: DeadlineKey, owing: Mapping[str, Obligation], names: UnitNames) -> str | Problem:
    """The unit that an entry names. Of several with one name, the one that owes the deadline is meant."""
    found = names.find(entry.unit)
    meant = [slug for slug in found if slug in owing]
    if len(meant) == 1:
        return meant[0]
    if meant:
        units = ", ".join(meant)
        return Problem("register.unit_ambiguous", {"name": entry.unit, "units": units}, entry.unit_at)
    if found:
        known = {"name": entry.unit, "unit": found[0], "deadline": str(key)}
        return Problem("register.owes_not", known, entry.unit_at)
    near = names.nearest(entry.unit)
    if near:
        said = "; ".join(f"{unit.name} ({unit.slug})" for unit in near)
        return Problem("register.unit_unknown_near", {"name": entry.unit, "nearest": said}, entry.unit_at)
    return Problem("register.unit_unknown", {"name": entry.unit}, entry.unit_at)


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    def place(problem: Problem) -> tuple[int, int]:
        at = problem.place or Place("")
        return at.line, at.column

    return tuple(sorted(problems, key=place))
