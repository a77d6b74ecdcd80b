"""Header fields decode to what was put in, by the rules of RFC 2047 and not by one reader's habits."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.headers import address_field, text_field
from notifications.titles import plain

_WORD = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=")


def decoded(field: str) -> str:
    """The value of a field: unfolded, white space between encoded words dropped (RFC 2047 §6.2)."""
    value = field.removesuffix("\r\n").partition(": ")[2].replace("\r\n", "")
    value = re.sub(r"(\?=)\s+(?==\?)", r"\1", value)
    return _WORD.sub(lambda m: base64.b64decode(m[1]).decode(), value)


@pytest.mark.parametrize(
    "value",
    [
        "[Việc quý IV/2026] 5 nhiệm vụ đơn vị chủ trì",
        "[Nhắc hạn] Báo cáo kết quả thực hiện phong trào thi đua năm 2026: trước ngày 05/12/2026, còn 10 ngày làm việc",
        "Plain words only",
        "=?utf-8?q?not_an_encoded_word?=",
        "x" * 300,
        "ế" * 300,
        "",
    ],
)
def test_text_field_of_a_subject_decodes_to_itself(value: str) -> None:
    assert decoded(text_field("Subject", value)) == value


def test_text_field_folds_at_words() -> None:
    assert text_field("Subject", "[Việc quý IV/2026] 5 nhiệm vụ đơn vị chủ trì") == (
        "Subject: =?utf-8?b?W1Zp4buHYyBxdcO9IElWLzIwMjZdIDUgbmhp4buHbSB24bulIA==?=\r\n"
        " =?utf-8?b?xJHGoW4gduG7iyBjaOG7pyB0csOs?=\r\n"
    )


@given(st.text(max_size=400))
def test_text_field_decodes_to_any_text(text: str) -> None:
    value = plain(text.encode("utf-8", "ignore").decode())
    field = text_field("Subject", value)
    assert decoded(field) == value
    assert field.isascii()
    assert max(len(line) for line in field.split("\r\n")) <= 78


@given(st.text(max_size=100))
def test_address_field_decodes_to_any_name(text: str) -> None:
    name = plain(text.encode("utf-8", "ignore").decode())
    field = address_field("To", name, "van-thu@dienbien.example")
    shown = decoded(field).removesuffix("<van-thu@dienbien.example>").rstrip()
    if field.startswith('To: "'):
        shown = re.sub(r"\\(.)", r"\1", shown[1:-1])
    assert (shown if name else "") == name
    assert field.isascii()
    assert field.count("\r\n") == field.count("\r\n ") + 1


def test_address_field_without_a_name() -> None:
    assert address_field("To", "", "a@b.example") == "To: a@b.example\r\n"


def test_address_field_quotes_what_is_no_atom() -> None:
    assert address_field("To", "Sở, X.", "a@b.example").startswith("To: =?utf-8?b?")
    assert address_field("To", 'Dept. "A", North', "a@b.example") == 'To: "Dept. \\"A\\", North" <a@b.example>\r\n'
