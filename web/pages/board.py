"""The board: today's numbers, who is late, what comes next, and whether reminders leave at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from actions.board import Line, board_count, board_numbers, board_page
from actions.workdays import awaited_year
from plans.access import Rights
from plans.filtering import Filter, Several
from plans.paging import Count, Page
from plans.status import Status
from store.board import Numbers
from store.coordinating import Coordinated, uncoordinated
from store.months import DayOfDeadline, deadlines_between
from store.plans import StandingPlan, plans_to_confirm
from store.units import unit_ids
from web.access import SIGNED_IN
from web.health import Pulse, read_pulse
from web.pages.deeds import deeds_for
from web.pages.listing import STANDINGS, Listing, choices_of, read_listing, word
from web.pages.selection import MOST, way_of
from web.site import Site
from web.visits import Visit

_AHEAD = 30  # days of the list of what comes next
_NEXT = 12  # of its deadlines that are shown


@dataclass(frozen=True, slots=True)
class Health:
    """What is wrong with the house itself, as far as the visitor is concerned."""

    pulse: Pulse | None  # None: not the visitor's affair
    awaited_year: int | None  # whose days off should be in the working-day table by now
    uncoordinated: tuple[Coordinated, ...]  # plans whose coordinator ended and that nobody took over
    open_plans: tuple[StandingPlan, ...]  # to be confirmed in November


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the board shows."""

    listing: Listing
    health: Health
    numbers: Numbers
    page: Page[Line]
    count: Count
    to_change: Count  # those of them that the visitor may do something with
    coming: tuple[DayOfDeadline, ...]
    more_coming: int
    units: int  # on file


def read_board(tx: Connection, site: Site, listing: Listing, rights: Rights, now: datetime, after: str | None) -> Board:
    """What one visitor may read: neither a row nor a number tells of anything else."""
    office, which = site.office, listing.which
    coming = _coming(tx, which, office.today(now)) if after is None else []
    numbers = board_numbers(tx, office, now, which)
    of_late = which.several is None and which.status in (None, Status.OVERDUE)
    count = numbers.overdue if of_late else board_count(tx, office, now, which)
    return Board(
        listing=listing,
        health=_health(tx, site, rights, now),
        numbers=numbers,
        page=board_page(tx, office, now, which, after=after),
        count=count,
        to_change=_to_change(tx, site, which, rights, now, count),
        coming=tuple(coming[:_NEXT]),
        more_coming=max(0, len(coming) - _NEXT),
        units=0 if listing.options.plans else len(unit_ids(tx)),
    )


def _to_change(tx: Connection, site: Site, which: Filter, rights: Rights, now: datetime, count: Count) -> Count:
    if not rights.may_change_plans:
        return Count(0)
    return (
        count if rights.administers else board_count(tx, site.office, now, replace(which, reader=rights.coordinating))
    )


def _coming(tx: Connection, which: Filter, today: date) -> list[DayOfDeadline]:
    found = deadlines_between(tx, which, today, today + timedelta(days=_AHEAD), today)
    return [day for day in _together(found) if day.open]


def _together(found: Iterable[DayOfDeadline]) -> list[DayOfDeadline]:
    """One line for a day of a deadline, however many dates rest on it: an extension granted in several acts is one."""
    days: dict[tuple[object, ...], DayOfDeadline] = {}
    for d in found:
        known = days.get(key := (d.key, d.basis, d.act_by, d.last_day))
        days[key] = d if known is None else replace(d, open=known.open + d.open, total=known.total + d.total)
    return list(days.values())


def _health(tx: Connection, site: Site, rights: Rights, now: datetime) -> Health:
    runs = rights.may_see_operations
    return Health(
        read_pulse(tx, site, now) if runs else None,
        awaited_year(site.office, now) if runs else None,
        tuple(p for p in uncoordinated(tx) if rights.may_read_whole_plan(p.slug)),
        tuple(p for p in plans_to_confirm(tx, site.office.today(now)) if rights.may_read_whole_plan(p.slug)),
    )


def usual(rights: Rights) -> Status | Several:
    """What the board begins with: whoever only has own work to do looks for that, everybody else for who is late."""
    return Status.OVERDUE if rights.may_see_operations or rights.oversees else Several.OPEN


def board_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/", methods=["GET", "HEAD"])
    def board(
        request: Request, visit: Annotated[Visit, Depends(SIGNED_IN.guard)], sau: str | None = None
    ) -> HTMLResponse:
        now, rights = site.clock(), visit.rights
        with site.office.database.read() as tx:
            asked, year = request.query_params.multi_items(), site.office.today(now).year
            listing = read_listing(tx, "/", asked, rights, year, usual(rights))
            found = read_board(tx, site, listing, rights, now, sau)
        return site.page(
            "board.html",
            now,
            visit=visit,
            board=found,
            listing=listing,
            choices=choices_of(site, listing),
            standings=[(standing, word(standing)) for standing in STANDINGS],
            deeds=deeds_for(listing.standing) if rights.may_change_plans else (),
            most=MOST,
            carried=way_of(request).query,
            after=sau,
            mail=site.mail,
        )

    return router
