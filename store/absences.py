"""Absences and hand-overs: why somebody else is written to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from plans.people import Absence
from store.schema import absences, handovers, people, units

_deputies = people.alias("deputies")


def read_absences(tx: Connection, since: date) -> list[Absence]:
    """Absences that are in force on the local day `since` or begin later; withdrawn ones are left out."""
    query = (
        select(people.c.address, absences.c.first, absences.c.last, _deputies.c.address.label("deputy"))
        .select_from(absences)
        .join(people, people.c.id == absences.c.person_id)
        .outerjoin(_deputies, _deputies.c.id == absences.c.deputy_id)
        .where(absences.c.ended_at.is_(None), or_(absences.c.last.is_(None), absences.c.last >= since))
        .order_by(absences.c.first, absences.c.id)
    )
    return [Absence(r.address, r.first, r.last, r.deputy) for r in tx.execute(query)]


def away(person: ColumnElement[int], now: datetime) -> ColumnElement[bool]:
    """Whether somebody is away about now and not written to: wherever the local day begins, within a day of it."""
    some = select(absences.c.person_id).where(
        absences.c.ended_at.is_(None),
        absences.c.first <= (now + timedelta(days=1)).date(),
        or_(absences.c.last.is_(None), absences.c.last >= (now - timedelta(days=1)).date()),
    )
    # Few, and found once: asked again for everybody, an act on many obligations would wait for it.
    return person.in_(some.correlate(None))


def add_absence(
    tx: Connection, person: int, first: date, last: date | None, deputy: int | None, reason: str | None
) -> None:
    values = {"person_id": person, "first": first, "last": last, "deputy_id": deputy, "reason": reason}
    tx.execute(absences.insert().values(values))


def withdraw_absences(tx: Connection, person: int, since: date, now: datetime) -> list[tuple[date, date | None]]:
    """End what is in force on the local day `since` or begins later; the (first, last) day of each."""
    mine = and_(
        absences.c.person_id == person,
        absences.c.ended_at.is_(None),
        or_(absences.c.last.is_(None), absences.c.last >= since),
    )
    ended = update(absences).where(mine).values(ended_at=now).returning(absences.c.first, absences.c.last)
    return sorted((tuple(r) for r in tx.execute(ended)), key=lambda r: r[0])


def turning(tx: Connection, one: date | None, other: date) -> set[str]:
    """Who begins or ends an absence when the local day passes from one to the other, either way; None: from ever."""
    first, last = (min(one, other), max(one, other)) if one else (date.min, other)
    begins = and_(absences.c.first > first, absences.c.first <= last)
    ends = and_(absences.c.last >= first, absences.c.last < last)
    query = select(people.c.address).join(absences, absences.c.person_id == people.c.id)
    return set(tx.scalars(query.where(absences.c.ended_at.is_(None), or_(begins, ends))))


@dataclass(frozen=True, slots=True)
class Handover:
    """Work of a unit that passed from one address to another."""

    unit: str
    old: str
    new: str
    at: datetime


def add_handovers(tx: Connection, unit_numbers: Collection[int], old: int, new: int, now: datetime) -> None:
    rows = [{"unit_id": u, "from_id": old, "to_id": new, "at": now} for u in sorted(unit_numbers)]
    if rows:
        tx.execute(handovers.insert(), rows)


def read_handovers(tx: Connection) -> list[Handover]:
    """All of them, oldest first."""
    new = people.alias("new")
    query = (
        select(units.c.slug, people.c.address, new.c.address.label("new"), handovers.c.at)
        .select_from(handovers)
        .join(units, units.c.id == handovers.c.unit_id)
        .join(people, people.c.id == handovers.c.from_id)
        .join(new, new.c.id == handovers.c.to_id)
        .order_by(handovers.c.id)
    )
    return [Handover(r.slug, r.address, r.new, r.at) for r in tx.execute(query)]
