"""The order of the Vietnamese alphabet: a ă â b c d đ e ê … o ô ơ … u ư; tones count only between words else alike.

Sorted here rather than by the database, whose order depends on engine and locale.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from plans.unicode_forms import composed

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_ORDER = {letter: number for number, letter in enumerate(_LETTERS)}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền, hỏi, ngã, sắc, nặng


@lru_cache(maxsize=8192)
def vietnamese(text: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """A key to sort by: the letters, then the tones, then the text itself."""
    letters: list[int] = []
    tones: list[int] = []
    for character in composed(text.casefold()):
        tone = 0
        parts = unicodedata.normalize("NFD", character)
        for mark in parts[1:]:
            tone = tone or _TONES.get(mark, 0)
        bare = unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES))
        # White space and punctuation come before digits, digits before letters, whatever else there is last.
        place = _ORDER.get(bare)
        letters.append(
            1000 + place if place is not None else ord(bare[0]) if ord(bare[0]) < 128 else 2000 + ord(bare[0])
        )
        tones.append(tone)
    return tuple(letters), tuple(tones), text
