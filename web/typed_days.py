"""Days as people type them: with signs between or without, the year in four digits, in two or left out."""

from __future__ import annotations

import re
from datetime import date, timedelta

from plans.periods import YEARS
from plans.problems import Problem

_BETWEEN = r"\s*[/.\- ]\s*"
_TYPED = re.compile(
    rf"(?P<day>\d{{1,2}}){_BETWEEN}(?P<month>\d{{1,2}})(?:{_BETWEEN}(?P<year>\d{{4}}|\d{{2}}))?"
    r"|(?P<day_>\d\d)(?P<month_>\d\d)(?P<year_>\d{4})?"
    r"|(?P<year_first>\d{4})-(?P<month_last>\d{1,2})-(?P<day_last>\d{1,2})",
    re.ASCII,
)
_SHOWN = 40  # characters of what was typed
_BEGUN = timedelta(days=30)  # before today: an absence may have begun
_SLIP = timedelta(days=60)  # ahead of today: a slip of the hand, of which the form says that it is still to come


def day_of(text: str) -> date | None:
    """The day that was typed with its year, one in which dates are counted; None for what is none."""
    found = any_day_of(text)
    return found if found is not None and found.year in YEARS else None


def any_day_of(text: str) -> date | None:
    """The same of whatever year: 5/12/2026, 05-12-26, 05122026 or 2026-12-05."""
    year, month, day = _parts(text)
    return None if year is None else _day(year, month, day)


def past_day(text: str, today: date, near: date) -> date | None:
    """The day of something that has happened: in the same forms, or without a year; None for what is none.

    Without a year it is the year in which the day comes nearest to `near`, as far as that has come; months ahead it is
    a year earlier. A day some weeks ahead is returned as it is, for the caller to refuse: the same day of the year
    before would pass for one that came in time.
    """
    year, month, day = _parts(text)
    if year is not None:
        return _day(year, month, day)
    about = min(near, today)
    candidates = [c for y in range(about.year - 8, about.year + 2) if (c := _day(y, month, day)) is not None]
    reached = [c for c in candidates if c <= today + _SLIP]
    return min(reached, key=lambda c: (abs(c - about), c), default=None)


def coming_day(text: str, today: date) -> date | None:
    """The day of something to come: in the same forms, without a year the first such day from last month on."""
    year, month, day = _parts(text)
    if year is not None:
        return day_of(text)
    since = today - _BEGUN
    candidates = (_day(y, month, day) for y in range(since.year, since.year + 9))
    return next((c for c in candidates if c is not None and c >= since), None)


def unread_day(text: str) -> Problem:
    """What is wrong with a day that could not be read, or was not typed at all."""
    text = text.strip()
    return Problem("request.day", {"value": text[:_SHOWN]}) if text else Problem("request.no_day")


def _parts(text: str) -> tuple[int | None, int, int]:
    """Year, month and day as they were typed; no year where none was; where nothing can be read, no day at all."""
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        return None, 0, 0
    year, month, day = (
        next((found[g] for g in groups if found[g]), "")
        for groups in (("year", "year_", "year_first"), ("month", "month_", "month_last"), ("day", "day_", "day_last"))
    )
    century = "20" if len(year) == 2 else ""
    return int(century + year) if year else None, int(month), int(day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
