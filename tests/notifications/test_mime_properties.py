"""Whatever a mail says arrives as it was said, by the rules of the standards and in the standard library's reader."""

from __future__ import annotations

import base64
import email
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP, default

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from notifications.items import Attachment, Contact, Mail
from notifications.mime import message_bytes
from notifications.titles import plain

ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0@dienbien.example"
SENT = datetime(2026, 11, 19, 1, tzinfo=UTC)
OWN = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Other",
    "MIME-Version",
    "Content-Type",
]
_ENCODED_WORD = re.compile(rb"=\?[^\s]*\?=")
_ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
# What has broken mail before: other headers, boundaries, words already encoded, dots, mbox lines, letters in pieces.
_ODD = [
    "\r\nBcc: ke-xau@example.com\r\n\r\n",
    "\r\n--=_0f1e2d3c\r\n",
    "=?utf-8?q?x?=",
    "\n.\n",
    "\nFrom ",
    "=20",
    " \n\t\n",
    "a\x00\u0301",
    "o\u200b\u031b\u0300",
    "Báo cáo kết quả thực hiện phong trào thi đua ",
    unicodedata.normalize("NFD", "Đề nghị gửi trước ngày "),
    "x" * 80,
    "ế" * 40,
    '"Sở, X." <a@b>',
    "\\",
    "\x85\u2028\ufeff",
]
LINES = st.lists(st.one_of(_ANY, st.sampled_from(_ODD)), max_size=4).map("".join)
TEXTS = st.lists(st.one_of(_ANY, st.sampled_from([*_ODD, "x" * 1100, "ế" * 500])), max_size=6).map("".join)
ATTACHMENTS = st.builds(
    Attachment,
    name=LINES,
    content_type=st.sampled_from(["text/calendar; charset=utf-8", "application/pdf", 'text/x; a="b; c"; d=e']),
    content=st.binary(max_size=400),
)
MAILS = st.builds(
    Mail,
    sender_name=LINES,
    sender=st.just("nhac-han@dienbien.example"),
    recipient_name=LINES,
    recipient=st.just("hoa@soyte.dienbien.example"),
    subject=LINES,
    text=TEXTS,
    html=TEXTS,
    reply_to=st.builds(Contact, name=LINES, address=st.just("tdkt@dienbien.example")),
    references=st.just((ID, "b@dienbien.example")),
    attachments=st.lists(ATTACHMENTS, max_size=3).map(tuple),
    headers=st.builds(lambda value: {"X-Other": value}, LINES),
)


def said(text: str) -> str:
    """What of a body arrives: NFC, without control characters."""
    return unicodedata.normalize("NFC", re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text))


def decoded(value: bytes) -> str:
    """A header field by RFC 2047 §6.2 alone: white space between two encoded words means nothing."""
    text = re.sub(r"(\?=)\s+(?==\?)", r"\1", value.decode("ascii"))
    return re.sub(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", lambda m: base64.b64decode(m[1]).decode(), text)


def phrase(value: bytes) -> str:
    """A display name: a quoted string, encoded words or atoms."""
    return re.sub(r"\\(.)", r"\1", value[1:-1].decode()) if value.startswith(b'"') else decoded(value)


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def unfolded(content: bytes) -> dict[str, bytes]:
    """Header fields by RFC 5322 alone."""
    head = content.partition(b"\r\n\r\n")[0]
    fields = re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")
    return {name.decode(): value for name, _, value in (field.partition(b": ") for field in fields)}


# The reader of the standard library takes milliseconds for one.
FEWER = settings(max_examples=60, deadline=None)


@FEWER
@given(MAILS)
def test_message_arrives_as_it_was_said(mail: Mail) -> None:
    content = message_bytes(mail, ID, SENT)
    message, fields = read(content), unfolded(content)
    assert message.keys() == list(fields) == OWN
    assert mail.reply_to is not None
    for field, name, address in (
        ("From", mail.sender_name, mail.sender),
        ("To", mail.recipient_name, mail.recipient),
        ("Reply-To", mail.reply_to.name, mail.reply_to.address),
    ):
        (found,) = message[field].addresses
        assert found.addr_spec == address
        # That reader puts a space between two encoded words of a name, where the standard has none.
        assert found.display_name.replace(" ", "") == plain(name).replace(" ", "")
        assert phrase(fields[field].removesuffix(f"<{address}>".encode()).rstrip()) == (plain(name) or address)
    for field, value in (("Subject", mail.subject), ("X-Other", mail.headers["X-Other"])):
        assert str(message[field]) == decoded(fields[field]) == plain(value)
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts[:2]] == ["text/plain", "text/html"]
    assert [part.get_content().replace("\r\n", "\n") for part in parts[:2]] == [said(mail.text), said(mail.html)]
    assert [part.get_payload(decode=True) for part in parts[2:]] == [a.content for a in mail.attachments]
    assert [part.get_filename("") for part in parts[2:]] == [plain(a.name) for a in mail.attachments]
    for part in message.walk():
        assert part.defects == []
        assert [(name, value.defects) for name, value in part.items() if value.defects] == []


