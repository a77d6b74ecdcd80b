"""A mail as bytes (RFC 5322, RFC 2045): the same mail, Message-ID and date give the same bytes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from notifications.headers import address_field, ids_field, text_field
from notifications.items import Attachment, Mail
from notifications.titles import plain

# Nothing but ASCII on the wire, so that no server needs 8BITMIME or SMTPUTF8.
_POLICY = SMTP.clone(cte_type="7bit", utf8=False)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ATOM = r"[!#$%&'*+\-/=?^_`{|}~0-9A-Za-z]+"
_ADDRESS = re.compile(
    rf"{_ATOM}(?:\.{_ATOM})*@[0-9A-Za-z](?:[0-9A-Za-z.\-]*[0-9A-Za-z])?"
)  # without quoted local parts
_ID = re.compile(r"[!#$%&'*+\-/=?^_`{|}~.0-9A-Za-z]+@[0-9A-Za-z.\-]+")


def new_message_id(domain: str, *parts: object) -> str:
    """A Message-ID without angle brackets; the same parts give the same one, so they must name the mail for ever."""
    named = hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()
    return f"{named[:32]}@{domain}"


def message_bytes(mail: Mail, message_id: str, date: datetime) -> bytes:
    """`mail` as bytes with CRLF line ends, all lines ≤ 998 octets: text and HTML as alternatives, then the attachments.

    `date` is aware. Control characters are taken out of every field, so that none can begin a header of its own. Raises
    ValueError for an address, a Message-ID or the name of a header that is none.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a mail must be aware")
    head = [
        address_field("From", plain(mail.sender_name), _spec(mail.sender)),
        address_field("To", plain(mail.recipient_name), _spec(mail.recipient)),
    ]
    if mail.reply_to:
        head.append(address_field("Reply-To", plain(mail.reply_to.name), _spec(mail.reply_to.address)))
    head.append(text_field("Subject", plain(mail.subject)))
    head.append(text_field("Date", format_datetime(date)))
    head.append(ids_field("Message-ID", [_bracketed(message_id)]))
    if mail.references:
        head.append(ids_field("References", [_bracketed(reference) for reference in mail.references]))
    head.append(text_field("Auto-Submitted", "auto-generated"))  # RFC 3834: asks robots not to answer
    head.append(text_field("X-Auto-Response-Suppress", "All"))  # the same for Exchange
    for name, value in mail.headers.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"not the name of a header: {name!r}")
        head.append(text_field(name, plain(value)))
    message = EmailMessage(policy=_POLICY)
    message.set_content(_body(mail.text), cte="quoted-printable")
    message.add_alternative(_body(mail.html), subtype="html", cte="base64")
    for attachment in mail.attachments:
        _attach(message, attachment)
    _name_boundaries(message, message_id)
    return "".join(head).encode("ascii") + message.as_bytes()


def _spec(address: str) -> str:
    """The address in ASCII, its domain in the form of IDNA where need be."""
    local, _, domain = plain(address).rpartition("@")
    spec = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    if not _ADDRESS.fullmatch(spec):
        raise ValueError(f"not an address: {address!r}")
    return spec


def _bracketed(message_id: str) -> str:
    if not _ID.fullmatch(message_id):
        raise ValueError(f"not a Message-ID: {message_id!r}")
    return f"<{message_id}>"


def _body(text: str) -> str:
    """`text` in NFC, without control characters except line ends and tabs."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    content_type, *pairs = (part.strip() for part in attachment.content_type.split(";"))
    maintype, _, subtype = content_type.partition("/")
    params = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    message.add_attachment(
        attachment.content, maintype=maintype, subtype=subtype, filename=plain(attachment.name), params=params
    )


def _name_boundaries(message: EmailMessage, message_id: str) -> None:
    """Boundaries made from the Message-ID; "=_" occurs in neither base64 nor quoted-printable (RFC 2045, 6.7)."""
    seed = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{seed}_{number}")
