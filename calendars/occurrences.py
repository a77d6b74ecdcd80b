"""The turns of a due rule: in which periods it falls due, and on which named day.

Working days are asked for only where a rule counts them, the moon only where an event of it comes every year.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from types import MappingProxyType

from calendars.working import WorkingCalendar
from plans.periods import ONCE, YEARS, Period
from plans.recurrences import days_of
from plans.rules import (
    ANCHORS,
    Count,
    DueRule,
    FromTo,
    HalfYearly,
    NineMonthly,
    Once,
    Periodic,
    Recurrence,
    Relative,
    SeveralYearly,
    Standing,
    Unit,
    Weekly,
    Within,
    Yearly,
)

MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.HALF: 6, Unit.YEAR: 12}
_WEEK = 7
_NO_EVENTS: Mapping[str, date] = MappingProxyType({})
_ByYear = Yearly | HalfYearly | NineMonthly | SeveralYearly | Periodic


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One turn of a rule."""

    period: Period
    stated: date  # the day the document names
    opens: date | None = None  # first day of a span in which the work is done
    anchor: date | None = None  # the day of the event that the rule counts from


def occurrences(
    rule: DueRule,
    *,
    since: date | None,
    first: date,
    last: date,
    calendar: WorkingCalendar,
    events: Mapping[str, date] = _NO_EVENTS,
) -> list[Occurrence]:
    """Every turn whose stated date lies in [first, last], in order; none for undated rules.

    A recurring rule has no turn before `since`, the document's date of issue. `events` has the days of the events that
    have one (slug → day); a rule that counts from another has no turn yet.
    Raises ValueError for a `Within` whose period has no first and last day.
    """
    if isinstance(rule, Standing):
        rule = rule.review or rule
    begin = first if since is None else max(first, since)
    if isinstance(rule, _ByYear):
        found = _by_year(rule, begin, last)
    elif isinstance(rule, Weekly):
        found = _weekly(rule, begin, last)
    elif isinstance(rule, Recurrence):
        found = [Occurrence(Period.day(day), day) for day in days_of(rule, last) if begin <= day]
    elif isinstance(rule, Relative) and rule.event in ANCHORS:
        found = [turn for turn in _anchored(rule, begin, last, calendar) if begin <= turn.stated <= last]
    else:
        single = _single(rule, calendar, events)
        found = [single] if single and first <= single.stated <= last else []
    return sorted(found, key=lambda turn: (turn.stated, turn.period))


def named_day(rule: DueRule, period: Period) -> int | None:
    """The day of the month that a rule names for a period, which the month may lack; None for rules that name none."""
    if isinstance(rule, Yearly | NineMonthly):
        return rule.on.day
    if isinstance(rule, HalfYearly):
        return rule.second.day if period.parts().get("half") == 2 else rule.first.day
    if isinstance(rule, SeveralYearly):
        return rule.on[int(period.parts()["nth"]) - 1].day
    return rule.day if isinstance(rule, Periodic) else None


def follows(rule: DueRule, period: Period) -> bool:
    """Whether the turn of a period is stated after the end of the year, quarter, month or week it reports on."""
    if isinstance(rule, HalfYearly):
        return period.parts().get("half") == 2 and _wraps(rule)
    return isinstance(rule, Yearly | Periodic | Weekly) and rule.following


def _single(rule: DueRule, calendar: WorkingCalendar, events: Mapping[str, date]) -> Occurrence | None:
    if isinstance(rule, Once):
        return Occurrence(Period(ONCE), rule.stated)
    if isinstance(rule, FromTo):
        return Occurrence(Period(ONCE), rule.end, rule.start)
    if isinstance(rule, Relative) and (day := events.get(rule.event)):
        return Occurrence(Period.event(rule.event), counted(rule, day, calendar), anchor=day)
    if isinstance(rule, Within):
        span = rule.period.span()
        if span is None:
            raise ValueError(f"period without a first and last day: {rule.period}")
        return Occurrence(rule.period, span[1], span[0])
    return None


def _by_year(rule: _ByYear, begin: date, last: date) -> list[Occurrence]:
    years = range(max(begin.year - 1, MINYEAR), min(last.year, MAXYEAR - 1) + 1)
    return [turn for year in years for turn in _turns(rule, year) if begin <= turn.stated <= last]


def _turns(rule: _ByYear, year: int) -> Iterator[Occurrence]:
    """The turns for the periods of `year`, some of which are stated in the next."""
    if isinstance(rule, Yearly):
        yield _turn(Period.year(year), year + rule.following, rule.on.month, rule.on.day)
    elif isinstance(rule, HalfYearly):
        yield _turn(Period.half(year, 1), year, rule.first.month, rule.first.day)
        yield _turn(Period.half(year, 2), year + _wraps(rule), rule.second.month, rule.second.day)
    elif isinstance(rule, NineMonthly):
        yield _turn(Period.nine_months(year), year, rule.on.month, rule.on.day)
    elif isinstance(rule, SeveralYearly):
        for number, on in enumerate(rule.on, 1):
            yield _turn(Period.nth(year, number), year, on.month, on.day)
    else:
        length = MONTHS[rule.every]
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


def _weekly(rule: Weekly, begin: date, last: date) -> list[Occurrence]:
    back = _WEEK if rule.following else 0
    start = max(begin.toordinal(), 1 + back)
    start += (rule.weekday - date.fromordinal(start).isoweekday()) % _WEEK
    return [
        Occurrence(Period.week(date.fromordinal(n - back)), date.fromordinal(n))
        for n in range(start, last.toordinal() + 1, _WEEK)
    ]


def _anchored(rule: Relative, begin: date, last: date, calendar: WorkingCalendar) -> Iterator[Occurrence]:
    years = rule.days // 200 + 1  # that the count can reach across; 200 working days take less than a year
    for year in range(max(begin.year - years, YEARS[0]), min(last.year + years, YEARS[-1]) + 1):
        if day := calendar.anchor(rule.event, year):
            yield Occurrence(Period.year(year), counted(rule, day, calendar), anchor=day)


def counted(rule: Relative, day: date, calendar: WorkingCalendar) -> date:
    """The day that `rule` names for an event on `day`, which is not counted (Bộ luật Dân sự 2015, Điều 147 khoản 2)."""
    steps = -rule.days if rule.before else rule.days
    return calendar.add(day, steps) if rule.count is Count.WORKDAYS else day + timedelta(days=steps)
