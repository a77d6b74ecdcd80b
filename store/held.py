"""The reminders that claimed messages hold, with their obligations as they are now: read for many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, or_, select

from plans.obligations import Obligation
from store.ledger import overtaken
from store.obligations import OWN, own_query, read_each, sister
from store.recipients import told
from store.requests import extension_asked
from store.schema import coordinations, deadlines, feeds, obligations, people, plans, reminders, units

_absent = people.alias("absent")


@dataclass(frozen=True, slots=True)
class Held:
    """A reminder in a claimed message, with its obligation as it is now."""

    id: int
    stage: str
    at: datetime  # the moment of the stage
    audience: str
    last_day: date
    for_unit: str  # slug of the unit for which the person is written to
    for_unit_name: str
    feed: int | None  # version of the address of that unit's calendar; None: it has none
    still_told: bool  # the person is still one of those written to for that unit
    overtaken: bool  # the ledger holds a later stage of the same item for this person
    obligation: Obligation
    due: int  # within a claim, obligations of the same differ in what is their own only (`store.obligations.sister`)
    detail: Mapping[str, Any] | None = None  # of an announcement: what it was before
    instead_of: str | None = None  # name of the absent one whose deputy the person is
    asked: datetime | None = None  # when a later date was asked for, while that has no answer


def held_by(tx: Connection, messages: Sequence[int]) -> tuple[dict[int, list[Held]], dict[int, Exception]]:
    """Message → its reminders that are still queued; and of messages that cannot be read, why."""
    held: dict[int, list[Held]] = {number: [] for number in messages}
    spoiled: dict[int, Exception] = {}
    rows = tx.execute(_query(), {"numbers": list(messages)}).all()
    # One obligation of each deadline and its dates is read whole, for the others differ in a few columns; all of them
    # where that one cannot be read.
    first = {row[1]: row[0] for row in rows}
    lent, _ = read_each(tx, first.values())
    whole, unread = read_each(tx, [row[0] for row in rows if first[row[1]] not in lent])
    for row in rows:
        number, one = row[OWN], lent.get(first[row[1]])
        try:
            if row[0] in unread:
                raise unread[row[0]]
            held[number].append(_held(row, whole[row[0]] if one is None else sister(one, row)))
        except (ValueError, KeyError, TypeError) as error:  # a value that nobody could have written
            spoiled[number] = error
    return held, spoiled


def _held(row: Sequence[Any], obligation: Obligation) -> Held:
    """Of a row of `_query`, whose columns are told by their order: it is the innermost loop of a wave."""
    (_, number, stage, at, audience, day, unit, unit_name, feed,
     still_told, overtaken, detail, by, asked) = row[OWN:]  # fmt: skip
    return Held(
        number,
        stage,
        at,
        audience,
        day,
        unit,
        unit_name,
        feed,
        bool(still_told),
        overtaken,
        obligation,
        row[1],
        detail,
        by,
        asked,
    )


@cache
def _query() -> Select[Any]:
    """The reminders of messages; whether the person is still told depends on the audience the stage is for."""
    for_units = units.alias("for_units")
    # Coordinators and coordinating units are written to through their officers; only who owes has officers by task.
    audience = case((reminders.c.audience == "head", "head"), else_="officers")
    owes = reminders.c.audience.in_(("officers", "head"))
    task = case((owes, deadlines.c.task_id), else_=None)
    still = [
        exists(
            select(s.table.c.person_id)
            .where(s.on, s.table.c.person_id == reminders.c.person_id)
            .correlate(reminders, deadlines)
        )
        for s in told(task, reminders.c.for_unit_id, audience)
    ]
    return (
        own_query()
        .add_columns(
            reminders.c.message_id,
            reminders.c.id.label("reminder_id"),
            reminders.c.stage,
            reminders.c.at.label("moment"),
            reminders.c.audience,
            reminders.c.last_day.label("key_day"),
            for_units.c.slug.label("for_unit"),
            for_units.c.name.label("for_unit_name"),
            feeds.c.version.label("feed"),
            and_(_still_concerned(), or_(*still)).label("still_told"),
            overtaken().label("overtaken"),
            reminders.c.detail,
            _absent.c.name.label("instead_of"),
            extension_asked.label("asked"),
        )
        .join(reminders, reminders.c.obligation_id == obligations.c.id)
        .join(for_units, for_units.c.id == reminders.c.for_unit_id)
        .outerjoin(feeds, and_(feeds.c.owner == for_units.c.slug, feeds.c.revoked_at.is_(None)))
        .outerjoin(_absent, _absent.c.id == reminders.c.instead_of)
        .where(reminders.c.message_id.in_(bindparam("numbers", expanding=True)), reminders.c.state == "queued")
    )


def _still_concerned() -> Any:
    """Whether the unit for which someone is written to still coordinates the plan, helps with the deadline, owes it."""
    helps = (
        select(coordinations.c.unit_id)
        .where(
            coordinations.c.deadline_id == obligations.c.deadline_id,
            coordinations.c.unit_id == reminders.c.for_unit_id,
        )
        .correlate(obligations, reminders)
    )
    return case(
        (reminders.c.audience == "coordinator", plans.c.acting_id == reminders.c.for_unit_id),
        (reminders.c.audience == "coordinating", exists(helps)),
        else_=obligations.c.unit_id == reminders.c.for_unit_id,  # until it passed to a successor
    )
