"""Strategies for every form of rule that has dates."""

from datetime import date, time

from hypothesis import strategies as st

from plans.periods import Period
from plans.rules import (
    ANCHORS,
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
    Unit,
    Weekly,
    Within,
    Yearly,
)

OPERATOR = st.sampled_from([Operator.BEFORE, Operator.BY])
AT = st.none() | st.sampled_from([time(9), time(16, 30)])
YEARS = st.integers(1970, 2100)
DAYS_OF_ALL_YEARS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
# Days that no month has too: "day 31 of June" is its last one.
DAYS = st.builds(MonthDay, st.integers(1, 12), st.integers(1, 31))
SEVERAL = st.lists(DAYS, min_size=2, max_size=9, unique=True).map(
    lambda days: tuple(sorted(days, key=lambda on: (on.month, on.day)))
)
RRULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 400)),
    st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 9), st.sampled_from(["MO", "TU,FR", "SU"])),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};BYMONTHDAY={}".format, st.integers(1, 13), st.sampled_from(["10", "31", "-1", "1,15"])
    ),
    st.builds(
        "FREQ=YEARLY;BYMONTH={};BYDAY={}{}".format,
        st.integers(1, 12),
        st.sampled_from(["", "1", "-1"]),
        st.sampled_from(["MO", "SA"]),
    ),
    st.sampled_from(
        [
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "FREQ=YEARLY;BYYEARDAY=-1,100",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29",
            "FREQ=WEEKLY;COUNT=5",
            "FREQ=DAILY;UNTIL=20500101",
        ]
    ),
)
YEARLY = st.builds(Yearly, DAYS, OPERATOR, AT, st.booleans())
HALF_YEARLY = st.builds(HalfYearly, DAYS, DAYS, OPERATOR, AT)
SEVERAL_YEARLY = st.builds(SeveralYearly, SEVERAL, OPERATOR, AT)
PERIODIC = st.builds(
    Periodic,
    st.sampled_from([Unit.MONTH, Unit.QUARTER, Unit.HALF, Unit.YEAR]),
    st.integers(1, 31),
    OPERATOR,
    AT,
    st.booleans(),
)
RECURRENCE = st.builds(Recurrence, RRULES, st.dates(date(1970, 1, 1), date(2049, 12, 31)), OPERATOR, AT)
RECURRING = st.one_of(
    YEARLY,
    HALF_YEARLY,
    SEVERAL_YEARLY,
    PERIODIC,
    st.builds(NineMonthly, DAYS, OPERATOR, AT),
    st.builds(Weekly, st.integers(1, 7), OPERATOR, AT, st.booleans()),
    RECURRENCE,
    st.builds(Standing, st.one_of(YEARLY, HALF_YEARLY, SEVERAL_YEARLY, PERIODIC)),
)


def relative(event):
    """Rules that count from an event."""
    return st.builds(
        Relative, event, st.integers(1, 60) | st.just(999), st.sampled_from(Count), st.booleans(), OPERATOR, AT
    )


ANCHORED = relative(st.sampled_from(ANCHORS))
WAITING = relative(st.just("hoi-nghi"))  # for a day that its test enters
PERIOD = st.one_of(
    st.builds(Period.year, YEARS),
    st.builds(Period.half, YEARS, st.integers(1, 2)),
    st.builds(Period.nine_months, YEARS),
    st.builds(Period.quarter, YEARS, st.integers(1, 4)),
    st.builds(Period.month, YEARS, st.integers(1, 12)),
)
SINGLE = st.one_of(
    st.builds(Once, DAYS_OF_ALL_YEARS, OPERATOR, AT),
    st.builds(Within, PERIOD),
    st.builds(lambda a, b, at: FromTo(min(a, b), max(a, b), at), DAYS_OF_ALL_YEARS, DAYS_OF_ALL_YEARS, AT),
    st.builds(FromTo, st.none(), DAYS_OF_ALL_YEARS, AT),
)
ALL = st.one_of(RECURRING, ANCHORED, WAITING, SINGLE)
