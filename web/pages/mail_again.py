"""Sending mail again: what that does is shown first, then done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import may_send_again
from actions.office import Act
from actions.sending_again import Again, send_again
from store.mail_pages import Posted, read_posted
from store.outlets import OutletState, outlet_down
from web.access import SEES_OPERATIONS
from web.flash import flash
from web.mail_asked import MailAsked
from web.pages.mails import may_see, numbered
from web.site import Site
from web.visits import Visit

_MOST = 500  # at a time
Acts = Annotated[Visit, Depends(SEES_OPERATIONS.act)]


@dataclass(frozen=True, slots=True)
class AgainPage:
    """What sending some mails again would do."""

    anew: tuple[Posted, ...]
    same: tuple[Posted, ...]
    sooner: tuple[Posted, ...]
    left: tuple[Posted, ...]  # need nothing
    leaves: datetime  # not before
    down: OutletState | None

    @property
    def numbers(self) -> list[int]:
        return [p.mail.id for p in (*self.anew, *self.same, *self.sooner)]


def chosen(tx: Connection, visit: Visit, numbers: Collection[int]) -> list[Posted]:
    """The mails with these numbers. Raises HTTPException where one is not to be seen or sent by this one."""
    found = [read_posted(tx, number) for number in sorted(numbers)]
    rights = visit.rights
    if any(p is None or not may_see(rights, p.mail) or not may_send_again(rights, p.mail) for p in found):
        raise HTTPException(404)
    return [p for p in found if p is not None]


def _shown(site: Site, again: Again, mails: list[Posted], down: OutletState | None, now: datetime) -> AgainPage:
    def of(numbers: Collection[int]) -> tuple[Posted, ...]:
        return tuple(p for p in mails if p.mail.id in numbers)

    left = {p.mail.id for p in mails}.difference(again.numbers)
    leaves = site.office.next_working_moment(now)
    return AgainPage(of(again.anew), of(again.same), of(again.sooner), of(left), leaves, down)


def mail_again_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.post("/thu/gui-lai")
    def again(
        visit: Acts,
        viec: Annotated[list[str] | None, Form()] = None,
        chac_chan: Annotated[str, Form(alias="chac-chan")] = "",
    ) -> Response:
        """Shows what would become of the chosen mails; with `chac-chan` it is done."""
        now, numbers = site.clock(), {numbered(text) for text in viec or ()}
        if not numbers:
            return flash(site, RedirectResponse(f"/thu?{MailAsked('khong-gui-duoc').query}", 303), "flash.mail_none")
        if len(numbers) > _MOST:
            raise HTTPException(413)
        with site.office.database.read() as tx:
            mails = chosen(tx, visit, numbers)
            down = outlet_down(tx, site.mail.outlet_name)
        act = Act(f"person:{visit.visitor.address}", now)
        done = send_again(site.office, act, numbers, dry_run=not chac_chan)
        if not chac_chan:
            page = _shown(site, done, mails, down, now)
            return site.page("mail_again.html", now, visit=visit, page=page)
        where = f"/thu/{mails[0].mail.id}" if len(mails) == 1 else "/thu"
        return flash(site, RedirectResponse(where, 303), "flash.mail_retried", n=len(done.numbers))

    return router
