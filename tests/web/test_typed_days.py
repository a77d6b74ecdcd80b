"""Days typed without a year, or without any sign between."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.typed_days import coming_day, day_of, past_day

DUE = date(2026, 12, 5)


@pytest.mark.parametrize(
    ("text", "today", "day"),
    [
        ("5/12", "2026-12-09", "2026-12-05"),
        (" 05-12 ", "2026-12-09", "2026-12-05"),
        ("5.12", "2026-12-09", "2026-12-05"),
        ("5 12", "2026-12-09", "2026-12-05"),
        ("0512", "2026-12-09", "2026-12-05"),
        ("5/12/26", "2026-12-09", "2026-12-05"),
        ("5/12/2026", "2026-12-09", "2026-12-05"),
        ("05122026", "2026-12-09", "2026-12-05"),
        ("2026-12-05", "2026-12-09", "2026-12-05"),
        ("5/12/2025", "2026-12-09", "2025-12-05"),  # a year that was typed stays
        ("3/1", "2027-01-15", "2027-01-03"),  # late, after the turn of the year
        ("28/12", "2027-01-15", "2026-12-28"),
        ("10/12", "2026-12-09", "2026-12-10"),  # tomorrow: not a year ago; the form says that it is to come
        ("5/6", "2026-12-09", "2026-06-05"),  # nearer in 2027, which is months away
        ("29/2", "2026-12-09", "2024-02-29"),
        ("20/1", "2026-02-05", "2026-01-20"),  # long before the deadline
        ("31/4", "2026-12-09", None),
        ("13/13", "2026-12-09", None),
        ("512", "2026-12-09", None),  # 5/12 or 51/2
        ("12/2026", "2026-12-09", None),
        ("5/12/", "2026-12-09", None),
        ("5/12/0000", "2026-12-09", None),
        ("hôm qua", "2026-12-09", None),
        ("", "2026-12-09", None),
    ],
)
def test_day_as_it_is_typed(text: str, today: str, day: str | None) -> None:
    assert past_day(text, date.fromisoformat(today), DUE) == (date.fromisoformat(day) if day else None)


days = st.dates(date(2000, 1, 1), date(2090, 12, 31))


@given(today=days, ago=st.integers(0, 120), late=st.integers(-60, 120))
def test_day_near_its_deadline_needs_no_year(today: date, ago: int, late: int) -> None:
    day = today - timedelta(days=ago)
    assert past_day(f"{day:%d/%m}", today, day - timedelta(days=late)) == day
    assert past_day(f"{day:%d%m}", today, day - timedelta(days=late)) == day


@given(today=days, near=days, day=days)
def test_guess_is_never_far_ahead(today: date, near: date, day: date) -> None:
    found = past_day(f"{day.day}/{day.month}", today, near)
    assert found is not None
    assert (found.day, found.month) == (day.day, day.month)
    assert found <= today + timedelta(days=60)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("15/12", "2026-12-15"),
        ("1512", "2026-12-15"),
        ("1/12", "2026-12-01"),  # an absence that has begun
        ("15/1", "2027-01-15"),
        ("29/2", "2028-02-29"),
        ("15/12/26", "2026-12-15"),
        ("15/12/2025", "2025-12-15"),
        ("2026-12-15", "2026-12-15"),
        ("31/11", None),
        ("mai", None),
        ("01/01/0001", None),  # of no year that is counted
        ("31/12/9999", None),
    ],
)
def test_day_to_come(text: str, day: str | None) -> None:
    assert coming_day(text, date(2026, 12, 9)) == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    "typed", ["05/12/2026", " 5/12/2026 ", "5-12-2026", "05.12.2026", "5 12 2026", "05122026", "2026-12-05", "5/12/26"]
)
def test_date_as_people_type_it(typed: str) -> None:
    assert day_of(typed) == date(2026, 12, 5)


@pytest.mark.parametrize(
    "typed",
    ["", "5/12", "0512", "051226", "5122026", "32/12/2026", "12/31/2026", "5122026x", "nay", "5/12/0000", "٠٥/١٢/٢٠٢٦"],
)
def test_what_is_no_date(typed: str) -> None:
    assert day_of(typed) is None
