"""The names of those who are written to for an obligation today, as its unit calls them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from plans.people import OFFICERS
from store.choosing import among
from store.schema import deadlines, obligations, officers, people, recipients, task_recipients


def written_to(tx: Connection, numbers: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Obligation → names, in the order of the unit's officers; the task's own officers instead, where it has some."""
    asked = (
        select(obligations.c.id, obligations.c.unit_id, deadlines.c.task_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .where(among(obligations.c.id, numbers))
    )
    owed = list(tx.execute(asked))
    of, own, told = {o.unit_id for o in owed}, task_recipients.c, recipients.c
    of_unit = _named(recipients, told.unit_id, told.person_id)
    of_unit = of_unit.where(among(told.unit_id, of), told.audience == OFFICERS)
    of_task = _named(task_recipients, own.unit_id, own.person_id).add_columns(own.task_id)
    of_task = of_task.where(among(own.task_id, {o.task_id for o in owed}), among(own.unit_id, of))
    units: dict[Any, dict[int, str]] = {}
    for row in _in_order(tx.execute(of_unit).all()):
        units.setdefault(row.unit_id, {}).setdefault(row.person_id, row.called or row.name)
    tasks: dict[Any, dict[int, str]] = {}
    for row in _in_order(tx.execute(of_task).all()):
        tasks.setdefault((row.task_id, row.unit_id), {}).setdefault(row.person_id, row.called or row.name)
    return {o.id: tuple((tasks.get((o.task_id, o.unit_id)) or units.get(o.unit_id) or {}).values()) for o in owed}


def _named(table: Any, unit: Any, person: Any) -> Select[Any]:
    post = and_(officers.c.unit_id == unit, officers.c.person_id == person)
    columns = (unit, person, people.c.name, officers.c.name.label("called"), officers.c.position)
    return select(*columns).select_from(table).join(people, people.c.id == person).outerjoin(officers, post)


def _in_order(rows: Collection[Row[Any]]) -> list[Row[Any]]:
    return sorted(rows, key=lambda r: (r.position is None, r.position or 0, r.person_id))
