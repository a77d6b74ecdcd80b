from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.working import WorkingCalendar
from notifications.stages import moments
from plans.deadlines import DueDates
from plans.policies import POLICIES, Anchor, Policy
from plans.rules import Operator
from plans.workdays import Workday

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkingCalendar(
    [
        Workday(date(2026, 1, 2), False, "nghỉ hoán đổi"),
        Workday(date(2026, 1, 10), True, "làm bù"),
        Workday(date(2026, 8, 22), True, "làm bù"),
        Workday(date(2026, 8, 31), False, "nghỉ hoán đổi"),
        Workday(date(2026, 11, 24), False, "Ngày Văn hóa Việt Nam"),
    ]
)


def due(last_day: date, *, stated: date | None = None, late_on: date | None = None, **more: object) -> DueDates:
    late_on = late_on or last_day
    at = more.get("at")
    midnight = datetime.combine(late_on + timedelta(days=1), time(0), ZONE)
    late_at = datetime.combine(late_on, at, ZONE) if isinstance(at, time) else midnight
    return DueDates(
        stated=stated or last_day,
        operator=Operator.BY,
        last_day=last_day,
        act_by=CALENDAR.preceding(last_day),
        late_on=late_on,
        late_at=late_at.astimezone(UTC),
        **more,  # type: ignore[arg-type]
    )


YEARLY = due(date(2026, 12, 4), stated=date(2026, 12, 5), late_on=date(2026, 12, 5))


def told(dates: DueDates, policy: str, set_on: date | None = None) -> list[tuple[str, str]]:
    found = moments(dates, POLICIES[policy], CALENDAR, ZONE, set_on)
    return [(moment.code, f"{moment.at.astimezone(ZONE):%d/%m %H:%M}") for moment in found]


def test_moments_of_yearly_report_of_2026() -> None:
    assert told(YEARLY, "report") == [
        ("T-15", "19/11 08:00"),
        ("T-3wd", "01/12 08:00"),
        ("T0", "04/12 08:00"),
        ("T0-head", "04/12 14:00"),
        ("T+1wd-list", "07/12 08:00"),
        ("T+1wd", "07/12 14:00"),
        ("T+3wd", "09/12 14:00"),
        ("T+3wd-head", "09/12 14:00"),
        ("T+8wd", "16/12 14:00"),
        ("T+8wd-head", "16/12 14:00"),
    ]


def test_moments_carry_what_the_ledger_stores() -> None:
    first, *_, last = moments(YEARLY, POLICIES["report"], CALENDAR, ZONE)
    assert (first.at, first.position, first.to, first.kind, first.urgent) == (
        datetime(2026, 11, 19, 1, tzinfo=UTC),
        0,
        "officers",
        "digest",
        False,
    )
    assert (last.at, last.position, last.to, last.kind, last.urgent) == (
        datetime(2026, 12, 16, 7, tzinfo=UTC),
        9,
        "head",
        "digest",
        True,
    )


def test_moments_before_a_weekend_move_to_friday() -> None:
    # "trước ngày 05/12/2022": the last day is Sunday 04/12, so Friday 02/12 is the day to act.
    dates = due(date(2022, 12, 4), stated=date(2022, 12, 5), late_on=date(2022, 12, 5))
    assert told(dates, "report")[:5] == [
        ("T-15", "17/11 08:00"),
        ("T-3wd", "29/11 08:00"),
        ("T0", "02/12 08:00"),
        ("T0-head", "02/12 14:00"),
        ("T+1wd-list", "06/12 08:00"),
    ]


def test_moments_never_on_first_working_day_after_tet() -> None:
    assert CALENDAR.is_quiet(date(2026, 2, 23))
    assert told(due(date(2026, 2, 23)), "report")[:6] == [
        ("T-15", "06/02 08:00"),  # 08/02 is a Sunday
        ("T-3wd", "11/02 08:00"),
        ("T0", "13/02 08:00"),
        ("T0-head", "13/02 14:00"),
        ("T+1wd-list", "24/02 08:00"),
        ("T+1wd", "24/02 14:00"),
    ]
    assert told(due(date(2026, 2, 13)), "weekly") == [
        ("T-1wd", "12/02 08:00"),
        ("T+1wd-list", "24/02 08:00"),
        ("T+1wd", "24/02 14:00"),
    ]


