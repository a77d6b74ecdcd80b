"""Which turns a rule has, and that its RRULE names the same days."""

from datetime import date, datetime, time

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.occurrences import Occurrence, occurrences
from calendars.recurring import rrule
from calendars.working import WorkingCalendar
from plans.periods import Period
from plans.rules import (
    HUNG_KINGS,
    LAST,
    TET,
    Count,
    FromTo,
    HalfYearly,
    MonthDay,
    NineMonthly,
    Once,
    Operator,
    Periodic,
    Recurrence,
    Relative,
    SeveralYearly,
    Standing,
    Undetermined,
    Unit,
    Weekly,
    Within,
    Yearly,
)
from tests.calendars.rules import ANCHORED, RECURRING, SINGLE

BEFORE = Operator.BEFORE
PLAIN = WorkingCalendar()
FIRST, FINAL = date(2026, 1, 1), date(2027, 12, 31)


def turns(rule, since=None, first=FIRST, last=FINAL, events=None):
    found = occurrences(rule, since=since, calendar=PLAIN, first=first, last=last, events=events or {})
    return [(o.period.key, o.stated.isoformat()) for o in found]


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
        (NineMonthly(MonthDay(10, 5), BEFORE), "FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=5"),
        (
            SeveralYearly((MonthDay(3, 15), MonthDay(7, 15), MonthDay(11, 15)), BEFORE),
            "FREQ=YEARLY;BYMONTH=3,7,11;BYMONTHDAY=15",
        ),
        (HalfYearly(MonthDay(7, 10), MonthDay(1, 10), BEFORE), "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=10"),
        (Weekly(4, BEFORE), "FREQ=WEEKLY;BYDAY=TH"),
        (Weekly(7, BEFORE, following=True), "FREQ=WEEKLY;BYDAY=SU"),
        (Recurrence("FREQ=MONTHLY;INTERVAL=2", date(2026, 1, 10), BEFORE), "FREQ=MONTHLY;INTERVAL=2"),
        (Standing(Periodic(Unit.QUARTER, LAST, BEFORE)), "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1"),
        (Once(date(2026, 3, 31), BEFORE), "FREQ=DAILY;COUNT=1"),
        (FromTo(None, date(2026, 3, 31)), "FREQ=DAILY;COUNT=1"),
        (Within(Period("2026-Q1")), "FREQ=DAILY;COUNT=1"),
        (Relative("hoi-nghi", 10, Count.DAYS, before=False), None),
        (Relative(TET, 10, Count.DAYS, before=True), None),
        (Undetermined(), None),
        (Standing(), None),
    ],
)
def test_rrule(rule, expected):
    assert rrule(rule) == expected


@settings(deadline=None, max_examples=60)
@given(RECURRING)
def test_rrule_names_the_days_of_the_occurrences(rule):
    first, last = date(1970, 1, 1), date(2100, 12, 31)
    begin = rule.start if isinstance(rule, Recurrence) else first
    named = rrulestr(rrule(rule), dtstart=datetime.combine(begin, time.min))
    days = [
        day.date() for day in named.between(datetime.combine(first, time.min), datetime.combine(last, time.min), True)
    ]
    stated = [turn.stated for turn in occurrences(rule, since=None, calendar=PLAIN, first=first, last=last)]
    assert days == sorted(set(stated))


@given(SINGLE)
def test_rrule_of_a_single_date_is_that_date(rule):
    (turn,) = occurrences(rule, since=None, calendar=PLAIN, first=date.min, last=date.max)
    assert list(rrulestr(rrule(rule), dtstart=datetime.combine(turn.stated, time.min))) == [
        datetime.combine(turn.stated, time.min)
    ]


@settings(deadline=None)
@given(RECURRING | ANCHORED, st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.integers(0, 900), st.integers(0, 900))
def test_windows_side_by_side_hold_what_the_whole_holds(rule, first, days, more):
    middle, last = date.fromordinal(first.toordinal() + days), date.fromordinal(first.toordinal() + days + more)
    after = date.fromordinal(middle.toordinal() + 1)
    parts = turns(rule, first=first, last=middle) + turns(rule, first=after, last=last)
    assert parts == turns(rule, first=first, last=last)
    assert len({period for period, _ in parts}) == len(parts)


