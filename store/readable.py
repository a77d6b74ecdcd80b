"""What a visitor may read of a list of obligations, as conditions: `Rights.may_read_item`, without asking of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import Connection, select

from plans.access import Rights
from store.choosing import Choice
from store.schema import plans, tasks, units


def readable_parts(tx: Connection, rights: Rights, chosen: Iterable[Choice]) -> list[Choice]:
    """Those obligations of some parts that may be read, in parts that share none, for `store.board.page_of`."""
    found = list(chosen)
    if rights.reads_all:
        return found
    own = _tasks_of(tx, rights.coordinates)
    seen = frozenset(tx.scalars(select(units.c.id).where(units.c.slug.in_(sorted(rights.units)))))
    named = _named(tx, rights)
    parts: list[Choice] = []
    for one in found:
        if own:
            parts.append(replace(one, tasks=_both(one.tasks, own)))
        others = one.other_than | own
        if seen:
            parts.append(replace(one, other_than=others, units=_both(one.units, seen)))
        for task, some in named.items():
            if task not in others:
                units_left = _both(one.units, some - seen)
                parts.append(replace(one, tasks=_both(one.tasks, frozenset({task})), units=units_left))
    return [p for p in parts if (p.tasks is None or p.tasks) and (p.units is None or p.units)]


def _tasks_of(tx: Connection, some: Collection[str]) -> frozenset[int]:
    """Every task of these plans, those that were removed too."""
    return frozenset(tx.scalars(select(tasks.c.id).join(plans).where(plans.c.slug.in_(sorted(some)))))


def _named(tx: Connection, rights: Rights) -> dict[int, frozenset[int]]:
    """Task → the units for which it names the visitor."""
    if not rights.named:
        return {}
    slugs = {(plan, task) for plan, task, _ in rights.named}
    of_plans = select(tasks.c.id, plans.c.slug.label("plan"), tasks.c.slug).join(plans)
    rows = tx.execute(of_plans.where(plans.c.slug.in_(sorted({plan for plan, _ in slugs}))))
    numbers = {(r.plan, r.slug): r.id for r in rows if (r.plan, r.slug) in slugs}
    ids = {s: n for n, s in tx.execute(select(units.c.id, units.c.slug).where(units.c.slug.in_(_units(rights))))}
    found: dict[int, set[int]] = defaultdict(set)
    for plan, task, unit in rights.named:
        if (plan, task) in numbers and unit in ids:
            found[numbers[plan, task]].add(ids[unit])
    return {task: frozenset(some) for task, some in sorted(found.items())}


def _units(rights: Rights) -> list[str]:
    return sorted({unit for _, _, unit in rights.named})


def _both(one: frozenset[int] | None, other: frozenset[int]) -> frozenset[int]:
    return other if one is None else one & other