def test_moments_count_make_up_saturdays() -> None:
    assert told(due(date(2026, 8, 24)), "monthly")[:2] == [("T-3wd", "20/08 08:00"), ("T0", "24/08 08:00")]


def test_moments_of_work_begin_with_its_opening() -> None:
    dates = due(date(2026, 12, 31), opens=date(2026, 10, 1))
    assert told(dates, "work") == [
        ("open", "01/10 08:00"),
        ("open-with", "01/10 08:00"),
        ("T-15", "16/12 08:00"),
        ("T-3wd", "28/12 08:00"),
    ]


def test_moments_of_opening_fall_on_first_working_day() -> None:
    dates = due(date(2026, 3, 31), opens=date(2026, 1, 1))
    assert told(dates, "work")[:2] == [("open", "05/01 08:00"), ("open-with", "05/01 08:00")]


def test_moments_of_work_without_opening() -> None:
    assert told(due(date(2026, 12, 31)), "work") == [("T-15", "16/12 08:00"), ("T-3wd", "28/12 08:00")]


def test_moments_of_short_work_say_nothing_before_it_opens() -> None:
    dates = due(date(2026, 9, 25), opens=date(2026, 9, 18))
    assert told(dates, "work") == [("open", "18/09 08:00"), ("open-with", "18/09 08:00"), ("T-3wd", "22/09 08:00")]


def test_moments_of_extended_work_do_not_open_again() -> None:
    dates = due(date(2027, 1, 29), opens=date(2026, 10, 1))
    assert told(dates, "work", date(2026, 12, 28)) == [("T-15", "14/01 08:00"), ("T-3wd", "26/01 08:00")]


def test_moments_of_milestone_end_with_the_day() -> None:
    assert told(due(date(2026, 10, 30)), "milestone") == [("T-15", "15/10 08:00"), ("T0", "30/10 08:00")]


def test_moments_of_resubmission() -> None:
    assert told(due(date(2026, 12, 10)), "resubmission", date(2026, 12, 7)) == [
        ("R-now", "07/12 08:00"),
        ("R-1wd", "09/12 08:00"),
        ("R0", "10/12 08:00"),
        ("R+1wd", "11/12 14:00"),
    ]


def test_moments_of_resubmission_by_tomorrow_are_said_once_today() -> None:
    assert told(due(date(2026, 12, 8)), "resubmission", date(2026, 12, 7)) == [
        ("R-now", "07/12 08:00"),
        ("R0", "08/12 08:00"),
        ("R+1wd", "09/12 14:00"),
    ]


def test_moments_of_resubmission_set_on_a_saturday_wait_for_monday() -> None:
    assert told(due(date(2026, 12, 10)), "resubmission", date(2026, 12, 5))[0] == ("R-now", "07/12 08:00")


def test_moments_before_a_time_of_day() -> None:
    # "trước 10 giờ ngày 04/12": the head hears of it on the afternoon before, while something can still be done.
    assert told(due(date(2026, 12, 4), at=time(10)), "report")[2:5] == [
        ("T0-head", "03/12 14:00"),
        ("T0", "04/12 08:00"),
        ("T+1wd-list", "07/12 08:00"),
    ]


@given(
    last_day=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    policy=st.sampled_from([p for p in POLICIES.values() if p.stages]),
    at=st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_moments_of_any_date_fall_on_days_when_people_are_written_to(
    last_day: date, policy: Policy, at: time | None
) -> None:
    dates = due(last_day, late_on=CALENDAR.following(last_day), at=at)
    for moment in moments(dates, policy, CALENDAR, ZONE, last_day - timedelta(days=20)):
        day = moment.at.astimezone(ZONE).date()
        assert CALENDAR.is_working(day)
        assert not CALENDAR.is_quiet(day)
        anchor = next(stage.anchor for stage in policy.stages if stage.code == moment.code)
        assert anchor is not Anchor.ACT_BY or moment.at < dates.late_at
        assert anchor is not Anchor.LATE_AFTER or moment.at > dates.late_at


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_codes_are_unique_in_policy(policy: Policy) -> None:
    assert len({stage.code for stage in policy.stages}) == len(policy.stages)
