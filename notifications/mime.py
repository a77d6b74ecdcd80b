"""A mail as bytes (RFC 5322, RFC 2045): the same mail, Message-ID and date give the same bytes.

Put together here because the standard library takes milliseconds for what is a dozen joined strings. It knows one shape
of mail and no other: text and HTML as alternatives, then the attachments.
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from struct import Struct

from notifications.headers import address_field, ids_field, parameter, text_field
from notifications.items import Mail
from notifications.titles import plain
from plans.unicode_forms import composed

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,60}"
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}")
_TYPE = re.compile(
    rf"\s*({_TOKEN})/({_TOKEN})\s*((?:;\s*{_TOKEN}\s*=\s*(?:{_TOKEN}|\"[^\"\\\x00-\x1f\x7f-\U0010ffff]*\")\s*)*);?\s*"
)
_PARAMETER = re.compile(rf";\s*({_TOKEN})\s*=\s*(?:({_TOKEN})|\"([^\"]*)\")")
_ATOM = r"(?:[!#$%&'*+\-/=?^_`{|}~0-9A-Za-z]|[^\W\x00-\x7f])+"  # letters of other alphabets: RFC 6531 §3.3
_ADDRESS = re.compile(
    rf"{_ATOM}(?:\.{_ATOM})*@[0-9A-Za-z](?:[0-9A-Za-z.\-]*[0-9A-Za-z])?"
)  # without quoted local parts
_LONGEST = 254  # octets of an address (RFC 5321 §4.5.3.1.3, less its angle brackets)
_ID = re.compile(r"[!#$%&'*+\-/=?^_`{|}~.0-9A-Za-z]{1,400}@[0-9A-Za-z.\-]{1,400}")
# Fields that every mail has or may not have; a second one would be a defect, or recipients nobody decided on.
_OWN = {"from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id", "references",
        "auto-submitted", "x-auto-response-suppress", "mime-version"}  # fmt: skip
_ROBOTS = (
    b"Auto-Submitted: auto-generated\r\n"  # RFC 3834: asks robots not to answer
    b"X-Auto-Response-Suppress: All\r\n"  # the same for Exchange
)
_CONTROLS = bytes(n for n in range(32) if n not in b"\t\n") + b"\x7f"
_LITERAL = bytes(n for n in range(32, 127) if n != ord("=")) + b"\t\n"  # what quoted-printable leaves alone


def new_message_id(domain: str, *parts: object) -> str:
    """A Message-ID without angle brackets; the same parts give the same one, so they must name the mail for ever."""
    named = sha256("\0".join(str(part) for part in parts).encode()).hexdigest()
    return f"{named[:32]}@{domain}"


def message_bytes(mail: Mail, message_id: str, date: datetime) -> bytes:
    """`mail` as bytes, nothing but ASCII, so that no server needs 8BITMIME or SMTPUTF8; lines end in CRLF.

    Only a recipient with other letters than ASCII before the "@" cannot be said so: that address stands in UTF-8 (RFC
    6532), and the mail needs SMTPUTF8. `date` is aware. Control characters are taken out of every field, so that none
    can begin a header of its own. Raises ValueError for an address, a Message-ID, a content type or the name of a
    header that is none.
    """
    if date.tzinfo is None:
        raise ValueError("the date of a mail must be aware")
    text, html = cleaned(mail.text).encode(), cleaned(mail.html).encode()
    return filled_bytes(mail, message_id, date, text, html.replace(b"\n", b"\r\n"))


def filled_bytes(mail: Mail, message_id: str, date: datetime, text: bytes, html: bytes) -> bytes:
    """As `message_bytes`, of parts that are clean and in UTF-8; lines of `text` end in LF, those of `html` in CRLF."""
    files = [attachment.content for attachment in mail.attachments]
    return Pattern(mail, date).filled(
        mail.recipient_name, mail.recipient, message_id, mail.references, text, html, files
    )


class Pattern:
    """Mails that share sender, answers, subject, date, headers and the names of their attachments."""

    def __init__(self, mail: Mail, date: datetime) -> None:
        answers = mail.reply_to
        self._from = _mailbox("From", mail.sender_name, mail.sender)
        self._answers = _mailbox("Reply-To", answers.name, answers.address) if answers else b""
        self._odd_answers = answers is not None and not answers.address.rpartition("@")[0].isascii()
        self._about = _about(mail.subject, date)
        self._rest = b"".join((_ROBOTS, *map(_own_field, mail.headers.items()), b"MIME-Version: 1.0\r\n"))
        self._files = [_attachment_head(a.name, a.content_type) for a in mail.attachments]

    def filled(
        self,
        name: str,
        address: str,
        message_id: str,
        references: Sequence[str],
        text: bytes,
        html: bytes,
        files: Sequence[bytes],
    ) -> bytes:
        """The mail to one of the recipients, of parts as `filled_bytes` wants them, with the contents of its files."""
        said = ids_field("Message-ID", [_bracketed(message_id)])
        if references:
            said += ids_field("References", [_bracketed(reference) for reference in references])
        # An address for answers must not keep a mail from a server without SMTPUTF8; the text says whom to ask, too.
        answers = b"" if self._odd_answers and address.isascii() else self._answers
        to = address_field("To", plain(name), _spec(address)).encode()
        seed = sha256(message_id.encode()).hexdigest()[:12].encode()  # tells it from those of mails inside mails
        head = (self._from, to, answers, self._about, said.encode("ascii"), self._rest)
        texts = (_ALTERNATIVES % (seed, seed), _plain(text), _NEXT_TEXT % seed, _base64(html), _LAST_TEXT % seed)
        if not files:
            return b"".join((*head, *texts))
        between = _NEXT_FILE % seed
        shown: list[bytes] = []
        for name_of, file in zip(self._files, files, strict=True):
            shown += (between, name_of, _base64(file))
        return b"".join((*head, _MIXED % (seed, seed), *texts, *shown, _LAST_FILE % seed))


# Boundaries hold "=_", which neither base64 nor quoted-printable can (RFC 2045 §6.7).
_ALTERNATIVES = b'Content-Type: multipart/alternative;\r\n boundary="=_%b_1"\r\n\r\n--=_%b_1\r\n'
_NEXT_TEXT = b"\r\n--=_%b_1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
_LAST_TEXT = b"\r\n--=_%b_1--\r\n"
_MIXED = b'Content-Type: multipart/mixed;\r\n boundary="=_%b_0"\r\n\r\n--=_%b_0\r\n'
_NEXT_FILE = b"\r\n--=_%b_0\r\n"
_LAST_FILE = b"\r\n--=_%b_0--\r\n"


def _own_field(header: tuple[str, str]) -> bytes:
    name, value = header
    if not _NAME.fullmatch(name) or name.lower() in _OWN or name.lower().startswith("content-"):
        raise ValueError(f"not the name of a header, or of one that every mail has: {name!r}")
    return text_field(name, plain(value)).encode("ascii")


@lru_cache(256)
def _about(subject: str, date: datetime) -> bytes:
    return (text_field("Subject", plain(subject)) + f"Date: {format_datetime(date)}\r\n").encode("ascii")


@lru_cache(1024)
def _mailbox(field: str, name: str, address: str) -> bytes:
    return address_field(field, plain(name), _spec(address)).encode()


def _spec(address: str) -> str:
    """The address, its domain in the form of IDNA where need be."""
    local, _, domain = plain(address).rpartition("@")
    spec = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    if not _ADDRESS.fullmatch(spec) or len(spec.encode()) > _LONGEST:
        raise ValueError(f"not an address: {address!r}")
    return spec


def _bracketed(message_id: str) -> str:
    if not _ID.fullmatch(message_id):
        raise ValueError(f"not a Message-ID: {message_id!r}")
    return f"<{message_id}>"


class Clean(str):
    """Text that is known to be in NFC and without control characters except line ends and tabs."""

    __slots__ = ()


def cleaned(text: str) -> Clean:
    if isinstance(text, Clean):
        return text
    found = composed(text)
    data = found.encode()
    without = data.translate(None, _CONTROLS)
    # What stood apart may compose now.
    return Clean(found if len(without) == len(data) else composed(without.decode()))


def _plain(data: bytes) -> bytes:
    # English stays readable in the raw mail; of Vietnamese base64 is shorter, and it takes a fifth of the time.
    if len(data.translate(None, _LITERAL)) * 6 < len(data):
        encoding, content = b"quoted-printable", b2a_qp(data, istext=True).replace(b"\n", b"\r\n")
    else:
        encoding, content = b"base64", _base64(data.replace(b"\n", b"\r\n"))
    return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n%b" % (encoding, content)


@lru_cache(64)
def _attachment_head(name: str, content_type: str) -> bytes:
    found = _TYPE.fullmatch(content_type)
    # Neither may be encoded as a whole (RFC 2046 §5.1, §5.2.1).
    if found is None or found[1].lower() in ("multipart", "message"):
        raise ValueError(f"not the type of an attachment: {content_type!r}")
    kind = "".join(parameter(key, token or quoted) for key, token, quoted in _PARAMETER.findall(found[3]))
    shown = plain(name)
    disposition = parameter("filename", shown) if shown else ""
    return (
        f"Content-Type: {found[1]}/{found[2]}{kind}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment{disposition}\r\n\r\n"
    ).encode("ascii")


def _base64(data: bytes) -> bytes:
    encoded = b2a_base64(data, newline=False)
    return b"\r\n".join(_lines(len(encoded)).unpack(encoded))


@lru_cache(1024)
def _lines(length: int) -> Struct:
    """Cuts so many octets into lines of 76, in a third of the time that slices take."""
    whole, rest = divmod(length, 76)
    return Struct("76s" * whole + f"{rest}s" * bool(rest))
