"""A unit: what it owes and has done, who is written to for it, its calendar; its contacts and its end set right."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import readable
from actions.contacts import Contact, contacts
from actions.correcting import set_right
from actions.ending import succeed
from actions.feeds import feed_url
from actions.office import Act
from calendars.addresses import page_path
from plans.access import Rights
from plans.filtering import Filter
from plans.naming import UnitNames
from plans.obligations import Obligation
from plans.paging import Page
from plans.people import posts_of
from plans.problems import Problem, UserError
from plans.status import Status
from plans.succession import has_ended
from plans.units import Unit
from store.board import Line, page_of
from store.choosing import choices
from store.deadlines import DeadlineFacts, deadline_facts
from store.events import coordinated_by
from store.feeds import find_feed
from store.records import YearRecord, year_record
from store.statuses import DONE, Scope, scope_of, unfinished
from store.successions import gone_from
from store.units import read_roster, unit_ids
from web.access import ADMINISTERS, CHANGES_UNIT, READS_UNIT
from web.flash import flash
from web.pages.units import kind_name
from web.reach import webcal
from web.site import Site
from web.typed_days import day_of, unread_day
from web.visits import Visit

SIZE = 50
Heading = Annotated[Visit, Depends(CHANGES_UNIT.act)]
Administering = Annotated[Visit, Depends(ADMINISTERS.act)]
Sure = Annotated[str, Form(alias="chac-chan")]
_VIEWS: Mapping[str, Callable[[datetime, date], Scope]] = {
    "": lambda _now, today: unfinished(today),
    "da-xong": lambda _now, _today: DONE,
    "truoc-theo-doi": lambda now, today: scope_of(Status.UNTRACKED, now, today),
}
_SEVERAL = re.compile(r"[;\n]")


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody with a place in the unit; `role` one of `plans.units.Role`, or `mailbox`."""

    name: str
    address: str
    role: str
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class UnitPage:
    """Everything that a unit's page shows."""

    unit: Unit
    kind: str | None
    ended: bool
    parent: Unit | None
    successors: tuple[Unit, ...]
    predecessors: tuple[Unit, ...]
    view: str
    items: Page[Line]
    gone: tuple[Obligation, ...]  # what others owe now, or what closed, because the unit ended
    names: Mapping[str, str]  # slug → name
    living: tuple[Unit, ...]  # that may succeed it; only for who may say so
    coordinated: tuple[DeadlineFacts, ...]
    year: int
    record: YearRecord | None  # of that year; None without the right to the whole unit
    told: tuple[Told, ...]
    feed: str | None  # address of its calendar, unless that was taken back
    subscribe: str | None  # path of the page that says how to subscribe to it

    @property
    def webcal(self) -> str | None:
        """The same for programs that subscribe at a click."""
        return self.feed and webcal(self.feed)


def read_unit(
    tx: Connection, site: Site, slug: str, rights: Rights, now: datetime, view: str = "", after: str | None = None
) -> UnitPage | None:
    """Without the right to the whole unit: what it owes in the plans that a visitor coordinates, and no calendar."""
    today, roster = site.office.today(now), read_roster(tx)
    unit = roster.units.get(slug)
    if unit is None:
        return None
    whole, number = rights.may_read_whole_unit(slug), unit_ids(tx)[slug]
    feed = find_feed(tx, slug) if whole else None
    if feed is not None and feed.revoked:
        feed = None
    chosen = choices(tx, Filter(units=frozenset({number}), reader=rights), today)
    scope = _VIEWS[view](now, today)
    helped = deadline_facts(tx, coordinated_by(tx, slug, today))
    gone = gone_from(tx, slug)
    successors = tuple(roster.units[s] for s in unit.successors if s in roster.units)
    living = (u for u in roster.units.values() if not has_ended(u, today) and u.slug != slug)
    return UnitPage(
        unit=unit,
        kind=kind_name(roster, unit.kind),
        ended=has_ended(unit, today),
        parent=roster.units.get(unit.parent or ""),
        successors=successors,
        predecessors=tuple(u for u in roster.units.values() if slug in u.successors),
        view=view,
        items=page_of(tx, chosen, scope, size=SIZE, after=after, newest_first=bool(view)),
        gone=tuple(gone if whole else readable(rights, gone)),
        names={s: u.name for s, u in roster.units.items()},
        living=tuple(living) if rights.may_administer else (),
        coordinated=tuple(
            sorted((d for d in helped if whole or d.key.plan in rights.coordinates), key=lambda d: d.dates.act_by)
        ),
        year=today.year,
        record=year_record(tx, number, today.year, now) if whole else None,
        told=_told(unit, {c.person.address: c for c in contacts(tx, today, slug)}),
        feed=feed_url(site.office, site.secret, feed) if feed else None,
        subscribe=page_path(site.secret, feed.owner, feed.version) if feed else None,
    )


