"""A year on one sheet of A3: twelve months with their days, and what is due in each, for the wall."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import readable_units
from calendars.working import WorkingCalendar
from notifications.titles import cut, title_of
from plans.access import Rights
from plans.collation import vietnamese
from plans.deadlines import Basis
from plans.filtering import Filter
from plans.periods import YEARS
from plans.words import Words
from store.months import DayOfDeadline, deadlines_between, offer
from store.units import unit_ids, unit_names
from web.access import SIGNED_IN
from web.site import Site
from web.visits import Visit

# What a month's part of the sheet holds, in letters of the size that wall.css gives it.
LINES, LETTERS = 11, 46  # of a month of six weeks; the room of a week is one line more
_DATE = 9  # letters that a key and a date take
_WEEKS = Calendar(firstweekday=0)
_KEYS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month; `keys` lead to what is said below: "a", "b–d"; a dot stands for what there is no room for."""

    number: int
    working: bool
    keys: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is due on a day."""

    key: str
    day: date
    text: str
    lines: int  # on which it is said; the sheet cuts what is longer


@dataclass(frozen=True, slots=True)
class Month:
    """One of the twelve parts."""

    number: int
    weeks: tuple[tuple[Day | None, ...], ...]
    entries: tuple[Entry, ...]
    more: int  # that are not said, for want of room


def key_of(number: int) -> str:
    """a … z, aa, ab …"""
    return _KEYS[number] if number < 26 else key_of(number // 26 - 1) + _KEYS[number % 26]


def month_part(year: int, month: int, found: Sequence[DayOfDeadline], calendar: WorkingCalendar, words: Words) -> Month:
    """The part of a month; `found` is what is due in it, by day."""
    weeks = _WEEKS.monthdayscalendar(year, month)
    room = LINES + 6 - len(weeks)
    pairs = zip(found, _told(found, room, words), strict=True)
    entries = [Entry(key_of(number), one.act_by, text, lines) for number, (one, (text, lines)) in enumerate(pairs)]
    said = _that_fit(entries, room)
    keys = {number: _keys(entries, len(said), number) for number in range(1, 32)}

    def day(number: int) -> Day | None:
        return Day(number, calendar.is_working(date(year, month, number)), keys[number]) if number else None

    return Month(month, tuple(tuple(map(day, week)) for week in weeks), said, len(entries) - len(said))


def _keys(entries: Sequence[Entry], said: int, day: int) -> str:
    """The keys of a day; a dot for what is not said below."""
    of = [entry.key for entry in entries[:said] if entry.day.day == day]
    unsaid = any(entry.day.day == day for entry in entries[said:])
    return "–".join(of[:: max(len(of) - 1, 1)]) + "•" * unsaid


def _told(found: Sequence[DayOfDeadline], room: int, words: Words) -> list[tuple[str, int]]:
    """What is said of each, on how many lines: two, but one, from the last on, where otherwise some are not said."""
    told = [(text, -(-(len(text) + _DATE) // LETTERS)) for text in (_said(one, words) for one in found)]
    over = sum(lines for _, lines in told) - room
    for number in reversed(range(len(told))):
        text, lines = told[number]
        if over > 0 and lines > 1:
            told[number], over = (text, 1), over - 1
    return told


def _said(one: DayOfDeadline, words: Words) -> str:
    """Its title, on two lines at most, and what moved it."""
    moved = "" if one.basis is Basis.RULE else f" ({words(f'basis.{one.basis}').lower()})"
    return cut(title_of(one, words), 2 * LETTERS - _DATE - len(moved)) + moved


def _that_fit(entries: Sequence[Entry], lines: int) -> tuple[Entry, ...]:
    """The first of them for which there is room, with a line left to say that there are more."""
    used, taken = 0, 0
    for number, entry in enumerate(entries):
        used += entry.lines
        if used <= lines - (number < len(entries) - 1):
            taken = number + 1
        elif used > lines:
            break
    return tuple(entries[:taken])


def year_sheet(year: int, found: Iterable[DayOfDeadline], calendar: WorkingCalendar, words: Words) -> tuple[Month, ...]:
    """The twelve parts."""
    months: dict[int, list[DayOfDeadline]] = {month: [] for month in range(1, 13)}
    for one in found:
        months[one.act_by.month].append(one)
    return tuple(month_part(year, month, some, calendar, words) for month, some in months.items())


def read_units(tx: Connection, rights: Rights) -> list[tuple[str, str]]:
    """(slug, name) of those whose sheet may be had, by name."""
    reads = readable_units(tx, rights)
    named = [(slug, name) for slug, name in unit_names(tx).items() if reads is None or slug in reads]
    return sorted(named, key=lambda pair: vietnamese(pair[1]))


def wall_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/lich-treo-tuong", methods=["GET", "HEAD"])
    def wall(visit: Annotated[Visit, Depends(SIGNED_IN.guard)], nam: str = "", donvi: str = "") -> HTMLResponse:
        now = site.clock()
        today = site.office.today(now)
        year = int(nam) if nam.isascii() and nam.isdigit() and len(nam) == 4 and int(nam) in YEARS else today.year
        with site.office.database.read() as tx:
            units = read_units(tx, visit.rights)
            if donvi and donvi not in dict(units):
                raise HTTPException(404)
            of = frozenset({unit_ids(tx)[donvi]}) if donvi else None
            which = Filter(units=of, reader=visit.rights)
            found = deadlines_between(tx, which, date(year, 1, 1), date(year, 12, 31), today, counted=False)
            offered = offer(tx, frozenset(), today)
        years = sorted({year, *range(offered.first.year, offered.last.year + 1)})
        return site.page(
            "wall.html",
            now,
            visit=visit,
            year=year,
            years=[(str(y), str(y)) for y in years],
            unit=donvi,
            unit_name=dict(units).get(donvi),
            units=units,
            months=year_sheet(year, found, site.office.calendar, site.words),
            total=len(found),
        )

    return router
