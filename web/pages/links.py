"""The mailed link: a page that says what it is about, and whose button alone records anything.

Mail gateways follow every link, so a GET changes nothing. The token in the path is the secret that a form elsewhere
would need, so the form carries none of its own. Once somebody else answers for it, the page says who, and nothing more.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.declaring import correct_declaration, declare
from actions.office import Act
from actions.receiving import Receipt
from notifications.links import LinkKey, link_token, parse_link, verify_link
from plans.obligations import Obligation, Submission
from plans.problems import UserError
from plans.requests import LONGEST_NAME, Request, RequestState
from plans.status import OPEN_STATES, State
from store.answering import answers_for, who_answers
from store.obligations import by_ids
from store.people import Person, read_people
from store.recipients import contact_of
from store.reminded import mailed_beside
from store.requests import all_requests
from store.submissions import latest_submissions
from store.units import read_roster
from web.access import LINK_HOLDERS
from web.pages.link_acts import DEEDS, LAST_WORDS, More, perform
from web.site import Site
from web.typed_days import past_day

_NUMBER, _NOTE = 100, 1000  # characters
_OLDEST = timedelta(days=366)  # a date further back is a slip of the year


_NONE = More()


class _Form(BaseModel):
    """The fields of the further forms; each has some of them."""

    who: str = ""
    text: str = ""
    until: str = ""
    to: str = ""
    name: str = ""
    first: str = ""
    last: str = ""
    deputy: str = ""
    old: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link is about, and whom it speaks for."""

    obligation: Obligation
    person: Person
    submission: Submission | None
    coordinator: str | None  # name of the unit that confirms it
    contact: tuple[str, str] | None  # name and address to write to with questions
    requests: tuple[Request, ...] = ()  # of the unit about it, that have no answer yet
    others: tuple[tuple[Obligation, str], ...] = ()  # what else the same mail was about, with the paths of their links

    @property
    def asks(self) -> bool:
        """Whether there is something to declare."""
        return self.obligation.state in OPEN_STATES and self.obligation.kind.can_be_late and self.obligation.tracked

    @property
    def may_correct(self) -> bool:
        """Whether a declaration waits that the unit can still set right or take back."""
        return self.obligation.state is State.SUBMITTED and self.submission is not None

    @property
    def declared(self) -> Typed:
        """What was declared, as the form shows it."""
        s = self.submission
        if s is None:
            return Typed()
        return Typed(s.number or "", f"{s.received_on:%d/%m/%Y}", s.note or "", s.declared_by or "")


@dataclass(frozen=True, slots=True)
class PassedOn:
    """What is told by a link whose holder is not responsible any more: whose it is now, and who knows more."""

    obligation: Obligation
    names: tuple[str, ...]  # of colleagues; empty: the unit alone is named
    contact: tuple[str, str] | None  # name and address to write to with questions


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was filled in, with a code for each field that can't be taken."""

    number: str = ""
    day: str = ""
    note: str = ""
    who: str = ""  # somebody else than the link's holder
    faults: tuple[tuple[str, str], ...] = ()  # field and code

    @property
    def fault(self) -> dict[str, str]:
        return dict(self.faults)


def read_linked(tx: Connection, site: Site, token: str) -> Linked | PassedOn:
    """What a token is about. Raises HTTPException: 404 for one that never was, 410 for one that was revoked."""
    parsed = parse_link(token)
    if parsed is None:
        raise HTTPException(404)
    number, who, mac = parsed
    person = read_people(tx, [who]).get(who)
    found = by_ids(tx, [number])
    if person is None or not found:
        raise HTTPException(404)
    key = LinkKey(number, who, person.link_version)
    if not verify_link(site.secret, key, mac):
        once = [verify_link(site.secret, replace(key, version=v), mac) for v in range(1, person.link_version)]
        raise HTTPException(410 if any(once) else 404)
    o = found[0]
    coordinator = read_roster(tx).units.get(o.coordinator or "")
    contact = contact_of(tx, coordinator.slug) if coordinator else None
    if not answers_for(tx, who, o.id):
        return PassedOn(o, who_answers(tx, who, o.id), contact)
    return Linked(
        o,
        person,
        latest_submissions(tx, [number]).get(number),
        coordinator.name if coordinator else None,
        contact,
        tuple(r for r in all_requests(tx, obligation=number) if r.state is RequestState.OPEN),
        _others(tx, site, person, o),
    )


