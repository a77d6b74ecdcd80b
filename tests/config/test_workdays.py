"""The shipped working-day table, row by row, and what it makes of the calendar."""

from __future__ import annotations

from collections import Counter
from datetime import date

import holidays
import pytest

from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays

ROWS = {
    "2024-04-29": False,
    "2024-05-04": True,
    "2025-04-26": True,
    "2025-05-02": False,
    "2026-01-02": False,
    "2026-01-10": True,
    "2026-08-22": True,
    "2026-08-31": False,
}


def test_rows_are_those_announced() -> None:
    assert {row.day.isoformat(): row.working for row in shipped_workdays()} == ROWS
    assert [row.day.isoformat() for row in shipped_workdays()] == list(ROWS)  # in order, each once


def test_rows_say_what_they_rest_on() -> None:
    assert [row for row in shipped_workdays() if not row.name or not row.source] == []
    made_up = {row.name for row in shipped_workdays() if row.working}
    assert made_up == {"Làm bù cho ngày 29/4", "Làm bù cho ngày 02/5", "Làm bù cho ngày 02/01", "Làm bù cho ngày 31/8"}


def test_days_off_are_plain_weekdays_made_up_for_on_saturdays() -> None:
    """A day off in lieu is a day that would be worked, exchanged for one Saturday of the same year."""
    bare = holidays.country_holidays("VN", years=range(2024, 2027))
    off = [row.day for row in shipped_workdays() if not row.working]
    worked = [row.day for row in shipped_workdays() if row.working]
    assert [day for day in off if day.isoweekday() > 5] == []
    assert {day.isoweekday() for day in worked} == {6}
    assert Counter(day.year for day in off) == Counter(day.year for day in worked)
    assert [day for day in worked if day in bare] == []  # nobody works on a public holiday


@pytest.mark.parametrize(("day", "working"), ROWS.items())
def test_calendar_follows_each_row(day: str, working: bool) -> None:
    moment = date.fromisoformat(day)
    assert WorkingCalendar(shipped_workdays()).is_working(moment) is working


def test_table_counts_where_the_package_is_wrong() -> None:
    """The swaps of 2026 are what the table is there for: without it these days are counted wrongly."""
    plain = WorkingCalendar()
    wrong = [day for day, working in ROWS.items() if plain.is_working(date.fromisoformat(day)) is not working]
    assert wrong == ["2026-01-02", "2026-01-10"]
