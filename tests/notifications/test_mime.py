from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import SMTPUTF8, default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.composing import compose_digest
from notifications.items import Attachment, Contact, Mail
from notifications.mime import message_bytes, new_message_id
from tests.notifications.samples import CALENDAR, SETTINGS, WORDS, digest, item

ICS = "BEGIN:VCALENDAR\r\nSUMMARY:Báo cáo\r\nEND:VCALENDAR\r\n".encode()
MAIL = compose_digest(digest(item()), date(2026, 11, 19), CALENDAR, WORDS, SETTINGS, ICS)
ID = new_message_id("dienbien.example", "message", 7)
SENT = datetime(2026, 11, 19, 1, tzinfo=UTC)


def parsed(mail: Mail, message_id: str = ID) -> EmailMessage:
    content = message_bytes(mail, message_id, SENT)
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    assert [defect for part in message.walk() for value in part.values() for defect in value.defects] == []
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
    assert content.isascii()
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_message_carries_text_html_and_calendar() -> None:
    message = parsed(MAIL)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert body(message, "plain") == MAIL.text
    assert body(message, "html").rstrip() == MAIL.html.rstrip()
    (calendar,) = message.iter_attachments()
    assert calendar.get_filename() == "nhac-han.ics"
    assert calendar.get_payload(decode=True) == ICS
    assert dict(calendar["Content-Type"].params) == {"charset": "utf-8"}


def test_message_without_calendar_is_an_alternative() -> None:
    message = parsed(replace(MAIL, attachments=()))
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_message_headers() -> None:
    headers = {name: str(value) for name, value in parsed(MAIL).items() if not name.startswith("Content-")}
    assert headers == {
        "From": "Nhắc hạn tỉnh Điện Biên <nhac-han@dienbien.example>",
        "To": "Văn thư đơn vị <hoa@soyte.dienbien.example>",
        "Reply-To": "Ban Thi đua - Khen thưởng <tdkt@dienbien.example>",
        "Subject": "[Nhắc hạn] Báo cáo TĐKT năm 2026: trước ngày 05/12/2026, còn 10 ngày làm việc",
        "Date": "Thu, 19 Nov 2026 01:00:00 +0000",
        "Message-ID": f"<{ID}>",
        "References": f"<{MAIL.references[0]}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
    }


def test_message_of_same_input_is_the_same_bytes() -> None:
    assert message_bytes(MAIL, ID, SENT) == message_bytes(MAIL, ID, SENT)
    assert message_bytes(MAIL, "other@dienbien.example", SENT) != message_bytes(MAIL, ID, SENT)


def test_message_keeps_long_identifiers_whole() -> None:
    domain = "nhac-han.thi-dua-khen-thuong.so-noi-vu.tinh-dien-bien.example"
    references = (new_message_id(domain, 1), new_message_id(domain, 2))
    message_id = new_message_id(domain, 3)
    content = message_bytes(replace(MAIL, references=references), message_id, SENT)
    assert f"\r\nMessage-ID: <{message_id}>\r\n".encode() in content
    assert f"\r\nReferences: <{references[0]}>\r\n <{references[1]}>\r\n".encode() in content


@pytest.mark.parametrize("field", ["sender_name", "recipient_name", "subject"])
def test_message_field_cannot_begin_a_header(field: str) -> None:
    changes: dict[str, Any] = {field: "Kính gửi\r\nBcc: ke-xau@example.com\n\x00\u2028X: 1"}
    message = parsed(replace(MAIL, **changes))
    assert (message["Bcc"], message["X"]) == (None, None)
    said = message["Subject"] if field == "subject" else message["From" if field == "sender_name" else "To"]
    name = str(said) if field == "subject" else said.addresses[0].display_name
    assert name == "Kính gửi Bcc: ke-xau@example.com X: 1"


def test_message_of_other_headers() -> None:
    message = parsed(replace(MAIL, headers={"List-Id": "<nhac-han.dienbien.example>\r\nBcc: x@y.z"}))
    assert (str(message["List-Id"]), message["Bcc"]) == ("<nhac-han.dienbien.example> Bcc: x@y.z", None)
    with pytest.raises(ValueError, match="not the name of a header"):
        message_bytes(replace(MAIL, headers={"X\r\nBcc": "x@y.z"}), ID, SENT)


@pytest.mark.parametrize("name", ["Subject", "BCC", "to", "Content-Type", "Content-Transfer-Encoding", "X" * 41, "Đ"])
def test_message_header_that_is_not_the_senders_to_choose(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a header"):
        message_bytes(replace(MAIL, headers={name: "x"}), ID, SENT)


@pytest.mark.parametrize(
    "kind", ["", "text", "text/", "text/a b", "text/a; b", "text/a\r\nBcc: x", "multipart/mixed", "message/rfc822"]
)
def test_message_attachment_of_what_is_no_type(kind: str) -> None:
    with pytest.raises(ValueError, match="not the type of an attachment"):
        message_bytes(replace(MAIL, attachments=(Attachment("a", kind, b""),)), ID, SENT)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("nhac-han.ics", ["Content-Disposition: attachment; filename=nhac-han.ics"]),
        ("Bang 1.xlsx", ["Content-Disposition: attachment;", ' filename="Bang 1.xlsx"']),
        ("Bảng 1.xlsx", ["Content-Disposition: attachment;", " filename*=utf-8''B%E1%BA%A3ng%201.xlsx"]),
        (
            "Tổng hợp kết quả năm 2026.xlsx",
            [
                "Content-Disposition: attachment;",
                " filename*0*=utf-8''T%E1%BB%95ng%20h%E1%BB%A3p%20k%E1%BA%BFt%20qu;",
                " filename*1*=%E1%BA%A3%20n%C4%83m%202026.xlsx",
            ],
        ),
        ("", ["Content-Disposition: attachment"]),
    ],
)
def test_message_names_its_attachment(name: str, lines: list[str]) -> None:
    mail = replace(MAIL, attachments=(Attachment(name, "application/octet-stream", b"x"),))
    said = "\r\n".join(["", *lines, "", "eA==", ""]).encode()
    assert said in message_bytes(mail, ID, SENT)