def _others(tx: Connection, site: Site, person: Person, o: Obligation) -> tuple[tuple[Obligation, str], ...]:
    """The open items that the last mail to this person held beside `o`: their links stood in it as well."""
    found = by_ids(tx, mailed_beside(tx, person.id, o.id))
    mine = [x for x in found if x.state in OPEN_STATES and x.tracked and answers_for(tx, person.id, x.id)]
    return tuple((x, _path(site, person, x.id)) for x in mine)


def _path(site: Site, person: Person, obligation: int) -> str:
    return f"/l/{link_token(site.secret, LinkKey(obligation, person.id, person.link_version))}"


def link_of(tx: Connection, site: Site, person: int, obligation: int) -> str | None:
    """The path of the link that a person is mailed about an obligation; None for nobody on file."""
    found = read_people(tx, [person]).get(person)
    return None if found is None else _path(site, found, obligation)


def check(typed: Typed, today: date, due: date) -> tuple[Typed, Receipt | None]:
    """The receipt that a form asks to record; without one, what was typed with its faults."""
    faults = []
    day = past_day(typed.day, today, due)
    if day is None:
        faults.append(("day", "empty" if not typed.day.strip() else "no_date"))
    elif day > today:
        faults.append(("day", "future"))
    elif day < today - _OLDEST:
        faults.append(("day", "old"))
    if len(typed.number) > _NUMBER:
        faults.append(("number", "long"))
    if len(typed.note) > _NOTE:
        faults.append(("note", "long"))
    if len(typed.who) > LONGEST_NAME:
        faults.append(("who", "long"))
    if faults or day is None:
        return replace(typed, faults=tuple(faults)), None
    return typed, Receipt(day, typed.number.strip() or None, typed.note.strip() or None, typed.who.strip() or None)


def link_routes(site: Site) -> APIRouter:
    router = APIRouter(dependencies=[Depends(LINK_HOLDERS.guard)])

    def page(
        token: str, linked: Linked, typed: Typed, now: datetime, said: str = "", status: int = 200, more: More = _NONE
    ) -> HTMLResponse:
        context: dict[str, Any] = {"token": token, "page": linked, "typed": typed, "said": said, "more": more}
        return site.page("link.html", now, status=status, **context)

    def shown(linked: Linked, now: datetime) -> Typed:
        """The form before anything is typed."""
        return linked.declared if linked.may_correct else Typed(day=f"{site.office.today(now):%d/%m/%Y}")

    def read(token: str) -> Linked | PassedOn:
        with site.office.database.read() as tx:
            return read_linked(tx, site, token)

    def passed_on(found: PassedOn, now: datetime) -> HTMLResponse:
        return site.page("link_passed.html", now, status=410, page=found)

    @router.api_route("/l/{token}", methods=["GET", "HEAD"])
    def show(token: str, da: str = "") -> HTMLResponse:
        now, linked = site.clock(), read(token)
        if isinstance(linked, PassedOn):
            return passed_on(linked, now)
        return page(token, linked, shown(linked, now), now, said=da)

    @router.post("/l/{token}")
    def record(
        token: str,
        number: Annotated[str, Form()] = "",
        day: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
        who: Annotated[str, Form()] = "",
        sua: Annotated[str, Form()] = "",
    ) -> Response:
        """`sua`: set right what was declared before."""
        now, linked = site.clock(), read(token)
        if isinstance(linked, PassedOn):
            return passed_on(linked, now)
        said = "co"
        if linked.may_correct if sua else linked.asks:
            o, by, act = linked.obligation, linked.person.id, Act(f"link:{linked.person.address}", now)
            typed, receipt = check(Typed(number, day, note, who), site.office.today(now), o.dates.stated)
            if receipt is None:
                return page(token, linked, typed, now, status=422)
            with suppress(UserError):  # it was changed meanwhile: the page says how it stands
                if sua:
                    correct_declaration(site.office, act, o.id, by, receipt)
                    said = "sua"
                elif declare(site.office, act, o.id, by, receipt):
                    said = "ghi"
        return RedirectResponse(f"/l/{token}?da={said}", 303)

    @router.post("/l/{token}/{deed}")
    def do(token: str, deed: str, form: Annotated[_Form, Form()]) -> Response:
        if deed not in DEEDS:
            raise HTTPException(404)
        now, linked = site.clock(), read(token)
        if isinstance(linked, PassedOn):
            return passed_on(linked, now)
        more = perform(site.office, site.web.granted, deed, linked.obligation, linked.person, form.model_dump(), now)
        if more is not None:
            return page(token, linked, shown(linked, now), now, status=422, more=more)
        if deed in LAST_WORDS:
            return page(token, linked, shown(linked, now), now, said=deed)
        return RedirectResponse(f"/l/{token}?da={deed}", 303)

    return router
