"""Plans and their tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from plans.ending import Replacing, asked_about, end_of, is_open_ended
from plans.files.writing import task_from_mapping, task_mapping
from plans.plan import Plan, Task
from store.coordinating import acting_of, coordinated
from store.schema import plans, tasks, units

_LOADING = 0x6E68_6163  # the advisory lock of whoever changes plans; the number means nothing


def one_at_a_time(tx: Connection) -> None:
    """Wait until nobody else changes plans; held until the transaction ends.

    What a plan was read as stays true then. On SQLite whoever writes is alone anyway.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_LOADING)))


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as last loaded, and since when it is tracked."""

    id: int
    plan: Plan
    track_from: date
    revision: int
    loaded_at: datetime
    task_ids: dict[str, int]  # slug → number, of the tasks in force
    tracked_since: dict[str, date]  # slug → day, of the tasks in force


def read_plan(tx: Connection, slug: str) -> StoredPlan | None:
    """A plan with its tasks in force, in the order of its file."""
    query = select(plans, units.c.slug.label("coordinator")).outerjoin(units, units.c.id == plans.c.coordinator_id)
    row = tx.execute(query.where(plans.c.slug == slug)).first()
    if row is None:
        return None
    of_plan = select(tasks.c.id, tasks.c.slug, tasks.c.body, tasks.c.track_from).where(
        tasks.c.plan_id == row.id, tasks.c.removed_at.is_(None)
    )
    found = list(tx.execute(of_plan.order_by(tasks.c.position)))
    plan = _plan_of(row, (task_from_mapping(t.body) for t in found))
    ids, since = {t.slug: t.id for t in found}, {t.slug: t.track_from for t in found}
    return StoredPlan(row.id, plan, row.track_from, row.revision, row.loaded_at, ids, since)


def stored_plans(tx: Connection, numbers: Collection[int] | None = None) -> dict[str, Plan]:
    """Every plan with its tasks in force, by slug; those of these numbers only, where given."""
    query = select(plans, units.c.slug.label("coordinator")).outerjoin(units, units.c.id == plans.c.coordinator_id)
    in_force = select(tasks.c.plan_id, tasks.c.body).where(tasks.c.removed_at.is_(None))
    if numbers is not None:
        query = query.where(plans.c.id.in_(list(numbers)))
        in_force = in_force.where(tasks.c.plan_id.in_(list(numbers)))
    found = {row.id: row for row in tx.execute(query.order_by(plans.c.slug))}
    of_plan: dict[int, list[Task]] = {number: [] for number in found}
    for row in tx.execute(in_force.order_by(tasks.c.plan_id, tasks.c.position)):
        of_plan[row.plan_id].append(task_from_mapping(row.body))
    return {row.slug: _plan_of(row, of_plan[number]) for number, row in found.items()}


def _plan_of(row: Any, found: Iterable[Task]) -> Plan:
    return Plan(
        slug=row.slug,
        title=row.title,
        issuer=row.issuer,
        coordinator=row.coordinator,
        number=row.number,
        issued=row.issued,
        until=row.until,
        replaced_by=row.replaced_by,
        tasks=tuple(found),
    )


def with_end(tx: Connection, plan: Plan) -> Plan:
    """The plan with the day on which it really ends as its `until`: its own, or that of the plan that replaces it."""
    found = None
    if plan.replaced_by is not None:
        row = tx.execute(select(plans.c.issued, plans.c.track_from).where(plans.c.slug == plan.replaced_by)).first()
        found = Replacing(row.issued, row.track_from) if row else None
    return replace(plan, until=end_of(plan, found))


def replaced_by_any(tx: Connection, slugs: Iterable[str]) -> list[str]:
    """The plans whose place these take."""
    return sorted(tx.scalars(select(plans.c.slug).where(plans.c.replaced_by.in_(list(slugs)))))


def plan_slugs(tx: Connection) -> list[str]:
    return sorted(tx.scalars(select(plans.c.slug)))


def all_task_ids(tx: Connection, plan_id: int) -> list[int]:
    """The tasks of a plan by number, those that were removed among them."""
    return list(tx.scalars(select(tasks.c.id).where(tasks.c.plan_id == plan_id).order_by(tasks.c.id)))


def save_plan(
    tx: Connection, plan: Plan, coordinator_id: int | None, track_from: date, now: datetime, old: StoredPlan | None
) -> int:
    """Write a plan's own fields, raising its revision when it exists; returns its number."""
    values: dict[str, Any] = {
        "title": plan.title,
        "number": plan.number,
        "issuer": plan.issuer,
        "issued": plan.issued,
        "until": plan.until,
        "replaced_by": plan.replaced_by,
        "coordinator_id": coordinator_id,
        "track_from": track_from,
    }
    if old is None:
        values["acting_id"] = coordinator_id
        added = plans.insert().values(slug=plan.slug, loaded_at=now, **values).returning(plans.c.id)
        return int(tx.execute(added).scalar_one())
    tx.execute(update(plans).where(plans.c.id == old.id).values(revision=plans.c.revision + 1, **values))
    return old.id


