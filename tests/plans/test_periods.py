"""The keys of periods and the spans they mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import Period, reads_as_period

YEARS = st.integers(1970, 2100)


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("2026", {"year": 2026}),
        ("2026-H1", {"year": 2026, "half": 1}),
        ("2026-9M", {"year": 2026, "nine": "9M"}),
        ("2026-Q4", {"year": 2026, "quarter": 4}),
        ("2026-11", {"year": 2026, "month": 11}),
        ("2026-W47", {"year": 2026, "week": 47}),
        ("2026-11-20", {"year": 2026, "month": 11, "day": 20}),
        ("2026-1", {"year": 2026, "nth": 1}),
        ("once", {}),
        ("hop-hoi-dong", {}),
        ("2026-Q5", {}),
        ("2026-H3", {}),
    ],
)
def test_parts_of_every_form(key, parts):
    assert Period(key).parts() == parts


@pytest.mark.parametrize(
    ("key", "span"),
    [
        ("2026", (date(2026, 1, 1), date(2026, 12, 31))),
        ("2026-H1", (date(2026, 1, 1), date(2026, 6, 30))),
        ("2026-H2", (date(2026, 7, 1), date(2026, 12, 31))),
        ("2026-9M", (date(2026, 1, 1), date(2026, 9, 30))),
        ("2026-Q1", (date(2026, 1, 1), date(2026, 3, 31))),
        ("2026-Q4", (date(2026, 10, 1), date(2026, 12, 31))),
        ("2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2026-02", (date(2026, 2, 1), date(2026, 2, 28))),
        ("2026-13", None),
        ("2026-00", None),
        ("2026-W47", None),
        ("2026-11-20", None),
        ("2026-1", None),
        ("once", None),
    ],
)
def test_span_of_every_form(key, span):
    assert Period(key).span() == span


@given(YEARS, st.integers(1, 12))
def test_a_month_and_a_numbered_date_never_share_a_key(year, number):
    assert Period.month(year, number) != Period.nth(year, number if number < 10 else 9)
    assert Period.month(year, number).parts() == {"year": year, "month": number}


@given(YEARS)
def test_quarters_and_halves_tile_the_year(year):
    quarters = [Period.quarter(year, n).span() for n in range(1, 5)]
    assert [one[1].toordinal() + 1 for one in quarters[:-1]] == [other[0].toordinal() for other in quarters[1:]]
    assert (quarters[0][0], quarters[3][1]) == Period.year(year).span()
    assert (quarters[0][0], quarters[1][1]) == Period.half(year, 1).span()
    assert (quarters[2][0], quarters[3][1]) == Period.half(year, 2).span()


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2026, 11, 20), "2026-W47"),
        (date(2026, 1, 1), "2026-W01"),  # a Thursday
        (date(2027, 1, 1), "2026-W53"),  # a Friday: its week's Thursday was in 2026
        (date(2024, 12, 30), "2025-W01"),  # a Monday whose Thursday is 02/01/2025
    ],
)
def test_week_belongs_to_the_year_of_its_thursday(day, key):
    assert Period.week(day) == Period(key)


@pytest.mark.parametrize(
    "period", [Period.year(2026), Period.half(2026, 1), Period.quarter(2026, 4), Period.month(2026, 11),
               Period.nine_months(2026), Period.week(date(2026, 11, 20)), Period.day(date(2026, 11, 20)),
               Period.nth(2026, 1), Period("once")]
)  # fmt: skip
def test_no_event_is_named_like_a_period(period):
    assert reads_as_period(period.key.lower())
    with pytest.raises(ValueError, match="reads as a period"):
        Period.event(period.key.lower())


@pytest.mark.parametrize("slug", ["hoi-nghi", "dai-hoi-2026", "2026-dai-hoi", "tet-nguyen-dan", "20261"])
def test_event_is_its_own_period(slug):
    assert (Period.event(slug).key, Period.event(slug).parts()) == (slug, {})
