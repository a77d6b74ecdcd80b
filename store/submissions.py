"""What units handed in, and later dates they were granted; whole deadlines at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, select, update

from plans.obligations import Submission
from store.obligations import batches
from store.schema import extensions, obligations, submissions


def add_submissions(
    tx: Connection, handed_in: Sequence[Submission], *, by_unit: bool, accepted_by: str | None = None
) -> None:
    """Record what units handed in; `by_unit`: as they declared it themselves."""
    rows = [
        {
            "obligation_id": s.obligation,
            "number": s.number,
            "received_on": s.received_on,
            "recorded_at": s.recorded_at,
            "recorded_by": s.recorded_by,
            "by_unit": by_unit,
            "note": s.note,
            "declared_by": s.declared_by,
            "accepted_at": s.accepted_at,
            "accepted_by": accepted_by,
        }
        for s in handed_in
    ]
    if rows:
        tx.execute(submissions.insert(), rows)


def submissions_of(tx: Connection, number: int) -> list[Submission]:
    """What was handed in for an obligation, oldest first; voided ones left out."""
    return submissions_by_obligation(tx, [number]).get(number, [])


def submissions_by_obligation(tx: Connection, numbers: Iterable[int]) -> dict[int, list[Submission]]:
    """Obligation → what was handed in for it, oldest first; voided ones left out."""
    found: dict[int, list[Submission]] = defaultdict(list)
    for some in batches(numbers):
        query = select(submissions).where(submissions.c.obligation_id.in_(some), submissions.c.void.is_(False))
        for row in tx.execute(query.order_by(submissions.c.id)):
            found[row.obligation_id].append(_submission_of(row))
    return dict(found)


def latest_submissions(tx: Connection, numbers: Iterable[int]) -> dict[int, Submission]:
    """Obligation → what was handed in for it last; voided ones left out."""
    return {number: handed_in[-1] for number, handed_in in submissions_by_obligation(tx, numbers).items()}


def _submission_of(row: Any) -> Submission:
    return Submission(
        obligation=row.obligation_id,
        number=row.number,
        received_on=row.received_on,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        accepted_at=row.accepted_at,
        returned_at=row.returned_at,
        return_reason=row.return_reason,
        note=row.note,
        declared_by=row.declared_by,
    )


def mark_latest_submissions(tx: Connection, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Obligation → columns to set on its newest submission: `accepted_…`, `returned_…`, a date that was confirmed."""
    newest = (
        select(func.max(submissions.c.id))
        .where(submissions.c.obligation_id == bindparam("of_obligation"))
        .scalar_subquery()
    )
    rows: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for number, values in changes.items():
        named = {f"new_{name}": value for name, value in values.items()}
        rows[tuple(sorted(values))].append({"of_obligation": number, **named})
    for names, some in rows.items():
        changed = update(submissions).where(submissions.c.id == newest)
        tx.execute(changed.values({name: bindparam(f"new_{name}") for name in names}), some)


def void_submissions(tx: Connection, numbers: Iterable[int]) -> None:
    """ "coi như chưa gửi": what was handed in before counts for nothing."""
    for some in batches(numbers):
        tx.execute(update(submissions).where(submissions.c.obligation_id.in_(some)).values(void=True))


def add_extensions(
    tx: Connection,
    numbers: Iterable[int],
    due_id: int,
    document: str | None,
    reason: str | None,
    now: datetime,
    actor: str,
) -> None:
    """Record that obligations are granted the dates of `due_id`; those in force before it stay named."""
    values = {
        "due_id": literal(due_id),
        "document": literal(document, extensions.c.document.type),
        "reason": literal(reason, extensions.c.reason.type),
        "granted_at": literal(now, extensions.c.granted_at.type),
        "granted_by": literal(actor, extensions.c.granted_by.type),
    }
    for some in batches(numbers):
        rows = select(obligations.c.id, obligations.c.due_id, *values.values())
        names = ["obligation_id", "previous_due_id", *values]
        chosen = rows.where(obligations.c.id.in_(some)).order_by(obligations.c.id)
        tx.execute(extensions.insert().from_select(names, chosen))
