"""The words of templates: Vietnamese stands in them, and is what other languages' catalogues are asked for.

A language is a folder of `locale/` with one catalogue per part of the site (`board.po`, `matrix.po` …), read as it is
when the site starts. A text without a translation is shown in Vietnamese: the test of the catalogues finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locale"


class Translations:
    """Texts of one language, by their Vietnamese: one form, or the singular and the plural."""

    def __init__(self, texts: Mapping[str, tuple[str, ...]]) -> None:
        self._texts = texts

    def gettext(self, text: str) -> str:
        return self._texts.get(text, (text,))[0]

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        forms = self._texts.get(singular, (singular, plural))
        return forms[0] if number == 1 else forms[-1]


@cache
def translations(language: str) -> Translations:
    """The catalogues of a language, together; a folder that isn't there has no texts: Vietnamese needs none."""
    texts: dict[str, tuple[str, ...]] = {}
    for file in sorted((LOCALES / language).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language):
                said = (message.string,) if isinstance(message.string, str) else message.string or ()
                forms = [form for form in said if form]
                if message.id and forms:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    texts[key] = tuple(forms)
    return Translations(texts)
