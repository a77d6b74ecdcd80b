from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.chains import AHEAD, Turn, ahead_of, belonging_turns, collected_name, collected_turns
from plans.periods import Period
from plans.plan import Kind, Task


def turn(key: str, last_day: date) -> Turn:
    return Turn(Period(key), last_day)


YEAR = turn("2026", date(2026, 12, 25))
QUARTERS = [
    turn(f"{year}-Q{n}", day)
    for year in (2025, 2026, 2027)
    for n, day in ((1, date(year, 3, 15)), (2, date(year, 6, 15)), (3, date(year, 9, 15)), (4, date(year, 12, 15)))
]


def keys(turns: list[Turn]) -> list[str]:
    return [t.period.key for t in turns]


def test_turn_of_the_same_period_is_the_only_one() -> None:
    found = collected_turns(YEAR, [turn("2025", date(2025, 12, 4)), turn("2026", date(2026, 12, 4)), *QUARTERS])
    assert found == [turn("2026", date(2026, 12, 4))]


def test_yearly_report_sums_up_its_four_quarters() -> None:
    assert keys(collected_turns(YEAR, QUARTERS)) == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]


def test_half_year_sums_up_its_own_months() -> None:
    months = [turn(f"2026-{m:02d}", date(2026, m, 20)) for m in range(1, 13)]
    half = turn("2026-H1", date(2026, 6, 25))
    assert keys(collected_turns(half, months)) == [f"2026-{m:02d}" for m in range(1, 7)]


def test_what_comes_too_late_belongs_but_is_not_summed_up() -> None:
    following = [turn(t.period.key, date(2027, 1, 10) if t.period.key == "2026-Q4" else t.last_day) for t in QUARTERS]
    assert keys(belonging_turns(YEAR, following)) == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert keys(collected_turns(YEAR, following)) == ["2026-Q1", "2026-Q2", "2026-Q3"]


def test_turn_of_the_same_period_counts_even_when_it_comes_too_late() -> None:
    late = turn("2026", date(2026, 12, 31))
    assert collected_turns(YEAR, [late]) == [late]


def test_single_date_within_the_year_is_summed_up() -> None:
    inside, before = turn("once", date(2026, 11, 10)), turn("once", date(2025, 11, 10))
    assert collected_turns(YEAR, [inside]) == [inside]
    assert collected_turns(YEAR, [before]) == []


@pytest.mark.parametrize(
    ("upward", "key", "last_day", "expected"),
    [
        ("2026", "2026-W01", date(2026, 1, 2), True),  # begins on 29/12/2025, its Thursday is 01/01/2026
        ("2025", "2026-W01", date(2026, 1, 2), False),
        ("2026-12", "2026-W53", date(2026, 12, 24), True),
        ("2026-Q4", "2026-11-20", date(2026, 11, 20), True),
        ("2026-Q3", "2026-11-20", date(2026, 11, 20), False),
        ("2026-H1", "2026-1", date(2026, 5, 4), True),  # numbered dates are where their last day is
        ("2026-H1", "2026-2", date(2026, 10, 4), False),
    ],
)
def test_period_without_a_span_belongs_where_its_day_is(upward: str, key: str, last_day: date, expected: bool) -> None:
    assert bool(belonging_turns(turn(upward, date(2027, 1, 31)), [turn(key, last_day)])) is expected


def test_upward_turn_without_a_period_takes_the_latest_that_come_no_later() -> None:
    once = turn("once", date(2026, 11, 1))
    assert keys(collected_turns(once, QUARTERS)) == ["2026-Q3"]
    assert collected_turns(once, [turn("2026", date(2026, 12, 4))]) == []
    meeting = turn("hop-hoi-dong", date(2026, 9, 15))
    assert keys(collected_turns(meeting, QUARTERS)) == ["2026-Q3"]


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
PERIODS = st.sampled_from(
    [Period(k) for k in ("2025", "2026", "2026-H1", "2026-9M", "2026-Q2", "2026-05", "2026-W20", "2026-1", "once")]
)
TURNS = st.builds(Turn, PERIODS, DAYS)


@given(TURNS, st.lists(TURNS, unique_by=lambda t: t.period))
def test_nothing_is_summed_up_that_comes_later_except_of_the_same_period(upward: Turn, turns: list[Turn]) -> None:
    found = collected_turns(upward, turns)
    assert set(found) <= set(belonging_turns(upward, turns)) <= set(turns)
    assert all(t.last_day <= upward.last_day or t.period == upward.period for t in found)
    same = [t for t in turns if t.period == upward.period]
    assert not same or found == same


def test_names_without_a_plan_are_of_the_same_plan() -> None:
    assert collected_name("ke-hoach", "bao-cao") == ("ke-hoach", "bao-cao")
    assert collected_name("ke-hoach", "khac/bao-cao") == ("khac", "bao-cao")


@pytest.mark.parametrize(("ahead", "days"), [(None, AHEAD), (1, 1), (12, 12)])
def test_days_ahead_are_five_unless_the_task_says_otherwise(ahead: int | None, days: int) -> None:
    assert ahead_of(Task("tong-hop", "Tổng hợp", Kind.REPORT, ("so-noi-vu",), ahead=ahead)) == days