def test_message_in_english_can_be_read_as_it_stands() -> None:
    mail = replace(MAIL, text="Due: before 05/12/2026 = Friday\nSở Y tế, Sở Nội vụ " + "x" * 100 + " \n")
    said = (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Due: before 05/12/2026 =3D Friday\r\nS=E1=BB=9F Y t=E1=BA=BF, S=E1=BB=9F N=E1=BB=99i v=E1=BB=A5 "
    )
    assert said in message_bytes(mail, ID, SENT)
    assert body(parsed(mail), "plain") == mail.text


@pytest.mark.parametrize(
    "address", ["", "hoa", "@example.com", "hoa@", "hoa@a.vn\r\nBcc: x@y.z", "a b@c@d", "ho\u200ba b@c.vn", "a,b@c.vn"]
)
def test_message_to_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError):
        message_bytes(replace(MAIL, recipient=address), ID, SENT)


def test_message_to_an_address_longer_than_servers_take() -> None:
    longest = "h" * 240 + "@example.vn.vn"
    assert parsed(replace(MAIL, recipient=longest))["To"].addresses[0].addr_spec == longest
    with pytest.raises(ValueError, match="not an address"):
        message_bytes(replace(MAIL, recipient=f"h{longest}"), ID, SENT)


def test_message_to_letters_that_need_smtputf8() -> None:
    content = message_bytes(replace(MAIL, recipient="hoà@điệnbiên.example"), ID, SENT)
    other = [line.decode() for line in content.split(b"\r\n") if not line.isascii()]
    assert [line.strip().rpartition(" ")[2] for line in other] == ["<hoà@xn--inbin-ksa2y768s.example>"]
    found = email.message_from_string(content.decode(), policy=SMTPUTF8)
    assert found["To"].addresses[0].username == "hoà"


def test_answers_to_letters_that_need_smtputf8_do_not_keep_a_mail_from_an_old_server() -> None:
    mail = replace(MAIL, reply_to=Contact("Sở Nội vụ", "nộivụ@snv.example"))
    assert "Reply-To" not in parsed(mail)
    assert message_bytes(mail, ID, SENT).isascii()


def test_message_to_a_domain_in_vietnamese() -> None:
    message = parsed(replace(MAIL, recipient="hoa@điệnbiên.example"))
    assert message["To"].addresses[0].addr_spec == "hoa@xn--inbin-ksa2y768s.example"


@pytest.mark.parametrize("message_id", ["", "<a@b>", "a b@c", "a@b\r\nBcc: x", "ă@b"])
def test_message_with_what_is_no_message_id(message_id: str) -> None:
    with pytest.raises(ValueError, match="not a Message-ID"):
        message_bytes(MAIL, message_id, SENT)


def test_message_of_naive_date() -> None:
    with pytest.raises(ValueError, match="aware"):
        message_bytes(MAIL, ID, datetime(2026, 11, 19))  # noqa: DTZ001


def test_message_is_composed_unicode() -> None:
    message = parsed(replace(MAIL, subject="Ca\u0301o", text="ba\u0301o\n"))
    assert (str(message["Subject"]), body(message, "plain")) == ("Cáo", "báo\n")


def test_message_attachment_of_any_type() -> None:
    (found,) = parsed(
        replace(MAIL, attachments=(Attachment("bảng.bin", "application/octet-stream", b"\x00\r\n.\r\n"),))
    ).iter_attachments()
    assert (found.get_filename(), found.get_content()) == ("bảng.bin", b"\x00\r\n.\r\n")


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn", "Co")), max_size=200)


@given(name=_TEXT, subject=_TEXT, text=_TEXT)
def test_message_of_any_words_has_no_headers_but_its_own(name: str, subject: str, text: str) -> None:
    mail = replace(
        MAIL, recipient_name=name, subject=subject, text=text, reply_to=Contact(name, "a@b.vn"), attachments=()
    )
    message = email.message_from_bytes(message_bytes(mail, ID, SENT), policy=default)
    assert message.keys() == [
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "References",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "MIME-Version",
        "Content-Type",
    ]
    assert message["To"].addresses[0].addr_spec == "hoa@soyte.dienbien.example"


def test_message_ids_of_different_parts_differ() -> None:
    assert new_message_id("b.vn", "a", "b") == new_message_id("b.vn", "a", "b")
    assert len({new_message_id("b.vn", *parts) for parts in (("a", "b"), ("ab",), ("b", "a"), ("a", "b", ""))}) == 4
