"""Every form of `due:` and what it refuses."""

from datetime import date, time

import pytest

from plans.files.due_form import read_due
from plans.files.reading import Form, Reading
from plans.files.tree import read_tree
from plans.periods import Period
from plans.plan import Kind
from plans.problems import Place, Problem, Severity
from plans.rules import (
    LAST,
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

BEFORE, BY = Operator.BEFORE, Operator.BY


def read(due, kind=Kind.REPORT):
    root, problems = read_tree("k.yaml", f"due: {due}\n" if due is not None else "id: x\n")
    assert problems == []
    reading = Reading()
    rule = read_due(Form(root, reading), kind)
    return rule, reading.problems()


def error(code, column, **params):
    return Problem(code, params, Place("k.yaml", 1, column))


@pytest.mark.parametrize(
    ("due", "rule"),
    [
        ("{before: 05/12/2026}", Once(date(2026, 12, 5), BEFORE)),
        ("{by: 31/3/2020}", Once(date(2020, 3, 31), BY)),
        ("{by: 2020-03-31, time: 16h30}", Once(date(2020, 3, 31), BY, time(16, 30))),
        ("{yearly: {before: 05/12}}", Yearly(MonthDay(12, 5), BEFORE)),
        ("{yearly: {by: 5/1, of: following_year}}", Yearly(MonthDay(1, 5), BY, following=True)),
        ("{yearly: {by: 29/02, time: '17:00'}}", Yearly(MonthDay(2, 29), BY, time(17))),
        ("{yearly: {by: 29/02}, time: '17:00'}", Yearly(MonthDay(2, 29), BY, time(17))),
        ("{half_yearly: {before: [20/06, 20/12]}}", HalfYearly(MonthDay(6, 20), MonthDay(12, 20), BEFORE)),
        ("{half_yearly: {by: 25}}", HalfYearly(MonthDay(6, 25), MonthDay(12, 25), BY)),
        ("{half_yearly: {by: last}, time: '9:00'}", HalfYearly(MonthDay(6, LAST), MonthDay(12, LAST), BY, time(9))),
        ("{quarterly: {by: 25}}", Periodic(Unit.QUARTER, 25, BY)),
        ("{quarterly: {before: 5, of: following_month}}", Periodic(Unit.QUARTER, 5, BEFORE, following=True)),
        ("{monthly: {before: 5, of: following_month}}", Periodic(Unit.MONTH, 5, BEFORE, following=True)),
        ("{monthly: {by: last, time: 16:30}}", Periodic(Unit.MONTH, LAST, BY, time(16, 30))),
        ("{within: {quarter: 1, year: 2020}}", Within(Period("2020-Q1"))),
        ("{within: {month: 3, year: 2026}}", Within(Period("2026-03"))),
        ("{within: {half: 1, year: 2026}}", Within(Period("2026-H1"))),
        ("{within: {year: 2026}}", Within(Period("2026"))),
        ("{from: 01/05/2023, to: 30/10/2023}", FromTo(date(2023, 5, 1), date(2023, 10, 30))),
        ("{from: 01/05/2023, to: 01/05/2023}", FromTo(date(2023, 5, 1), date(2023, 5, 1))),
        ("{from: , to: 30/10/2023}", FromTo(None, date(2023, 10, 30))),
        ("{to: 30/10/2023, time: '17:00'}", FromTo(None, date(2023, 10, 30), time(17))),
        ("{from: '@chua-xac-dinh', to: 30/10/2023}", FromTo(None, date(2023, 10, 30))),
        ("{yearly: {before: [20/06, 20/12]}}", SeveralYearly((MonthDay(6, 20), MonthDay(12, 20)), BEFORE)),
        (
            "{yearly: {by: [15/03, 15/07, 15/11], time: 9h}}",
            SeveralYearly((MonthDay(3, 15), MonthDay(7, 15), MonthDay(11, 15)), BY, time(9)),
        ),
        ("{half_yearly: {by: [10/07, 10/01]}}", HalfYearly(MonthDay(7, 10), MonthDay(1, 10), BY)),
        ("{half_yearly: {by: [30/09, 31/03]}}", HalfYearly(MonthDay(9, 30), MonthDay(3, 31), BY)),
        ("{nine_monthly: {before: 05/10}}", NineMonthly(MonthDay(10, 5), BEFORE)),
        ("{weekly: {before: thứ Năm, time: 15:00}}", Weekly(4, BEFORE, time(15))),
        ("{weekly: {by: cn, of: following_week}}", Weekly(7, BY, following=True)),
        ("{within: {nine_months: true, year: 2026}}", Within(Period("2026-9M"))),
        (
            "{after: {event: hoi-nghi, name: Hội nghị, days: 10}}",
            Relative("hoi-nghi", 10, Count.DAYS, False, name="Hội nghị"),
        ),
        (
            "{before_event: {event: tet-nguyen-dan, working_days: 5, operator: before}, time: 16h30}",
            Relative("tet-nguyen-dan", 5, Count.WORKDAYS, True, BEFORE, time(16, 30)),
        ),
        (
            "{rrule: {before: 'rrule:freq=monthly; interval=2; bymonthday=10', from: 01/01/2026}}",
            Recurrence("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10", date(2026, 1, 1), BEFORE),
        ),
        (
            "{rrule: {by: 'FREQ=YEARLY;BYDAY=-1FR;UNTIL=20301231', from: 2026-01-01, time: '17:00'}}",
            Recurrence("FREQ=YEARLY;BYDAY=-1FR;UNTIL=20301231", date(2026, 1, 1), BY, time(17)),
        ),
    ],
)
def test_due_of_every_dated_form(due, rule):
    assert read(due) == (rule, ())


@pytest.mark.parametrize("due", ["standing", "{standing: true}", "", None])
def test_due_of_a_standing_task(due):
    assert read(due, Kind.STANDING) == (Standing(), ())


@pytest.mark.parametrize(
    ("due", "review"),
    [
        ("{standing: {review: {quarterly: {by: last}}}}", Periodic(Unit.QUARTER, LAST, BY)),
        ("{standing: {review: {monthly: {by: 5, of: following_month}}}}", Periodic(Unit.MONTH, 5, BY, following=True)),
        ("{standing: {review: {half_yearly: {by: 25}}}}", HalfYearly(MonthDay(6, 25), MonthDay(12, 25), BY)),
        ("{standing: {review: {yearly: {before: 05/12}}}}", Yearly(MonthDay(12, 5), BEFORE)),
    ],
)
def test_due_of_a_standing_task_with_a_review(due, review):
    assert read(due, Kind.STANDING) == (Standing(review), ())


@pytest.mark.parametrize("due", ["'@chua-xac-dinh'", "", None])
@pytest.mark.parametrize("kind", [Kind.REPORT, Kind.WORK, Kind.MILESTONE, Kind.TARGET])
def test_due_undetermined_is_a_warning_to_a_person(due, kind):
    warning = Problem("due.undetermined", {}, Place("k.yaml", 1, 1), Severity.WARNING)
    assert read(due, kind) == (Undetermined(), (warning,))


def test_due_of_a_standing_task_must_not_be_dated():
    assert read("{by: 31/3/2020}", Kind.STANDING)[1] == (error("due.standing_dated", 1),)


@pytest.mark.parametrize("kind", [Kind.REPORT, Kind.WORK, Kind.MILESTONE, Kind.TARGET])
def test_due_of_other_tasks_must_not_be_standing(kind):
    assert read("standing", kind)[1] == (error("due.standing_kind", 1, kind=kind.value),)


FORMS = (
    "before, by, yearly, half_yearly, nine_monthly, quarterly, monthly, weekly, within, from, to, after, before_event, "
    "rrule, standing"
)
PARTS = "FREQ, INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS"


@pytest.mark.parametrize(
    ("due", "problems"),
    [
        ("05/12/2026", [error("due.bare", 6, value="05/12/2026")]),
        ("[05/12]", [error("expected.mapping", 6, key="due")]),
        ("{}", [error("due.form", 6, choices=FORMS)]),
        ("{hourly: {by: 5}}", [error("due.form", 6, choices=FORMS)]),
        ("{quarterly: {by: 5}, monthly: {by: 5}}",
         [error("due.several", 27, first="quarterly", second="monthly")]),
        ("{weekly: {by: 5}}", [error("value.weekday", 20, key="by", value="5")]),
        ("{weekly: {by: thứ 8}}", [error("value.weekday", 20, key="by", value="thứ 8")]),
        ("{weekly: {by: cn, of: following_month}}",
         [error("value.choice.nearest", 28, name="following_month", nearest="following_week")]),
        ("{weekly: {time: 15:00}}", [error("due.operator", 15)]),
        ("{nine_monthly: {by: 31/09}}", [error("value.date_impossible", 26, key="by", value="31/09")]),
        ("{yearly: {by: [20/06]}}", [error("due.several_dates", 16, most=9)]),
        ("{yearly: {by: [1/1, 1/2, 1/3, 1/4, 1/5, 1/6, 1/7, 1/8, 1/9, 1/10]}}",
         [error("due.several_dates", 16, most=9)]),
        ("{yearly: {by: [20/12, 20/06]}}", [error("due.dates_order", 16)]),
        ("{yearly: {by: [20/06, 20/06]}}", [error("due.dates_order", 16)]),
        ("{yearly: {by: [20/13, 33/06]}}",
         [error("value.date_impossible", 21, key="by", value="20/13"),
          error("value.date_impossible", 28, key="by", value="33/06")]),
        ("{yearly: {by: [20/06, 20/12], of: following_year}}",
         [error("due.several", 36, first="by", second="of")]),
        ("{half_yearly: {by: [10/04, 10/01]}}", [error("due.half_order", 21)]),
        ("{half_yearly: {by: [10/07, 10/04]}}", [error("due.half_order", 21)]),
        ("{half_yearly: {by: [10/10, 10/01]}}", [error("due.half_order", 21)]),
        ("{after: {event: hoi-nghi}}", [error("due.offset", 14)]),
        ("{after: {days: 10}}", [error("key.missing", 14, key="event")]),
        ("{after: {event: hoi-nghi, days: 10, working_days: 5}}",
         [error("due.several", 42, first="days", second="working_days")]),
        ("{after: {event: hoi-nghi, days: 0}}",
         [error("value.integer", 38, key="days", value="0", lowest=1, highest=999)]),
        ("{after: {event: Hội nghị, days: 5}}",
         [error("value.slug.nearest", 22, key="event", value="Hội nghị", nearest="hoi-nghi")]),
        ("{after: {event: 2026-1, days: 5}}", [error("value.event", 22, key="event", value="2026-1")]),
        ("{before_event: {event: 2026-q4, days: 5}}", [error("value.event", 29, key="event", value="2026-q4")]),
        ("{after: {event: once, days: 5}}", [error("value.event", 22, key="event", value="once")]),
        ("{after: {event: a, days: 5, operator: trước}}",
         [error("value.choice", 44, name="trước", choices="before, by")]),
        ("{after: }", [error("key.missing", 7, key="after")]),
        ("{after: {event: a, days: 1}, before_event: {event: a, days: 1}}",
         [error("due.several", 35, first="after", second="before_event")]),
        ("{rrule: FREQ=DAILY}", [error("expected.mapping", 14, key="rrule")]),
        ("{rrule: {by: FREQ=DAILY}}", [error("key.missing", 14, key="from")]),
        ("{rrule: {by: FREQ=DAILY, from: 01/01}}", [error("value.date_without_year", 37, key="from", value="01/01")]),
        ("{rrule: {by: FREQ=HOURLY;BYHOUR=3, from: 01/01/2026}}",
         [error("due.rrule_freq", 19, value="HOURLY", choices="DAILY, WEEKLY, MONTHLY, YEARLY"),
          error("due.rrule_part", 19, name="BYHOUR", choices=PARTS)]),
        ("{rrule: {by: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30, from: 01/01/2026}}",
         [error("due.rrule_empty", 19, start=date(2026, 1, 1), last=2100)]),
        ("{rrule: {by: FREQ=DAILY;UNTIL=20251231, from: 01/01/2026}}",
         [error("due.rrule_empty", 19, start=date(2026, 1, 1), last=2100)]),
        ("{standing: {}}", [error("key.missing", 17, key="review")]),
        ("{standing: {review: {weekly: {by: cn}}}}",
         [error("due.form", 26, choices="yearly, half_yearly, quarterly, monthly")]),
        ("{standing: {review: {yearly: {by: 01/05}}, of: x}}",
         [error("due.standing_kind", 1, kind="report"), error("key.unknown", 49, name="of", choices="review")]),
        ("{within: {nine_months: 9, year: 2026}}",
         [error("value.choice", 29, name="9", choices="true")]),
        ("{before: 05/12}", [error("due.year_missing", 15, key="before", value="05/12")]),
        ("{by: 31/02/2026}", [error("value.date_impossible", 11, key="by", value="31/02/2026")]),
        ("{by: }", [error("due.operator", 6)]),
        ("{by: 1/1/2026, before: 1/1/2026}", [error("due.several", 7, first="before", second="by")]),
        ("{by: 1/1/2026, yearly: {by: 1/1}}", [error("due.several", 21, first="by", second="yearly")]),
        ("{by: 1/1/2026, of: following_year}", [error("key.unknown", 21, name="of", choices="before, by, time")]),
        ("{by: 1/1/2026, time: 25:00}", [error("value.time", 27, key="time", value="25:00")]),
        ("{yearly: {before: 05/12/2026}}",
         [error("value.date_with_year", 24, key="before", value="05/12/2026", day="05/12")]),
        ("{yearly: 05/12}", [error("expected.mapping", 15, key="yearly")]),
        ("{yearly: }", [error("key.missing", 7, key="yearly")]),
        ("{half_yearly: }", [error("key.missing", 7, key="half_yearly")]),
        ("{monthly: []}", [error("expected.mapping", 16, key="monthly")]),
        ("{within: 2026}", [error("expected.mapping", 15, key="within")]),
        ("{yearly: {on: 05/12}}",
         [error("due.operator", 15), error("key.unknown", 16, name="on", choices="before, by, time, of")]),
        ("{yearly: {by: 05/12, of: folowing_year}}",
         [error("value.choice.nearest", 31, name="folowing_year", nearest="following_year")]),
        ("{half_yearly: {by: [20/06]}}", [error("due.two_dates", 21)]),
        ("{half_yearly: {by: [20/12, 20/06]}}", [error("due.half_order", 21)]),
        ("{half_yearly: {by: [32/06, 20/12]}}", [error("value.date_impossible", 26, key="by", value="32/06")]),
        ("{quarterly: {by: 32}}", [error("value.integer", 23, key="by", value="32", lowest=1, highest=31)]),
        ("{monthly: {by: 5, before: 6}}", [error("due.several", 17, first="before", second="by")]),
        ("{within: {quarter: 5, year: 2026}}",
         [error("value.integer", 25, key="quarter", value="5", lowest=1, highest=4)]),
        ("{within: {quarter: 1}}", [error("key.missing", 15, key="year")]),
        ("{within: {quarter: , year: 2026}}", [error("key.missing", 16, key="quarter")]),
        ("{within: {quarter: 1, month: 2, year: 2026}}",
         [error("due.several", 28, first="quarter", second="month")]),
        ("{within: {year: 2026}, time: '16:30'}", [error("key.unknown", 29, name="time", choices="within")]),
        ("{from: 30/10/2023, to: 01/05/2023}",
         [error("due.to_before_from", 25, start=date(2023, 10, 30), end=date(2023, 5, 1))]),
        ("{from: 18/9, to: 26/9/2023}", [error("value.date_without_year", 13, key="from", value="18/9")]),
        ("{from: 18/9/2023}", [error("key.missing", 6, key="to")]),
    ],
)  # fmt: skip
def test_due_that_is_refused(due, problems):
    assert read(due)[1] == tuple(problems)
