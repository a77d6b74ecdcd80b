"""The mail log: what was sent to whom and when, what waits, what failed; one mail; the proof of reminding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import may_read_letter, may_send_again, readable_items, readable_mail
from actions.office import Act
from actions.proving import Which, proof_file, proven
from actions.sending_again import subject_of
from plans.access import Rights
from plans.obligations import Obligation
from plans.paging import Page
from store.mail_log import Logged, LoggedItem, content_of
from store.mail_pages import Posted, mail_page, read_posted
from store.obligations import by_ids
from store.outlets import outlet_down
from store.plans import PlanSummary, plan_summaries
from store.units import unit_ids, unit_names
from web.access import ADMINISTERS, SEES_OPERATIONS
from web.downloads import CSV, MESSAGE, download
from web.health import Pulse, read_pulse
from web.letters import ShownLetter, shown_letter
from web.mail_asked import KINDS, STATES, MailAsked, mail_asked, sought
from web.site import Site
from web.visits import Visit

_LARGEST = 2**31 - 1  # number that a row can have
_AGAIN = ("failed", "unknown")
Reads = Annotated[Visit, Depends(SEES_OPERATIONS.guard)]
Administers = Annotated[Visit, Depends(ADMINISTERS.act)]


@dataclass(frozen=True, slots=True)
class Line:
    """A mail in the list."""

    mail: Logged
    units: tuple[str, ...]  # names of the units that its items are about, those that may be read
    may_again: bool  # whether it can be sent once more, by this visitor


@dataclass(frozen=True, slots=True)
class MailsPage:
    """Everything that the list shows."""

    lines: tuple[Line, ...]
    page: Page[Logged]
    pulse: Pulse
    plans: tuple[PlanSummary, ...]
    proof: str | None  # slug of the one unit that is asked for, whose proof can be had


@dataclass(frozen=True, slots=True)
class Item:
    """A reminder in a mail."""

    logged: LoggedItem
    obligation: Obligation | None
    unit: str  # name


@dataclass(frozen=True, slots=True)
class MailPage:
    """Everything that the page of one mail shows."""

    posted: Posted
    letter: ShownLetter | None  # None: not written yet, or not to be read by this visitor
    may_read: bool
    may_again: bool
    items: tuple[Item, ...]
    hidden: int  # items about what the visitor may not read


def read_mails(
    tx: Connection, site: Site, rights: Rights, asked: MailAsked, after: str | None, now: datetime
) -> MailsPage:
    wanted = sought(tx, site.office, rights, asked)
    page = mail_page(tx, wanted, after=after)
    names = unit_names(tx)
    lines = [_line(rights, mail, names) for mail in readable_mail(rights, page.rows)]
    plans = [p for p in plan_summaries(tx) if rights.may_read_whole_plan(p.slug)]
    slug = next((slug for slug, number in unit_ids(tx).items() if wanted.units == frozenset({number})), None)
    return MailsPage(tuple(lines), page, read_pulse(tx, site, now), tuple(plans), slug)


def _line(rights: Rights, mail: Logged, names: Mapping[str, str]) -> Line:
    units = dict.fromkeys(names.get(item.unit, item.unit) for item in readable_items(rights, mail))
    return Line(mail, tuple(units), mail.state in _AGAIN and may_send_again(rights, mail))


def read_mail(tx: Connection, rights: Rights, number: int) -> MailPage | None:
    """One mail for a visitor; None where there is none, or none that may be seen."""
    posted = read_posted(tx, number) if number <= _LARGEST else None
    if posted is None or not may_see(rights, posted.mail):
        return None
    mail, names = posted.mail, unit_names(tx)
    items = readable_items(rights, mail) if not rights.reads_all else list(mail.items)
    owed = {o.id: o for o in by_ids(tx, {i.obligation for i in items})}
    may_read = may_read_letter(rights, mail)
    content = content_of(tx, number) if may_read else None
    return MailPage(
        posted if may_read else _without_subject(posted),
        shown_letter(content) if content is not None else None,
        may_read,
        mail.state in _AGAIN and may_send_again(rights, mail),
        tuple(Item(i, owed.get(i.obligation), names.get(i.unit, i.unit)) for i in items),
        len(mail.items) - len(items),
    )


def may_see(rights: Rights, mail: Logged) -> bool:
    """Whether a mail stands in the visitor's log: all mail, or what is about the plans one coordinates."""
    return rights.reads_all or any(item.deadline.split("/", 1)[0] in rights.coordinates for item in mail.items)


def mail_routes(site: Site) -> APIRouter:
    router = APIRouter(prefix="/thu")

    @router.api_route("", methods=["GET", "HEAD"])
    def mails(request: Request, visit: Reads, sau: str | None = None) -> HTMLResponse:
        now, asked = site.clock(), mail_asked(request.query_params.multi_items())
        with site.office.database.read() as tx:
            found = read_mails(tx, site, visit.rights, asked, sau, now)
        return site.page(
            "mails.html",
            now,
            visit=visit,
            page=found,
            asked_for=asked,
            first=not sau,
            states=list(STATES.items()),
            kinds=list(KINDS.items()),
        )

    @router.api_route("/nhac.csv", methods=["GET", "HEAD"])
    def proof(visit: Reads, donvi: str = "", kehoach: str = "") -> Response:
        """Every reminder of a unit, of the plans that the visitor may read whole."""
        office, say, rights = site.office, site.words, visit.rights
        with office.database.read() as tx:
            if donvi not in unit_names(tx):
                raise HTTPException(404)
            plans = {p.slug for p in plan_summaries(tx) if rights.may_read_whole_plan(p.slug)}
            which = Which(unit=donvi, plans=plans & {kehoach} if kehoach else plans)
            content = proof_file(proven(tx, office, say, which), say)
        return download(f"{say('cli.proof.file')}-{donvi}.csv", CSV, content)

    @router.api_route("/{number}", methods=["GET", "HEAD"])
    def mail(number: str, visit: Reads) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = read_mail(tx, visit.rights, numbered(number))
            down = outlet_down(tx, site.mail.outlet_name)
        if found is None:
            raise HTTPException(404)
        return site.page("mail.html", now, visit=visit, page=found, down=down)

    @router.post("/{number}/nguyen-ban")
    def original(number: str, visit: Administers) -> Response:
        """The stored bytes. They hold the recipient's own links, so that whoever takes them is in the trail."""
        now, wanted = site.clock(), numbered(number)
        with site.office.database.write() as tx:
            content = content_of(tx, wanted) if wanted <= _LARGEST else None
            if content is None:
                raise HTTPException(404)
            Act(f"person:{visit.visitor.address}", now).note(tx, "download_mail", subject_of(wanted))
        return download(f"{site.words('audit.topic.mail')} {wanted}.eml", MESSAGE, content)

    return router


def numbered(text: str) -> int:
    """The number in a path. Raises HTTPException for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        raise HTTPException(404)
    return int(text)


def _without_subject(posted: Posted) -> Posted:
    return replace(posted, mail=replace(posted.mail, subject=None))
