from __future__ import annotations

from datetime import date, datetime

import pytest

from actions.overdue import Filter, Overdue, group_members, overdue
from actions.receiving import Receipt, submit
from plans.audiences import resolve
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.periods import Period
from store.obligations import of_deadline
from store.units import read_roster
from tests.actions.province import AN, TWO_UNITS, UNITS, YEARLY, Town, act, once, plan, task, yearly
from tests.conftest import load_sample, load_text, local

PLANS_2020 = DeadlineKey("dien-bien-88-2020", "ke-hoach-don-vi", Period("once"))
assert YEARLY is not None


def found(town: Town, now: str, on: str | None = None, which: Filter | None = None) -> list[Overdue]:
    with town.office.database.read() as tx:
        return overdue(tx, town.office, local(now), date.fromisoformat(on) if on else None, which)


def owing(town: Town) -> list[Obligation]:
    with town.office.database.read() as tx:
        return of_deadline(tx, PLANS_2020)


def test_units_of_2020_are_overdue_from_the_first_day_after_the_lenient_one(town: Town) -> None:
    load_sample(town.office, local("2026-11-20 09:00"), "dien-bien-88-2020", track_from=date(2020, 1, 1))
    with town.office.database.read() as tx:  # who owed it then, though many have ended since
        units = set(resolve(["moi-don-vi"], read_roster(tx), date(2020, 3, 30), ["so-noi-vu", "ubnd-tinh"]))
    assert len(units) == 52
    for on, days, expected in (("2020-03-31", 0, set()), ("2020-04-01", 1, units), ("2020-04-03", 2, units)):
        late = [o for o in found(town, "2026-11-20 09:00", on) if o.obligation.key == PLANS_2020]
        assert {o.obligation.unit for o in late} == expected, on
        assert {o.days_late for o in late} <= {days}, on  # 02/04/2020 was Giỗ Tổ Hùng Vương


def test_without_tracking_nothing_of_2020_is_overdue(town: Town) -> None:
    load_sample(town.office, local("2026-11-20 09:00"), "dien-bien-88-2020")
    assert found(town, "2026-11-20 09:00") == []
    assert found(town, "2026-11-20 09:00", "2020-04-02") == []
    assert {o.tracked for o in owing(town)} == {False}


@pytest.mark.parametrize(("now", "late"), [("2026-12-05 23:59:59", 0), ("2026-12-06 00:00", 1)])
def test_overdue_begins_with_the_instant_it_is_late(town: Town, now: str, late: int) -> None:
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly()))
    assert len(found(town, now)) == late


@pytest.mark.parametrize(("now", "late"), [("2026-12-04 16:29:59", 0), ("2026-12-04 16:30", 1)])
def test_overdue_of_a_time_of_day_begins_with_it(town: Town, now: str, late: int) -> None:
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(once('{before: 04/12/2026, time: "16:30"}')))
    assert [o.days_late for o in found(town, now)] == [0] * late


def test_overdue_tells_days_and_the_last_reminder_the_longest_first(town: Town) -> None:
    load_text(town.office, local("2026-10-01 09:00"), TWO_UNITS, plan(yearly(), once("{by: 01/12/2026}")))
    town.ticks("2026-12-04 08:00", "2026-12-09 14:00")
    assert [(str(o.obligation.key), o.days_late, o.last_reminder) for o in found(town, "2026-12-09 15:00")] == [
        ("ke-hoach/mot-lan/once", 6, local("2026-12-09 14:00")),
        ("ke-hoach/bao-cao-nam/2026", 3, local("2026-12-09 14:00")),
    ]


def test_overdue_on_a_past_day_counts_what_came_later_as_not_in(town: Town) -> None:
    load_text(town.office, local("2026-10-01 09:00"), UNITS, plan(yearly("[cac-xa]")))
    for unit, day in (("xa-a", 8), ("xa-b", 10)):
        submit(town.office, act("2026-12-15 09:00"), YEARLY, [unit], Receipt(date(2026, 12, day)))
    on = {d: [o.obligation.unit for o in found(town, "2026-12-15 10:00", f"2026-12-{d:02}")] for d in (5, 7, 8, 9, 10)}
    assert on == {5: [], 7: ["xa-a", "xa-b", "xa-c"], 8: ["xa-b", "xa-c"], 9: ["xa-b", "xa-c"], 10: ["xa-c"]}
    assert [o.obligation.unit for o in found(town, "2026-12-15 10:00")] == ["xa-c"]


def test_overdue_is_chosen_by_unit_plan_and_group(town: Town) -> None:
    groups = """
groups:
  - id: khoi-1
    name: Khối 1
    members: [{unit: xa-a, from: 01/12/2026}, {unit: xa-b, until: 30/11/2026}]
"""
    load_text(town.office, local("2026-10-01 09:00"), UNITS + groups, plan(yearly("[cac-xa]")))
    load_text(town.office, local("2026-10-01 09:00"), UNITS + groups, plan(task("x", "{by: 01/10/2026}"), slug="hai"))

    def units(which: Filter) -> list[str]:
        return [o.obligation.unit for o in found(town, "2026-12-10 09:00", None, which)]

    assert units(Filter()) == ["so-y-te", "xa-a", "xa-b", "xa-c"]
    assert units(Filter(units=("xa-a", "xa-c"))) == ["xa-a", "xa-c"]
    assert units(Filter(plan="hai")) == ["so-y-te"]
    assert units(Filter(group="khoi-1")) == ["xa-a"]
    assert units(Filter(group="none")) == []
    with town.office.database.read() as tx:
        assert group_members(tx, "khoi-1", date(2026, 11, 30)) == {"xa-b"}


def test_milestone_is_never_overdue(sqlite_town: Town) -> None:
    moment: datetime = local("2026-10-01 09:00")
    load_text(sqlite_town.office, moment, TWO_UNITS, plan(once("{by: 01/12/2026}", kind="milestone")))
    assert found(sqlite_town, "2027-02-01 09:00") == []
    sqlite_town.ticks("2026-12-01 08:00", "2026-12-02 14:00", "2026-12-15 14:00")
    assert [(at, stages) for at, _, kind, stages in sqlite_town.sent(AN) if kind == "digest"] == [
        ("2026-12-01 08:00", ["T0"])
    ]
