"""Titles as mails say them: on one line, with their period, short enough for a subject."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Protocol

from plans.deadlines import DeadlineKey
from plans.periods import Period
from plans.plan import Kind
from plans.unicode_forms import composed
from plans.words import Words
from plans.words import words as words_of

# Marks that turn the direction of writing around could make one title look like another.
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FREQUENCY = re.compile(r"[\s,(]+(?:định kỳ\s+)?h[ằà]ng\s+(?:năm|quý|tháng|tuần)\)?$", re.IGNORECASE)


class Titled(Protocol):
    """What has a title to be told: an item of a mail, an obligation."""

    @property
    def title(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def key(self) -> DeadlineKey: ...


def plain(text: str) -> str:
    """`text` on one line in NFC, without characters that a reader can't see."""
    if text.isprintable() and "  " not in text and text == text.strip(" ") and unicodedata.is_normalized("NFC", text):
        return text  # as nearly all are; what is not to be seen is not printable
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    return " ".join(composed(text).split())


@lru_cache(4096)  # all units of a wave are told of the same few tasks
def titled(title: str, period: Period, words: Words) -> str:
    """`title` with its period in words, unless it says it already; "hằng năm" gives way to the year meant."""
    title = plain(title).rstrip(" .;:")
    said, in_title = words.period(period), words_of("vi").period(period)  # plans are written in Vietnamese
    parts = period.parts()
    if not said or _says(title, said) or _says(title, in_title):
        return title
    year = str(parts["year"])
    turn = re.sub(rf"\s*(?:năm\s+|/){year}$", "", in_title) if len(parts) > 1 else ""
    if _says(title, year) and (not turn or _says(title, turn)):
        return title
    if turn and _says(title, turn):
        said = words.period(Period(year))
    return _joined(_FREQUENCY.sub("", title), said, words)


def title_of(item: Titled, words: Words) -> str:
    """The title of an item: a report with the period it is about; the period of other work is its date, said anyway."""
    return titled(item.title, item.key.period, words) if item.kind is Kind.REPORT else plain(item.title).rstrip(" .;:")


def _says(title: str, what: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(what)}(?!\w)", title, re.IGNORECASE) is not None


def _joined(title: str, said: str, words: Words) -> str:
    """ "Báo cáo sơ kết 6 tháng" and "6 tháng đầu năm 2026" share their "6 tháng"."""
    ends, begins = title.casefold().split(), said.casefold().split()
    shared = next((n for n in range(min(len(ends), len(begins)), 0, -1) if ends[-n:] == begins[:n]), 0)
    return words("mail.titled", title=title, period=" ".join(said.split()[shared:]))


def cut(title: str, limit: int, tail: str = "") -> str:
    """`title` in at most `limit` characters, shortened at a word with "…"; a `tail` it ends with (its period) stays."""
    if len(title) <= limit:
        return title
    if tail and title.endswith(f" {tail}") and len(tail) < limit // 2:
        return f"{cut(title[: -len(tail) - 1], limit - len(tail) - 1)} {tail}"
    kept = title[: max(limit - 1, 0)]
    if not title[len(kept)].isspace() and " " in kept:
        kept = kept[: kept.rindex(" ")]
    return kept.rstrip(" ,;:.-–(“\"'") + "…"
