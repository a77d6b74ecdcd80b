"""Which turns a rule has, and that its RRULE names the same days."""

from datetime import UTC, date, datetime

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.occurrences import Occurrence, occurrences
from calendars.recurring import rrule
from calendars.working import WorkingCalendar
from plans.periods import Period
from plans.rules import (
    LAST,
    FromTo,
    HalfYearly,
    MonthDay,
    Once,
    Operator,
    Periodic,
    Standing,
    Undetermined,
    Unit,
    Within,
    Yearly,
)

BEFORE = Operator.BEFORE
PLAIN = WorkingCalendar()
FIRST, FINAL = date(2026, 1, 1), date(2027, 12, 31)


def turns(rule, since=None, calendar=PLAIN, first=FIRST, last=FINAL):
    return [
        (o.period.key, o.stated.isoformat())
        for o in occurrences(rule, since=since, calendar=PLAIN, first=first, last=last)
    ]


def test_once():
    rule = Once(date(2026, 3, 31), BEFORE)
    assert occurrences(rule, since=None, calendar=PLAIN, first=FIRST, last=FINAL) == [
        Occurrence(Period("once"), date(2026, 3, 31))
    ]


def test_once_keeps_a_date_before_the_document():
    assert turns(Once(date(2026, 3, 31), BEFORE), since=date(2026, 6, 1)) == [("once", "2026-03-31")]


@pytest.mark.parametrize("stated", [date(2025, 12, 31), date(2028, 1, 1)])
def test_once_outside_the_window_is_left_out(stated):
    assert turns(Once(stated, BEFORE)) == []


@pytest.mark.parametrize(
    ("key", "opens", "stated"),
    [
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-H2", date(2026, 7, 1), date(2026, 12, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2027", date(2027, 1, 1), date(2027, 12, 31)),
    ],
)
def test_within_ends_with_its_period(key, opens, stated):
    found = occurrences(Within(Period(key)), since=None, calendar=PLAIN, first=FIRST, last=FINAL)
    assert found == [Occurrence(Period(key), stated, opens)]


def test_within_a_period_without_span_is_refused():
    with pytest.raises(ValueError, match="2026-W47"):
        occurrences(Within(Period("2026-W47")), since=None, calendar=PLAIN, first=FIRST, last=FINAL)


@pytest.mark.parametrize("start", [date(2026, 5, 11), None])
def test_from_to_is_once_and_opens_at_its_start(start):
    found = occurrences(FromTo(start, date(2026, 10, 30)), since=None, calendar=PLAIN, first=FIRST, last=FINAL)
    assert found == [Occurrence(Period("once"), date(2026, 10, 30), start)]


def test_yearly():
    assert turns(Yearly(MonthDay(12, 5), BEFORE)) == [("2026", "2026-12-05"), ("2027", "2027-12-05")]


def test_yearly_of_the_following_year_keeps_the_year_reported_on():
    rule = Yearly(MonthDay(1, 15), BEFORE, following=True)
    assert turns(rule) == [("2025", "2026-01-15"), ("2026", "2027-01-15")]


def test_recurring_rule_starts_on_the_day_of_issue():
    rule = Yearly(MonthDay(12, 5), BEFORE)
    assert turns(rule, since=date(2026, 12, 5)) == [("2026", "2026-12-05"), ("2027", "2027-12-05")]
    assert turns(rule, since=date(2026, 12, 6)) == [("2027", "2027-12-05")]


def test_yearly_29_february():
    rule = Yearly(MonthDay(2, 29), BEFORE)
    assert turns(rule, first=date(2027, 1, 1), last=date(2029, 1, 1)) == [
        ("2027", "2027-02-28"),
        ("2028", "2028-02-29"),
    ]


def test_half_yearly():
    rule = HalfYearly(MonthDay(6, 20), MonthDay(12, 15), BEFORE)
    assert turns(rule, last=date(2026, 12, 31)) == [("2026-H1", "2026-06-20"), ("2026-H2", "2026-12-15")]


def test_half_yearly_second_date_before_the_first_is_next_year():
    rule = HalfYearly(MonthDay(7, 10), MonthDay(1, 10), BEFORE)
    assert turns(rule) == [
        ("2025-H2", "2026-01-10"),
        ("2026-H1", "2026-07-10"),
        ("2026-H2", "2027-01-10"),
        ("2027-H1", "2027-07-10"),
    ]


