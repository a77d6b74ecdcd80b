"""Working days against what was officially announced."""

from datetime import date, timedelta
from threading import Event, Thread

import pytest

from calendars.working import WorkingCalendar
from plans.rules import HUNG_KINGS, TET
from plans.workdays import Workday

ROWS = [
    Workday(date(2026, 1, 2), False, "nghỉ hoán đổi dịp Tết Dương lịch"),
    Workday(date(2026, 1, 10), True, "làm bù ngày 02/01/2026"),
    Workday(date(2026, 8, 31), False, "nghỉ hoán đổi dịp Quốc khánh"),
    Workday(date(2026, 8, 22), True, "làm bù ngày 31/08/2026"),
    Workday(date(2025, 5, 2), False, "nghỉ hoán đổi"),
    Workday(date(2025, 4, 26), True, "làm bù"),
    Workday(date(2024, 4, 29), False, "nghỉ hoán đổi"),
    Workday(date(2024, 5, 4), True, "làm bù"),
]
CALENDAR = WorkingCalendar(ROWS)
PLAIN = WorkingCalendar()


def days(first: date, last: date) -> list[date]:
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.day))
def test_row_decides_and_names_its_day(row):
    assert (CALENDAR.is_working(row.day), CALENDAR.name_of(row.day)) == (row.working, row.name)


def test_day_that_the_package_does_not_know_is_worked_without_its_row():
    assert (PLAIN.is_working(date(2026, 1, 2)), PLAIN.is_working(date(2026, 1, 10))) == (True, False)


def test_row_makes_a_public_holiday_worked():
    calendar = WorkingCalendar([Workday(date(2026, 11, 24), True, "trực")])
    assert (calendar.is_working(date(2026, 11, 24)), calendar.name_of(date(2026, 11, 24))) == (True, "trực")


@pytest.mark.parametrize(
    ("first_off", "last_off"),
    [
        ((2020, 1, 23), (2020, 1, 29)),
        ((2021, 2, 10), (2021, 2, 16)),
        ((2022, 1, 29), (2022, 2, 6)),
        ((2023, 1, 20), (2023, 1, 26)),
        ((2024, 2, 8), (2024, 2, 14)),
        ((2025, 1, 25), (2025, 2, 2)),
        ((2026, 2, 14), (2026, 2, 22)),
        ((2027, 2, 4), (2027, 2, 10)),
    ],
    ids=lambda day: str(day[0]),
)
def test_tet_is_off_from_its_first_to_its_last_day_and_the_day_after_is_quiet(first_off, last_off):
    first, last = date(*first_off), date(*last_off)
    around = days(first - timedelta(days=1), last + timedelta(days=1))
    assert [d for d in around if CALENDAR.is_working(d)] == [around[0], around[-1]]
    year = days(date(first.year, 1, 1), date(first.year, 12, 31))
    assert [d for d in year if CALENDAR.is_quiet(d)] == [around[-1]]


def test_quiet_day_moves_with_a_longer_tet():
    calendar = WorkingCalendar([Workday(date(2026, 2, 23), False, "nghỉ thêm")])
    assert [d for d in days(date(2026, 2, 20), date(2026, 2, 28)) if calendar.is_quiet(d)] == [date(2026, 2, 24)]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 1), "Tết Dương lịch"),
        (date(2026, 2, 17), "Tết Nguyên Đán"),
        (date(2026, 4, 27), "Ngày Giỗ Tổ Hùng Vương (nghỉ bù)"),
        (date(2026, 4, 30), "Ngày Chiến thắng"),
        (date(2026, 5, 1), "Ngày Quốc tế Lao động"),
        (date(2026, 9, 1), "Quốc khánh"),
        (date(2026, 9, 2), "Quốc khánh"),
        (date(2026, 11, 24), "Ngày Văn hóa Việt Nam"),
        (date(2026, 12, 5), None),
        (date(2026, 12, 4), None),
    ],
)
def test_name_of_day(day, name):
    assert CALENDAR.name_of(day) == name


def test_culture_day_is_worked_before_2026():
    assert CALENDAR.is_working(date(2025, 11, 24)) is True


def test_rest_day_of_december_worked_for_january_belongs_to_its_own_year():
    assert WorkingCalendar().is_working(date(2014, 12, 27)) is True


