"""A person: what one sees to, where one has a place, absence, preferences, the own calendar; each act shown first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions import people
from actions.access import PersonRights, person_rights, readable_units
from actions.contacts import Contact, contacts, readable_contacts
from actions.feeds import feed_url
from actions.office import Act
from calendars.addresses import page_path
from plans.access import Visitor
from plans.feeds import FeedKind, owner_of
from plans.files.values import ValueFault, time_of_day
from plans.paging import Page
from plans.problems import Problem, UserError
from store.board import Line, page_of
from store.choosing import narrowed
from store.feeds import find_feed
from store.people import Standing, person_by_number
from store.records import seen_to_by
from store.statuses import unfinished
from store.units import read_roster
from web.access import READS_PERSON
from web.flash import flash
from web.reach import webcal
from web.site import Site
from web.typed_days import coming_day, unread_day
from web.visits import Visit

SIZE = 30
Acting = Annotated[Visit, Depends(READS_PERSON.act)]
Text = Annotated[str, Form()]
Sure = Annotated[str, Form(alias="chac-chan")]
TIMES = tuple(time(hour, minute) for hour in range(8, 14) for minute in (0, 30) if (hour, minute) <= (13, 0))


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Everything that a person's page shows."""

    person: Standing
    contact: Contact | None  # None: nobody writes to this person for a unit or a task
    watches: tuple[str, ...]  # names of the units assigned to a council member
    leads: bool  # reads everything
    may: PersonRights
    items: Page[Line]
    others: tuple[Contact, ...]  # who may stand in
    hands_over: tuple[tuple[str, str], ...]  # (slug, name) of the units whose posts the visitor may hand over
    by_name: bool  # there is no post, but a task that names the person, to be handed over
    feed: str | None
    subscribe: str | None

    @property
    def webcal(self) -> str | None:
        return self.feed and webcal(self.feed)


def read_person(
    tx: Connection, site: Site, visitor: Visitor, number: int, now: datetime, after: str | None = None
) -> PersonPage:
    """Of what the person sees to, whatever the visitor may read. Raises LookupError for nobody."""
    today, person = site.office.today(now), person_by_number(tx, number)
    if person is None:
        raise LookupError(number)
    known = {c.person.address: c for c in contacts(tx, today)}
    contact = known.get(person.address)
    may = person_rights(tx, visitor, person, today)
    roster = read_roster(tx)
    reads = None if may.own else readable_units(tx, visitor.rights)
    watched = {u: None for o in roster.overseers if o.address == person.address for u in o.units}
    reader = None if may.own else visitor.rights
    chosen = narrowed(tx, seen_to_by(tx, person.address), reader)
    feed = find_feed(tx, owner_of(FeedKind.PERSON, number)) if may.prefers else None
    if feed is not None and feed.revoked:
        feed = None
    return PersonPage(
        person=person,
        contact=next((c for c in readable_contacts(tx, visitor, known.values()) if c.person.id == person.id), None),
        watches=tuple(roster.units[u].name for u in watched if reads is None or u in reads),
        leads=any(o.address == person.address for o in roster.leaders),
        may=may,
        items=page_of(tx, chosen, unfinished(today), size=SIZE, after=after),
        others=_colleagues(known, contact) if may.absents else (),
        hands_over=_handed(contact, may),
        by_name=contact is not None and not contact.posts and may.hands_over is None,
        feed=feed_url(site.office, site.secret, feed) if feed else None,
        subscribe=page_path(site.secret, feed.owner, feed.version) if feed else None,
    )


def _handed(contact: Contact | None, may: PersonRights) -> tuple[tuple[str, str], ...]:
    """A mailbox is nobody's post: it is set right on the unit's page."""
    posts = {slug: name for slug, name, role in contact.posts if role != "mailbox"} if contact else {}
    return tuple((s, name) for s, name in posts.items() if may.hands_over is None or s in may.hands_over)


def _colleagues(known: Mapping[str, Contact], contact: Contact | None) -> tuple[Contact, ...]:
    """People of the same units, whose addresses are offered."""
    mine = {slug for slug, _, _ in contact.posts} if contact else set()
    return tuple(c for c in known.values() if c is not contact and any(slug in mine for slug, _, _ in c.posts))


