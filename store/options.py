"""What a list may be narrowed to: the plans, groups, kinds of units, years and periods to choose from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, or_, select

from plans.access import Rights
from plans.periods import Period
from store.choosing import among, reading
from store.schema import audiences, deadlines, groups, obligations, plans, tasks, units


@dataclass(frozen=True, slots=True)
class PlanOption:
    """A plan that asks something of what somebody may read."""

    slug: str
    title: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Options:
    """Each list in the order in which it is shown."""

    plans: tuple[PlanOption, ...]
    groups: tuple[tuple[str, str], ...]  # (slug, name)
    kinds: tuple[tuple[str, str | None], ...]  # of units; (code, name): None where no audience has a word for it
    years: tuple[int, ...]  # the latest first
    periods: tuple[Period, ...]  # of one year, by their keys


def options(tx: Connection, reader: Rights, year: int, plan: str | None = None) -> Options:
    """What there is to choose from; years and periods of one plan where given.

    Only small tables are gone through: units, plans, tasks, deadlines. Whoever reads of the own unit alone has no
    groups and kinds to choose from.
    """
    found = tuple(PlanOption(*r) for r in tx.execute(_plans(tx, reader)))
    shown = {p.slug for p in found}  # nothing is told of others, not even whether there are any
    known = _periods(tx, shown & {plan} if plan is not None else None if reader.reads_all else shown)
    dated = sorted(p for p in known if _year(p) == year)
    years = {y for p in known if (y := _year(p)) is not None} | {year}
    of_many = reader.reads_all or reader.coordinates or reader.oversees
    units_by = (named_groups(tx), _kinds(tx)) if of_many else ((), ())
    return Options(found, *units_by, tuple(sorted(years, reverse=True)), tuple(dated))


def _plans(tx: Connection, reader: Rights) -> Select[Any]:
    query = select(plans.c.slug, plans.c.title, plans.c.number).order_by(plans.c.id.desc())
    if reader.reads_all:
        return query
    owed = (
        select(obligations.c.id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .where(tasks.c.plan_id == plans.c.id)
        .correlate(plans)
    )
    mine = [exists(owed.where(*part.owed())) for part in reading(tx, reader) if part.tasks is None]
    named = {plan for plan, _, _ in reader.named} | reader.coordinates
    return query.where(or_(plans.c.slug.in_(list(named)), *mine))


def named_groups(tx: Connection) -> tuple[tuple[str, str], ...]:
    """(slug, name) of every group, in their order."""
    query = select(groups.c.slug, groups.c.name).order_by(groups.c.position)
    return tuple((slug, name) for slug, name in tx.execute(query))


def _kinds(tx: Connection) -> tuple[tuple[str, str | None], ...]:
    """Kinds are codes of the installation's own; an audience of exactly that kind has words for it."""
    there = tx.scalars(select(units.c.kind).group_by(units.c.kind).order_by(units.c.kind))
    named: dict[str, str] = {}
    for name, body in tx.execute(select(audiences.c.name, audiences.c.body).order_by(audiences.c.position)):
        if len(body.get("kinds", ())) == 1 and not (body.get("groups") or body.get("audiences")):
            named.setdefault(body["kinds"][0], name)
    return tuple((kind, named.get(kind)) for kind in there)


def _periods(tx: Connection, some: Collection[str] | None) -> list[Period]:
    """Of these plans; None: of all."""
    query = select(deadlines.c.period).distinct()
    if some is not None:
        of_plan = select(tasks.c.id).join(plans).where(plans.c.slug.in_(sorted(some)))
        query = query.where(among(deadlines.c.task_id, set(tx.scalars(of_plan))))
    return [Period(key) for key in tx.scalars(query)]


def _year(period: Period) -> int | None:
    named = period.parts().get("year")
    return int(named) if named else None
