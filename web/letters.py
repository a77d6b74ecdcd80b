"""A stored mail as it can be shown: its headers and its text, without what would let a reader act for its recipient."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

# Tokens of mailed links and of calendars (`web.logs`), in the middle of a text.
_SECRET = re.compile(r"((?:/l/(?=\d)|/dang-nhap/|/feeds/[^/\s]+/))[^/\s?>\")]+")
_LONGEST = 100_000  # characters of a text
_SHOWN = (
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "References",
    "List-Unsubscribe",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
)


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """What of a mail is shown."""

    headers: tuple[tuple[str, str], ...]  # by their names, as they were sent
    dated: datetime | None  # what its header says
    text: str
    has_html: bool
    attachments: tuple[str, ...]  # names


def shown_letter(content: bytes) -> ShownLetter:
    """The mail in `content` (RFC 5322): its plain text; of its HTML only that there is one."""
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    text = plain.get_content() if plain is not None else ""
    dated = mail["Date"].datetime if mail["Date"] is not None else None
    return ShownLetter(
        tuple((name, without_secrets(str(mail[name]))) for name in _SHOWN if mail[name] is not None),
        dated if dated is not None and dated.tzinfo is not None else None,
        without_secrets(text)[:_LONGEST].strip("\n"),
        html is not None,
        tuple(part.get_filename() or part.get_content_type() for part in mail.iter_attachments()),
    )


def without_secrets(text: str) -> str:
    """`text` in which the tokens of addresses are left out."""
    return _SECRET.sub(r"\1…", text)
