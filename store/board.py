"""The board: obligations of a status page by page, the longest overdue first, and how many there are.

A page is found by walking from date to date and stopping where it is full; a count stops at `plans.paging.MOST`. So
neither grows with what the tables hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, tuple_

from plans.filtering import Filter
from plans.obligations import Obligation
from plans.paging import MOST, Count, Page, cut, moment_and_numbers
from plans.people import OFFICERS
from plans.status import State, Status
from store.choosing import Choice, among, choices
from store.obligations import OPEN, by_ids, in_force
from store.schema import (
    deadlines,
    dues,
    messages,
    obligations,
    officers,
    people,
    recipients,
    reminders,
    task_recipients,
    tasks,
    units,
)
from store.statuses import having

_PLACE = (units.c.position, units.c.id, obligations.c.id)


@dataclass(frozen=True, slots=True)
class Reminded:
    """The last reminder of an obligation that was sent."""

    at: datetime
    stage: str


@dataclass(frozen=True, slots=True)
class Line:
    """An obligation as the board lists it."""

    obligation: Obligation
    last_reminder: Reminded | None
    officers: tuple[str, ...]  # names of those who are written to for it today


def page(
    tx: Connection,
    which: Filter,
    statuses: Collection[Status],
    now: datetime,
    today: date,
    *,
    size: int = 50,
    after: str | None = None,
    newest_first: bool = False,
) -> Page[Line]:
    """Obligations of these statuses by late-after and the order of units; from the latest back if `newest_first`.

    The status that the filter names is not looked at; `after` is that of the page before, of the same filter.
    """
    mark = moment_and_numbers(after, 3)
    order = (dues.c.late_at.desc() if newest_first else dues.c.late_at, *_PLACE)
    found: list[tuple[Any, ...]] = []
    for choice in choices(tx, which, today):
        query = _chosen(choice, having(statuses, now, today), dues.c.late_at, *_PLACE)
        query = query.join(units, units.c.id == obligations.c.unit_id)
        if mark is not None:
            query = query.where(*_beyond(mark, newest_first))
        found += [tuple(row) for row in tx.execute(query.order_by(*order).limit(size + 1))]
    found.sort(key=lambda row: row[1:])
    found.sort(key=lambda row: row[0], reverse=newest_first)
    some = cut(found, size, lambda row: row)
    return Page(tuple(lines(tx, [row[3] for row in some.rows])), some.after)


def _chosen(choice: Choice, conditions: Iterable[ColumnElement[bool]], *columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(dues)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(obligations, in_force)
        .where(*conditions, *choice.conditions())
    )


def _beyond(mark: tuple[Any, ...], newest_first: bool) -> list[ColumnElement[bool]]:
    """After a row in the order of `page`; the date by itself too, because an index finds it."""
    moment, place = mark[0], tuple_(*_PLACE) > tuple_(*mark[1:])
    if newest_first:
        return [dues.c.late_at <= moment, or_(dues.c.late_at < moment, place)]
    return [dues.c.late_at >= moment, or_(dues.c.late_at > moment, place)]


def lines(tx: Connection, numbers: list[int]) -> list[Line]:
    """These obligations as the board lists them, in the order of their numbers here."""
    found = {o.id: o for o in by_ids(tx, numbers)}
    told, named = last_reminded(tx, numbers), written_to(tx, numbers)
    return [Line(found[n], told.get(n), named.get(n, ())) for n in numbers]


def last_reminded(tx: Connection, numbers: Collection[int]) -> dict[int, Reminded]:
    """Obligation → its last reminder that was sent."""
    query = (
        select(reminders.c.obligation_id, messages.c.sent_at, reminders.c.position, reminders.c.stage)
        .join(messages, messages.c.id == reminders.c.message_id)
        .where(messages.c.state == "sent", messages.c.sent_at.is_not(None), among(reminders.c.obligation_id, numbers))
    )
    rows = sorted((tuple(r) for r in tx.execute(query)), key=lambda r: r[1:])
    return {number: Reminded(at, stage) for number, at, _, stage in rows}


def written_to(tx: Connection, numbers: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Obligation → the names of those who are written to for it today, as its unit calls them."""
    asked = (
        select(obligations.c.id, obligations.c.unit_id, deadlines.c.task_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .where(among(obligations.c.id, numbers))
    )
    owed = [tuple(row) for row in tx.execute(asked)]
    own, told = task_recipients.c, recipients.c
    of_task = _names(tx, own.unit_id, own.person_id, {u for _, u, _ in owed}, own.task_id)
    of_unit = _names(tx, told.unit_id, told.person_id, {u for _, u, _ in owed}, None, told.audience == OFFICERS)
    return {number: of_task.get((unit, task)) or of_unit.get((unit, None), ()) for number, unit, task in owed}


def _names(
    tx: Connection, unit: Any, person: Any, of: Collection[int], task: Any, *conditions: ColumnElement[bool]
) -> dict[tuple[int, int | None], tuple[str, ...]]:
    post = and_(officers.c.unit_id == unit, officers.c.person_id == person)
    query = (
        select(unit, person, people.c.name, officers.c.name, officers.c.position)
        .join(people, people.c.id == person)
        .outerjoin(officers, post)
        .where(among(unit, of), *conditions)
    )
    if task is not None:
        query = query.add_columns(task)
    found: dict[tuple[int, int | None], dict[int, str]] = {}
    rows = sorted((tuple(r) for r in tx.execute(query)), key=lambda r: (r[4] is None, r[4] or 0, r[1]))
    for row in rows:
        found.setdefault((row[0], row[5] if task is not None else None), {}).setdefault(row[1], row[3] or row[2])
    return {key: tuple(names.values()) for key, names in found.items()}


def count(tx: Connection, which: Filter, statuses: Collection[Status], now: datetime, today: date) -> Count:
    """How many obligations have one of these statuses; the status that the filter names is not looked at."""
    return _count(tx, which, having(statuses, now, today), today)


def _count(tx: Connection, which: Filter, conditions: list[ColumnElement[bool]], today: date) -> Count:
    found = 0
    for choice in choices(tx, which, today):
        some = _chosen(choice, conditions, obligations.c.id).limit(MOST + 1 - found).subquery()
        found += tx.scalar(select(func.count()).select_from(some)) or 0
        if found > MOST:
            break
    return Count.of(found)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Today's numbers."""

    overdue: Count
    due_soon: Count  # still to act within the days ahead, today among them
    to_confirm: Count
    undeliverable: Count  # messages that were given up lately


def numbers(
    tx: Connection, which: Filter, now: datetime, today: date, *, ahead: int = 7, lately: timedelta = timedelta(days=30)
) -> Numbers:
    """Of what the filter leaves, whatever status it names; undeliverable messages of the visitor's units alone."""
    is_open = [obligations.c.state.in_(OPEN), deadlines.c.tracked]
    soon = [*is_open, dues.c.act_by >= today, dues.c.act_by <= today + timedelta(days=ahead)]
    waiting = [obligations.c.state == State.SUBMITTED.value, deadlines.c.tracked]
    return Numbers(
        overdue=count(tx, which, [Status.OVERDUE], now, today),
        due_soon=_count(tx, which, soon, today),
        to_confirm=_count(tx, which, waiting, today),
        undeliverable=_undeliverable(tx, which.units, now - lately),
    )


def _undeliverable(tx: Connection, of: frozenset[int] | None, since: datetime) -> Count:
    query = select(messages.c.id).where(messages.c.state == "failed", messages.c.failed_at >= since)
    if of is not None:
        mine = reminders.c.message_id == messages.c.id, among(reminders.c.for_unit_id, of)
        query = query.where(exists(select(reminders.c.id).where(*mine)))
    return Count.of(tx.scalar(select(func.count()).select_from(query.limit(MOST + 1).subquery())) or 0)
