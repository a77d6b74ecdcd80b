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
_RUN = re.compile(f"[^\0-\u02ff]{{{_PIECE}}}")


def composed(text: str) -> str:
    """The text in NFC."""
    return _normal("NFC", text)


def decomposed(text: str) -> str:
    """The text in NFD."""
    return _normal("NFD", text)


def _normal(form: Literal["NFC", "NFD"], text: str) -> str:
    if len(text) <= _SHORT or _RUN.search(text) is None:
        return unicodedata.normalize(form, text)
    # Where a run is cut, a letter may stand without its mark; scripts with such runs hardly have any.
    return "".join(unicodedata.normalize(form, text[i : i + _PIECE]) for i in range(0, len(text), _PIECE))
