"""The days of events that due rules count from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select

from plans.happenings import Events, Happening
from store.schema import happenings, units


def read_happenings(tx: Connection) -> list[Happening]:
    """Every event with its day, by event and unit."""
    query = select(happenings.c.event, happenings.c.day, units.c.slug).outerjoin(units)
    found = [Happening(r.event, r.day, r.slug) for r in tx.execute(query)]
    return sorted(found, key=lambda h: (h.event, h.unit or ""))


def read_events(tx: Connection) -> Events:
    """The same, to count from."""
    return Events.of(read_happenings(tx))


def save_happenings(tx: Connection, rows: Iterable[Happening], unit_ids: Mapping[str, int]) -> None:
    """Enter or correct days; one row for each event and unit."""
    for h in rows:
        unit = unit_ids[h.unit] if h.unit is not None else None
        forget_happening(tx, h.event, unit)
        tx.execute(happenings.insert().values(event=h.event, unit_id=unit, day=h.day))


def forget_happening(tx: Connection, event: str, unit: int | None) -> bool:
    """Take a day away again; whether there was one."""
    mine = happenings.c.unit_id.is_(None) if unit is None else happenings.c.unit_id == unit
    gone = delete(happenings).where(happenings.c.event == event, mine)
    return tx.execute(gone.returning(happenings.c.id)).first() is not None
