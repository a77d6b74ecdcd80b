"""Bản tin thứ Hai as a page: what is mailed to its reader, counted by deadline; also for leaders and council members.

Whoever is mailed one reads the numbers of that mail. Deadlines are counted, not listed unit by unit, so that a province
in which everything is late has its page at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from notifications.desk import Desk
from notifications.items import Line, OpenPlan
from notifications.monday import open_plans, requests_of, undeliverable, unreachable_lines, week_of
from notifications.titles import plain, titled
from plans.access import Rights, Visitor
from plans.collation import vietnamese
from plans.deadlines import DeadlineKey
from plans.filtering import Filter
from plans.plan import Kind
from plans.status import State, Status
from store.access import plans_coordinated
from store.recipients import told_of_units, unconfirmed_people
from store.requests import open_requests
from store.statuses import Scope, due_within, scope_of
from store.tallies import Tally, names_of, tallies
from store.units import coordinating_units


@dataclass(frozen=True, slots=True)
class Group:
    """A deadline with the units that stand in a section of the page."""

    key: DeadlineKey
    title: str  # with its period, as mails say it
    kind: Kind
    document: str | None
    last_day: date
    days_late: int  # working days
    units: tuple[str, ...]  # names


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What stands on the page. Groups are in the order of the mail, the longest overdue first."""

    monday: date
    is_mailed: bool  # whether its reader is one of those it is mailed to
    overdue: tuple[Group, ...]
    due: tuple[Group, ...]  # this week
    to_confirm: tuple[Group, ...]
    requests: tuple[Line, ...]
    undeliverable: tuple[Line, ...]
    unreachable: tuple[Line, ...]
    open_plans: tuple[OpenPlan, ...]
    unconfirmed: int
    late_units: int  # units that have not sent a report; each once
    returned_units: int  # that have not completed one
    late_work: int

    @property
    def empty(self) -> bool:
        groups, lines = (self.overdue, self.due, self.to_confirm), (self.requests, self.undeliverable, self.unreachable)
        return not (any(groups) or any(lines) or self.open_plans)


@dataclass(frozen=True, slots=True)
class Part:
    """What a reader's page is about."""

    is_mailed: bool
    reports: Rights  # that say which reports are meant
    work: Rights  # that say whose own work is meant
    coordinators: frozenset[str] | None  # whose requests are meant; None: everyone's
    operations: bool  # whether mail that fails is


def part_of(tx: Connection, visitor: Visitor) -> Part | None:
    """As `monday_pages` decides for those who are mailed one, else what one may read of; None: there is none for it."""
    told, mine = told_of_units(tx), visitor.rights
    headed = {t.unit for t in told if t.audience == "head"}
    own = {t for t in told if t.person.id == visitor.person_id}
    heads = frozenset(t.unit for t in own if t.audience == "head" or t.unit not in headed)
    coordinators = coordinating_units(tx)
    whole = frozenset(t.unit for t in own if t.unit in coordinators and t.audience != "head")
    work = Rights(heads=heads)
    if whole:
        return Part(True, Rights(coordinates=frozenset(plans_coordinated(tx, whole))), work, whole, operations=True)
    if mine.reads_all:
        return Part(False, Rights(reads_all=True), work, None, operations=True)
    if mine.oversees:
        return Part(False, Rights(oversees=mine.oversees), work, frozenset(), operations=False)
    return Part(True, Rights(), work, frozenset(), operations=False) if heads else None


def read_bulletin(tx: Connection, desk: Desk, part: Part, now: datetime) -> Bulletin:
    """The page as it stands at `now`, of the week in which that lies."""
    today = desk.today(now)
    monday = week_of(today)
    reports = Filter(task_kind=Kind.REPORT, reader=part.reports)
    both = (reports, Filter(task_kind=Kind.WORK, reader=part.work))
    names = dict(sorted(names_of(tx).items(), key=lambda named: vietnamese(named[1])))
    rank = {number: at for at, number in enumerate(names)}

    def grouped(which: Iterable[Filter], scope: Scope) -> tuple[tuple[Tally, ...], tuple[Group, ...]]:
        found = tuple(tallies(tx, which, scope, today))
        return found, tuple(_group(desk, t, names, rank, today) for t in found)

    late, overdue = grouped(both, scope_of(Status.OVERDUE, now, today))
    _, due = grouped((reports,), due_within(today, monday + timedelta(days=6)))
    _, declared = grouped((reports,), Scope((State.SUBMITTED,)))
    of_reports = [t for t in late if t.kind is not Kind.WORK]
    whose = part.coordinators
    return Bulletin(
        monday=monday,
        is_mailed=part.is_mailed,
        overdue=overdue,
        due=due,
        to_confirm=tuple(replace(group, days_late=0) for group in declared),
        requests=requests_of(
            desk,
            (r for r in open_requests(tx) if whose is None or (whose and r.coordinator in {None, *whose})),
        ),
        undeliverable=undeliverable(tx, desk, now) if part.operations else (),
        unreachable=unreachable_lines(tx, desk, today) if part.operations else (),
        open_plans=tuple(p for coordinator, p in open_plans(tx, desk, today) if whose is None or coordinator in whose),
        unconfirmed=unconfirmed_people(tx, today.year) if part.operations and today.month == 1 else 0,
        late_units=len({unit for t in of_reports for unit in t.units - t.sent_back}),
        returned_units=len({unit for t in of_reports for unit in t.sent_back}),
        late_work=sum(len(t.units) for t in late if t.kind is Kind.WORK),
    )


def _group(desk: Desk, t: Tally, names: Mapping[int, str], rank: Mapping[int, int], today: date) -> Group:
    title = titled(t.title, t.key.period, desk.words) if t.kind is Kind.REPORT else plain(t.title).rstrip(" .;:")
    units = tuple(names[unit] for unit in sorted(t.units, key=rank.__getitem__))
    days = max(0, desk.calendar.count(t.late_on, today))
    return Group(t.key, title, t.kind, t.document, t.last_day, days, units)
