from __future__ import annotations

from datetime import date

from plans.workdays import Workday
from store.database import Database
from store.workdays import change_workdays, read_workdays, workdays_revision

FRIDAY = Workday(date(2026, 12, 4), False, "Nghỉ do bão", "Thông báo 12/TB-UBND")
SATURDAY = Workday(date(2026, 12, 12), True, "Làm bù")


def test_rows_come_back_by_day(database: Database) -> None:
    with database.write() as tx:
        change_workdays(tx, [SATURDAY, FRIDAY])
    with database.read() as tx:
        assert read_workdays(tx) == [FRIDAY, SATURDAY]


def test_row_of_a_day_replaces_the_one_before(database: Database) -> None:
    better = Workday(FRIDAY.day, True, "Đi làm", None)
    with database.write() as tx:
        change_workdays(tx, [FRIDAY, SATURDAY])
        change_workdays(tx, [better], [SATURDAY.day])
        assert read_workdays(tx) == [better]


def test_revision_rises_with_every_change_and_with_nothing_else(database: Database) -> None:
    with database.write() as tx:
        assert workdays_revision(tx, lock=True) is None
        assert [change_workdays(tx, [FRIDAY]), change_workdays(tx, (), [FRIDAY.day]), change_workdays(tx, ())] == [
            "1",
            "2",
            "3",
        ]
        assert workdays_revision(tx, lock=True) == "3"


def test_revision_is_seen_by_others_once_it_is_committed(database: Database) -> None:
    with database.write() as tx:
        change_workdays(tx, [FRIDAY])
        with database.read() as other:
            assert workdays_revision(other) is None
    with database.read() as other:
        assert workdays_revision(other) == "1"
