"""Small facts of the installation, and the audit trail."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from store.database import insert_or_ignore
from store.schema import audit, marks


def read_mark(tx: Connection, name: str) -> str | None:
    return tx.scalar(select(marks.c.value).where(marks.c.name == name))


def write_mark(tx: Connection, name: str, value: str) -> None:
    statement = insert_or_ignore(tx, marks).values(name=name, value=value)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def secret(tx: Connection) -> bytes:
    """The installation's secret for feed and link tokens; made on first use, so it needs a write transaction then."""
    found = read_mark(tx, "secret")
    if found is None:
        found = secrets.token_hex(32)
        write_mark(tx, "secret", found)
    return bytes.fromhex(found)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which thing, when and why; `action` and `detail` are codes and parameters, not words."""

    at: datetime
    actor: str
    action: str
    subject: str
    reason: str | None
    detail: Mapping[str, Any]


def record(tx: Connection, entries: Iterable[AuditEntry]) -> None:
    """Append to the trail; the database refuses to change or delete what is in it."""
    rows = [
        {
            "at": e.at,
            "actor": e.actor,
            "action": e.action,
            "subject": e.subject,
            "reason": e.reason,
            "detail": dict(e.detail),
        }
        for e in entries
    ]
    if rows:
        tx.execute(audit.insert(), rows)


def trail(tx: Connection, subject: str | None = None, limit: int = 200) -> list[AuditEntry]:
    """The newest entries first; of one subject and everything under it (`plan/task` has `plan/task/2026`)."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if subject is not None:
        query = query.where(under(tx, subject))
    return [AuditEntry(r.at, r.actor, r.action, r.subject, r.reason, r.detail) for r in tx.execute(query)]


def under(tx: Connection, subject: str, found: ColumnElement[str] = audit.c.subject) -> ColumnElement[bool]:
    """Entries of a subject, and of what follows it and a slash, as either engine finds them by an index."""
    if tx.dialect.name == "sqlite":  # "0" is what follows "/"
        return or_(found == subject, and_(found > subject + "/", found < subject + "0"))
    return or_(found == subject, found.startswith(subject + "/", autoescape=True))


def swap_mark(tx: Connection, name: str, old: str | None, new: str) -> bool:
    """Change a mark only from the value it was read with; False when someone else was first."""
    if old is None:
        inserted = insert_or_ignore(tx, marks).values(name=name, value=new).on_conflict_do_nothing()
        return tx.execute(inserted.returning(marks.c.name)).first() is not None
    changed = update(marks).where(marks.c.name == name, marks.c.value == old).values(value=new)
    return tx.execute(changed.returning(marks.c.name)).first() is not None
