"""Bản tin thứ Hai on a sheet of A4: of this week or a later one as things stand, of an earlier one as mailed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from notifications.bulletin import Bulletin, part_of, read_bulletin
from notifications.desk import Desk
from notifications.monday import week_of
from plans.access import Visitor
from plans.periods import YEARS
from store.ledger import MONDAY
from store.mail_log import Logged, content_of
from store.mail_pages import Sought, mail_page
from store.months import offer
from web.access import SIGNED_IN
from web.site import Site
from web.typed_days import day_of
from web.visits import Visit

_AHEAD = timedelta(weeks=4)  # how far the page leafs on
_WENT_OUT = ("sent", "unknown")


@dataclass(frozen=True, slots=True)
class Letter:
    """A page as it was mailed."""

    mail: Logged
    text: str


@dataclass(frozen=True, slots=True)
class MondayView:
    """Everything that the page shows: what stands now, or else the letters of that day."""

    monday: date
    week_ends: date
    this_week: date  # its Monday
    now: Bulletin | None
    letter: Letter | None
    letters: tuple[Logged, ...]  # of that Monday that may be read
    before: date | None
    after: date | None


def monday_of(text: str, today: date) -> date:
    """The Monday of the week of a day that an address names; of this week where it names none."""
    day = day_of(text[:10])
    return week_of(today if day is None or day.year not in YEARS else day)


def letters_of(tx: Connection, site: Site, visitor: Visitor, monday: date) -> tuple[Logged, ...]:
    """The letters of a Monday's page that went out: the visitor's own first, then those of others to who reads all."""
    week = site.office.start_of(monday), site.office.start_of(monday + timedelta(days=7))
    whose = None if visitor.rights.reads_all else frozenset({visitor.person_id})
    found = mail_page(tx, Sought(kind=MONDAY, people=whose, since=week[0], before=week[1]), size=100).rows
    out = [mail for mail in found if mail.state in _WENT_OUT]
    return tuple(sorted(out, key=lambda mail: (mail.address != visitor.address, mail.person, mail.id)))


def _letter(tx: Connection, letters: tuple[Logged, ...], wanted: str) -> Letter | None:
    chosen = next((mail for mail in letters if str(mail.id) == wanted), letters[0] if letters else None)
    content = None if chosen is None else content_of(tx, chosen.id)
    if chosen is None or content is None:
        return None
    body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    return None if body is None else Letter(chosen, body.get_content())


def read_monday(tx: Connection, site: Site, visitor: Visitor, now: datetime, day: str, wanted: str) -> MondayView:
    """The page of a week; of a week to come as if nobody sent anything until then."""
    office, today = site.office, site.office.today(now)
    monday, this_week = monday_of(day, today), week_of(today)
    letters = letters_of(tx, site, visitor, monday) if monday <= this_week else ()
    bulletin = None
    if monday >= this_week and not (wanted and letters):
        desk = Desk(office.calendar, office.zone, site.words, site.mail, office.base_url, site.secret)
        at = now if monday == this_week else office.next_working_moment(office.start_of(monday))
        part = part_of(tx, visitor)
        bulletin = None if part is None else read_bulletin(tx, desk, part, at)
    begun = week_of(offer(tx, frozenset(), today).first)
    before, after = monday - timedelta(days=7), monday + timedelta(days=7)
    return MondayView(
        monday,
        monday + timedelta(days=6),
        this_week,
        bulletin,
        _letter(tx, letters, wanted) if bulletin is None else None,
        letters,
        before if before >= begun else None,
        after if after <= this_week + _AHEAD else None,
    )


def monday_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/ban-tin", methods=["GET", "HEAD"])
    def monday(visit: Annotated[Visit, Depends(SIGNED_IN.guard)], ngay: str = "", thu: str = "") -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = read_monday(tx, site, visit.visitor, now, ngay, thu)
        return site.page("monday.html", now, visit=visit, view=found)

    return router
