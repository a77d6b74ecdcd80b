"""The shipped working-day table: what each year had officially, and where the package of holidays says otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import holidays
import pytest
import yaml

from calendars.working import WorkingCalendar
from config.workdays import TABLE, shipped_workdays
from plans.workdays import Workday

YEARS = range(2020, 2028)
DAY = timedelta(days=1)
CALENDAR = WorkingCalendar(shipped_workdays())
# Weekdays off of each year, as announced; those of 2027 that the law alone decides.
OFF = {
    2020: "01/01 23/01 24/01 27/01 28/01 29/01 02/04 30/04 01/05 02/09",
    2021: "01/01 10/02 11/02 12/02 15/02 16/02 21/04 30/04 03/05 02/09 03/09",
    2022: "03/01 31/01 01/02 02/02 03/02 04/02 11/04 02/05 03/05 01/09 02/09",
    2023: "02/01 20/01 23/01 24/01 25/01 26/01 01/05 02/05 03/05 01/09 04/09",
    2024: "01/01 08/02 09/02 12/02 13/02 14/02 18/04 29/04 30/04 01/05 02/09 03/09",
    2025: "01/01 27/01 28/01 29/01 30/01 31/01 07/04 30/04 01/05 02/05 01/09 02/09",
    2026: "01/01 02/01 16/02 17/02 18/02 19/02 20/02 27/04 30/04 01/05 31/08 01/09 02/09 24/11",
    2027: "01/01 16/04 30/04 03/05 02/09 24/11",
}
SWAPS = {"29/04/2024": "04/05/2024", "02/05/2025": "26/04/2025", "02/01/2026": "10/01/2026", "31/08/2026": "22/08/2026"}
HOLIDAYS = {
    (1, 1): "Tết Dương lịch",
    (4, 30): "Ngày Chiến thắng",
    (5, 1): "Ngày Quốc tế Lao động",
    (9, 2): "Quốc khánh",
}
# fmt: off
HUNG_KINGS = [
    "02/04/2020", "21/04/2021", "10/04/2022", "29/04/2023", "18/04/2024", "07/04/2025", "26/04/2026", "16/04/2027",
]
LUNAR_YEARS = [
    "25/01/2020", "12/02/2021", "01/02/2022", "22/01/2023", "10/02/2024", "29/01/2025", "17/02/2026", "06/02/2027",
]
# fmt: on
BESIDE = {2021: "03/09", 2022: "01/09", 2023: "01/09", 2024: "03/09", 2025: "01/09", 2026: "01/09", 2027: "03/09"}
# Every day of which the package says something else, and why the table is right.
DIFFERENCES = {
    "02/01/2026": "swapped with 10/01/2026, announced after the package was made",
    "10/01/2026": "worked for 02/01/2026, announced after the package was made",
}


def day(text: str) -> date:
    number, month, year = map(int, text.split("/"))
    return date(year, month, number)


def of_year(year: int) -> list[Workday]:
    return [row for row in shipped_workdays() if row.day.year == year]


@pytest.mark.parametrize("year", YEARS)
def test_weekdays_off_are_those_announced(year: int) -> None:
    rows = [row.day for row in of_year(year) if not row.working and row.confirmed and row.day.isoweekday() < 6]
    assert [f"{row:%d/%m}" for row in rows] == OFF[year].split()


@pytest.mark.parametrize("year", YEARS)
def test_weekends_worked_are_those_announced(year: int) -> None:
    assert [row.day for row in of_year(year) if row.working] == sorted(
        day(text) for text in SWAPS.values() if text.endswith(str(year))
    )


@pytest.mark.parametrize("year", YEARS)
def test_package_differs_only_where_it_is_known_why(year: int) -> None:
    plain = WorkingCalendar()
    whole = [date(year, 1, 1) + n * DAY for n in range(366) if (date(year, 1, 1) + n * DAY).year == year]
    differing = [f"{one:%d/%m/%Y}" for one in whole if plain.is_working(one) is not CALENDAR.is_working(one)]
    assert differing == [text for text in DIFFERENCES if text.endswith(str(year))]


@pytest.mark.parametrize("year", YEARS)
def test_package_has_no_holiday_of_a_weekday_that_the_table_lacks(year: int) -> None:
    """Days at weekends apart: the package gives 2025 a sixth day of Tết on a Saturday."""
    table = {row.day for row in of_year(year) if not row.working}
    named = holidays.country_holidays("VN", years=year)
    assert [one for one in sorted(named) if one.isoweekday() < 6 and one not in table] == []


def test_rows_are_in_order_and_each_day_once() -> None:
    days = [row.day for row in shipped_workdays()]
    assert days == sorted(set(days))
    assert sorted({one.year for one in days}) == list(YEARS)


def test_rows_say_what_they_rest_on() -> None:
    assert [row for row in shipped_workdays() if not row.name or not row.source] == []
    lawless = [row for row in shipped_workdays() if not row.confirmed and "chờ thông báo" not in (row.source or "")]
    assert lawless == []


def test_only_what_the_prime_minister_still_decides_is_not_confirmed() -> None:
    """Bộ luật Lao động 2019, Điều 112 khoản 3: the days of Tết and the day beside 02/9 of the year to come."""
    waiting = [f"{row.day:%d/%m/%Y}" for row in shipped_workdays() if not row.confirmed]
    assert waiting == [*(f"{n:02}/02/2027" for n in range(4, 11)), "03/09/2027"]


@pytest.mark.parametrize(("year", "announced"), [(year, year < 2027) for year in range(2020, 2029)])
def test_year_is_announced_when_its_tet_is(year: int, announced: bool) -> None:
    assert CALENDAR.is_announced(year) is announced


def raw() -> dict[date, dict[str, Any]]:
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    assert [row.keys() - {"day", "working", "name", "source", "swap", "confirmed"} for row in rows] == [set()] * len(
        rows
    )
    return {day(row["day"]): row for row in rows}


def test_each_swapped_day_has_its_working_saturday_and_the_other_way_round() -> None:
    rows = raw()
    off = {one: day(row["swap"]) for one, row in rows.items() if "swap" in row and not row["working"]}
    worked = {one: day(row["swap"]) for one, row in rows.items() if row["working"]}
    assert off == {day(a): day(b) for a, b in SWAPS.items()}
    assert worked == {saturday: one for one, saturday in off.items()}
    assert {one.isoweekday() for one in worked} == {6}
    assert [one for one in off if one.isoweekday() > 5] == []


def test_nobody_works_on_a_public_holiday() -> None:
    worked = [row.day for row in shipped_workdays() if row.working]
    public = holidays.country_holidays("VN", years=YEARS, observed=False)
    assert [one for one in worked if one in public] == []


@pytest.mark.parametrize("year", YEARS)
def test_year_has_every_holiday_of_the_law(year: int) -> None:
    names = {row.day: row.name for row in of_year(year)}
    wanted = {date(year, *on): name for on, name in HOLIDAYS.items()}
    assert {one: names.get(one) for one in wanted} == wanted
    hung_kings = next(day(text) for text in HUNG_KINGS if text.endswith(str(year)))
    assert names[hung_kings] == "Ngày Giỗ Tổ Hùng Vương"
    national = [f"{one:%d/%m}" for one, name in names.items() if name.startswith("Quốc khánh") and "bù" not in name]
    assert national == sorted({"02/09", BESIDE.get(year, "02/09")})
    assert (names.get(date(year, 11, 24)) == "Ngày Văn hóa Việt Nam") is (year >= 2026)


@pytest.mark.parametrize("text", LUNAR_YEARS)
def test_tet_has_five_days_in_one_run_with_those_in_lieu_behind(text: str) -> None:
    first = day(text)
    rows = [row for row in of_year(first.year) if row.name.startswith("Tết Nguyên đán")]
    assert [row.day for row in rows] == [rows[0].day + n * DAY for n in range(len(rows))]
    plain = [row.day for row in rows if "nghỉ bù" not in row.name]
    assert (len(plain), plain) == (5, [row.day for row in rows[:5]])
    assert len(rows) - 5 == sum(one.isoweekday() > 5 for one in plain)  # a holiday on a rest day is made up for
    assert next(row.name for row in rows if row.day == first) == "Tết Nguyên đán (mùng một)"
    assert first in plain


@pytest.mark.parametrize("year", YEARS)
def test_holiday_on_a_rest_day_moves_to_the_next_working_day(year: int) -> None:
    """Tết apart, whose days in lieu stand in its own row of days."""
    rows = [row for row in of_year(year) if not row.working and not row.name.startswith("Tết Nguyên đán")]
    public = [row for row in rows if "nghỉ bù" not in row.name and "hoán đổi" not in row.name]
    in_lieu = [row.day for row in rows if "nghỉ bù" in row.name]
    taken: set[date] = {row.day for row in public}
    wanted = []
    for row in public:
        if row.day.isoweekday() > 5:
            moved = row.day
            while moved.isoweekday() > 5 or moved in taken:
                moved += DAY
            taken.add(moved)
            wanted.append(moved)
    assert in_lieu == sorted(wanted)
