"""From what people name to rows: a deadline's obligations of some units, or all problems with what was named."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from store import obligations as stored
from store.deadlines import deadline_facts, deadline_keys

_MANY = 500  # units from which all that owe a deadline are read


def select_obligations(tx: Connection, key: DeadlineKey, units: Sequence[str]) -> list[Obligation]:
    """The obligations of `units` in a deadline, of all that owe it where none is named.

    Raises UserError for a deadline that isn't there and with every unit that does not owe it.
    """
    require_deadline(tx, key)
    some = units if 0 < len(units) <= _MANY else None
    found = stored.of_deadline(tx, key, some, lock=True)
    if not units:
        return found
    by_unit = {o.unit: o for o in found}
    missing = [unit for unit in units if unit not in by_unit]
    if missing:
        owing = [o.unit for o in stored.of_deadline(tx, key)]
        raise UserError([owes_not(unit, key, owing) for unit in missing])
    return [by_unit[u] for u in dict.fromkeys(units)]


def require_deadline(tx: Connection, key: DeadlineKey) -> None:
    """Raise UserError, with the nearest one that is there, unless the deadline exists."""
    if deadline_facts(tx, key=key):
        return
    near = difflib.get_close_matches(str(key), deadline_keys(tx), 1)
    if near:
        raise UserError(Problem("deadline.unknown_near", {"deadline": str(key), "nearest": near[0]}))
    raise UserError(Problem("deadline.unknown", {"deadline": str(key)}))


def owes_not(unit: str, key: DeadlineKey, owing: Iterable[str]) -> Problem:
    """That a unit does not owe a deadline, with the one of `owing` that was probably meant."""
    near = difflib.get_close_matches(unit, list(owing), 1)
    if near:
        return Problem("unit.owes_not_near", {"unit": unit, "deadline": str(key), "nearest": near[0]})
    return Problem("unit.owes_not", {"unit": unit, "deadline": str(key)})
