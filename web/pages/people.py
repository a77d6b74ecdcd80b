"""The list of people who are written to: found by name, address or unit; who is away, whom mail does not reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from actions.contacts import Contact, contacts, readable_contacts
from plans.access import Visitor
from plans.naming import fold
from plans.paging import Page
from plans.units import Overseer
from store.people import people_ids
from store.units import read_roster
from web.access import SIGNED_IN
from web.site import Site
from web.visits import Visit

SIZE = 100
# What is listed, by the word in the address.
FILTERS: Mapping[str, Callable[[Contact, date], bool]] = {
    "": lambda _c, _today: True,
    "khong-toi": lambda c, _today: c.person.unreachable_at is not None,
    "vang": lambda c, _today: c.absence is not None,
    "chua-xac-nhan": lambda c, today: bool(c.posts) and not c.confirmed_in(today.year),
}


@dataclass(frozen=True, slots=True)
class Watching:
    """A council member with the names of the units assigned, or a leader, who has none."""

    number: int
    who: Overseer
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class People:
    """What the page shows."""

    page: Page[Contact]
    number: int  # of all pages
    any: bool  # whether there is anybody at all whom a visitor may see
    watching: tuple[Watching, ...]


def read_people(
    tx: Connection, site: Site, visitor: Visitor, now: datetime, find: str = "", which: str = "", after: str = ""
) -> People:
    """By address. Who reads all sees those outside the units too; a person at least the own line."""
    today = site.office.today(now)
    readable = readable_contacts(tx, visitor, contacts(tx, today))
    needle, chosen = fold(find), FILTERS.get(which, FILTERS[""])
    found = [c for c in readable if chosen(c, today) and (not needle or _has(c, needle, find.casefold()))]
    left = [c for c in found if c.person.address > after]
    some = tuple(left[:SIZE])
    page = Page(some, some[-1].person.address if len(left) > SIZE else None)
    watching = _watching(tx, needle) if visitor.rights.reads_all and not which and not after else ()
    return People(page, len(found), bool(readable), watching)


def _has(c: Contact, needle: str, typed: str) -> bool:
    return typed in c.person.address or any(
        needle in fold(s) for s in (c.person.name, *(name for _, name, _ in c.posts))
    )


def _watching(tx: Connection, needle: str) -> tuple[Watching, ...]:
    roster = read_roster(tx)
    people = [*roster.overseers, *roster.leaders]
    numbers = people_ids(tx, [o.address for o in people])
    return tuple(
        Watching(numbers[o.address], o, tuple(roster.units[u].name for u in o.units))
        for o in people
        if needle in fold(o.name)
    )


def people_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/nguoi", methods=["GET", "HEAD"])
    def people(
        visit: Annotated[Visit, Depends(SIGNED_IN.guard)], tim: str = "", loc: str = "", sau: str = ""
    ) -> HTMLResponse:
        now, find = site.clock(), " ".join(tim.split())[:100]
        which = loc if loc in FILTERS else ""
        with site.office.database.read() as tx:
            found = read_people(tx, site, visit.visitor, now, find, which, sau[:254])
        asked = urlencode([(k, v) for k, v in (("tim", find), ("loc", which)) if v])
        address = f"/nguoi?{asked}" if asked else "/nguoi"
        context: dict[str, Any] = {"list": found, "find": find, "which": which, "address": address, "first": not sau}
        return site.page("people.html", now, visit=visit, **context)

    return router
