"""Rows of the ledger for what a coordinator urges; who is written to comes from the same derived recipients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists, literal, not_, or_, select, true

from plans.urging import PREFIX
from store.database import insert_or_ignore
from store.ledger import COLUMNS, KEY, URGE
from store.obligations import batches, in_force
from store.recipients import told
from store.schema import deadlines, dues, obligations, people, reminders

_NAMES = (*COLUMNS, "detail")


def add_urges(
    tx: Connection, numbers: Sequence[int], stage: str, at: datetime, note: str | None, now: datetime
) -> dict[int, list[str]]:
    """Rows for the officers of these obligations; obligation → addresses for which there is a new one.

    Whoever has one of this stage gets no other, nor does whoever stands in for that person. One that was dropped before
    it left is taken up again.
    """
    added: list[tuple[int, int]] = []
    for some in batches(sorted(set(numbers))):
        for source in told(deadlines.c.task_id, obligations.c.unit_id, literal("officers")):
            query = _rows(source.table, stage, at, note, now).join(source.table, source.on)
            query = query.where(obligations.c.id.in_(some), not_(_urged(source.table, stage)))
            added += _add(tx, query)
    found: dict[int, list[str]] = defaultdict(list)
    named = select(people.c.id, people.c.address).where(people.c.id.in_({person for _, person in added}))
    addresses = {number: address for number, address in tx.execute(named)}
    for obligation, person in added:
        found[obligation].append(addresses[person])
    return {obligation: sorted(some) for obligation, some in found.items()}


def urged(tx: Connection, numbers: Sequence[int], stage: str) -> set[int]:
    """Those of these obligations of which somebody has been told, or is to be, at this stage."""
    found: set[int] = set()
    for some in batches(sorted(set(numbers))):
        held = and_(reminders.c.stage == stage, reminders.c.state != "superseded")
        found |= set(tx.scalars(select(reminders.c.obligation_id).where(reminders.c.obligation_id.in_(some), held)))
    return found


def pass_urges_on(tx: Connection, numbers: Sequence[int]) -> int:
    """What was to urge people who are not written to any more urges those who are; returns how many rows are new."""
    added = 0
    for source in told(deadlines.c.task_id, obligations.c.unit_id, literal("officers")):
        own = {
            "person_id": source.table.c.person_id,
            "for_unit_id": obligations.c.unit_id,
            "state": literal("waiting"),
            "instead_of": source.table.c.instead_of,
        }
        query = (
            select(*(own.get(name, reminders.c[name]) for name in _NAMES))
            .select_from(reminders)
            .join(obligations, obligations.c.id == reminders.c.obligation_id)
            .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
            .join(source.table, source.on)
            .where(reminders.c.id.in_(list(numbers)), reminders.c.stage.startswith(PREFIX, autoescape=True))
        )
        insert = insert_or_ignore(tx, reminders).from_select(list(_NAMES), query)
        added += len(tx.execute(insert.on_conflict_do_nothing().returning(reminders.c.id)).all())
    return added


def _rows(told_by: Table, stage: str, at: datetime, note: str | None, now: datetime) -> Select[Any]:
    return (
        select(
            obligations.c.id,
            dues.c.last_day,
            literal(stage),
            told_by.c.person_id,
            obligations.c.unit_id,
            dues.c.id,
            literal(at, reminders.c.at.type),
            literal(0),
            literal("officers"),
            literal(URGE),
            true(),
            literal("waiting"),
            literal(now, reminders.c.created_at.type),
            told_by.c.instead_of,
            literal({"note": note} if note else None, reminders.c.detail.type),
        )
        .select_from(obligations)
        .join(dues, in_force)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
    )


def _urged(told_by: Table, stage: str) -> ColumnElement[bool]:
    """Whether the person, the absent one whose deputy this is, or this one's deputy has been urged at this stage.

    Not by the ledger's key alone: a date that was moved since would make it another key, the same day.
    """
    other = reminders.alias("other")
    query = select(other.c.id).where(
        other.c.obligation_id == obligations.c.id,
        other.c.stage == stage,
        other.c.state != "superseded",
        or_(
            other.c.person_id == told_by.c.person_id,
            other.c.person_id == told_by.c.instead_of,
            other.c.instead_of == told_by.c.person_id,
        ),
    )
    return exists(query.correlate_except(other))


def _add(tx: Connection, query: Select[Any]) -> list[tuple[int, int]]:
    insert = insert_or_ignore(tx, reminders).from_select(list(_NAMES), query)
    again = {name: insert.excluded[name] for name in _NAMES if name not in KEY}
    statement = insert.on_conflict_do_update(
        index_elements=list(KEY),
        set_={**again, "reason": None, "message_id": None},
        where=reminders.c.state == "superseded",
    )
    rows = tx.execute(statement.returning(reminders.c.obligation_id, reminders.c.person_id))
    return sorted((obligation, person) for obligation, person in rows)
