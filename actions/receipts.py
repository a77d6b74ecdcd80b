"""Receipts of one deadline, all its units in one table: proposed from what was pasted or uploaded, saved at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from actions.office import Act, Office
from actions.receiving import Changed, Receipt, check_days, closed, take_in
from actions.selecting import owes_not, require_deadline, select_obligations
from plans.deadlines import DeadlineKey
from plans.files.pasted import read_pasted
from plans.files.register import Register, read_register
from plans.matching import Matched, match_register
from plans.naming import UnitNames
from plans.problems import Problem, UserError
from plans.status import State
from store.obligations import of_deadline
from store.units import read_roster


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a register says of a deadline's units; nothing of it is recorded."""

    rows: tuple[Matched, ...]
    problems: tuple[Problem, ...]  # cells that can't be understood

    @property
    def receipts(self) -> dict[str, Receipt]:
        """Unit → the receipt to fill the table with: of each unit put forward, its earliest row."""
        found: dict[str, Receipt] = {}
        for row in sorted(self.rows, key=lambda m: (not m.sure, m.entry.day or date.max, m.entry.row)):
            if row.unit is not None and row.entry.day is not None:
                found.setdefault(row.unit, Receipt(row.entry.day, row.entry.number))
        return found


def propose_receipts(tx: Connection, key: DeadlineKey, source: str | tuple[str, bytes]) -> Proposal:
    """Match pasted lines, or an uploaded file (name, content), with the units that owe a deadline.

    Raises UserError for a deadline that isn't there and for what can't be read at all.
    """
    require_deadline(tx, key)
    owing = {o.unit for o in of_deadline(tx, key) if o.state is not State.CANCELLED}
    units = read_roster(tx).units
    names = UnitNames(units.values())
    register: Register
    if isinstance(source, str):
        register = read_pasted(source, lambda text: bool(names.find(text) or names.nearest(text)))
    else:
        register = read_register(*source)
    own = [unit for slug, unit in units.items() if slug in owing]
    others = [unit for slug, unit in units.items() if slug not in owing]
    return Proposal(tuple(match_register(register.entries, own, others)), register.problems)


def record_receipts(
    office: Office, act: Act, key: DeadlineKey, receipts: Mapping[str, Receipt], *, dry_run: bool = False
) -> list[Changed]:
    """Record and accept what units (slugs) handed in, each with its own number and date, all in one transaction.

    What is recorded already is left as it is, and told. Raises UserError with every unit that does not owe the deadline
    or whose period is closed, and every date that cannot be; then nothing is recorded.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        owing = {o.unit: o for o in select_obligations(tx, key, ())}
        problems = [owes_not(unit, key, owing) for unit in receipts if unit not in owing]
        taken = [(owing[unit], receipt) for unit, receipt in receipts.items() if unit in owing]
        problems += [closed(o) for o, _ in taken if o.state is State.MISSING]
        problems += [p for o, r in taken for p in check_days(office, act, o, r.received_on)]
        if problems:
            raise UserError(problems)
        return take_in(tx, office, act, taken)
