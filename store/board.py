"""The board: obligations of a status page by page, the longest overdue first, and how many there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, exists, false, func, or_, select

from plans.filtering import Filter
from plans.obligations import Obligation
from plans.paging import MOST, Count, Page, cut, read_key
from plans.status import Status
from store import walking
from store.choosing import Choice, among, choices, reading
from store.confirming import count_waiting
from store.obligations import obligation_of, obligations_query
from store.schema import deadlines, messages, obligations, reminders, tasks
from store.statuses import Scope, due_within, scope_of
from store.written_to import written_to


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
    scope: Scope,
    today: date,
    *,
    size: int = 50,
    after: str | None = None,
    newest_first: bool = False,
) -> Page[Line]:
    """What a filter leaves, its own status aside, as `page_of`."""
    return page_of(tx, choices(tx, which, today), scope, size=size, after=after, newest_first=newest_first)


def page_of(
    tx: Connection,
    chosen: Sequence[Choice],
    scope: Scope,
    *,
    size: int = 50,
    after: str | None = None,
    newest_first: bool = False,
) -> Page[Line]:
    """Obligations by late-after and the order of units; from the latest date back if `newest_first`.

    `chosen` are parts that share no obligation; `after` is that of the page before, of the same question.
    """
    key = read_key(after, 3)
    mark = None if key is None else (key[0], key[1][0], key[1][1], key[1][2])
    found = _walked(tx, chosen, scope, size + 1, mark, newest_first=newest_first)
    some = cut(found, size, lambda row: row)
    return Page(tuple(lines(tx, [row[3] for row in some.rows])), some.after)


def _walked(
    tx: Connection,
    chosen: Sequence[Choice],
    scope: Scope,
    size: int,
    mark: walking.Row | None = None,
    *,
    newest_first: bool = False,
) -> list[walking.Row]:
    found = [row for choice in chosen for row in walking.walk(tx, choice, scope, size, mark, newest_first=newest_first)]
    found.sort(key=lambda row: row[1:])
    found.sort(key=lambda row: row[0], reverse=newest_first)
    return found


def numbers_of(tx: Connection, which: Filter, scope: Scope, today: date, most: int) -> list[int]:
    """The first `most` obligations that a filter leaves, in the order of pages, the longest overdue first."""
    return [row[3] for row in _walked(tx, choices(tx, which, today), scope, most)[:most]]


def lines(tx: Connection, numbers: Sequence[int]) -> list[Line]:
    """These obligations as the board lists them, in the order of their numbers here."""
    found = {r.id: obligation_of(r) for r in tx.execute(obligations_query().where(among(obligations.c.id, numbers)))}
    told, named = last_reminded(tx, numbers), written_to(tx, numbers)
    return [Line(found[n], told.get(n), named.get(n, ())) for n in numbers]


def last_reminded(tx: Connection, numbers: Collection[int]) -> dict[int, Reminded]:
    """Obligation → its last reminder that was sent."""
    query = (
        select(reminders.c.obligation_id, messages.c.sent_at, reminders.c.position, reminders.c.stage, messages.c.state)
        .join(messages, messages.c.id == reminders.c.message_id)
        .where(among(reminders.c.obligation_id, numbers))
    )
    # The state is looked at here: SQLite would begin with all messages that were ever sent.
    rows = sorted(tuple(r)[:4] for r in tx.execute(query) if r.state == "sent" and r.sent_at is not None)
    rows.sort(key=lambda row: row[1:])
    return {number: Reminded(at, stage) for number, at, _, stage in rows}


def count(tx: Connection, which: Filter, scope: Scope, today: date) -> Count:
    """How many obligations a filter leaves, its own status aside."""
    return count_of(tx, choices(tx, which, today), scope)


def count_of(tx: Connection, chosen: Sequence[Choice], scope: Scope) -> Count:
    """How many obligations there are in parts that share none."""
    found = 0
    for choice in chosen:
        found += walking.count(tx, choice, scope, MOST - found)
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
    """Of what the filter leaves, whatever status it names; undeliverable is mail of which some item may be read."""
    chosen = choices(tx, which, today)
    return Numbers(
        overdue=count_of(tx, chosen, scope_of(Status.OVERDUE, now, today)),
        due_soon=count_of(tx, chosen, due_within(today, today + timedelta(days=ahead))),
        to_confirm=count_waiting(tx, chosen),
        undeliverable=_undeliverable(tx, which, now - lately),
    )


def _undeliverable(tx: Connection, which: Filter, since: datetime) -> Count:
    query = select(messages.c.id).where(messages.c.state == "failed", messages.c.failed_at >= since)
    if which.units is not None:
        mine = reminders.c.message_id == messages.c.id, among(reminders.c.for_unit_id, which.units)
        query = query.where(exists(select(reminders.c.id).where(*mine)))
    if which.reader is not None and not which.reader.reads_all:
        told = (
            select(reminders.c.id)
            .join(obligations, obligations.c.id == reminders.c.obligation_id)
            .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
            .join(tasks, tasks.c.id == deadlines.c.task_id)
            .where(reminders.c.message_id == messages.c.id)
        )
        parts = [and_(*part.dated(), *part.owed()) for part in reading(tx, which.reader)]
        query = query.where(exists(told.where(or_(false(), *parts))))
    return Count.of(tx.scalar(select(func.count()).select_from(query.limit(MOST + 1).subquery())) or 0)
