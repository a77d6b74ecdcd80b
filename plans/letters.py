"""Letters that are alike: what they share is kept once, and of each its own words, from which its bytes are made again.

This is a format of the database: the bytes of a letter that a crash leaves in doubt are sent again as they were, by
whatever version of the program. So nothing here may ever make other bytes of what was stored; a test holds some still.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct

from pybase64 import b64encode  # a tenth of the time of the standard library's, of which a wave needs a lot


@dataclass(frozen=True, slots=True)
class Section:
    """Octets with places left open, one between each two pieces; `encoded`: they stand in base64."""

    pieces: tuple[bytes, ...]
    places: tuple[int, ...]  # number of the value in each
    encoded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Stem:
    """What letters share: sections one after the other."""

    sections: tuple[Section, ...]

    def letter(self, values: Sequence[bytes]) -> bytes:
        """The bytes of the letter that has these words of its own."""
        found: list[bytes] = []
        for section in self.sections:
            row = [b""] * (2 * len(section.places) + 1)
            row[::2] = section.pieces
            row[1::2] = [values[place] for place in section.places]
            if section.encoded:
                found.append(base64_lines(b"".join(row)))
            else:
                found += row
        return b"".join(found)

    def written(self) -> bytes:
        """As the database keeps it; `read_stem` reads it."""
        rows = [
            ([b2a_base64(piece, newline=False).decode("ascii") for piece in s.pieces], s.places, s.encoded)
            for s in self.sections
        ]
        return json.dumps(rows, separators=(",", ":")).encode("ascii")


def read_stem(data: bytes) -> Stem:
    """Raises ValueError for what `Stem.written` has not written."""
    return Stem(
        tuple(
            Section(tuple(a2b_base64(piece) for piece in pieces), tuple(places), encoded)
            for pieces, places, encoded in json.loads(data)
        )
    )


@dataclass(frozen=True, slots=True)
class Alike:
    """A letter by what it shares and what is its own."""

    stem: Stem
    values: tuple[bytes, ...]

    def letter(self) -> bytes:
        return self.stem.letter(self.values)


def pack(values: Sequence[bytes]) -> bytes:
    """Values one after the other: how many there are, the length of each, their octets."""
    count = len(values)
    return _lengths(count + 1).pack(count, *map(len, values)) + b"".join(values)


def unpack(data: bytes) -> tuple[bytes, ...]:
    """What `pack` was given. Raises ValueError for anything else."""
    return tuple(_unpacked(data))


def _unpacked(data: bytes) -> Iterator[bytes]:
    if len(data) < _COUNT.size or len(data) < (head := _lengths(_COUNT.unpack_from(data)[0] + 1)).size:
        raise ValueError("not the words of a letter: too short")
    _, *lengths = head.unpack_from(data)
    if head.size + sum(lengths) != len(data):
        raise ValueError("not the words of a letter: its lengths don't add up")
    at = head.size
    for length in lengths:
        yield data[at : at + length]
        at += length


_COUNT = Struct(">I")


@lru_cache(1024)
def _lengths(count: int) -> Struct:
    return Struct(f">{count}I")


def base64_lines(data: bytes) -> bytes:
    """Base64 in lines of 76 characters (RFC 2045 §6.8), without a line end after the last."""
    encoded = b64encode(data)
    return b"\r\n".join(_lines(len(encoded)).unpack(encoded))


@lru_cache(1024)
def _lines(length: int) -> Struct:
    """Cuts so many octets into lines of 76, in a third of the time that slices take."""
    whole, rest = divmod(length, 76)
    return Struct("76s" * whole + f"{rest}s" * bool(rest))
