"""What a rule says of itself, before any calendar is asked."""

from datetime import date

import pytest

from plans.periods import Period
from plans.rules import (
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
    is_dated,
    recurs,
    rhythm,
)

BY = Operator.BY
DAY = MonthDay(12, 5)


def recurrence(text):
    return Recurrence(text, date(2026, 1, 1), BY)


@pytest.mark.parametrize(
    ("rule", "length", "recurring", "dated"),
    [
        (Once(date(2026, 12, 5), BY), None, False, True),
        (FromTo(None, date(2026, 12, 5)), None, False, True),
        (Within(Period("2026-Q1")), None, False, True),
        (Weekly(4, BY), Unit.WEEK, True, True),
        (Periodic(Unit.MONTH, 25, BY), Unit.MONTH, True, True),
        (Periodic(Unit.QUARTER, 25, BY), Unit.QUARTER, True, True),
        (HalfYearly(MonthDay(6, 5), DAY, BY), Unit.HALF, True, True),
        (NineMonthly(MonthDay(10, 5), BY), Unit.NINE_MONTHS, True, True),
        (Yearly(DAY, BY), Unit.YEAR, True, True),
        (SeveralYearly((MonthDay(6, 5), DAY), BY), None, True, True),
        (Relative("hoi-nghi", 10, Count.DAYS, before=False), None, False, True),
        (Relative(TET, 10, Count.DAYS, before=True), Unit.YEAR, True, True),
        (Standing(), None, False, False),
        (Standing(Periodic(Unit.QUARTER, 25, BY)), Unit.QUARTER, True, True),
        (Undetermined(), None, False, False),
        (recurrence("FREQ=DAILY"), Unit.WEEK, True, True),
        (recurrence("FREQ=WEEKLY;INTERVAL=2"), Unit.WEEK, True, True),
        (recurrence("FREQ=MONTHLY"), Unit.MONTH, True, True),
        (recurrence("FREQ=MONTHLY;INTERVAL=2"), Unit.MONTH, True, True),
        (recurrence("FREQ=MONTHLY;INTERVAL=3"), Unit.QUARTER, True, True),
        (recurrence("FREQ=MONTHLY;INTERVAL=6"), Unit.HALF, True, True),
        (recurrence("FREQ=MONTHLY;INTERVAL=12"), Unit.YEAR, True, True),
        (recurrence("FREQ=YEARLY"), Unit.YEAR, True, True),
    ],
)
def test_rhythm_and_recurrence(rule, length, recurring, dated):
    assert (rhythm(rule), recurs(rule), is_dated(rule)) == (length, recurring, dated)
