"""Units, plans and deadlines page by page, in an order that what is added meanwhile does not disturb."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, or_, select, tuple_

from plans.access import Rights
from plans.deadlines import Basis
from plans.paging import Page, cut, read_key, read_number
from plans.plan import Kind
from plans.units import Unit
from store.access import concerning
from store.choosing import in_year
from store.deadlines import DeadlineFacts, deadline_facts
from store.plans import StandingPlan, standing_plans
from store.schema import deadlines, dues, plans, tasks, units


def unit_page(tx: Connection, slugs: Collection[str] | None, *, size: int = 50, after: str | None = None) -> Page[Unit]:
    """Units, without their officers, in the order in which they were first loaded; of these only, where given."""
    query = select(units).order_by(units.c.id).limit(size + 1)
    if slugs is not None:
        query = query.where(units.c.slug.in_(sorted(slugs)))
    if (mark := read_number(after)) is not None:
        query = query.where(units.c.id > mark)
    some = cut(list(tx.execute(query)), size, lambda r: (r.id,))
    rows = (
        Unit(r.slug, r.name, r.kind, r.parent, r.mailbox, (), r.since, r.until, tuple(r.successors)) for r in some.rows
    )
    return Page(tuple(rows), some.after)


def plan_page(
    tx: Connection, slugs: Collection[str] | None, *, size: int = 50, after: str | None = None
) -> Page[StandingPlan]:
    """Plans in the order in which they were first loaded; of these only, where given."""
    query = select(plans.c.id, plans.c.slug).order_by(plans.c.id).limit(size + 1)
    if slugs is not None:
        query = query.where(plans.c.slug.in_(sorted(slugs)))
    if (mark := read_number(after)) is not None:
        query = query.where(plans.c.id > mark)
    some = cut(list(tx.execute(query)), size, lambda r: (r.id,))
    found = {p.slug: p for p in standing_plans(tx, [r.id for r in some.rows])}
    return Page(tuple(found[r.slug] for r in some.rows), some.after)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which deadlines; None: all."""

    plan: str | None = None  # slug
    task: str | None = None  # slug
    kind: Kind | None = None
    period: str | None = None  # key
    year: int | None = None  # as `plans.filtering.Filter` has it
    first: date | None = None  # act-by of the rule
    last: date | None = None


def deadline_page(
    tx: Connection, sought: Sought, rights: Rights, *, size: int = 50, after: str | None = None
) -> Page[DeadlineFacts]:
    """Deadlines that a visitor may read, by late-after of the rule; what one unit was granted moves none."""
    query = (
        select(dues.c.late_at, dues.c.id, dues.c.deadline_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .where(dues.c.basis == Basis.RULE.value)
    )
    for column, value in (
        (plans.c.slug, sought.plan),
        (tasks.c.slug, sought.task),
        (tasks.c.kind, sought.kind and sought.kind.value),
        (deadlines.c.period, sought.period),
    ):
        if value is not None:
            query = query.where(column == value)
    if sought.year is not None:
        query = query.where(in_year(sought.year))
    if sought.first is not None:
        query = query.where(dues.c.act_by >= sought.first)
    if sought.last is not None:
        query = query.where(dues.c.act_by <= sought.last)
    if not rights.reads_all:
        named = sorted({(plan, task) for plan, task, _ in rights.named})
        mine = [plans.c.slug.in_(sorted(rights.coordinates)), concerning(rights.units)]
        query = query.where(or_(*mine, tuple_(plans.c.slug, tasks.c.slug).in_(named)))
    if (mark := read_key(after, 1)) is not None:
        query = query.where(dues.c.late_at >= mark[0], or_(dues.c.late_at > mark[0], dues.c.id > mark[1][0]))
    found = list(tx.execute(query.order_by(dues.c.late_at, dues.c.id).limit(size + 1)))
    some = cut(found, size, lambda r: (r.late_at, r.id))
    facts = {d.id: d for d in deadline_facts(tx, [r.deadline_id for r in some.rows])}
    return Page(tuple(facts[r.deadline_id] for r in some.rows), some.after)