def test_preceding_and_following_of_a_day_off():
    sunday = date(2026, 8, 30)
    assert (CALENDAR.preceding(sunday), CALENDAR.following(sunday)) == (date(2026, 8, 28), date(2026, 9, 3))


def test_preceding_and_following_of_a_working_day_are_the_day():
    friday = date(2026, 12, 4)
    assert (CALENDAR.preceding(friday), CALENDAR.following(friday)) == (friday, friday)


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2026, 12, 4), -3, date(2026, 12, 1)),  # the stages of DESIGN's yearly report
        (date(2026, 12, 5), 1, date(2026, 12, 7)),
        (date(2026, 12, 5), 3, date(2026, 12, 9)),
        (date(2026, 12, 5), 8, date(2026, 12, 16)),
        (date(2026, 12, 5), 0, date(2026, 12, 5)),
        (date(2026, 2, 13), 1, date(2026, 2, 23)),
        (date(2026, 2, 23), -1, date(2026, 2, 13)),
        (date(2025, 12, 31), 1, date(2026, 1, 5)),
        (date(2026, 1, 9), 1, date(2026, 1, 10)),
    ],
)
def test_add_counts_working_days_without_the_first(day, n, expected):
    assert CALENDAR.add(day, n) == expected


@pytest.mark.parametrize(
    ("after", "until", "expected"),
    [
        (date(2026, 12, 5), date(2026, 12, 5), 0),
        (date(2026, 12, 5), date(2026, 12, 7), 1),
        (date(2026, 12, 4), date(2026, 12, 6), 0),
        (date(2026, 12, 7), date(2026, 12, 4), -1),
        (date(2025, 12, 31), date(2026, 1, 10), 6),
        (date(2026, 2, 13), date(2026, 2, 22), 0),
    ],
)
def test_count_is_half_open(after, until, expected):
    assert CALENDAR.count(after, until) == expected


def test_count_agrees_with_counting_over_years():
    after, until = date(2024, 6, 30), date(2027, 3, 3)
    assert CALENDAR.count(after, until) == sum(map(CALENDAR.is_working, days(after + timedelta(days=1), until)))


@pytest.mark.parametrize("year", [1970, 2100, 2101])
def test_far_years_have_working_days(year):
    june = [d for d in days(date(year, 6, 1), date(year, 6, 30)) if CALENDAR.is_working(d)]
    assert june == [d for d in days(date(year, 6, 1), date(year, 6, 30)) if d.weekday() < 5]
    assert CALENDAR.is_quiet(date(year, 12, 31)) is False


def test_other_weekend():
    calendar = WorkingCalendar(weekend={6})
    assert (calendar.is_working(date(2026, 12, 5)), calendar.is_working(date(2026, 12, 6))) == (True, False)
    assert (calendar.is_weekend(date(2026, 12, 5)), calendar.is_weekend(date(2026, 12, 6))) == (False, True)


def test_week_without_working_days_is_refused():
    with pytest.raises(ValueError, match="needs a working day"):
        WorkingCalendar(weekend=range(7))


@pytest.mark.parametrize(
    ("event", "day"),
    [
        (TET, date(1970, 2, 6)),
        (TET, date(1985, 1, 21)),  # a month before the Chinese one, 20/02/1985
        (TET, date(2007, 2, 17)),  # a day before the Chinese one
        (TET, date(2020, 1, 25)),
        (TET, date(2021, 2, 12)),
        (TET, date(2022, 2, 1)),
        (TET, date(2023, 1, 22)),
        (TET, date(2024, 2, 10)),
        (TET, date(2025, 1, 29)),
        (TET, date(2026, 2, 17)),
        (TET, date(2027, 2, 6)),
        (TET, date(2030, 2, 2)),  # a day before the Chinese one
        (HUNG_KINGS, date(2007, 4, 26)),
        (HUNG_KINGS, date(2020, 4, 2)),
        (HUNG_KINGS, date(2021, 4, 21)),
        (HUNG_KINGS, date(2022, 4, 10)),  # a Sunday: the day itself, not the Monday off in lieu
        (HUNG_KINGS, date(2023, 4, 29)),
        (HUNG_KINGS, date(2024, 4, 18)),
        (HUNG_KINGS, date(2025, 4, 7)),
        (HUNG_KINGS, date(2026, 4, 26)),
        (HUNG_KINGS, date(2027, 4, 16)),
    ],
)
def test_anchor_is_the_day_itself(event, day):
    assert PLAIN.anchor(event, day.year) == day


