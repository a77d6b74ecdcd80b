"""Bytes to text: what is refused, what is repaired."""

import pytest

from plans.files.encoding import LARGEST, clean, decode
from plans.problems import Place, Problem


def problem(code, line, column, **params):
    return Problem(code, params, Place("k.yaml", line, column))


def test_decode_takes_a_byte_order_mark():
    assert decode("k.yaml", "\ufeffplan: Kế hoạch".encode()) == ("plan: Kế hoạch", [])
    assert decode("k.yaml", "\ufeffplan: Kế hoạch") == ("plan: Kế hoạch", [])


def test_decode_names_the_first_byte_that_is_not_utf8():
    content = "plan:\r\n  title: Kế hoạch".encode() + b"\xe7"
    assert decode("k.yaml", content) == (None, [problem("file.not_utf8", 2, 18, byte="E7")])


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be"])
def test_decode_recognises_utf16(name):
    content = ("\ufeff" if name != "utf-16" else "") + "plan: {}"
    assert decode("k.yaml", content.encode(name)) == (None, [problem("file.utf16", 1, 1)])


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_decode_an_empty_file(content):
    assert decode("k.yaml", content) == (None, [problem("file.empty", 0, 0)])


def test_decode_names_every_indenting_tab():
    content = b"plan:\n\tid: a\n  \ttitle: b\n\t# remark\n\t\nissuer:\tc\n"
    assert decode("k.yaml", content) == (None, [problem("file.tab", 2, 1), problem("file.tab", 3, 3)])


def test_decode_takes_a_tab_between_words_as_a_space():
    assert decode("k.yaml", b"a:\tb\n") == ("a: b\n", [])


def test_decode_names_control_characters_and_reads_on():
    text, problems = decode("k.yaml", "a: b\x0bc\r\nd: \x00e")
    assert text == "a: b c\r\nd:  e"
    assert problems == [
        problem("file.control", 1, 5, character="U+000B"),
        problem("file.control", 2, 4, character="U+0000"),
    ]


def test_decode_reports_no_more_of_one_sort_than_a_person_reads():
    assert len(decode("k.yaml", b"\x01" * 5000)[1]) == 20


def test_decode_takes_odd_spaces_and_line_separators_as_spaces():
    assert decode("k.yaml", "a:\u00a0b\u2028c\u202fd\n")[0] == "a: b c d\n"


def test_decode_refuses_a_large_file_unread():
    assert decode("k.yaml", b"\xff" * (LARGEST + 1)) == (None, [problem("file.too_large", 0, 0, limit=1)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Kế  hoạch \n năm ", "Kế hoạch năm"),
        ("Ke\u0302\u0301 hoa\u0323ch", "Kế hoạch"),
        ("thi\u00ad đua\u200b\ufeff", "thi đua"),
        ("", ""),
    ],
)
def test_clean_gives_one_line_in_nfc(text, expected):
    assert clean(text) == expected
