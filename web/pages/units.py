"""The list of units: by kind, found by name, with how much is overdue and how much is to be done soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from actions.access import readable_units
from plans.access import Rights
from plans.filtering import Filter
from plans.naming import UnitNames, fold
from plans.people import posts_of
from plans.status import Status
from plans.succession import has_ended
from plans.units import Roster, Unit
from store.choosing import choices
from store.statuses import due_within, scope_of
from store.unit_counts import count_by_unit
from store.units import read_roster, unit_ids
from web.access import SIGNED_IN
from web.site import Site
from web.visits import Visit

AHEAD = 30  # days


@dataclass(frozen=True, slots=True)
class Line:
    """A unit in the list."""

    unit: Unit
    overdue: int
    due: int  # within the next `AHEAD` days
    silent: bool  # nobody is written to for it


@dataclass(frozen=True, slots=True)
class UnitKind:
    """Units of one kind, under the name that some audience gives it; None: of all kinds without one."""

    name: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class UnitList:
    """What the page shows."""

    kinds: tuple[UnitKind, ...]
    ended: tuple[Unit, ...]
    any: bool  # whether there are units at all that a visitor may see
    whole: bool  # whether everything overdue was counted


def kind_name(roster: Roster, kind: str) -> str | None:
    """Kinds are codes of the installation's own; an audience of exactly that kind has words for it."""
    named = (a.name for a in roster.audiences.values() if a.kinds == (kind,) and not (a.groups or a.audiences))
    return next(named, None)


def read_units(tx: Connection, site: Site, rights: Rights, now: datetime, find: str = "") -> UnitList:
    """Units at work by kind, and those that have ended, as far as a visitor may open their pages and looks for them."""
    today, roster = site.office.today(now), read_roster(tx)
    reads = readable_units(tx, rights)
    readable = [u for u in roster.units.values() if reads is None or u.slug in reads]
    shown = _found(readable, find)
    chosen = choices(tx, Filter(reader=rights), today)
    late = count_by_unit(tx, chosen, scope_of(Status.OVERDUE, now, today))
    due = count_by_unit(tx, chosen, due_within(today, today + timedelta(days=AHEAD)))
    ids = unit_ids(tx)
    kinds: dict[str | None, list[Line]] = {}
    for unit in shown:
        if not has_ended(unit, today):
            number = ids[unit.slug]
            line = Line(unit, late.of.get(number, 0), due.of.get(number, 0), not posts_of(unit))
            kinds.setdefault(kind_name(roster, unit.kind), []).append(line)
    named = [UnitKind(name, tuple(lines)) for name, lines in kinds.items()]
    return UnitList(
        kinds=tuple(sorted(named, key=lambda k: k.name is None)),
        ended=tuple(u for u in shown if has_ended(u, today)),
        any=bool(readable),
        whole=late.whole,
    )


def _found(units: list[Unit], find: str) -> list[Unit]:
    """Those whose name has these words in it, or that are called so in short."""
    needle = fold(find)
    if not needle:
        return units
    short = set(UnitNames(units).find(find))
    return [u for u in units if needle in fold(u.name) or u.slug in short or find.strip() == u.slug]


def unit_list_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/units", methods=["GET", "HEAD"])
    def units(visit: Annotated[Visit, Depends(SIGNED_IN.guard)], tim: str = "") -> HTMLResponse:
        now, find = site.clock(), " ".join(tim.split())[:100]
        with site.office.database.read() as tx:
            found = read_units(tx, site, visit.rights, now, find)
        return site.page("units.html", now, visit=visit, list=found, find=find, ahead=AHEAD)

    return router
