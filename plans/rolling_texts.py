"""Years in the texts of a plan: which belong to the plan's own year and move with it, and which are left alone."""

from __future__ import annotations

import re

_YEAR = r"(?:19|20)\d\d"
_DASH = r"\s*[-–—]\s*"
# "2020 - 2025", "2019- 2020": a span of years, whether of a congress, a period or a school year.
SPAN = re.compile(rf"(?<!\d)(?<!\d/){_YEAR}{_DASH}(?:năm\s+)?{_YEAR}(?!\d)")
# "ngày 16 tháng 7 năm 2021", "27/5/2015", "16/7/2021": the date of a document or of an event.
_DATE = re.compile(
    rf"\d{{1,2}}\s*[/.-]\s*\d{{1,2}}\s*[/.-]\s*{_YEAR}|ngày\s+\d{{1,2}}\s+tháng\s+\d{{1,2}}\s+năm\s+{_YEAR}"
)
# "Luật Thi đua, khen thưởng năm 2022": the year names the law.
_LAW = re.compile(rf"(?:Luật|Hiến pháp)\b[^.;:()]{{0,80}}?năm\s+{_YEAR}")
# "01/2024/TT-BNV", "45/KH-UBND-2020": the number of a document.
_NUMBER = re.compile(rf"\d+/{_YEAR}/[A-ZĐ]|\b(?![IVX]+[-/])[A-ZĐ]+[-/]{_YEAR}")  # not "quý III/2020"
_FIXED = (SPAN, _DATE, _LAW, _NUMBER)
# What says that the year after it stands for itself: "năm 2020", "quý I/2020", "đợt 1/2020", "tháng 3/2020".
_LEADING = re.compile(r"(?:\bnăm\s+|\b(?:quý|tháng|đợt|kỳ|lần|vòng)\s+(?:[IVX]+|\d{1,2})\s*/\s*)$", re.IGNORECASE)
_TOKEN = re.compile(rf"(?<!\w){_YEAR}(?![\w/])")


def shifted_text(text: str, own: int, by: int) -> str:
    """A text whose own years have moved on by `by`.

    After "năm" (and in "quý I/2020") the years before and after the own one move too: "tổng kết năm 2019, phương hướng
    năm 2020" speaks of both from where the plan stands. A year that stands alone moves only where it is the own one.
    """
    kept = _kept(text)

    def move(found: re.Match[str]) -> str:
        year, before = int(found[0]), text[: found.start()]
        led = _LEADING.search(before) is not None
        if _within(kept, found.start()) or abs(year - own) > led or (not led and before.endswith(("/", "-", "–", "."))):
            return found[0]
        return str(year + by)

    return _TOKEN.sub(move, text)


def _kept(text: str) -> list[tuple[int, int]]:
    """The stretches of a text in which no year moves."""
    return [found.span() for pattern in _FIXED for found in pattern.finditer(text)]


def _within(stretches: list[tuple[int, int]], place: int) -> bool:
    return any(first <= place < end for first, end in stretches)


def years_named(text: str) -> list[int]:
    """The years that stand for themselves in a text: no spans, laws, dates or numbers."""
    kept = _kept(text)
    found = [m for m in _TOKEN.finditer(text) if not _within(kept, m.start())]
    return [int(m[0]) for m in found if _LEADING.search(text[: m.start()])]


def years_left_alone(text: str) -> list[int]:
    """The years that were not moved, since they belong to a span, a date, a law or a number."""
    return [int(year) for a, b in _kept(text) for year in re.findall(_YEAR, text[a:b])]
