"""The list of plans, and the years in which a plan has deadlines: small tables alone, no obligations."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from plans.deadlines import Basis
from plans.ending import Replacing, end_of
from plans.periods import Period
from plans.plan import Plan
from store.coordinating import coordinated
from store.schema import deadlines, dues, plans, tasks


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan as the list of plans shows it."""

    slug: str
    title: str
    number: str | None
    issuer: str | None
    issued: date | None
    coordinator: str | None  # slug, today
    formerly: str | None  # the one its file names, where that does not coordinate it any more
    track_from: date
    until: date | None  # the last day on which a deadline may be stated: its own, or because another replaces it
    replaced_by: str | None

    def ended(self, today: date) -> bool:
        return self.until is not None and self.until < today


def plan_lines(tx: Connection) -> list[PlanLine]:
    """Every plan, the latest issued first."""
    who = {p.slug: p for p in coordinated(tx)}
    rows = {r.slug: r for r in tx.execute(select(plans))}
    found = []
    for r in rows.values():
        other = rows.get(r.replaced_by or "")
        replacing = Replacing(other.issued, other.track_from) if other is not None else None
        named, acting = who[r.slug].named, who[r.slug].acting
        found.append(
            PlanLine(
                slug=r.slug,
                title=r.title,
                number=r.number,
                issuer=r.issuer,
                issued=r.issued,
                coordinator=acting,
                formerly=named if named != acting else None,
                track_from=r.track_from,
                until=end_of(Plan(r.slug, r.title, until=r.until), replacing),
                replaced_by=r.replaced_by,
            )
        )
    return sorted(found, key=lambda p: (-(p.issued or p.track_from).toordinal(), p.slug))


def years_of_tasks(tx: Connection, plan: str) -> dict[str, set[int]]:
    """Task → the years in which it has deadlines: those that their periods name, else of their last days."""
    query = (
        select(tasks.c.slug, deadlines.c.period, dues.c.last_day)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .join(deadlines, deadlines.c.task_id == tasks.c.id)
        .join(dues, dues.c.deadline_id == deadlines.c.id)
        .where(plans.c.slug == plan, deadlines.c.cancelled_at.is_(None), dues.c.basis == Basis.RULE.value)
    )
    found: dict[str, set[int]] = defaultdict(set)
    for slug, period, last_day in tx.execute(query):
        named = Period(period).parts().get("year")
        found[slug].add(int(named) if named is not None else last_day.year)
    return dict(found)


def periods_of_plan(tx: Connection, plan: str, today: date) -> list[Period]:
    """The periods in which deadlines have come, the latest first: those that can be closed."""
    last = func.max(dues.c.last_day)
    query = (
        select(deadlines.c.period, last)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .join(dues, dues.c.deadline_id == deadlines.c.id)
        .where(plans.c.slug == plan, deadlines.c.cancelled_at.is_(None), deadlines.c.tracked)
        .where(dues.c.last_day <= today)
        .group_by(deadlines.c.period)
    )
    found = sorted(((day, period) for period, day in tx.execute(query)), reverse=True)
    return [Period(period) for _, period in found]
