"""The board as an office counts: how many working days late each line is, by today's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from actions.office import Office
from plans.access import Rights
from plans.filtering import WEEK, Filter, Several
from plans.obligations import Obligation
from plans.paging import Count, Page
from plans.status import Status
from store import board
from store.board import Numbers, Reminded
from store.choosing import choices
from store.confirming import count_waiting
from store.requests import count_waiting_requests
from store.statuses import Scope, due_within, scope_of, unfinished

# The latest of what is finished is looked at first, the longest waiting of all else.
FINISHED = (Status.ON_TIME, Status.LATE, Status.MISSING, Status.WAIVED, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Line:
    """An obligation of the board."""

    obligation: Obligation
    status: Status
    days_late: int  # working days after late-after; 0 of what is not overdue
    last_reminder: Reminded | None
    officers: tuple[str, ...]


def board_page(
    tx: Connection, office: Office, now: datetime, which: Filter, *, size: int = 50, after: str | None = None
) -> Page[Line]:
    """What has the filter's status, or is overdue where it names none; the longest overdue first, then by unit."""
    today = office.today(now)
    scope = _scope(which, now, today)
    found = board.page(tx, which, scope, today, size=size, after=after, newest_first=which.status in FINISHED)
    return as_counted(office, now, found)


def _scope(which: Filter, now: datetime, today: date) -> Scope:
    if which.several is Several.WEEK:
        return due_within(today, today + timedelta(days=WEEK))
    if which.several is Several.OPEN:
        return unfinished(today)
    return scope_of(which.status or Status.OVERDUE, now, today)


def as_counted(office: Office, now: datetime, found: Page[board.Line]) -> Page[Line]:
    """Lines of the store with their status and days late at `now`."""
    today = office.today(now)
    return Page(tuple(_line(office, line, now, today) for line in found.rows), found.after)


def _line(office: Office, line: board.Line, now: datetime, today: date) -> Line:
    o = line.obligation
    standing = o.status(now, today)
    days = max(0, office.calendar.count(o.dates.late_on, today)) if standing is Status.OVERDUE else 0
    return Line(o, standing, days, line.last_reminder, line.officers)


def board_count(tx: Connection, office: Office, now: datetime, which: Filter) -> Count:
    """How many lines all pages of `board_page` have."""
    today = office.today(now)
    return board.count(tx, which, _scope(which, now, today), today)


def numbers_on(tx: Connection, office: Office, now: datetime, which: Filter, most: int) -> list[int]:
    """The obligations on all pages of `board_page` in their order, up to one more than `most`."""
    today = office.today(now)
    return board.numbers_of(tx, which, _scope(which, now, today), today, most + 1)


def board_numbers(tx: Connection, office: Office, now: datetime, which: Filter) -> Numbers:
    """Today's numbers of what the filter leaves, whatever status it names."""
    return board.numbers(tx, which, now, office.today(now), ahead=WEEK)


def count_to_answer(tx: Connection, rights: Rights, today: date) -> Count:
    """How many declarations and requests of units wait for somebody who coordinates plans."""
    if not rights.may_change_plans:
        return Count(0)
    mine = rights.coordinating
    declared = count_waiting(tx, choices(tx, Filter(reader=mine), today))
    return Count(declared.number + count_waiting_requests(tx, mine), declared.more)
