"""Texts in one of the forms of Unicode, in time that grows as they do.

Putting marks into their order takes the square of their number (UAX #15 §13 has a format without that): some hundred
thousand, which fit into a file or a field, would keep every thread waiting for minutes.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

_SHORT = 1000  # characters that may be marks of one letter, all of them
_PIECE = 100  # of Vietnamese, no run of letters and marks beyond Latin is nearly as long
_BEYOND = re.compile("[^\0-\u02ff]")
_RUN = re.compile(f"{_BEYOND.pattern}{{{_PIECE}}}")
_HALF = re.compile(f"{_BEYOND.pattern}{{{_PIECE // 2}}}")


def composed(text: str) -> str:
    """The text in NFC."""
    return _normal("NFC", text)


def decomposed(text: str) -> str:
    """The text in NFD."""
    return _normal("NFD", text)


def _normal(form: Literal["NFC", "NFD"], text: str) -> str:
    if len(text) <= _SHORT or not _has_run(text):
        return unicodedata.normalize(form, text)
    # Where a run is cut, a letter may stand without its mark; scripts with such runs hardly have any.
    return "".join(unicodedata.normalize(form, text[i : i + _PIECE]) for i in range(0, len(text), _PIECE))


def _has_run(text: str) -> bool:
    """Whether there is a run of letters and marks beyond Latin."""
    # A run holds half its length from a multiple of that on: to look at each character takes twenty times as long.
    step = _PIECE // 2
    halves = (_HALF.match(text, found.start() * step) for found in _BEYOND.finditer(text[::step]))
    return any(halves) and _RUN.search(text) is not None