def _told(unit: Unit, known: Mapping[str, Contact]) -> tuple[Told, ...]:
    found = [Told(o.name, o.address, o.role.value, known.get(o.address)) for o in unit.officers]
    if unit.mailbox and (unit.mailbox not in {t.address for t in found}):
        found.append(Told(unit.name, unit.mailbox, "mailbox", known.get(unit.mailbox)))
    return tuple(found)


def unit_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def shown(slug: str, visit: Visit, view: str = "", after: str | None = None, **more: object) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = read_unit(tx, site, slug, visit.rights, now, view if view in _VIEWS else "", after)
        if found is None:
            raise HTTPException(404)
        context: dict[str, Any] = {"problems": (), "first": after is None, **more}
        context["typed"] = defaultdict(str, context.get("typed", {}))  # of forms that were not sent: nothing
        status = 422 if context["problems"] else 200
        return site.page("unit.html", now, status=status, visit=visit, page=found, **context)

    @router.api_route("/units/{slug}", methods=["GET", "HEAD"])
    def unit(
        slug: str, visit: Annotated[Visit, Depends(READS_UNIT.guard)], xem: str = "", sau: str | None = None
    ) -> HTMLResponse:
        return shown(slug, visit, xem, sau)

    @router.post("/units/{slug}/dau-moi")
    def contact(
        slug: str,
        visit: Heading,
        old: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        sure: Sure = "",
    ) -> Response:
        """Another address or name for who is written to; first it is shown who gets what from then on."""
        now, typed = site.clock(), {"form": "contact", "old": old, "new": new, "name": name}
        with site.office.database.read() as tx:
            unit = read_roster(tx).units.get(slug)
        if unit is None:
            raise HTTPException(404)
        try:
            if old not in posts_of(unit):
                raise UserError(Problem("request.no_contact", {"address": old or "–", "unit": unit.name}))
            act = Act(f"person:{visit.visitor.address}", now)
            coming = set_right(site.office, act, slug, old=old, new=new, name=name, dry_run=not sure)
        except UserError as error:
            return shown(slug, visit, problems=error.problems, typed=typed)
        if sure:
            return flash(site, RedirectResponse(f"/units/{slug}", 303), "flash.contact_corrected", unit=unit.name)
        asked: dict[str, Any]
        asked = {"kind": "contact", "unit": unit, "coming": coming, "typed": typed}
        return site.page("people_preview.html", now, visit=visit, **asked)

    @router.post("/units/{slug}/ke-thua")
    def end(
        slug: str,
        visit: Administering,
        successors: Annotated[str, Form()] = "",
        on: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        sure: Sure = "",
    ) -> Response:
        """Who takes over from the unit, and from when; first it is shown what becomes of what it owes."""
        now, typed = site.clock(), {"form": "end", "successors": successors, "on": on, "reason": reason}
        try:
            heirs, day = _heirs(site, slug, successors), _day(on)
            act = Act(f"person:{visit.visitor.address}", now, reason.strip() or None)
            ended = succeed(site.office, act, slug, heirs, day, dry_run=not sure)
        except UserError as error:
            return shown(slug, visit, problems=error.problems, typed=typed)
        if sure:
            params = {"unit": ended.unit.name, "until": f"{ended.unit.until:%d/%m/%Y}"}
            return flash(site, RedirectResponse(f"/units/{slug}", 303), "flash.unit_ended", **params)
        with site.office.database.read() as tx:
            names = {s: u.name for s, u in read_roster(tx).units.items()}
        asked: dict[str, Any]
        asked = {
            "kind": "end",
            "unit": ended.unit,
            "report": ended.report,
            "names": names,
            "typed": typed,
        }
        return site.page("people_preview.html", now, visit=visit, **asked)

    return router


def _heirs(site: Site, slug: str, said: str) -> list[str]:
    """The units that somebody named, by code or by name. Raises UserError for those that are none, and for nobody."""
    with site.office.database.read() as tx:
        units = read_roster(tx).units
    if slug not in units:
        raise HTTPException(404)
    names = UnitNames(units.values())
    found: list[str] = []
    problems: list[Problem] = []
    for text in (part.strip() for part in _SEVERAL.split(said)):
        slugs = names.find(text) if text else ()
        if len(slugs) == 1:
            found += slugs
        elif text:
            code = "register.unit_ambiguous" if slugs else "register.unit_unknown"
            problems.append(Problem(code, {"name": text, "units": ", ".join(slugs)}))
    if not found and not problems:
        problems.append(Problem("succeed.nobody"))
    if problems:
        raise UserError(problems)
    return found


def _day(text: str) -> date | None:
    found = day_of(text) if text.strip() else None
    if text.strip() and found is None:
        raise UserError(unread_day(text))
    return found
