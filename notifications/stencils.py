"""Stencils: letters of one claim that say the same of other units are written after the first of them.

Most letters of a wave hold one reminder and differ in names, links and an event. What else they are written from is
compared instead of being worked out again; whatever is out of the ordinary is written by itself.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

from notifications.composing import form_of, thread
from notifications.desk import Desk
from notifications.items import Contact, Digest, Mail
from notifications.links import LinkKey
from notifications.mime import Pattern
from notifications.shapes import Form, values_of_one
from plans.announcements import news_of
from plans.people import HEAD, OFFICERS
from store.held import Held
from store.obligations import OWN_FIELDS
from store.outbox import Claimed

# What only its own letter says, in a place; a revision is not said at all.
_PLACES = {"id", "unit", "unit_name", "revision"}
_PLACES_HELD = {"id", "obligation", "for_unit", "for_unit_name", "feed", "detail"}
# Obligations of the same deadline and dates share the rest.
_SHARED = attrgetter(*(name for name in OWN_FIELDS if name not in _PLACES))
_SHARED_HELD = attrgetter(*(f.name for f in fields(Held) if f.name not in _PLACES_HELD))


def likeness(claimed: Claimed, held: tuple[Held, ...], contact: Contact | None, *, with_file: bool) -> Hashable | None:
    """Equal for letters of one claim that differ in their places only; None for one that is written by itself."""
    if len(held) != 1:
        return None
    only = held[0]
    if only.audience not in _AUDIENCES or only.detail is not None or news_of(only.stage) is not None:
        return None
    own = contact is not None and contact.address == claimed.address
    return claimed.kind, own, with_file, _SHARED_HELD(only), _SHARED(only.obligation)


_AUDIENCES = (OFFICERS, HEAD)


@dataclass(frozen=True, slots=True)
class Stencil:
    """The form of some letters and the mail of one of them."""

    form: Form
    places: tuple[str, ...]
    mail: Mail
    pattern: Pattern

    def write(self, desk: Desk, claimed: Claimed, held: Held, feed: str | None, ics: bytes | None) -> bytes | None:
        """The letter of another that is alike; None where it has no value for a place, or for one that is not there."""
        o = held.obligation
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
        references, files = (thread(desk.mail.domain, o.id),), () if ics is None else (ics,)
        return self.pattern.filled(claimed.name, claimed.address, claimed.ref, references, text, html, files)


def stencil_of(desk: Desk, told: Digest, mail: Mail, said: datetime) -> Stencil | None:
    """The stencil of a digest and its mail; None where no other can be written after it."""
    found = form_of(told, said.date(), desk.calendar, desk.words, ics=bool(mail.attachments))
    if found is None or not found[0].clean:
        return None
    form, values = found
    return Stencil(form, tuple(values), mail, Pattern(mail, said))
