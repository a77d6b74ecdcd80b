"""A mail as bytes (RFC 5322, RFC 2045): the same mail, Message-ID and date give the same bytes.

Put together here because the standard library takes milliseconds for what is a dozen joined strings. It knows one shape
of mail and no other: text and HTML as alternatives, then the attachments.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256

from notifications.headers import address_field, ids_field, parameter, text_field
from notifications.items import Mail
from notifications.titles import plain
from plans.letters import Section, Stem, base64_lines
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
        # An address for answers must not keep a mail from a server without SMTPUTF8; the text says whom to ask, too.
        answers = b"" if self._odd_answers and address.isascii() else self._answers
        to, said, seed = own_words(name, address, message_id, references)
        head = (self._from, to, answers, self._about, said, self._rest)
        texts = (_ALTERNATIVES % (seed, seed), _plain(text), _NEXT_TEXT % seed, base64_lines(html), _LAST_TEXT % seed)
        if not files:
            return b"".join((*head, *texts))
        between = _NEXT_FILE % seed
        shown: list[bytes] = []
        for name_of, file in zip(self._files, files, strict=True):
            shown += (between, name_of, base64_lines(file))
        return b"".join((*head, _MIXED % (seed, seed), *texts, *shown, _LAST_FILE % seed))

    def stem(self, text: Section, html: Section, file: Section | None) -> Stem | None:
        """What mails share whose text in base64, HTML and one file are these sections; None where they have no stem.

        The first values of each are its `own_words`.
        """
        if self._odd_answers or len(self._files) != (file is not None):
            return None
        before: list[bytes | int] = [self._from, _TO, self._answers + self._about, _IDS, self._rest]
        after: list[bytes | int] = []
        sections = [text, _raw(_seeded(_NEXT_TEXT)), html]
        if file is None:
            after = _seeded(_LAST_TEXT)
        else:
            before += _seeded(_MIXED)
            sections += [_raw([*_seeded(_LAST_TEXT), *_seeded(_NEXT_FILE), self._files[0]]), file]
            after = _seeded(_LAST_FILE)
        before += [*_seeded(_ALTERNATIVES), _plain_head(b"base64")]
        return Stem((_raw(before), *sections, _raw(after)))


_TO, _IDS, _SEED = 0, 1, 2  # the places of a mail's own words
OWN_WORDS = 3


def own_words(name: str, address: str, message_id: str, references: Sequence[str]) -> tuple[bytes, bytes, bytes]:
    """The fields that name the recipient and the mail, and what its boundaries are made of."""
    said = ids_field("Message-ID", [_bracketed(message_id)])
    if references:
        said += ids_field("References", [_bracketed(reference) for reference in references])
    to = address_field("To", plain(name), _spec(address)).encode()
    seed = sha256(message_id.encode()).hexdigest()[:12].encode()  # tells it from those of mails inside mails
    return to, said.encode("ascii"), seed


def _seeded(template: bytes) -> list[bytes | int]:
    """A template with `%b`, cut at the places of the seed."""
    found: list[bytes | int] = []
    for piece in template.split(b"%b"):
        found += (piece, _SEED)
    return found[:-1]


def _raw(parts: Sequence[bytes | int]) -> Section:
    """Octets and numbers of places in their order."""
    pieces, places = [b""], []
    for part in parts:
        if isinstance(part, int):
            places.append(part)
            pieces.append(b"")
        else:
            pieces[-1] += part
    return Section(tuple(pieces), tuple(places))


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
    if reads_plainly(len(data), odd_octets(data)):
        return _plain_head(b"quoted-printable") + b2a_qp(data, istext=True).replace(b"\n", b"\r\n")
    return _plain_head(b"base64") + base64_lines(data.replace(b"\n", b"\r\n"))


def odd_octets(data: bytes) -> int:
    """How many octets quoted-printable would have to encode."""
    return len(data.translate(None, _LITERAL))


def reads_plainly(length: int, odd: int) -> bool:
    """Whether a text of so many octets, of which so many are odd, is written in quoted-printable."""
    # English stays readable in the raw mail; of Vietnamese base64 is shorter, and it takes a fifth of the time.
    return odd * 6 < length


def _plain_head(encoding: bytes) -> bytes:
    return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n" % encoding


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
