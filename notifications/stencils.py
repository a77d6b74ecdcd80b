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
from notifications.mime import OWN_WORDS, Pattern, odd_octets, own_words, reads_plainly
from notifications.shapes import Form, values_of_one
from plans.announcements import news_of
from plans.letters import Alike, Section, Stem
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
    stem: Stem
    around: tuple[bytes, bytes]  # what stands before and after the events of the calendar file
    length: int  # octets of the text that all share, lines ending in LF
    odd: int  # of these, those that quoted-printable would encode

    def write(self, desk: Desk, claimed: Claimed, held: Held, feed: str | None, ics: bytes | None) -> Alike | None:
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
        said = own_words(claimed.name, claimed.address, claimed.ref, (thread(desk.mail.domain, o.id),))
        lines, shown = self.form.own(values)
        text = b"".join(lines)
        if self._reads_plainly(text):
            return None
        if ics is None:
            return Alike(self.stem, (*said, *lines, *shown))
        before, after = self.around
        if not (ics.startswith(before) and ics.endswith(after)):
            return None
        return Alike(self.stem, (*said, *lines, *shown, ics[len(before) : len(ics) - len(after)]))

    def _reads_plainly(self, own: bytes) -> bool:
        """Whether the text with these lines of its own is none for base64, as its sections are."""
        returns = own.count(b"\r")  # lines end in LF where that is decided
        return reads_plainly(self.length + len(own) - returns, self.odd + odd_octets(own) - returns)


def stencil_of(desk: Desk, told: Digest, mail: Mail, said: datetime) -> Stencil | None:
    """The stencil of a digest and its mail; None where no other can be written after it."""
    found = form_of(told, said.date(), desk.calendar, desk.words, ics=bool(mail.attachments))
    if found is None or not found[0].clean:
        return None
    form, values = found
    text, html = form.sections(OWN_WORDS)
    around, file = (b"", b""), None
    if mail.attachments:
        around = _around(mail.attachments[0].content)
        file = Section(around, (max((OWN_WORDS - 1, *text.places, *html.places)) + 1,), encoded=True)
    stem = Pattern(mail, said).stem(text, html, file)
    if stem is None:
        return None
    shared = b"".join(text.pieces).replace(b"\r\n", b"\n")
    return Stencil(form, tuple(values), mail, stem, around, len(shared), odd_octets(shared))


def _around(ics: bytes) -> tuple[bytes, bytes]:
    """What all calendar files of one name begin and end with."""
    before, events, rest = ics.partition(b"BEGIN:VEVENT\r\n")
    end = rest[rest.rfind(b"END:VCALENDAR") :] if events else b""
    return (before, end) if end else (b"", b"")