def save_tasks(
    tx: Connection, plan_id: int, wanted: Iterable[Task], track_from: date, now: datetime, *, anew: bool = False
) -> dict[str, int]:
    """Write the tasks of a plan: new ones, changed ones, ones that come back; the rest is marked removed.

    New tasks are tracked from `track_from`, with `anew` all of them. Returns slug → number of those in force.
    """
    known = {r.slug: r for r in tx.execute(select(tasks).where(tasks.c.plan_id == plan_id))}
    numbers: dict[str, int] = {}
    new: list[dict[str, Any]] = []
    for position, task in enumerate(wanted):
        values: dict[str, Any] = {
            "position": position,
            "kind": task.kind.value,
            "title": task.title,
            "product": task.product,
            "quote": task.source.quote,
            "body": task_mapping(task),
            "removed_at": None,
        }
        row = known.get(task.slug)
        if row is None:
            new.append({"plan_id": plan_id, "slug": task.slug, "track_from": track_from, **values})
            continue
        numbers[task.slug] = row.id
        if anew:
            values["track_from"] = track_from
        if any(getattr(row, k) != v for k, v in values.items()):
            tx.execute(update(tasks).where(tasks.c.id == row.id).values(revision=tasks.c.revision + 1, **values))
    if new:
        numbers |= {slug: i for i, slug in tx.execute(tasks.insert().returning(tasks.c.id, tasks.c.slug), new)}
    gone = [r.id for s, r in known.items() if s not in numbers and r.removed_at is None]
    if gone:
        removed = {"removed_at": now, "revision": tasks.c.revision + 1}
        tx.execute(update(tasks).where(tasks.c.id.in_(gone)).values(removed))
    return numbers


@dataclass(frozen=True, slots=True)
class StandingPlan:
    """How long a plan goes on."""

    slug: str
    title: str
    number: str | None
    coordinator: str | None  # today
    track_from: date
    until: date | None
    replaced_by: str | None
    kept_through: int | None  # the year through which somebody has said that it applies
    open_ended: bool  # goes on making deadlines until somebody says otherwise

    def to_confirm(self, year: int, today: date) -> bool:
        """Whether somebody has to say that it applies in `year` too."""
        return self.open_ended and self.track_from <= today and (self.kept_through or 0) < year


def standing_plans(tx: Connection, numbers: Collection[int] | None = None) -> list[StandingPlan]:
    """How long each plan goes on, by slug; those of these numbers only, where given."""
    found = stored_plans(tx, numbers)
    known = found.keys() if numbers is None else set(plan_slugs(tx))
    query = select(plans.c.slug, plans.c.track_from, plans.c.kept_through)
    who = {p.slug: p.acting for p in coordinated(tx)}
    kept = {row.slug: row for row in tx.execute(query)}
    return [
        StandingPlan(
            slug=slug,
            title=plan.title,
            number=plan.number,
            coordinator=who[slug],
            track_from=kept[slug].track_from,
            until=plan.until,
            replaced_by=plan.replaced_by,
            kept_through=kept[slug].kept_through,
            open_ended=is_open_ended(plan, replaced=plan.replaced_by in known),
        )
        for slug, plan in found.items()
    ]


def standing_plan(tx: Connection, plan: Plan) -> StandingPlan:
    """How long one plan goes on."""
    row = tx.execute(select(plans).where(plans.c.slug == plan.slug)).one()
    known = tx.scalar(select(plans.c.id).where(plans.c.slug == (plan.replaced_by or "")))
    return StandingPlan(
        slug=plan.slug,
        title=plan.title,
        number=plan.number,
        coordinator=acting_of(tx, row.id),
        track_from=row.track_from,
        until=plan.until,
        replaced_by=plan.replaced_by,
        kept_through=row.kept_through,
        open_ended=is_open_ended(plan, replaced=known is not None),
    )


def plans_to_confirm(tx: Connection, today: date) -> list[StandingPlan]:
    """The plans of which somebody has to say, this November, whether they apply next year; none in other months."""
    year = asked_about(today)
    return [] if year is None else [plan for plan in standing_plans(tx) if plan.to_confirm(year, today)]


def task_slugs(tx: Connection, slug: str) -> set[str]:
    """The identifiers that a plan's tasks have or had: a removed one that is named again comes back with its past."""
    mine = select(tasks.c.slug).join(plans, plans.c.id == tasks.c.plan_id).where(plans.c.slug == slug)
    return set(tx.scalars(mine))


def keep_through(tx: Connection, slug: str, year: int) -> None:
    """Record the year through which a plan applies; a plan's revision is about its contents, and stays."""
    tx.execute(update(plans).where(plans.c.slug == slug).values(kept_through=year))


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A line of the list of plans."""

    slug: str
    title: str
    number: str | None
    issuer: str | None
    coordinator: str | None  # slug, today
    track_from: date
    revision: int
    formerly: str | None = None  # slug of the one its file names, where that does not coordinate it any more


def plan_summaries(tx: Connection) -> list[PlanSummary]:
    who = {p.slug: p for p in coordinated(tx)}
    found = [
        PlanSummary(
            slug=r.slug,
            title=r.title,
            number=r.number,
            issuer=r.issuer,
            coordinator=who[r.slug].acting,
            track_from=r.track_from,
            revision=r.revision,
            formerly=who[r.slug].named if who[r.slug].named != who[r.slug].acting else None,
        )
        for r in tx.execute(select(plans))
    ]
    return sorted(found, key=lambda p: p.slug)
