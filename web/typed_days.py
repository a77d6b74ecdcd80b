"""Days as people type them into forms where many are typed: without a year, or without any sign between."""

from __future__ import annotations

import re
from datetime import date, timedelta

from web.templating import any_day_of, day_of

_TWO_PARTS = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})|(\d{2})(\d{2})")
_SHORT_YEAR = re.compile(r"(\d{1,2}\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*)(\d{2})")
_BEGUN = timedelta(days=30)  # before today: an absence may have begun
_SLIP = timedelta(days=60)  # ahead of today: a slip of the hand, of which the form says that it is still to come


def past_day(text: str, today: date, near: date) -> date | None:
    """The day of something that has happened: 5/12, 0512, 5/12/26, 5/12/2026 or 2026-12-05; None for what is none.

    Without a year it is the year in which the day comes nearest to `near`, as far as that has come; months ahead it is
    a year earlier. A day some weeks ahead is returned as it is, for the caller to refuse: the same day of the year
    before would pass for one that came in time.
    """
    text = _full(text.strip())
    if (full := any_day_of(text)) is not None:
        return full
    if (found := _TWO_PARTS.fullmatch(text)) is None:
        return None
    day, month = int(found[1] or found[3]), int(found[2] or found[4])
    about = min(near, today)
    candidates = [c for y in range(about.year - 8, about.year + 2) if (c := _day(y, month, day)) is not None]
    reached = [c for c in candidates if c <= today + _SLIP]
    return min(reached, key=lambda c: (abs(c - about), c), default=None)


def coming_day(text: str, today: date) -> date | None:
    """The day of something to come: in the same forms, without a year the first such day from last month on."""
    text = _full(text.strip())
    if (full := day_of(text)) is not None:
        return full
    if (found := _TWO_PARTS.fullmatch(text)) is None:
        return None
    day, month = int(found[1] or found[3]), int(found[2] or found[4])
    since = today - _BEGUN
    candidates = (_day(year, month, day) for year in range(since.year, since.year + 9))
    return next((c for c in candidates if c is not None and c >= since), None)


def _full(text: str) -> str:
    """With the century, where a year has two digits."""
    return _SHORT_YEAR.sub(r"\g<1>20\2", text) if _SHORT_YEAR.fullmatch(text) else text


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
