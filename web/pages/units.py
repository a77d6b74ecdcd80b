"""Units: what each owes, who is written to for it, and its calendar."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import readable, readable_units
from actions.feeds import feed_url
from actions.overdue import overdue
from calendars.addresses import page_path
from plans.access import Rights
from plans.obligations import Obligation
from plans.people import posts_of
from plans.status import OPEN_STATES
from plans.succession import has_ended
from plans.units import Roster, Unit
from store.deadlines import DeadlineFacts, deadline_facts
from store.events import coordinated_by
from store.feeds import find_feed
from store.obligations import due_between, of_unit
from store.successions import gone_from
from store.units import read_roster
from web.access import READS_UNIT, SIGNED_IN
from web.reach import webcal
from web.site import Site
from web.visits import Visit

_AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """A unit in the list."""

    unit: Unit
    overdue: int
    due: int  # within the next 30 days
    silent: bool  # nobody is written to for it


@dataclass(frozen=True, slots=True)
class UnitKind:
    """Units of one kind, under the name that some audience gives it; None: of all kinds without one."""

    name: str | None
    lines: tuple[Line, ...]


def kind_name(roster: Roster, kind: str) -> str | None:
    """Kinds are codes of the installation's own; an audience of exactly that kind has words for it."""
    named = (a.name for a in roster.audiences.values() if a.kinds == (kind,) and not (a.groups or a.audiences))
    return next(named, None)


def read_units(tx: Connection, site: Site, rights: Rights, now: datetime) -> tuple[list[UnitKind], list[Unit]]:
    """Units at work by kind, and those that have ended, as far as a visitor may open their pages."""
    today, roster = site.office.today(now), read_roster(tx)
    reads = readable_units(tx, rights)
    shown = [u for u in roster.units.values() if reads is None or u.slug in reads]
    late = Counter(o.unit for o in readable(rights, (item.obligation for item in overdue(tx, site.office, now))))
    due = Counter(o.unit for o in readable(rights, due_between(tx, today, today + _AHEAD)))
    kinds: dict[str | None, list[Line]] = {}
    for unit in shown:
        if not has_ended(unit, today):
            silent = not posts_of(unit)
            line = Line(unit, late[unit.slug], due[unit.slug], silent)
            kinds.setdefault(kind_name(roster, unit.kind), []).append(line)
    named = [UnitKind(name, tuple(lines)) for name, lines in kinds.items()]
    return sorted(named, key=lambda k: k.name is None), [u for u in shown if has_ended(u, today)]


@dataclass(frozen=True, slots=True)
class UnitPage:
    """Everything that a unit's page shows."""

    unit: Unit
    kind: str | None
    ended: bool
    parent: Unit | None
    successors: tuple[Unit, ...]
    predecessors: tuple[Unit, ...]
    open: tuple[Obligation, ...]
    done: tuple[Obligation, ...]  # the latest first
    untracked: tuple[Obligation, ...]
    gone: tuple[Obligation, ...]  # what others owe now, or what closed, because the unit ended
    names: dict[str, str]  # slug → name
    coordinated: tuple[DeadlineFacts, ...]
    feed: str | None  # address of its calendar, unless that was taken back
    subscribe: str | None  # path of the page that says how to subscribe to it

    @property
    def webcal(self) -> str | None:
        """The same for programs that subscribe at a click."""
        return self.feed and webcal(self.feed)


def read_unit(tx: Connection, site: Site, slug: str, rights: Rights, now: datetime) -> UnitPage | None:
    """Without the right to the whole unit: what it owes in the plans that a visitor coordinates, and no calendar."""
    today, roster = site.office.today(now), read_roster(tx)
    unit = roster.units.get(slug)
    if unit is None:
        return None
    whole = rights.may_read_whole_unit(slug)
    owed = readable(rights, of_unit(tx, slug))
    feed = find_feed(tx, slug) if whole else None
    if feed is not None and feed.revoked:
        feed = None
    helped = [d for d in deadline_facts(tx, coordinated_by(tx, slug)) if whole or d.key.plan in rights.coordinates]
    gone = gone_from(tx, slug)
    is_open = [o for o in owed if o.state in OPEN_STATES]
    done = [o for o in owed if o.state not in OPEN_STATES]
    return UnitPage(
        unit=unit,
        kind=kind_name(roster, unit.kind),
        ended=has_ended(unit, today),
        parent=roster.units.get(unit.parent or ""),
        successors=tuple(roster.units[s] for s in unit.successors if s in roster.units),
        predecessors=tuple(u for u in roster.units.values() if slug in u.successors),
        open=tuple(o for o in is_open if o.tracked),
        done=tuple(reversed(done)),
        untracked=tuple(reversed([o for o in is_open if not o.tracked])),
        gone=tuple(gone if whole else readable(rights, gone)),
        names={s: u.name for s, u in roster.units.items()},
        coordinated=tuple(sorted((d for d in helped if d.dates.last_day >= today), key=lambda d: d.dates.act_by)),
        feed=feed_url(site.office, site.secret, feed) if feed else None,
        subscribe=page_path(site.secret, feed.owner, feed.version) if feed else None,
    )


def unit_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/units", methods=["GET", "HEAD"])
    def units(visit: Annotated[Visit, Depends(SIGNED_IN.guard)]) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            kinds, ended = read_units(tx, site, visit.rights, now)
        return site.page("units.html", now, visit=visit, kinds=kinds, ended=ended)

    @router.api_route("/units/{slug}", methods=["GET", "HEAD"])
    def unit(slug: str, visit: Annotated[Visit, Depends(READS_UNIT.guard)]) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = read_unit(tx, site, slug, visit.rights, now)
        if found is None:
            raise HTTPException(404)
        return site.page("unit.html", now, visit=visit, page=found)

    return router
