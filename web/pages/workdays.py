"""The working-day table of a year, and changing it: what would move is shown before anything does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Connection

from actions.office import Act
from actions.redating import Moved
from actions.workdays import ListedDay, Wish, WorkdayChange, awaited_year, listed_days, wished
from notifications.titles import title_of
from plans.deadlines import Basis, DeadlineKey
from plans.plan import Kind
from plans.problems import Problem, UserError
from plans.words import Words
from store.trail import task_titles
from web.access import ADMINISTERS, SIGNED_IN
from web.auditing import Titled
from web.flash import flash
from web.site import Site
from web.typed_days import any_day_of
from web.visits import Visit

WORKDAYS = "/ngay-lam-viec"
YEARS = range(1970, 2101)  # as `nhachan workdays list`
_FIRST = 2020  # from which on the shipped table says more than the law
_SHOWN = 200  # sets of dates that are shown one by one; of the rest, how many
WORKING = {"nghi": False, "lam": True, "bo": None}  # what a form asks for
Reads = Annotated[Visit, Depends(SIGNED_IN.guard)]
Administers = Annotated[Visit, Depends(ADMINISTERS.act)]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form."""

    what: str = "nghi"
    first: str = ""
    last: str = ""
    name: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class YearPage:
    """Everything that the page of a year shows."""

    year: int
    days: tuple[ListedDay, ...]
    working: int  # days in all
    announced: bool
    awaited: int | None  # the year whose days off should be in the table by now
    beside: tuple[int, ...]  # years that are offered


@dataclass(frozen=True, slots=True)
class MovedLine:
    """A deadline that moves."""

    title: str
    moved: Moved
    of_rule: bool  # else an extension, a request to resubmit, a unit's own day


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """What a change would do."""

    typed: Typed
    change: WorkdayChange
    lines: tuple[MovedLine, ...]
    more: int  # not shown one by one


def wish_of(typed: Typed) -> Wish:
    """Raises UserError with every date that is none."""
    first, last = any_day_of(typed.first), any_day_of(typed.last or typed.first)
    problems = [
        Problem("workdays.here.day", {"text": text})
        for text, day in ((typed.first, first), (typed.last, last))
        if text and day is None
    ]
    if not typed.first:
        problems.append(Problem("workdays.here.first"))
    problems += [
        Problem("workdays.year", {"year": day.year, "first": YEARS[0], "last": YEARS[-1]})
        for day in dict.fromkeys((first, last))
        if day is not None and day.year not in YEARS
    ]
    if first is None or last is None or problems:
        raise UserError(problems)
    return Wish(first, last, WORKING[typed.what], typed.name.strip(), typed.source.strip() or None)


def here(problems: Sequence[Problem], words: Words) -> list[Problem]:
    """Problems in sentences that name no command."""
    return [
        replace(p, code=own) if words.has(f"problem.{own}") else p
        for p in problems
        for own in [p.code.replace("workdays.", "workdays.here.", 1)]
    ]


def read_year(site: Site, year: int, awaited: int | None, this: int) -> YearPage:
    calendar = site.office.calendar
    beside = tuple(y for y in (year - 1, year + 1) if _FIRST <= y <= this + 1)
    working = calendar.count(date(year - 1, 12, 31), date(year, 12, 31))
    return YearPage(year, tuple(listed_days(calendar, year)), working, calendar.is_announced(year), awaited, beside)


def _preview(tx: Connection, site: Site, typed: Typed, change: WorkdayChange) -> PreviewPage:
    shown = change.shown[:_SHOWN]
    titles = task_titles(tx, {(m.deadline.plan, m.deadline.task) for m in shown}) if shown else {}
    lines = tuple(MovedLine(_title(m.deadline, titles, site.words), m, m.basis is Basis.RULE) for m in shown)
    return PreviewPage(typed, change, lines, len(change.shown) - len(shown))


def _title(key: DeadlineKey, titles: dict[tuple[str, str], tuple[str, str]], words: Words) -> str:
    title, kind = titles.get((key.plan, key.task), (str(key), Kind.WORK.value))
    return title_of(Titled(title, Kind(kind), key), words)


def workday_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def page(
        visit: Visit, year: int, typed: Typed, problems: Sequence[Problem] = (), *, status: int = 200
    ) -> HTMLResponse:
        now = site.clock()
        found = read_year(site, year, awaited_year(site.office, now), site.office.today(now).year)
        return site.page("workdays.html", now, visit=visit, status=status, page=found, typed=typed, problems=problems)

    @router.api_route(WORKDAYS, methods=["GET", "HEAD"])
    def table(visit: Reads, nam: str = "") -> HTMLResponse:
        today = site.office.today(site.clock())
        year = int(nam) if nam.isascii() and nam.isdecimal() and len(nam) == 4 and int(nam) in YEARS else today.year
        return page(visit, year, Typed())

    @router.post(WORKDAYS)
    def change(
        visit: Administers,
        what: Annotated[str, Form(alias="cach")] = "nghi",
        tu: Annotated[str, Form()] = "",
        den: Annotated[str, Form()] = "",
        ten: Annotated[str, Form()] = "",
        can_cu: Annotated[str, Form(alias="can-cu")] = "",
        chac_chan: Annotated[str, Form(alias="chac-chan")] = "",
    ) -> Response:
        """Shows what the change would move; with `chac-chan` it is done."""
        now = site.clock()
        typed = Typed(what if what in WORKING else "nghi", tu.strip()[:40], den.strip()[:40], ten[:200], can_cu[:200])
        try:
            wish = wish_of(typed)
            act = Act(f"person:{visit.visitor.address}", now, wish.name or None)
            change = wished(site.office, act, wish, dry_run=not chac_chan)
        except UserError as error:
            first = any_day_of(typed.first)
            year = first.year if first is not None and first.year in YEARS else site.office.today(now).year
            return page(visit, year, typed, here(error.problems, site.words), status=422)
        if chac_chan:
            where = RedirectResponse(f"{WORKDAYS}?nam={wish.first.year}", 303)
            return flash(site, where, "flash.workdays", days=len(change.days), deadlines=change.deadlines)
        with site.office.database.read() as tx:
            shown = _preview(tx, site, typed, change)
        return site.page("workdays_preview.html", now, visit=visit, page=shown)

    return router
