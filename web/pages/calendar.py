"""A month: its deadlines on the days to act by, and the mails that will leave, as a grid and as a list."""

from __future__ import annotations

import re
from calendar import Calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from actions.access import readable_plans
from calendars.working import WorkingCalendar
from plans.access import Rights
from plans.deadlines import DeadlineKey
from plans.filtering import Filter, filter_from, pairs_of
from plans.periods import YEARS
from plans.plan import Kind
from store.months import DayOfDeadline, Leaving, Offer, deadlines_between, leaving_between, offer
from web.access import SIGNED_IN
from web.kinds import kind_options, kind_value
from web.site import Site
from web.visits import Visit

WEEKS = Calendar(firstweekday=0)  # Monday
_MONTH = re.compile(r"([0-9]{4})-(0?[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a deadline that leaves."""

    at: datetime
    stage: str
    key: DeadlineKey
    title: str
    kind: Kind
    units: int


@dataclass(frozen=True, slots=True)
class Mails:
    """What leaves on a day, if nobody sends anything before."""

    mails: int  # about: what a person is told at one moment leaves as one
    people: int
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    day: date
    working: bool
    weekend: bool
    name: str | None  # why it is off, or worked against the rule
    deadlines: tuple[DayOfDeadline, ...] = ()
    mails: Mails | None = None

    @property
    def says_something(self) -> bool:
        return bool(self.deadlines or self.mails or self.name or self.is_made_up)

    @property
    def is_made_up(self) -> bool:
        """Whether a rest day is worked."""
        return self.working and self.weekend


@dataclass(frozen=True, slots=True)
class Month:
    """Everything that the page shows."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]  # whole ones, from Monday to Sunday
    offer: Offer
    which: Filter
    as_list: bool
    before: date | None = field(default=None)
    after: date | None = field(default=None)

    @property
    def days(self) -> list[Day]:
        """Those of the month itself."""
        return [day for week in self.weeks for day in week if day.day.month == self.first.month]

    @property
    def is_empty(self) -> bool:
        return not any(day.deadlines or day.mails for day in self.days)

    @property
    def has_neighbours(self) -> bool:
        """Whether days of another month, which fill its weeks, have anything on them."""
        other = [day for week in self.weeks for day in week if day.day.month != self.first.month]
        return any(day.deadlines or day.mails for day in other)

    def address(self, first: date | None, *, as_list: bool) -> str:
        """Of a month, with what it is narrowed to."""
        pairs = [("thang", f"{first or self.first:%Y-%m}"), *(("xem", "danh-sach") for _ in range(as_list))]
        return f"/lich?{urlencode([*pairs, *pairs_of(self.which)])}"


def month_of(text: str, today: date) -> date:
    """The first day of the month that an address names; of the present one where it names none."""
    found = _MONTH.fullmatch(text)
    if found is None or int(found[1]) not in YEARS[:-1]:
        return today.replace(day=1)
    return date(int(found[1]), int(found[2]), 1)


def days_of(
    days: Iterable[date],
    calendar: WorkingCalendar,
    deadlines: Mapping[date, tuple[DayOfDeadline, ...]],
    mails: Mapping[date, Mails],
) -> tuple[Day, ...]:
    """These days with what is on them."""
    return tuple(
        Day(
            day,
            calendar.is_working(day),
            calendar.is_weekend(day),
            calendar.name_of(day),
            deadlines.get(day, ()),
            mails.get(day),
        )
        for day in days
    )


def by_day(found: Iterable[DayOfDeadline]) -> dict[date, tuple[DayOfDeadline, ...]]:
    days: dict[date, tuple[DayOfDeadline, ...]] = {}
    for one in found:
        days[one.act_by] = (*days.get(one.act_by, ()), one)
    return days


def mails_by_day(site: Site, found: Iterable[Leaving]) -> dict[date, Mails]:
    days: dict[date, list[Leaving]] = {}
    for one in found:
        days.setdefault(site.office.today(one.at), []).append(one)
    return {
        day: Mails(
            len({(g.at, g.kind, person) for g in some for person in g.people}),
            len({person for g in some for person in g.people}),
            tuple(Stage(g.at, g.stage, g.key, g.title, g.task_kind, g.units) for g in some),
        )
        for day, some in days.items()
    }


def read_month(tx: Connection, site: Site, request: Request, rights: Rights, now: datetime) -> Month:
    """The month that an address asks for, of what may be read."""
    said = filter_from(request.query_params.multi_items())
    which = Filter(plan=said.plan, group=said.group, task_kind=said.task_kind, reader=rights)
    office, today = site.office, site.office.today(now)
    first = month_of(request.query_params.get("thang", ""), today)
    weeks = WEEKS.monthdatescalendar(first.year, first.month)
    begin, end = weeks[0][0], weeks[-1][-1]
    deadlines = by_day(deadlines_between(tx, which, begin, end, today))
    coming = (
        leaving_between(tx, which, max(now, office.start_of(begin)), office.end_of(end), today) if end >= today else []
    )
    mails = mails_by_day(site, coming)
    offered = offer(tx, readable_plans(tx, rights), today)
    found = Month(
        first,
        tuple(days_of(week, office.calendar, deadlines, mails) for week in weeks),
        offered,
        which,
        request.query_params.get("xem") == "danh-sach",
    )
    before, after = (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)
    return replace(
        found,
        before=before if offered.holds(before) else None,
        after=after if offered.holds(after) else None,
    )


def calendar_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/lich", methods=["GET", "HEAD"])
    def month(request: Request, visit: Annotated[Visit, Depends(SIGNED_IN.guard)]) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = read_month(tx, site, request, visit.rights, now)
        kinds, kind = kind_options(site.words), kind_value(found.which.task_kind)
        return site.page("calendar.html", now, visit=visit, month=found, kinds=kinds, kind=kind)

    return router
