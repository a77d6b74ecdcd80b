"""The turns of a due rule: in which periods it falls due, and on which named day. Knows no working days."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date

from plans.periods import ONCE, Period
from plans.rules import LAST, DueRule, FromTo, HalfYearly, MonthDay, Once, Periodic, Unit, Within, Yearly

_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.HALF: 6, Unit.YEAR: 12}
_LEAP, _COMMON = 2024, 2025  # any leap year and any other


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One turn of a rule."""

    period: Period
    stated: date  # the day the document names
    opens: date | None = None  # first day of a span in which the work is done


def occurrences(rule: DueRule, *, since: date | None, first: date, last: date) -> list[Occurrence]:
    """Every turn whose stated date lies in [first, last], in order; none for undated rules.

    A recurring rule has no turn before `since`, the document's date of issue.
    Raises ValueError for a `Within` whose period has no first and last day.
    """
    if isinstance(rule, Yearly | HalfYearly | Periodic):
        begin = first if since is None else max(first, since)
        years = range(max(begin.year - 1, MINYEAR), min(last.year, MAXYEAR - 1) + 1)
        found = [turn for year in years for turn in _turns(rule, year) if begin <= turn.stated <= last]
        return sorted(found, key=lambda turn: (turn.stated, turn.period))
    single = _single(rule)
    return [single] if single and first <= single.stated <= last else []


def _single(rule: DueRule) -> Occurrence | None:
    if isinstance(rule, Once):
        return Occurrence(Period(ONCE), rule.stated)
    if isinstance(rule, FromTo):
        return Occurrence(Period(ONCE), rule.end, rule.start)
    if isinstance(rule, Within):
        span = rule.period.span()
        if span is None:
            raise ValueError(f"period without a first and last day: {rule.period}")
        return Occurrence(rule.period, span[1], span[0])
    return None


def _turns(rule: Yearly | HalfYearly | Periodic, year: int) -> Iterator[Occurrence]:
    """The turns for the periods of `year`, some of which are stated in the next."""
    if isinstance(rule, Yearly):
        yield _turn(Period.year(year), year + rule.following, rule.on.month, rule.on.day)
    elif isinstance(rule, HalfYearly):
        yield _turn(Period.half(year, 1), year, rule.first.month, rule.first.day)
        yield _turn(Period.half(year, 2), year + _wraps(rule), rule.second.month, rule.second.day)
    else:
        length = _MONTHS[rule.every]
        for number in range(1, 12 // length + 1):
            ahead, month = divmod(number * length - 1 + rule.following, 12)
            yield _turn(_period(rule.every, year, number), year + ahead, month + 1, rule.day)


def _wraps(rule: HalfYearly) -> bool:
    """Whether the second half is stated in the next year: "10/7 và 10/01" can't mean a report before its time."""
    return (rule.second.month, rule.second.day) < (rule.first.month, rule.first.day)


def _turn(period: Period, year: int, month: int, day: int) -> Occurrence:
    return Occurrence(period, date(year, month, min(day, monthrange(year, month)[1])))


def _period(every: Unit, year: int, number: int) -> Period:
    if every is Unit.MONTH:
        return Period.month(year, number)
    if every is Unit.QUARTER:
        return Period.quarter(year, number)
    return Period.half(year, number) if every is Unit.HALF else Period.year(year)


def named_day(rule: DueRule, period: Period) -> int | None:
    """The day of the month that the rule names for `period`; None where it gives a date or a period."""
    if isinstance(rule, HalfYearly):
        return (rule.first if period.parts().get("half") == 1 else rule.second).day
    if isinstance(rule, Yearly):
        return rule.on.day
    return rule.day if isinstance(rule, Periodic) else None


def rrule(rule: DueRule) -> str | None:
    """The RFC 5545 (§3.3.10) recurrence of the days that a recurring rule names; None for any other rule.

    The value alone, without DTSTART and without a time of day.
    """
    if isinstance(rule, Yearly):
        return _yearly((rule.on,))
    if isinstance(rule, HalfYearly):
        return _yearly((rule.first, rule.second))
    if not isinstance(rule, Periodic):
        return None
    length = _MONTHS[rule.every]
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
