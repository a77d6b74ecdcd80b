"""What people name on the command line has to be there: a mistyped filter that finds nothing looks like good news."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from plans.problems import Problem, UserError
from store.people import on_file
from store.plans import plan_slugs
from store.units import read_roster


def check_filter(
    tx: Connection,
    *,
    units: Sequence[str] = (),
    plan: str | None = None,
    group: str | None = None,
    person: str | None = None,
) -> None:
    """Raise UserError with every unit, plan, group or person that isn't in the store."""
    roster = read_roster(tx)
    problems = [_unknown("unit", u, roster.units) for u in units if u not in roster.units]
    plans = plan_slugs(tx)
    if plan is not None and plan not in plans:
        problems.append(_unknown("plan", plan, plans))
    if group is not None and group not in roster.groups:
        problems.append(_unknown("group", group, roster.groups))
    addresses = set(on_file(tx)) if person is not None else set()
    if person is not None and person.casefold() not in addresses:
        problems.append(_unknown("person", person, addresses))
    if problems:
        raise UserError(problems)


def _unknown(kind: str, name: str, known: Iterable[str]) -> Problem:
    near = difflib.get_close_matches(name, list(known), 1)
    if near:
        return Problem(f"option.{kind}_near", {"name": name, "nearest": near[0]})
    return Problem(f"option.{kind}", {"name": name})
