"""A claimed message becomes a mail in bytes: who is told what, as things stand now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from calendars.addresses import feed_path
from calendars.feeds import feed_bytes
from notifications.composing import compose_digest, compose_monday, compose_unrecorded
from notifications.desk import Desk
from notifications.items import Contact, Digest, Item, Post
from notifications.links import LinkKey
from notifications.mime import message_bytes
from notifications.monday import monday_pages
from plans.announcements import News, before_of, news_of
from store.events import contents_of
from store.ledger import DIGEST, MONDAY, UNRECORDED
from store.outbox import Claimed, Held
from store.people import ask
from store.recipients import contact_of
from store.units import feed_of


@dataclass(frozen=True, slots=True)
class Written:
    """A mail ready for an outlet."""

    subject: str
    content: bytes
    asked: bool = False  # it carries the yearly question


def write(tx: Connection, desk: Desk, claimed: Claimed, held: tuple[Held, ...], now: datetime) -> Written | None:
    """The mail of a claimed message with these of its reminders; None when there is nothing left to say."""
    today = desk.today(now)
    posts: tuple[Post, ...] = ()
    if claimed.kind == MONDAY:
        page = monday_pages(tx, desk, now).get(claimed.person)
        if page is None:
            return None
        mail = compose_monday(page, desk.words, desk.mail)
    elif claimed.kind == UNRECORDED:
        mail = compose_unrecorded(digest(tx, desk, claimed, held, now), today, desk.calendar, desk.words, desk.mail)
    else:
        own = [h.obligation.id for h in held if _is_own(h)]
        events = contents_of(tx, own, desk.words.language)
        ics = feed_bytes(desk.words("mail.calendar"), events) if events else None
        # In the transaction that marks it `sending`: asked once a year, whatever else happens to the mail.
        posts = tuple(Post(p.unit, p.role) for p in ask(tx, claimed.person, today)) if claimed.kind == DIGEST else ()
        told = replace(digest(tx, desk, claimed, held, now), posts=posts)
        mail = compose_digest(told, today, desk.calendar, desk.words, desk.mail, ics)
    return Written(mail.subject, message_bytes(mail, claimed.ref, now.astimezone(desk.zone)), bool(posts))


def digest(tx: Connection, desk: Desk, claimed: Claimed, held: tuple[Held, ...], now: datetime) -> Digest:
    """What a person is told: one item per obligation, the coordinator to ask, and the calendar to subscribe to."""
    absent = dict.fromkeys(h.instead_of for h in held)
    for_others = [name for name in absent if name] if None not in absent else []
    items = tuple(_item(desk, claimed, h if not for_others else replace(h, instead_of=None), now) for h in held)
    coordinator = next((h.obligation.coordinator for h in held if h.obligation.coordinator), None)
    found = contact_of(tx, coordinator) if coordinator else None
    # Whoever has handed a unit's work over is not told of its calendar any more.
    units = {h.for_unit: h.for_unit_name for h in held if news_of(h.stage) is not News.GIVEN}
    feed = feed_of(tx, next(iter(units))) if len(units) == 1 else None
    return Digest(
        name=claimed.name,
        address=claimed.address,
        units=tuple(units.values()),
        items=items,
        contact=Contact(*found) if found else None,
        feed=desk.base_url + feed_path(desk.secret, *feed) if feed else None,
        page=f"{desk.base_url}/units/{next(iter(units))}" if len(units) == 1 else f"{desk.base_url}/",
        deputy_for=", ".join(for_others) or None,
    )


def _is_own(held: Held) -> bool:
    """Whether the item belongs into the reader's calendar."""
    return held.audience == "officers" and news_of(held.stage) is not News.GIVEN


def _item(desk: Desk, claimed: Claimed, held: Held, now: datetime) -> Item:
    o = held.obligation
    coordinating = held.audience == "coordinating"
    key = LinkKey(o.id, claimed.person, claimed.link_version)
    ended = news_of(held.stage) in (News.CANCELLED, News.GIVEN, News.ENDED)
    owed = not coordinating and held.audience != "coordinator" and not ended
    return Item(
        obligation=o.id,
        key=o.key,
        unit=o.unit,
        unit_name=o.unit_name,
        title=o.title,
        kind=o.kind,
        product=o.product,
        document=o.document,
        quote=o.quote,
        dates=o.dates,
        basis=o.basis,
        stage=held.stage,
        status=o.status(now, desk.today(now)),
        coordinating=coordinating,
        reason=desk.words.reason(o.reason),
        formerly=o.formerly,
        before=before_of(held.detail),
        instead_of=held.instead_of,
        link=desk.link(key) if owed else f"{desk.base_url}/deadlines/{o.key}",
    )