def person_routes(site: Site) -> APIRouter:
    router = APIRouter()

    def shown(number: int, visit: Visit, after: str | None = None, **more: object) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            try:
                found = read_person(tx, site, visit.visitor, number, now, after)
            except LookupError as nobody:
                raise HTTPException(404) from nobody
        context: dict[str, Any] = {"problems": (), "first": after is None, **more}
        context["typed"] = defaultdict(str, context.get("typed", {}))  # of forms that were not sent: nothing
        status = 422 if context["problems"] else 200
        return site.page(
            "person.html", now, status=status, visit=visit, page=found, times=TIMES, earliest=people.EARLIEST, **context
        )

    def rights(number: int, visit: Visit) -> tuple[Standing, PersonRights]:
        """Who it is, and what of that the visitor may change; what may not be is answered like what isn't there."""
        with site.office.database.read() as tx:
            person = person_by_number(tx, number)
            if person is None:
                raise HTTPException(404)
            return person, person_rights(tx, visit.visitor, person, site.office.today(site.clock()))

    def act_of(visit: Visit, now: datetime, reason: str = "") -> Act:
        return Act(f"person:{visit.visitor.address}", now, reason.strip() or None)

    def back_with(number: int, code: str, **params: str | int) -> Response:
        return flash(site, RedirectResponse(f"/nguoi/{number}", 303), code, **params)

    @router.api_route("/nguoi/{number}", methods=["GET", "HEAD"])
    def person(
        number: int, visit: Annotated[Visit, Depends(READS_PERSON.guard)], sau: str | None = None
    ) -> HTMLResponse:
        return shown(number, visit, sau)

    @router.post("/nguoi/{number}/tuy-chon")
    def prefer(number: int, visit: Acting, digest_at: Text = "", upcoming: Text = "") -> Response:
        who, may = rights(number, visit)
        if not may.prefers:
            raise HTTPException(404)
        typed = {"form": "prefer", "digest_at": digest_at, "upcoming": upcoming}
        try:
            at = _time(digest_at)
            people.set_preferences(
                site.office, act_of(visit, site.clock()), who.address, digest_at=at, upcoming=upcoming or None
            )
        except UserError as error:
            return shown(number, visit, problems=error.problems, typed=typed)
        return back_with(number, "flash.preferred")

    @router.post("/nguoi/{number}/vang-mat")
    def away(
        number: int,
        visit: Acting,
        first: Text = "",
        last: Text = "",
        deputy: Text = "",
        reason: Text = "",
        sure: Sure = "",
    ) -> Response:
        """Nobody writes to the person meanwhile; first it is shown what goes to whom instead."""
        who, may = rights(number, visit)
        if not may.absents:
            raise HTTPException(404)
        now, typed = site.clock(), {"form": "away", "first": first, "last": last, "deputy": deputy, "reason": reason}
        try:
            begins, ends = _span(first, last, site.office.today(now))
            instead = deputy.strip().casefold() or None
            act = act_of(visit, now, reason)
            coming = people.absent(site.office, act, who.address, begins, ends, instead, dry_run=not sure)
        except UserError as error:
            return shown(number, visit, problems=error.problems, typed=typed)
        if sure:
            return back_with(number, "flash.absent", name=who.name)
        asked: dict[str, Any]
        asked = {
            "kind": "away",
            "who_is": who,
            "coming": coming,
            "typed": typed,
            "begins": begins,
            "ends": ends,
        }
        return site.page("people_preview.html", now, visit=visit, deputy=instead, **asked)

    @router.post("/nguoi/{number}/tro-lai")
    def returned(number: int, visit: Acting) -> Response:
        who, may = rights(number, visit)
        if not may.absents:
            raise HTTPException(404)
        try:
            people.back(site.office, act_of(visit, site.clock()), who.address)
        except UserError as error:
            return shown(number, visit, problems=error.problems, typed={"form": "away"})
        return back_with(number, "flash.back", name=who.name)

    @router.post("/nguoi/{number}/ban-giao")
    def hand_over(
        number: int, visit: Acting, to: Text = "", name: Text = "", unit: Text = "", reason: Text = "", sure: Sure = ""
    ) -> Response:
        """Posts and tasks go to another address for good; first it is shown which, and what is open of them."""
        who, may = rights(number, visit)
        if may.hands_over is not None and unit not in may.hands_over:
            raise HTTPException(404)
        now, typed = site.clock(), {"form": "hand_over", "to": to, "name": name, "unit": unit, "reason": reason}
        try:
            act, called = act_of(visit, now, reason), " ".join(name.split()) or None
            done = people.hand_over(
                site.office, act, who.address, to.strip().casefold(), name=called, unit=unit or None, dry_run=not sure
            )
        except UserError as error:
            return shown(number, visit, problems=error.problems, typed=typed)
        if sure:
            return back_with(number, "flash.handed_over", name=who.name, to=to.strip().casefold())
        with site.office.database.read() as tx:
            names = {s: u.name for s, u in read_roster(tx).units.items()}
        asked: dict[str, Any]
        asked = {
            "kind": "hand_over",
            "who_is": who,
            "done": done,
            "coming": done.coming,
            "typed": typed,
            "names": names,
        }
        return site.page("people_preview.html", now, visit=visit, **asked)

    @router.post("/nguoi/{number}/xac-nhan")
    def confirm(number: int, visit: Acting) -> Response:
        who, may = rights(number, visit)
        if not may.confirms:
            raise HTTPException(404)
        try:
            people.confirm(site.office, act_of(visit, site.clock()), [who.address])
        except UserError as error:
            return shown(number, visit, problems=error.problems)
        return back_with(number, "flash.confirmed", address=who.address)

    @router.post("/nguoi/{number}/dung-duoc")
    def reachable(number: int, visit: Acting) -> Response:
        who, may = rights(number, visit)
        if not may.confirms:
            raise HTTPException(404)
        try:
            people.reachable(site.office, act_of(visit, site.clock()), who.address)
        except UserError as error:
            return shown(number, visit, problems=error.problems)
        return back_with(number, "flash.reachable", address=who.address)

    return router


def _span(first: str, last: str, today: date) -> tuple[date, date | None]:
    """Two days as they were typed, the second perhaps not at all. Raises UserError for each that is none."""
    begins, ends = coming_day(first, today), coming_day(last, today)
    typed = [*([] if begins else [first]), *([last] if last.strip() and ends is None else [])]
    if begins is None or typed:
        raise UserError(map(unread_day, typed))
    return begins, ends


def _time(text: str) -> time | None:
    try:
        return time_of_day(text) if text else None
    except ValueFault as fault:
        raise UserError(Problem(fault.code, fault.params)) from fault