def test_anchors_are_known_for_their_years():
    assert [year for year in range(1970, 2101) if PLAIN.anchor(TET, year) is None] == []
    assert [year for year in range(2007, 2101) if PLAIN.anchor(HUNG_KINGS, year) is None] == []
    assert (PLAIN.anchor(HUNG_KINGS, 2006), PLAIN.anchor(TET, 2101), PLAIN.anchor("hoi-nghi", 2026)) == (None,) * 3


def test_anchor_is_not_moved_by_rows():
    calendar = WorkingCalendar([Workday(date(2026, 2, 17), True, "trực"), Workday(date(2026, 4, 26), True, "trực")])
    assert (calendar.anchor(TET, 2026), calendar.anchor(HUNG_KINGS, 2026)) == (date(2026, 2, 17), date(2026, 4, 26))


FRIDAY = Workday(date(2026, 12, 4), False, "nghỉ bão")
EARLIER = Workday(date(2026, 12, 4), True, "đi làm")


def test_own_rows_win_over_the_shipped_ones_until_they_are_taken_away():
    calendar = WorkingCalendar([EARLIER], own=[FRIDAY], revision="1")
    assert (calendar.is_working(FRIDAY.day), calendar.own, calendar.revision) == (False, (FRIDAY,), "1")
    calendar.take((), "2")
    assert (calendar.name_of(FRIDAY.day), calendar.own, calendar.revision) == ("đi làm", (), "2")


def test_calendar_goes_by_new_rows_at_once():
    calendar = WorkingCalendar(ROWS)
    assert calendar.preceding(date(2026, 12, 6)) == date(2026, 12, 4)
    calendar.take([FRIDAY], "1")
    assert calendar.preceding(date(2026, 12, 6)) == date(2026, 12, 3)
    assert calendar.count(date(2026, 12, 1), date(2026, 12, 7)) == 3
    assert [row.day for row in calendar.rows if row.day >= date(2026, 8, 31)] == [date(2026, 8, 31), FRIDAY.day]


def test_another_calendar_with_other_rows_leaves_this_one_alone():
    calendar = WorkingCalendar(ROWS, weekend={6})
    other = calendar.having([FRIDAY])
    assert (calendar.is_working(FRIDAY.day), other.is_working(FRIDAY.day)) == (True, False)
    assert other.is_working(date(2026, 12, 5))  # its week is the same
    assert other.having(()).is_working(FRIDAY.day)


def test_readers_never_see_half_of_a_change():
    """Two days are exchanged again and again while threads ask for both: exactly one of them is always worked."""
    one, other = date(2026, 12, 4), date(2026, 12, 5)
    swapped = [Workday(one, False, "nghỉ"), Workday(other, True, "làm bù")]
    calendar = WorkingCalendar()
    counts, done = set(), Event()

    def read():
        while not done.is_set():
            counts.add(calendar.count(date(2026, 11, 29), date(2026, 12, 5)))

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(300):
        calendar.take(swapped if turn % 2 else (), str(turn))
    done.set()
    for reader in readers:
        reader.join()
    assert counts == {5}


@pytest.mark.parametrize(
    ("rows", "announced"),
    [
        ((), False),
        ([Workday(date(2028, 1, 26), False, "mùng một")], False),
        ([Workday(date(2028, 1, n), False, "Tết") for n in (25, 26, 27, 28)], False),
        ([Workday(date(2028, 1, n), False, "Tết") for n in range(24, 32)], True),
        ([Workday(date(2028, 1, n), False, "Tết", None, n != 25) for n in range(24, 32)], False),
        ([Workday(date(2028, 1, n), True, "làm việc") for n in range(24, 32)], False),
    ],
)
def test_year_is_announced_when_each_day_of_tet_has_a_confirmed_row(rows, announced):
    assert WorkingCalendar(rows).is_announced(2028) is announced


def test_year_without_a_lunar_calendar_is_announced_by_any_row():
    assert WorkingCalendar().is_announced(2105) is False
    assert WorkingCalendar([Workday(date(2105, 1, 4), False, "nghỉ")]).is_announced(2105) is True