@FEWER
@given(MAILS)
def test_message_keeps_within_the_lines_of_the_standards(mail: Mail) -> None:
    content = message_bytes(mail, ID, SENT)
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 78  # and so never over 998
    head, _, rest = content.partition(b"\r\n\r\n")
    bodies = [part.partition(b"\r\n\r\n")[2] for part in re.split(rb"--=_[0-9a-f]{32}_\d(?:--)?\r\n", rest)]
    assert max(len(line) for body in bodies for line in body.split(b"\r\n")) <= 76
    for line in head.split(b"\r\n"):
        assert len(line) <= (76 if b"=?" in line else 78)


@FEWER
@given(MAILS)
def test_message_has_encoded_words_that_decode_by_themselves(mail: Mail) -> None:
    fields = unfolded(message_bytes(mail, ID, SENT))
    for word in (w for value in fields.values() for w in _ENCODED_WORD.findall(value)):
        assert len(word) <= 75
        charset, coding, text, end = word.removeprefix(b"=?").split(b"?")
        assert (charset, coding, end) == (b"utf-8", b"b", b"=")
        decoded = base64.b64decode(text, validate=True).decode()
        assert decoded
        assert plain(decoded).replace(" ", "") == unicodedata.normalize("NFC", decoded).replace(" ", "")


@FEWER
@given(MAILS)
def test_message_has_each_boundary_only_where_a_part_begins_or_ends(mail: Mail) -> None:
    content = message_bytes(mail, ID, SENT)
    message = read(content)
    for part in (part for part in message.walk() if part.is_multipart()):
        parts = list(part.iter_parts())
        mark = b"--" + str(part.get_boundary()).encode()
        assert len(re.findall(rb"^%b\r$" % re.escape(mark), content, re.MULTILINE)) == len(parts)
        assert content.count(mark) == len(parts) + 1


@FEWER
@given(MAILS)
def test_message_is_the_one_that_the_standard_library_makes(mail: Mail) -> None:
    """In its parts; in header fields it loses spaces (docs/decisions/0006), and it misreads its own file names."""
    other = EmailMessage(policy=SMTP)
    other.set_content(said(mail.text))
    other.add_alternative(said(mail.html), subtype="html")
    for a in mail.attachments:
        maintype, _, subtype = a.content_type.partition(";")[0].partition("/")
        other.add_attachment(a.content, maintype=maintype, subtype=subtype, filename=plain(a.name))
    ours, theirs = read(message_bytes(mail, ID, SENT)), read(other.as_bytes())
    assert [part.get_content_type() for part in ours.walk()] == [part.get_content_type() for part in theirs.walk()]
    assert [leaf(part) for part in ours.walk()] == [leaf(part) for part in theirs.walk()]


def leaf(part: EmailMessage) -> object:
    """What a part holds; the standard library ends every text with a line end, with or without one of its own."""
    if part.is_multipart():
        return None
    held = part.get_payload(decode=True)
    assert isinstance(held, bytes)
    if part.get_content_disposition() == "attachment":
        return held
    return held.decode().replace("\r\n", "\n").rstrip("\n")


_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=_ZONES))  # noqa: DTZ001
@example(SENT)
def test_message_says_its_date_to_the_second(date: datetime) -> None:
    content = message_bytes(replace(_PLAIN, headers={}), ID, date)
    assert read(content)["Date"].datetime == date.replace(microsecond=0)


_PLAIN = Mail("A", "a@b.vn", "B", "b@b.vn", "C", "D\n", "<p>D</p>\n")


@given(st.text(max_size=30), st.text(max_size=30))
def test_message_to_any_address_names_that_one_alone(local: str, domain: str) -> None:
    assume("=?" not in local)  # at which Python 3.11's reader breaks
    address = f"{local}@{domain}".encode("utf-8", "ignore").decode()
    try:
        content = message_bytes(replace(_PLAIN, recipient=address), ID, SENT)
    except ValueError:
        return
    # From bytes the reader of the standard library makes no letters of UTF-8 in a header (RFC 6532).
    (found,) = email.message_from_string(content.decode(), policy=default)["To"].addresses
    spec = plain(address)
    assert found.display_name == "B"
    assert found.username == spec.rpartition("@")[0]
    assert found.domain.isascii()
    assert read(content).keys() == [n for n in OWN if n not in ("Reply-To", "References", "X-Other")]
