"""Due rules as recurrences of RFC 5545 (§3.3.10), so that any calendar program can check which days they name."""

from __future__ import annotations

from calendar import monthrange

from calendars.occurrences import MONTHS
from plans.rules import (
    LAST,
    DueRule,
    FromTo,
    HalfYearly,
    MonthDay,
    NineMonthly,
    Once,
    Periodic,
    Recurrence,
    SeveralYearly,
    Standing,
    Weekly,
    Within,
    Yearly,
)

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LEAP, _COMMON = 2024, 2025  # any leap year and any other


def rrule(rule: DueRule) -> str | None:
    """The recurrence of the days that a rule names; None where an event or the moon decides, or nothing is named.

    The value alone, without DTSTART (any day up to the first turn; the stated day itself of a single date, the start
    of a `Recurrence`) and without a time of day.
    """
    match rule:
        case Once() | FromTo() | Within():
            return "FREQ=DAILY;COUNT=1"
        case Yearly() | NineMonthly():
            return _yearly((rule.on,))
        case HalfYearly():
            return _yearly((rule.first, rule.second))
        case SeveralYearly():
            return _yearly(rule.on)
        case Weekly():
            return f"FREQ=WEEKLY;BYDAY={_WEEKDAYS[rule.weekday - 1]}"
        case Periodic():
            return _periodic(rule)
        case Recurrence():
            return rule.rrule
        case Standing(review) if review is not None:
            return rrule(review)
    return None


def _periodic(rule: Periodic) -> str:
    length = MONTHS[rule.every]
    if length > 1:
        ends = range(length, 13, length)
        return _yearly(tuple(MonthDay(month % 12 + 1 if rule.following else month, rule.day) for month in ends))
    if 28 < rule.day < LAST:  # February has no such day: the last of those that exist
        return f"FREQ=MONTHLY;BYMONTHDAY={','.join(map(str, range(28, rule.day + 1)))};BYSETPOS=-1"
    return f"FREQ=MONTHLY;BYMONTHDAY={-1 if rule.day == LAST else rule.day}"


def _yearly(wanted: tuple[MonthDay, ...]) -> str:
    """RFC 5545 crosses every month with every day; BYSETPOS then picks the pairs that were meant.

    A position counts from whichever end of the year agrees in leap and other years.
    """
    pairs = [(on.month, _monthday(on)) for on in wanted]
    months, days = sorted({m for m, _ in pairs}), sorted({d for _, d in pairs})
    text = f"FREQ=YEARLY;BYMONTH={','.join(map(str, months))};BYMONTHDAY={','.join(map(str, days))}"
    leap, common = ([_resolved(year, m, d) for m, d in pairs] for year in (_LEAP, _COMMON))
    crossed_leap, crossed_common = (_crossed(year, months, days) for year in (_LEAP, _COMMON))
    if set(leap) == set(crossed_leap) and set(common) == set(crossed_common):
        return text
    positions = set()
    for a, b in zip(leap, common, strict=True):
        one, other = crossed_leap.index(a), crossed_common.index(b)
        positions.add(one + 1 if one == other else one - len(crossed_leap))
    return f"{text};BYSETPOS={','.join(map(str, sorted(positions)))}"


def _monthday(on: MonthDay) -> int:
    """-1, the last day, for a day that the month can lack or does lack."""
    shortest = 28 if on.month == 2 else monthrange(_COMMON, on.month)[1]
    return -1 if on.day > shortest or on.day == LAST else on.day


def _resolved(year: int, month: int, day: int) -> tuple[int, int]:
    return month, monthrange(year, month)[1] if day == -1 else day


def _crossed(year: int, months: list[int], days: list[int]) -> list[tuple[int, int]]:
    longest = {month: monthrange(year, month)[1] for month in months}
    found = {_resolved(year, month, day) for month in months for day in days if day <= longest[month]}
    return sorted(found)
