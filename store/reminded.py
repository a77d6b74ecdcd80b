"""What was said to whom about some obligations: counted by stage, and one by one, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.choosing import among
from store.mail_log import owing_then, told_unit
from store.schema import messages, obligations, people, reminders, units

_moment = func.coalesce(messages.c.sent_at, messages.c.at, reminders.c.at)
_SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class StageCount:
    """What became of one stage."""

    stage: str
    first: datetime
    states: tuple[tuple[str, int], ...]  # state → number of reminders; those not needed are counted last


@dataclass(frozen=True, slots=True)
class Reminded:
    """One reminder to one person."""

    id: int
    obligation: int
    unit: str  # slug of the unit that owed it when it was said
    stage: str
    person: str
    address: str
    at: datetime
    state: str
    reason: str | None  # why it was not needed
    ref: str | None  # Message-ID, without angle brackets; None: it never came into a mail
    said: str | None  # what the mail server answered, with its number


def stage_counts(tx: Connection, numbers: Collection[int]) -> list[StageCount]:
    """The stages of these obligations, in the order in which they came."""
    r = reminders.c
    query = (
        select(r.stage, r.state, func.min(_moment).label("first"), func.count().label("n"))
        .select_from(reminders.outerjoin(messages, messages.c.id == r.message_id))
        .where(among(r.obligation_id, numbers))
        .group_by(r.stage, r.state)
    )
    found: dict[str, list[tuple[str, datetime, int]]] = defaultdict(list)
    for stage, state, first, n in tx.execute(query):
        found[stage].append((state, first, n))
    made = [
        StageCount(
            stage,
            min(first for _, first, _ in rows),
            tuple((s, n) for s, _, n in sorted(rows, key=lambda row: (row[0] == _SUPERSEDED, row[0]))),
        )
        for stage, rows in found.items()
    ]
    return sorted(made, key=lambda s: (s.first, s.stage))


def reminded(
    tx: Connection, numbers: Collection[int], *, stage: str | None = None, size: int = 50, after: int = 0
) -> list[Reminded]:
    """Reminders about these obligations, in the order in which they were noted; `after`: the id of the last shown."""
    r, m = reminders.c, messages.c
    query = (
        select(
            r.id,
            r.obligation_id,
            owing_then,
            r.stage,
            people.c.name,
            func.coalesce(m.address, people.c.address).label("address"),
            _moment.label("moment"),
            r.state,
            r.reason,
            m.message_ref,
            m.code,
            m.answer,
        )
        .select_from(reminders)
        .join(people, people.c.id == r.person_id)
        .join(told_unit, told_unit.c.id == r.for_unit_id)
        .join(obligations, obligations.c.id == r.obligation_id)
        .join(units, units.c.id == obligations.c.unit_id)
        .outerjoin(messages, m.id == r.message_id)
        .where(among(r.obligation_id, numbers), r.id > after)
    )
    if stage is not None:
        query = query.where(r.stage == stage)
    return [
        Reminded(
            id=row.id,
            obligation=row.obligation_id,
            unit=row.owing,
            stage=row.stage,
            person=row.name,
            address=row.address,
            at=row.moment,
            state=row.state,
            reason=row.reason,
            ref=row.message_ref,
            said=" ".join(str(part) for part in (row.code, row.answer) if part) or None,
        )
        for row in tx.execute(query.order_by(r.id).limit(size))
    ]


def mailed_beside(tx: Connection, person: int, obligation: int, most: int = 30) -> list[int]:
    """The numbers of other obligations that the last mail to a person held of which this one was a part."""
    r = reminders.c
    last = (
        select(func.max(r.message_id))
        .where(r.obligation_id == obligation, r.person_id == person, r.audience.in_(("officers", "head")))
        .scalar_subquery()
    )
    query = select(r.obligation_id).distinct().where(r.message_id == last, r.obligation_id != obligation)
    query = query.where(r.person_id == person, r.state != _SUPERSEDED, r.audience.in_(("officers", "head")))
    return list(tx.scalars(query.order_by(r.obligation_id).limit(most)))
