"""The mail log: what was sent to whom and when. The letters themselves hold links that act, and are not given out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import StringConstraints
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from plans.access import Rights
from plans.paging import Page, read_key
from store.mail_log import Logged, LoggedItem, by_numbers
from store.mail_pages import Sought, mail_page
from store.people import people_ids
from store.units import unit_ids
from web.api.access import SEES_OPERATIONS, Caller
from web.api.lists import check_after, next_page, said
from web.api.models import LARGEST, Answer, Day, Instant, Listing, Paged, Slug, told
from web.site import Site

_State = Literal["queued", "sending", "sent", "failed", "unknown", "superseded"]
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")]
_Address = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^\s\x00-\x1f]+@[^\s\x00-\x1f]+$")]


class MailItem(Answer):
    """What a letter is about."""

    obligation: int = told("obligation", 12)
    deadline: str = told("deadline", "dien-bien-2458/bao-cao-nam/2026")
    unit: str = told("unit", "so-cong-thuong")
    stage: str = told("stage", "T+1wd")
    state: str = told("mail_state", "sent")
    reason: str | None = told("mail_reason", None)


class MailLine(Answer):
    """A letter; keys as in `nhachan mail list --json`."""

    id: int = told("mail", 7)
    at: Instant = told("mail_at", "2026-12-07T07:00:00Z")
    sent_at: Instant | None = told("sent_at", "2026-12-07T07:00:02Z")
    person: str = told("person", "Văn thư Sở Công Thương")
    address: str = told("address", "vanthu.sct@dienbien.example")
    kind: str = told("mail_kind", "digest")
    subject: str | None = told("subject", "[Chưa ghi nhận] Báo cáo năm 2026, hạn trước ngày 05/12/2026")
    state: str = told("mail_state", "sent")
    reason: str | None = told("mail_reason", None)
    code: int | None = told("reply_code", 250)
    enhanced: str | None = told("enhanced", None)
    answer: str | None = told("server_answer", "ok")
    attempts: int = told("attempts", 1)
    next_at: Instant | None = told("next_at", None)
    items: list[MailItem] = told("mail_items")


class MailList(Listing[MailLine]):
    """A page of them."""


class MailAnswer(MailLine):
    """A letter without what it says."""

    message_id: str = told("message_id", "digest.12@nhachan.example")


class MailQuery(Paged):
    """Which letters."""

    state: _State | None = told("mail_state", "failed", default=None)
    kind: _Word | None = told("only_mail_kind", "digest", default=None)
    person: _Address | None = told("only_person", "vanthu.sct@dienbien.example", default=None)
    unit: Slug | None = told("only_unit", "so-cong-thuong", default=None)
    plan: Slug | None = told("only_plan", "dien-bien-2458", default=None)
    first: Day | None = told("mail_from", "2026-12-01", default=None, alias="from")
    last: Day | None = told("mail_to", "2026-12-31", default=None, alias="to")


def _readable(rights: Rights, items: Sequence[LoggedItem]) -> list[LoggedItem]:
    if rights.reads_all:
        return list(items)
    return [i for i in items if rights.may_read_item(*_task(i.deadline), i.unit)]


def _task(deadline: str) -> tuple[str, str]:
    plan, task, _period = deadline.split("/", 2)
    return plan, task


def _may_see(rights: Rights, mail: Logged) -> bool:
    """As the page of the mail log: all, or what is about the plans that one coordinates."""
    return rights.reads_all or any(_task(item.deadline)[0] in rights.coordinates for item in mail.items)


def _person(tx: Connection, address: str) -> frozenset[int]:
    return frozenset(people_ids(tx, [address.casefold()]).values())


def _unit(tx: Connection, slug: str) -> frozenset[int]:
    return frozenset(number for name, number in unit_ids(tx).items() if name == slug)


def _line(rights: Rights, mail: Logged) -> dict[str, Any]:
    """Its subject names what is most urgent, so it is for those who may read all that the letter is about."""
    items = _readable(rights, mail.items)
    return {
        "id": mail.id,
        "at": mail.at,
        "sent_at": mail.sent_at,
        "person": mail.person,
        "address": mail.address,
        "kind": mail.kind,
        "subject": mail.subject if len(items) == len(mail.items) else None,
        "state": mail.state,
        "reason": mail.reason,
        "code": mail.code,
        "enhanced": mail.enhanced,
        "answer": mail.answer,
        "attempts": mail.attempts,
        "next_at": mail.next_at,
        "items": [
            MailItem(
                obligation=i.obligation, deadline=i.deadline, unit=i.unit, stage=i.stage, state=i.state, reason=i.reason
            )
            for i in items
        ],
    }


def mail_routes(site: Site) -> APIRouter:
    router = APIRouter(tags=["mail"])

    @router.get("/mail", **said("list_mail"))
    def mails(
        asked: Annotated[MailQuery, Query()],
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(SEES_OPERATIONS.reads)],
    ) -> MailList:
        check_after(asked, lambda after: read_key(after, 1))
        rights, office = caller.rights, site.office
        with office.database.read() as tx:
            plans = None if rights.reads_all else rights.coordinates
            if asked.plan is not None:
                plans = frozenset({asked.plan}) if plans is None else plans & {asked.plan}
            sought = Sought(
                state=asked.state,
                kind=asked.kind,
                people=_person(tx, asked.person) if asked.person else None,
                units=_unit(tx, asked.unit) if asked.unit else None,
                plans=plans,
                since=office.start_of(asked.first) if asked.first else None,
                before=office.start_of(asked.last + timedelta(days=1)) if asked.last else None,
            )
            # Of nobody, no unit or no plan there is nothing to look all letters through for.
            nothing = frozenset() in (sought.people, sought.units, sought.plans)
            none: Page[Logged] = Page(())
            page = none if nothing else mail_page(tx, sought, size=asked.size, after=asked.after)
        items = [MailLine(**_line(rights, mail)) for mail in page.rows]
        return MailList(items=items, next=next_page(site, request, response, page))

    @router.get("/mail/{id}", **said("read_mail"))
    def one(
        number: Annotated[int, Path(alias="id", ge=1, le=LARGEST, description="api.field.mail")],
        caller: Annotated[Caller, Depends(SEES_OPERATIONS.reads)],
    ) -> MailAnswer:
        with site.office.database.read() as tx:
            found = by_numbers(tx, [number])
        rights = caller.rights
        if not found or not _may_see(rights, found[0]):
            raise HTTPException(404)
        return MailAnswer(**_line(rights, found[0]), message_id=found[0].ref)

    return router
