"""Letters by what they share: made again as they were, today and by any later version."""

from __future__ import annotations

import base64
from email.base64mime import body_encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.letters import Alike, Section, Stem, base64_lines, pack, read_stem, unpack

PIECES = st.binary(max_size=120)
VALUES = st.lists(st.binary(max_size=90), min_size=1, max_size=6).map(tuple)


@st.composite
def letters(draw: st.DrawFn) -> Alike:
    values = draw(VALUES)
    sections = []
    for _ in range(draw(st.integers(0, 4))):
        places = tuple(draw(st.lists(st.integers(0, len(values) - 1), max_size=5)))
        pieces = tuple(draw(st.lists(PIECES, min_size=len(places) + 1, max_size=len(places) + 1)))
        sections.append(Section(pieces, places, draw(st.booleans())))
    return Alike(Stem(tuple(sections)), values)


@given(letters())
def test_letter_is_made_again_from_what_is_stored(one: Alike) -> None:
    stem, values = read_stem(one.stem.written()), unpack(pack(one.values))
    assert (stem.sections, values) == (one.stem.sections, one.values)
    assert stem.letter(values) == one.letter()


@given(letters())
def test_letter_is_its_sections_with_their_values(one: Alike) -> None:
    expected = b""
    for section in one.stem.sections:
        said = section.pieces[0]
        for place, piece in zip(section.places, section.pieces[1:], strict=True):
            said += one.values[place] + piece
        expected += b"\r\n".join(base64.encodebytes(said).split()) if section.encoded else said
    assert one.letter() == expected


@given(st.binary(max_size=700))
def test_base64_is_that_of_the_standard_library(data: bytes) -> None:
    assert base64_lines(data).decode() == body_encode(data, eol="\r\n").removesuffix("\r\n")


@pytest.mark.parametrize(
    "data", [b"", b"\0\0\0", b"\0\0\0\1", b"\0\0\0\1\0\0\0\2a", b"\0\0\0\1\0\0\0\1ab", b"\xff" * 8]
)
def test_what_was_not_packed_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not the words of a letter"):
        unpack(data)


def test_what_homes_have_stored_gives_the_same_letter_for_ever() -> None:
    """If this fails, the format has changed: letters of older versions need the old way of reading beside the new."""
    stored = (
        b'[[["VG86IA==","DQpNZXNzYWdlLUlEOiA8","Pg0KDQo="],[0,1],false],'
        b'[["S8OtbmggZ+G7rWkg","OiBi4bqhbiBjw7MgMDEgdmnhu4djIHPhuq9wIMSR4bq/biBo4bqhbiwgeGVtIA==","Lg0K"],[2,1],true]]'
    )
    words = b"\0\0\0\3\0\0\0\x0c\0\0\0\x0d\0\0\0\x0ban@x.example" + b"1@nhac.exampl" + "Sở Y tế".encode()
    stem = read_stem(stored)
    assert stem.written() == stored
    assert pack(unpack(words)) == words
    assert stem.letter(unpack(words)) == (
        b"To: an@x.example\r\nMessage-ID: <1@nhac.exampl>\r\n\r\n"
        b"S8OtbmggZ+G7rWkgU+G7nyBZIHThur86IGLhuqFuIGPDsyAwMSB2aeG7h2Mgc+G6r3AgxJHhur9u\r\n"
        b"IGjhuqFuLCB4ZW0gMUBuaGFjLmV4YW1wbC4NCg=="
    )