def test_monthly_last_day():
    assert turns(Periodic(Unit.MONTH, LAST, BEFORE), last=date(2026, 4, 30)) == [
        ("2026-01", "2026-01-31"),
        ("2026-02", "2026-02-28"),
        ("2026-03", "2026-03-31"),
        ("2026-04", "2026-04-30"),
    ]


def test_monthly_of_the_following_month():
    assert turns(Periodic(Unit.MONTH, 5, BEFORE, following=True), last=date(2026, 2, 28)) == [
        ("2025-12", "2026-01-05"),
        ("2026-01", "2026-02-05"),
    ]


def test_quarterly_in_its_last_month():
    assert turns(Periodic(Unit.QUARTER, 20, BEFORE), last=date(2026, 12, 31)) == [
        ("2026-Q1", "2026-03-20"),
        ("2026-Q2", "2026-06-20"),
        ("2026-Q3", "2026-09-20"),
        ("2026-Q4", "2026-12-20"),
    ]


def test_quarterly_in_the_first_month_after():
    assert turns(Periodic(Unit.QUARTER, 10, BEFORE, following=True), last=date(2026, 7, 31)) == [
        ("2025-Q4", "2026-01-10"),
        ("2026-Q1", "2026-04-10"),
        ("2026-Q2", "2026-07-10"),
    ]


@pytest.mark.parametrize("rule", [Standing(), Undetermined()])
def test_undated_rule_has_no_turns(rule):
    assert turns(rule) == []


def test_empty_window_has_no_turns():
    assert turns(Periodic(Unit.MONTH, 5, BEFORE), first=FINAL, last=FIRST) == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Yearly(MonthDay(12, 5), BEFORE), "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=5"),
        (Yearly(MonthDay(2, 29), BEFORE), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
        (HalfYearly(MonthDay(6, 20), MonthDay(12, 20), BEFORE), "FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=20"),
        (
            HalfYearly(MonthDay(6, 20), MonthDay(12, 15), BEFORE),
            "FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=15,20;BYSETPOS=2,3",
        ),
        (Periodic(Unit.MONTH, 25, BEFORE), "FREQ=MONTHLY;BYMONTHDAY=25"),
        (Periodic(Unit.MONTH, 30, BEFORE), "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        (Periodic(Unit.MONTH, LAST, BEFORE), "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (Periodic(Unit.QUARTER, 25, BEFORE), "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=25"),
        (Periodic(Unit.QUARTER, 10, BEFORE, following=True), "FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=10"),
        (Once(date(2026, 3, 31), BEFORE), None),
        (Within(Period("2026-Q1")), None),
        (Standing(), None),
    ],
)
def test_rrule(rule, expected):
    assert rrule(rule) == expected


DAYS = st.builds(MonthDay, st.integers(1, 12), st.integers(1, 31))
RECURRING = st.one_of(
    st.builds(Yearly, DAYS, st.just(BEFORE), following=st.booleans()),
    st.builds(HalfYearly, DAYS, DAYS, st.just(BEFORE)),
    st.builds(Periodic, st.sampled_from(Unit), st.integers(1, 31), st.just(BEFORE), following=st.booleans()),
)


@settings(deadline=None)
@given(RECURRING)
def test_rrule_names_the_days_of_the_occurrences(rule):
    first, last = datetime(2019, 1, 1, tzinfo=UTC), datetime(2030, 12, 31, tzinfo=UTC)
    named = [d.date() for d in rrulestr(rrule(rule), dtstart=first).between(first, last, inc=True)]
    stated = [o.stated for o in occurrences(rule, since=None, calendar=PLAIN, first=first.date(), last=last.date())]
    assert named == sorted(set(stated))


@settings(deadline=None)
@given(RECURRING, st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.integers(0, 900), st.integers(0, 900))
def test_windows_side_by_side_hold_what_the_whole_holds(rule, first, days, more):
    middle, last = date.fromordinal(first.toordinal() + days), date.fromordinal(first.toordinal() + days + more)
    after = date.fromordinal(middle.toordinal() + 1)
    parts = turns(rule, first=first, last=middle) + turns(rule, first=after, last=last)
    assert parts == turns(rule, first=first, last=last)
    assert len({period for period, _ in parts}) == len(parts)