@settings(deadline=None)
@given(RECURRING | ANCHORED, st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_no_turn_before_the_document(rule, since):
    whole = turns(rule, first=date(2000, 1, 1), last=date(2040, 12, 31))
    assert turns(rule, since=since, first=date(2000, 1, 1), last=date(2040, 12, 31)) == [
        turn for turn in whole if turn[1] >= since.isoformat()
    ]


def test_several_dates_a_year_are_numbered():
    rule = SeveralYearly((MonthDay(2, 29), MonthDay(7, 15)), BEFORE)
    assert turns(rule) == [
        ("2026-1", "2026-02-28"),
        ("2026-2", "2026-07-15"),
        ("2027-1", "2027-02-28"),
        ("2027-2", "2027-07-15"),
    ]


def test_nine_monthly():
    assert turns(NineMonthly(MonthDay(10, 5), BEFORE)) == [("2026-9M", "2026-10-05"), ("2027-9M", "2027-10-05")]


def test_weekly_names_the_week_it_falls_into():
    assert turns(Weekly(4, BEFORE), first=date(2026, 12, 20), last=date(2027, 1, 10)) == [
        ("2026-W52", "2026-12-24"),
        ("2026-W53", "2026-12-31"),
        ("2027-W01", "2027-01-07"),
    ]


def test_weekly_of_the_following_week_names_the_week_reported_on():
    assert turns(Weekly(1, BEFORE, following=True), first=date(2026, 11, 17), last=date(2026, 12, 5)) == [
        ("2026-W47", "2026-11-23"),
        ("2026-W48", "2026-11-30"),
    ]


def test_weekly_from_the_first_day_there_is():
    found = turns(Weekly(1, BEFORE, following=True), first=date.min, last=date(1, 1, 22))
    assert found == [("0001-W01", "0001-01-08"), ("0001-W02", "0001-01-15"), ("0001-W03", "0001-01-22")]


def test_recurrence_is_named_by_its_days():
    rule = Recurrence("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=31", date(2026, 1, 1), BEFORE)
    assert turns(rule, last=date(2026, 12, 31)) == [
        ("2026-01-31", "2026-01-31"),
        ("2026-03-31", "2026-03-31"),
        ("2026-05-31", "2026-05-31"),
        ("2026-07-31", "2026-07-31"),
    ]  # September and November have no day 31: skipped, as RFC 5545 has it


def test_relative_waits_for_the_day_of_its_event():
    rule = Relative("hoi-nghi", 10, Count.DAYS, before=False)
    assert turns(rule) == []
    assert turns(rule, events={"khac": date(2026, 3, 2)}) == []
    found = occurrences(
        rule, since=None, calendar=PLAIN, first=FIRST, last=FINAL, events={"hoi-nghi": date(2026, 3, 2)}
    )
    assert found == [Occurrence(Period("hoi-nghi"), date(2026, 3, 12), anchor=date(2026, 3, 2))]


def test_relative_to_an_event_before_the_document():
    rule = Relative("hoi-nghi", 10, Count.DAYS, before=False)
    events = {"hoi-nghi": date(2026, 3, 2)}
    assert turns(rule, since=date(2026, 6, 1), events=events) == [("hoi-nghi", "2026-03-12")]


@pytest.mark.parametrize(
    ("before", "count", "days", "stated"),
    [
        (False, Count.DAYS, 1, "2026-02-14"),
        (False, Count.WORKDAYS, 1, "2026-02-23"),  # Tết lies between
        (True, Count.DAYS, 10, "2026-02-03"),
        (True, Count.WORKDAYS, 5, "2026-02-06"),
    ],
)
def test_relative_does_not_count_the_day_itself(before, count, days, stated):
    friday = date(2026, 2, 13)
    assert turns(Relative("hoi-nghi", days, count, before), events={"hoi-nghi": friday}) == [("hoi-nghi", stated)]


def test_relative_to_tet_comes_every_year_and_keeps_the_year_of_tet():
    rule = Relative(TET, 30, Count.DAYS, before=True)
    assert turns(rule, first=date(2022, 12, 1), last=date(2026, 12, 31)) == [
        ("2023", "2022-12-23"),
        ("2024", "2024-01-11"),
        ("2025", "2024-12-30"),
        ("2026", "2026-01-18"),
    ]


def test_relative_to_the_commemoration_of_the_hung_kings_is_not_moved_by_its_day_off():
    assert turns(Relative(HUNG_KINGS, 1, Count.DAYS, before=True)) == [("2026", "2026-04-25"), ("2027", "2027-04-15")]


def test_review_of_standing_work_has_its_turns():
    rule = Standing(Periodic(Unit.QUARTER, LAST, BEFORE))
    assert turns(rule, last=date(2026, 6, 30)) == [("2026-Q1", "2026-03-31"), ("2026-Q2", "2026-06-30")]
