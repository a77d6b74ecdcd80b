"""The audit trail page by page, the newest entry first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from plans.paging import Page, cut, read_key
from store.marks import AuditEntry, under
from store.schema import audit


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries; None: all."""

    actor: str | None = None
    action: str | None = None  # a code
    subject: str | None = None  # and everything under it: `plan/task` has `plan/task/2026`
    since: datetime | None = None
    before: datetime | None = None  # an entry of this instant is left out


def audit_page(tx: Connection, sought: Sought, *, size: int = 100, after: str | None = None) -> Page[AuditEntry]:
    """Entries by moment and number, the newest first; `after` is that of the page before."""
    a = audit.c
    query = select(audit)
    if sought.actor is not None:
        query = query.where(a.actor == sought.actor)
    if sought.action is not None:
        query = query.where(a.action == sought.action)
    if sought.subject is not None:
        query = query.where(under(tx, sought.subject))
    if sought.since is not None:
        query = query.where(a.at >= sought.since)
    if sought.before is not None:
        query = query.where(a.at < sought.before)
    if (mark := read_key(after, 1)) is not None:
        query = query.where(a.at <= mark[0], or_(a.at < mark[0], a.id < mark[1][0]))
    found = list(tx.execute(query.order_by(a.at.desc(), a.id.desc()).limit(size + 1)))
    some = cut(found, size, lambda r: (r.at, r.id))
    rows = (AuditEntry(r.at, r.actor, r.action, r.subject, r.reason, r.detail) for r in some.rows)
    return Page(tuple(rows), some.after)
