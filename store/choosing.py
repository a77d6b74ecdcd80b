"""A filter looked up in the small tables (units, groups, plans, tasks): numbers, with which obligations are found.

Names are compared here, in Python, because neither engine knows that "Sở Y tế" is found by "so y te"; obligations are
never gone through for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, not_, or_, select

from plans.access import Rights
from plans.filtering import Filter
from plans.naming import fold
from plans.periods import YEARS
from plans.plan import Kind
from store.ordered_joins import Unindexed
from store.schema import deadlines, dues, groups, memberships, obligations, plans, tasks, units

_FEW = 8  # units up to which each is looked for by itself; of more, those that owe a deadline are gone through
_folded = lru_cache(maxsize=1 << 16)(fold)


@dataclass(frozen=True, slots=True)
class Choice:
    """Conditions that hold together; None leaves a question open."""

    plan: int | None = None
    tasks: frozenset[int] | None = None
    other_than: frozenset[int] = frozenset()  # tasks left out
    task_kind: Kind | None = None
    period: str | None = None
    year: int | None = None
    units: frozenset[int] | None = None

    def dated(self) -> list[ColumnElement[bool]]:
        """Conditions on dates joined with their deadlines and tasks."""
        found: list[ColumnElement[bool]] = []
        if self.plan is not None:
            found.append(tasks.c.plan_id == self.plan)
        if self.tasks is not None:
            # By whose number SQLite would begin with all deadlines of many tasks, not with the dates asked for.
            found.append(among(tasks.c.id if len(self.tasks) <= _FEW else Unindexed(tasks.c.id), self.tasks))
        if self.other_than:
            found.append(not_(among(tasks.c.id, self.other_than)))
        if self.task_kind is not None:
            found.append(tasks.c.kind == self.task_kind.value)
        if self.period is not None:
            found.append(deadlines.c.period == self.period)
        if self.year is not None:
            found.append(in_year(self.year))
        return found

    def owed(self) -> list[ColumnElement[bool]]:
        """Conditions on obligations."""
        if self.units is None:
            return []
        # By whose number SQLite would look for every one of many units in every deadline.
        unit = obligations.c.unit_id
        return [among(unit if len(self.units) <= _FEW else Unindexed(unit), self.units)]


def choices(tx: Connection, which: Filter, today: date) -> list[Choice]:
    """What a filter asks for, in parts that share no obligation; none where nothing can match.

    A text is found in what a task or its plan is called, or in what a unit is called; a group has today's members.
    What the reader of the filter may not read matches nothing.
    """
    base = Choice(task_kind=which.task_kind, period=which.period, year=which.year, units=which.units)
    if which.plan is not None:
        number = tx.scalar(select(plans.c.id).where(plans.c.slug == which.plan))
        if number is None:
            return []
        base = replace(base, plan=number)
    if which.group is not None:
        base = replace(base, units=_both(base.units, members_of(tx, which.group, today)))
    if which.unit_kind is not None:
        of_kind = frozenset(tx.scalars(select(units.c.id).where(units.c.kind == which.unit_kind)))
        base = replace(base, units=_both(base.units, of_kind))
    needle = fold(which.text)
    found = [base] if not needle else _named(tx, base, needle)
    return narrowed(tx, found, which.reader)


def narrowed(tx: Connection, found: Collection[Choice], reader: Rights | None) -> list[Choice]:
    """Of parts that share no obligation what someone may read (None: everything), without those that have nothing."""
    if reader is not None and not reader.reads_all:
        parts = reading(tx, reader)
        found = [_within(c, part) for c in found for part in parts]
    return [c for c in found if (c.units is None or c.units) and (c.tasks is None or c.tasks)]


def reading(tx: Connection, reader: Rights) -> list[Choice]:
    """What someone may read who doesn't read all, in parts that share no obligation: `Rights.may_read_item`.

    All of the plans coordinated; of other tasks, what the own units owe; of tasks told by name, what theirs do.
    """
    of_plans = select(tasks.c.id).join(plans).where(plans.c.slug.in_(list(reader.coordinates)))
    whole = frozenset(tx.scalars(of_plans)) if reader.coordinates else frozenset()
    mine = frozenset(tx.scalars(select(units.c.id).where(units.c.slug.in_(list(reader.units)))))
    found = [Choice(tasks=whole), Choice(other_than=whole, units=mine)]
    if reader.named:
        found += _by_name(tx, reader, whole, mine)
    return [c for c in found if c.tasks != frozenset() and c.units != frozenset()]


def _by_name(tx: Connection, reader: Rights, whole: frozenset[int], mine: frozenset[int]) -> list[Choice]:
    """Parts for the tasks that are told to a person by name; those that are told for the same units together."""
    known = select(plans.c.slug, tasks.c.slug, tasks.c.id).join(plans)
    task_ids = {
        (plan, task): n for plan, task, n in tx.execute(known.where(plans.c.slug.in_({p for p, _, _ in reader.named})))
    }
    unit_ids = {
        slug: n
        for slug, n in tx.execute(
            select(units.c.slug, units.c.id).where(units.c.slug.in_({u for _, _, u in reader.named}))
        )
    }
    told: dict[int, set[int]] = {}
    for plan, task, unit in reader.named:
        number = task_ids.get((plan, task))
        if number is not None and number not in whole and unit_ids[unit] not in mine:
            told.setdefault(number, set()).add(unit_ids[unit])
    alike: dict[frozenset[int], set[int]] = {}
    for number, some in told.items():
        alike.setdefault(frozenset(some), set()).add(number)
    return [Choice(tasks=frozenset(numbers), units=of) for of, numbers in alike.items()]


def _within(one: Choice, part: Choice) -> Choice:
    """What both of two parts have."""
    own = one.tasks if part.tasks is None else _both(one.tasks, part.tasks)
    of = one.units if part.units is None else _both(one.units, part.units)
    return replace(one, tasks=own, other_than=one.other_than | part.other_than, units=of)


def _named(tx: Connection, base: Choice, needle: str) -> list[Choice]:
    titles = select(tasks.c.id, tasks.c.title, plans.c.title.label("plan"), plans.c.number).join(plans)
    if base.plan is not None:
        titles = titles.where(plans.c.id == base.plan)
    in_tasks = frozenset(
        r.id for r in tx.execute(titles) if any(needle in _folded(s) for s in (r.title, r.plan, r.number or ""))
    )
    in_units = frozenset(n for n, name in tx.execute(select(units.c.id, units.c.name)) if needle in _folded(name))
    found = [replace(base, tasks=in_tasks)] if in_tasks else []
    if in_units:
        found.append(replace(base, other_than=in_tasks, units=_both(base.units, in_units)))
    return found


def _both(one: frozenset[int] | None, other: frozenset[int]) -> frozenset[int]:
    return other if one is None else one & other


def members_of(tx: Connection, group: str, day: date) -> frozenset[int]:
    """The units in a group on a day; of no group, none."""
    m = memberships.c
    query = select(m.unit_id).join(groups, groups.c.id == m.group_id).where(groups.c.slug == group)
    valid = and_(or_(m.since.is_(None), m.since <= day), or_(m.until.is_(None), m.until >= day))
    return frozenset(tx.scalars(query.where(valid)))


def in_year(year: int) -> ColumnElement[bool]:
    """Deadlines of a year: of the one their period names, else of the one in which the last day lies."""
    key = deadlines.c.period
    first = func.substr(key, 1, 4)
    named = and_(first.in_([str(y) for y in YEARS]), or_(func.length(key) == 4, func.substr(key, 5, 1) == "-"))
    dated = dues.c.last_day.between(date(year, 1, 1), date(year, 12, 31))
    return or_(and_(first == str(year), named), and_(dated, not_(named)))


def among(column: ColumnElement[Any], numbers: Collection[int]) -> ColumnElement[bool]:
    """Whether a column is one of many numbers, more than an engine takes as parameters."""
    return column.in_(bindparam(None, sorted(numbers), expanding=True, literal_execute=True))
