"""The audit trail page by page, the newest entry first."""

from __future__ import annotations

import heapq
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, Connection, false, func, or_, select

from plans.paging import Page, cut, read_key
from store.marks import AuditEntry, under
from store.ordered_joins import Unindexed
from store.schema import audit, plans, tasks

_LITTLE = 5_000  # entries up to which those of a subject are all read, and put in order then


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries; None: all."""

    actors: tuple[str, ...] | None = None  # one of them
    action: str | None = None  # a code
    subjects: frozenset[str] | None = None  # one of them, or under it: `plan/task` has `plan/task/2026`
    since: datetime | None = None
    before: datetime | None = None  # an entry of this instant is left out


def audit_page(tx: Connection, sought: Sought, *, size: int = 100, after: str | None = None) -> Page[AuditEntry]:
    """Entries by moment and number, the newest first; `after` is that of the page before."""
    a = audit.c
    query = select(audit)
    if sought.action is not None:
        query = query.where(a.action == sought.action)
    if sought.subjects is not None:
        query = query.where(_of_subjects(tx, sought.subjects))
    if sought.since is not None:
        query = query.where(a.at >= sought.since)
    if sought.before is not None:
        query = query.where(a.at < sought.before)
    if (mark := read_key(after, 1)) is not None:
        query = query.where(a.at <= mark[0], or_(a.at < mark[0], a.id < mark[1][0]))
    query = query.order_by(a.at.desc(), a.id.desc()).limit(size + 1)
    # Each actor's are in order by an index, those of several together are not.
    queries = [query] if sought.actors is None else [query.where(a.actor == actor) for actor in sought.actors]
    merged = heapq.merge(*(tx.execute(q).all() for q in queries), key=lambda r: (r.at, r.id), reverse=True)
    some = cut(list(islice(merged, size + 1)), size, lambda r: (r.at, r.id))
    rows = (AuditEntry(r.at, r.actor, r.action, r.subject, r.reason, r.detail) for r in some.rows)
    return Page(tuple(rows), some.after)


def _of_subjects(tx: Connection, subjects: Collection[str]) -> ColumnElement[bool]:
    """By the index of subjects where that finds little; what is frequent is met soon enough by its moments."""
    if not subjects:
        return false()
    found = or_(*(under(tx, s) for s in sorted(subjects)))
    some = select(audit.c.id).where(found).limit(_LITTLE + 1).subquery()
    if (tx.scalar(select(func.count()).select_from(some)) or 0) <= _LITTLE:
        return found
    return or_(*(under(tx, s, Unindexed(audit.c.subject)) for s in sorted(subjects)))


def task_titles(tx: Connection, named: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """(plan, task) → the title of the task and its kind, of those that there are, removed ones among them."""
    slugs = sorted({plan for plan, _ in named})
    columns = (plans.c.slug, tasks.c.slug.label("task"), tasks.c.title, tasks.c.kind)
    query = select(*columns).join(plans).where(plans.c.slug.in_(slugs))
    query = query.where(tasks.c.slug.in_(sorted({task for _, task in named})))
    return {(r.slug, r.task): (r.title, r.kind) for r in tx.execute(query) if (r.slug, r.task) in named}
