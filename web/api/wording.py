"""What the API says of itself, in each language: codes of `web/api/locale`, which hold what people of no page read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locale"
PREFIX = "api."


@cache
def texts(language: str) -> Mapping[str, str]:
    """Code → text of a language."""
    with (LOCALES / f"{language}.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id}
