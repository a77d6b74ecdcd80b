"""Stencils: letters of one claim that say the same of other units are written after the first of them.

Most letters of a wave hold one reminder and differ in names, links and an event. What else they are written from is
compared instead of being worked out again; whatever is out of the ordinary is written by itself.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import attrgetter

from notifications.composing import form_of, thread
from notifications.desk import Desk
from notifications.items import Attachment, Contact, Digest, Mail
from notifications.links import LinkKey
from notifications.mime import filled_bytes
from notifications.shapes import Form, values_of_one
from plans.announcements import news_of
from plans.obligations import Obligation
from plans.people import HEAD, OFFICERS
from store.outbox import Claimed, Held

# What only its own letter says, in a place; a revision is not said at all.
_OWN = {"id", "unit", "unit_name", "revision"}
_OWN_HELD = {"id", "obligation", "for_unit", "for_unit_name", "detail"}
_SHARED = attrgetter(*(f.name for f in fields(Obligation) if f.name not in _OWN))
_SHARED_HELD = attrgetter(*(f.name for f in fields(Held) if f.name not in _OWN_HELD))


def likeness(claimed: Claimed, held: tuple[Held, ...], contact: Contact | None) -> Hashable | None:
    """Equal for letters of one claim that differ in their places only; None for one that is written by itself."""
    if len(held) != 1:
        return None
    only = held[0]
    if only.audience not in (OFFICERS, HEAD) or only.detail is not None or news_of(only.stage) is not None:
        return None
    own = contact is not None and contact.address == claimed.address
    return claimed.kind, own, contact, _SHARED_HELD(only), _SHARED(only.obligation)


@dataclass(frozen=True, slots=True)
class Stencil:
    """The form of some letters and the mail of one of them."""

    form: Form
    places: tuple[str, ...]
    mail: Mail

    def write(
        self, desk: Desk, claimed: Claimed, held: Held, feed: str | None, ics: bytes | None, said: datetime
    ) -> bytes | None:
        """The letter of another that is alike; None where it has no value for a place, or for one that is not there."""
        o, mail, first = held.obligation, self.mail, self.mail.attachments
        if (ics is None) == bool(first):
            return None
        values = values_of_one(
            claimed.name,
            claimed.address,
            feed,
            f"{desk.base_url}/units/{held.for_unit}",
            held.for_unit_name,
            o.unit,
            o.unit_name,
            desk.link(LinkKey(o.id, claimed.person, claimed.link_version)),
        )
        if values is None or tuple(values) != self.places:
            return None
        text, html = self.form.octets(values)
        own = Mail(
            mail.sender_name,
            mail.sender,
            claimed.name,
            claimed.address,
            mail.subject,
            "",
            "",
            mail.reply_to,
            (thread(desk.mail.domain, o.id),),
            () if ics is None else (Attachment(first[0].name, first[0].content_type, ics),),
        )
        return filled_bytes(own, claimed.ref, said, text, html)


def stencil_of(desk: Desk, told: Digest, mail: Mail, today: date) -> Stencil | None:
    """The stencil of a digest and its mail; None where no other can be written after it."""
    found = form_of(told, today, desk.calendar, desk.words, ics=bool(mail.attachments))
    if found is None or not found[0].clean:
        return None
    form, values = found
    return Stencil(form, tuple(values), mail)
