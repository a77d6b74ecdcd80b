"""A claimed message becomes a mail in bytes: who is told what, as things stand now."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from calendars.addresses import page_path
from calendars.feeds import feed_bytes
from notifications.composing import compose_digest, compose_monday, compose_unrecorded
from notifications.desk import Desk
from notifications.items import Contact, Digest, Item, MondayPage, Post
from notifications.links import LinkKey
from notifications.mime import message_bytes
from notifications.monday import monday_pages
from notifications.stencils import Stencil, likeness, stencil_of
from notifications.undeliverable import UndeliverablePage, compose_undeliverable, undeliverable_pages
from plans.announcements import News, before_of, news_of, refusal_of
from plans.letters import Alike
from plans.urging import note_of
from store.events import contents_of
from store.held import Held
from store.ledger import DIGEST, MONDAY, UNDELIVERABLE, UNRECORDED
from store.outbox import Claimed
from store.people import ask
from store.recipients import contact_of


@dataclass(frozen=True, slots=True)
class Written:
    """A mail ready for an outlet."""

    subject: str
    body: bytes | Alike
    asked: bool = False  # it carries the yearly question


@dataclass(frozen=True, slots=True)
class Facts:
    """What mails say beyond their reminders, read for all of a claim at once."""

    events: Mapping[int, bytes]  # obligation → its event
    contacts: Mapping[str, Contact | None]  # coordinating unit → whom to ask
    posts: Mapping[int, tuple[Post, ...]]  # person → what is to be confirmed this year
    pages: Mapping[int, MondayPage]  # person → Monday page
    undeliverable: Mapping[int, UndeliverablePage]  # person → report of what failed
    said: datetime  # local moment of writing
    calendar: str  # name of the calendar that a mail carries
    stencils: dict[Hashable, Stencil | None] = field(default_factory=dict)  # of the letters written so far


def gather(tx: Connection, desk: Desk, claims: Iterable[tuple[Claimed, tuple[Held, ...]]], now: datetime) -> Facts:
    """What the mails of these messages, each with the reminders it keeps, are to be written from.

    The yearly question is noted as asked, in the transaction that marks its mail `sending`: once a year, whatever else
    happens to the mail.
    """
    claims, today = list(claims), desk.today(now)
    digests = [(c, held) for c, held in claims if c.kind not in (MONDAY, UNRECORDED, UNDELIVERABLE)]
    own = {h.obligation.id for _, held in digests for h in held if _is_own(h)}
    coordinators = {c for _, held in claims if (c := _coordinator(held))}
    contacts = {c: contact_of(tx, c) for c in coordinators}
    asked = ask(tx, [c.person for c, _ in claims if c.kind == DIGEST and c.heard.year < today.year], today)
    return Facts(
        events=contents_of(tx, own, desk.words.language),
        contacts={c: Contact(*found) if found else None for c, found in contacts.items()},
        posts={person: tuple(Post(p.unit, p.role) for p in posts) for person, posts in asked.items()},
        pages=monday_pages(tx, desk, now) if any(c.kind == MONDAY for c, _ in claims) else {},
        undeliverable=undeliverable_pages(
            tx, desk, {c.person: (c.id, c.at) for c, _ in claims if c.kind == UNDELIVERABLE}
        ),
        said=now.astimezone(desk.zone),
        calendar=desk.words("mail.calendar"),
    )


def write(desk: Desk, claimed: Claimed, held: tuple[Held, ...], facts: Facts, now: datetime) -> Written | None:
    """The mail of a claimed message with these of its reminders; None when there is nothing left to say."""
    today = facts.said.date()
    posts: tuple[Post, ...] = ()
    if claimed.kind == MONDAY:
        page = facts.pages.get(claimed.person)
        if page is None:
            return None
        mail = compose_monday(page, desk.words, desk.mail)
    elif claimed.kind == UNDELIVERABLE:
        report = facts.undeliverable.get(claimed.person)
        if report is None:
            return None
        mail = compose_undeliverable(report, desk.words, desk.mail)
    elif claimed.kind == UNRECORDED:
        told = digest(desk, claimed, held, facts, now)
        mail = compose_unrecorded(told, today, desk.calendar, desk.words, desk.mail)
    else:
        posts = facts.posts.get(claimed.person, ()) if claimed.kind == DIGEST else ()
        return _write_digest(desk, claimed, held, facts, now, posts)
    return Written(mail.subject, message_bytes(mail, claimed.ref, facts.said))


def _write_digest(
    desk: Desk, claimed: Claimed, held: tuple[Held, ...], facts: Facts, now: datetime, posts: tuple[Post, ...]
) -> Written:
    events = [event for h in held if _is_own(h) and (event := facts.events.get(h.obligation.id)) is not None]
    ics = feed_bytes(facts.calendar, events) if events else None
    like = None if posts else likeness(claimed, held, _contact(held, facts), with_file=ics is not None)
    if like is not None and (stencil := facts.stencils.get(like)) is not None:
        alike = stencil.write(desk, claimed, held[0], _feed(desk, held[0]), ics)
        if alike is not None:
            return Written(stencil.mail.subject, alike)
    today, told = facts.said.date(), digest(desk, claimed, held, facts, now, posts)
    mail = compose_digest(told, today, desk.calendar, desk.words, desk.mail, ics)
    if like is not None and like not in facts.stencils:
        facts.stencils[like] = stencil_of(desk, told, mail, facts.said)
    return Written(mail.subject, message_bytes(mail, claimed.ref, facts.said), bool(posts))


def digest(
    desk: Desk, claimed: Claimed, held: tuple[Held, ...], facts: Facts, now: datetime, posts: tuple[Post, ...] = ()
) -> Digest:
    """What a person is told: one item per obligation, the coordinator to ask, and the calendar to subscribe to."""
    absent = dict.fromkeys(h.instead_of for h in held)
    for_others = [name for name in absent if name] if None not in absent else []
    items = tuple(_item(desk, claimed, h if not for_others else replace(h, instead_of=None), now) for h in held)
    contact, units = _contact(held, facts), _units(held)
    feed = None  # of a coordinator's list it would be one unit's among many
    if len(units) == 1 and claimed.kind != UNRECORDED:
        feed = _feed(desk, next(h for h in held if h.for_unit in units))
    return Digest(
        name=claimed.name,
        address=claimed.address,
        units=tuple(units.values()),
        items=items,
        contact=None if contact and contact.address == claimed.address else contact,  # nobody is told to ask oneself
        feed=feed,
        page=f"{desk.base_url}/units/{next(iter(units))}" if len(units) == 1 else f"{desk.base_url}/",
        deputy_for=", ".join(for_others) or None,
        posts=posts,
    )


def _feed(desk: Desk, held: Held) -> str | None:
    """Address of the page on which to subscribe to the calendar of the unit for which someone is written to."""
    return None if held.feed is None else desk.base_url + page_path(desk.secret, held.for_unit, held.feed)


def _contact(held: Iterable[Held], facts: Facts) -> Contact | None:
    coordinator = _coordinator(held)
    return facts.contacts.get(coordinator) if coordinator else None


def _coordinator(held: Iterable[Held]) -> str | None:
    """The unit to ask: that of the first item."""
    return next((h.obligation.coordinator for h in held if h.obligation.coordinator), None)


def _units(held: Iterable[Held]) -> dict[str, str]:
    """The units for which someone is written to, by slug; who has handed a unit's work over has no use for its feed."""
    return {h.for_unit: h.for_unit_name for h in held if news_of(h.stage) is not News.GIVEN}


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
        document=o.document or o.plan_title,  # a number stays blank until the document is signed
        quote=o.quote,
        dates=o.dates,
        basis=o.basis,
        stage=held.stage,
        status=o.status(now, desk.today(now)),
        coordinating=coordinating,
        reason=desk.words.reason(o.reason),
        formerly=o.formerly,
        before=before_of(held.detail),
        refusal=refusal_of(held.detail),
        note=note_of(held.detail),
        asked=desk.today(held.asked) if held.asked is not None else None,
        instead_of=held.instead_of,
        link=desk.link(key) if owed else f"{desk.base_url}/deadlines/{o.key}",
    )
