"""Due dates worked out by hand, with a wall calendar and the official announcements of days off."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calendars.due import Occurrence, dates_for, due_dates, occurrences
from calendars.working import WorkingCalendar
from plans.periods import Period
from plans.rules import (
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
from plans.workdays import Workday

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkingCalendar(
    [
        Workday(date(2026, 1, 2), False, "nghỉ hoán đổi dịp Tết Dương lịch"),
        Workday(date(2026, 1, 10), True, "làm bù ngày 02/01/2026"),
        Workday(date(2026, 8, 31), False, "nghỉ hoán đổi dịp Quốc khánh"),
        Workday(date(2026, 8, 22), True, "làm bù ngày 31/08/2026"),
    ]
)
BEFORE, BY = Operator.BEFORE, Operator.BY


def day(text):
    """ "05/12/2026" """
    return date(int(text[6:]), int(text[3:5]), int(text[:2]))


@pytest.mark.parametrize(
    ("operator", "stated", "last_day", "act_by", "late_on"),
    [
        # the yearly report of Điện Biên, "trước ngày 05/12 hàng năm"
        (BEFORE, "05/12/2021", "04/12/2021", "03/12/2021", "05/12/2021"),
        (BEFORE, "05/12/2022", "04/12/2022", "02/12/2022", "05/12/2022"),
        (BEFORE, "05/12/2023", "04/12/2023", "04/12/2023", "05/12/2023"),
        (BEFORE, "05/12/2024", "04/12/2024", "04/12/2024", "05/12/2024"),
        (BEFORE, "05/12/2025", "04/12/2025", "04/12/2025", "05/12/2025"),
        (BEFORE, "05/12/2026", "04/12/2026", "04/12/2026", "05/12/2026"),
        # other documents
        (BEFORE, "31/03/2020", "30/03/2020", "30/03/2020", "31/03/2020"),
        (BY, "30/10/2023", "30/10/2023", "30/10/2023", "30/10/2023"),
        (BEFORE, "31/12/2025", "30/12/2025", "30/12/2025", "31/12/2025"),
        # weekends
        (BY, "31/10/2021", "31/10/2021", "29/10/2021", "01/11/2021"),
        (BY, "05/12/2026", "05/12/2026", "04/12/2026", "07/12/2026"),
        (BEFORE, "07/12/2026", "06/12/2026", "04/12/2026", "07/12/2026"),
        (BEFORE, "06/12/2026", "05/12/2026", "04/12/2026", "06/12/2026"),
        # the year's end
        (BY, "31/12/2022", "31/12/2022", "30/12/2022", "03/01/2023"),
        (BEFORE, "01/01/2023", "31/12/2022", "30/12/2022", "01/01/2023"),
        (BY, "01/01/2026", "01/01/2026", "31/12/2025", "05/01/2026"),
        (BEFORE, "05/01/2026", "04/01/2026", "31/12/2025", "05/01/2026"),
        # days that were swapped
        (BY, "10/01/2026", "10/01/2026", "10/01/2026", "10/01/2026"),
        (BEFORE, "11/01/2026", "10/01/2026", "10/01/2026", "11/01/2026"),
        (BY, "31/08/2026", "31/08/2026", "28/08/2026", "03/09/2026"),
        (BY, "22/08/2026", "22/08/2026", "22/08/2026", "22/08/2026"),
        (BY, "23/08/2026", "23/08/2026", "22/08/2026", "24/08/2026"),
        (BY, "02/05/2025", "02/05/2025", "29/04/2025", "05/05/2025"),
        (BY, "27/04/2025", "27/04/2025", "26/04/2025", "28/04/2025"),
        (BY, "29/04/2024", "29/04/2024", "26/04/2024", "02/05/2024"),
        (BY, "05/05/2024", "05/05/2024", "04/05/2024", "06/05/2024"),
        # holidays
        (BY, "24/11/2026", "24/11/2026", "23/11/2026", "25/11/2026"),
        (BEFORE, "25/11/2026", "24/11/2026", "23/11/2026", "25/11/2026"),
        (BY, "24/11/2025", "24/11/2025", "24/11/2025", "24/11/2025"),
        (BY, "27/04/2026", "27/04/2026", "24/04/2026", "28/04/2026"),
        (BY, "30/04/2026", "30/04/2026", "29/04/2026", "04/05/2026"),
        # Tết
        (BY, "25/01/2020", "25/01/2020", "22/01/2020", "30/01/2020"),
        (BY, "12/02/2021", "12/02/2021", "09/02/2021", "17/02/2021"),
        (BY, "01/02/2022", "01/02/2022", "28/01/2022", "07/02/2022"),
        (BY, "22/01/2023", "22/01/2023", "19/01/2023", "27/01/2023"),
        (BY, "10/02/2024", "10/02/2024", "07/02/2024", "15/02/2024"),
        (BY, "29/01/2025", "29/01/2025", "24/01/2025", "03/02/2025"),
        (BY, "17/02/2026", "17/02/2026", "13/02/2026", "23/02/2026"),
        (BEFORE, "20/02/2026", "19/02/2026", "13/02/2026", "20/02/2026"),
        (BY, "06/02/2027", "06/02/2027", "03/02/2027", "11/02/2027"),
        # the end of February
        (BY, "29/02/2024", "29/02/2024", "29/02/2024", "29/02/2024"),
        (BEFORE, "01/03/2024", "29/02/2024", "29/02/2024", "01/03/2024"),
        (BEFORE, "01/03/2026", "28/02/2026", "27/02/2026", "01/03/2026"),
    ],
)
def test_dates_worked_out_by_hand(operator, stated, last_day, act_by, late_on):
    found = dates_for(day(stated), operator, None, CALENDAR, ZONE)
    assert (found.stated, found.last_day, found.act_by, found.late_on) == tuple(
        map(day, (stated, last_day, act_by, late_on))
    )


def test_late_from_the_first_local_midnight_after():
    found = dates_for(date(2026, 12, 5), BEFORE, None, CALENDAR, ZONE)
    assert found.late_at == datetime(2026, 12, 5, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("operator", "stated", "late_on", "late_at"),
    [
        (BEFORE, date(2026, 12, 5), date(2026, 12, 4), datetime(2026, 12, 4, 17, tzinfo=UTC)),
        (BY, date(2021, 10, 31), date(2021, 10, 31), datetime(2021, 10, 31, 17, tzinfo=UTC)),
    ],
)
def test_strict_is_late_after_the_last_day(operator, stated, late_on, late_at):
    found = dates_for(stated, operator, None, CALENDAR, ZONE, strict=True)
    assert (found.late_on, found.late_at) == (late_on, late_at)


@pytest.mark.parametrize("operator", [BEFORE, BY])
@pytest.mark.parametrize(
    ("stated", "strict", "act_by", "late_on"),
    [
        (date(2026, 11, 20), False, date(2026, 11, 20), date(2026, 11, 20)),
        (date(2026, 12, 5), False, date(2026, 12, 4), date(2026, 12, 7)),
        (date(2026, 12, 5), True, date(2026, 12, 4), date(2026, 12, 5)),
        (date(2026, 8, 22), False, date(2026, 8, 22), date(2026, 8, 22)),
    ],
)
def test_time_of_day_ends_the_stated_day(operator, stated, strict, act_by, late_on):
    found = dates_for(stated, operator, time(16, 30), CALENDAR, ZONE, strict)
    late_at = datetime(late_on.year, late_on.month, late_on.day, 9, 30, tzinfo=UTC)
    assert (found.last_day, found.act_by, found.late_on, found.late_at) == (stated, act_by, late_on, late_at)
    assert found.at == time(16, 30)


def test_before_midnight_of_a_day_leaves_nothing_of_it():
    plain = dates_for(date(2026, 12, 5), BEFORE, None, CALENDAR, ZONE)
    assert dates_for(date(2026, 12, 5), BEFORE, time(0), CALENDAR, ZONE) == plain


def test_zone_moves_the_instant_not_the_days():
    found = dates_for(date(2026, 12, 5), BEFORE, None, CALENDAR, ZoneInfo("UTC"))
    assert (found.late_on, found.late_at) == (date(2026, 12, 5), datetime(2026, 12, 6, tzinfo=UTC))


RULES = [
    (Once(date(2026, 12, 5), BEFORE), BEFORE, None),
    (Once(date(2026, 12, 5), BY, time(17)), BY, time(17)),
    (Yearly(MonthDay(12, 5), BEFORE), BEFORE, None),
    (HalfYearly(MonthDay(6, 5), MonthDay(12, 5), BY), BY, None),
    (Periodic(Unit.QUARTER, 5, BEFORE, time(16, 30)), BEFORE, time(16, 30)),
    (Within(Period("2026-Q4")), Operator.WITHIN, None),
    (FromTo(date(2026, 5, 11), date(2026, 12, 5)), BY, None),
]


@pytest.mark.parametrize(("rule", "operator", "at"), RULES, ids=lambda value: type(value).__name__)
def test_due_dates_are_those_of_the_stated_day(rule, operator, at):
    turn = occurrences(rule, since=None, calendar=CALENDAR, first=date(2026, 12, 1), last=date(2026, 12, 31))[0]
    expected = dates_for(turn.stated, operator, at, CALENDAR, ZONE, opens=turn.opens)
    assert due_dates(rule, turn, CALENDAR, ZONE) == expected


@pytest.mark.parametrize(
    ("key", "act_by", "late_on"),
    [
        ("2020-Q1", date(2020, 3, 31), date(2020, 3, 31)),
        ("2020-Q2", date(2020, 6, 30), date(2020, 6, 30)),
        ("2022-Q4", date(2022, 12, 30), date(2023, 1, 3)),
    ],
)
def test_within_a_quarter_is_due_on_its_last_day(key, act_by, late_on):
    rule = Within(Period(key))
    turn = occurrences(rule, since=None, calendar=CALENDAR, first=date(2020, 1, 1), last=date(2022, 12, 31))[0]
    found = due_dates(rule, turn, CALENDAR, ZONE)
    assert (found.last_day, found.act_by, found.late_on, found.opens) == (turn.stated, act_by, late_on, turn.opens)


@pytest.mark.parametrize(
    ("year", "stated", "act_by", "late_on"),
    [
        (2024, date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 29)),
        (2026, date(2026, 2, 28), date(2026, 2, 27), date(2026, 3, 2)),
    ],
)
def test_29_february_of_every_year(year, stated, act_by, late_on):
    rule = Yearly(MonthDay(2, 29), BY)
    turn = occurrences(rule, since=None, calendar=CALENDAR, first=date(year, 1, 1), last=date(year, 12, 31))[0]
    found = due_dates(rule, turn, CALENDAR, ZONE)
    assert (found.stated, found.act_by, found.late_on) == (stated, act_by, late_on)


@pytest.mark.parametrize("rule", [Standing(), Undetermined()])
def test_rule_without_dates_is_refused(rule):
    with pytest.raises(ValueError, match="without dates"):
        due_dates(rule, Occurrence(Period("once"), date(2026, 12, 5)), CALENDAR, ZONE)


@settings(deadline=None)
@given(
    st.dates(date(1971, 1, 1), date(2100, 12, 1)),
    st.sampled_from(Operator),
    st.none() | st.times(min_value=time(0, 1)),
    st.booleans(),
)
@example(date(2026, 2, 21), BY, None, False)
@example(date(2026, 8, 24), BEFORE, None, False)
def test_dates_keep_their_order(stated, operator, at, strict):
    found = dates_for(stated, operator, at, CALENDAR, ZONE, strict)
    assert found.last_day == date.fromordinal(stated.toordinal() - (operator is BEFORE and at is None))
    assert CALENDAR.is_working(found.act_by)
    assert CALENDAR.count(found.act_by, found.last_day) == 0
    assert found.act_by <= found.last_day <= found.late_on
    local = found.late_at.astimezone(ZONE)
    expected = (found.late_on, at) if at else (date.fromordinal(found.late_on.toordinal() + 1), time(0))
    assert (local.date(), local.time()) == expected
    if strict:
        assert found.late_on == found.last_day
    elif operator is BEFORE and at is None:
        assert found.late_on == stated
    else:
        assert CALENDAR.is_working(found.late_on)
        assert CALENDAR.count(stated, found.late_on) == int(found.late_on != stated)
