from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.working import WorkingCalendar
from notifications.stages import moments
from plans.deadlines import DueDates
from plans.policies import POLICIES, Anchor, Policy, QuietDays, To, stage
from plans.rules import Count, MonthDay, Operator
from plans.workdays import Workday
from tests.plans.strategies import policies, quiet_days

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
        ("R+1wd-list", "11/12 08:00"),
        ("R+1wd", "11/12 14:00"),
    ]


def test_moments_of_resubmission_by_tomorrow_are_said_once_today() -> None:
    assert told(due(date(2026, 12, 8)), "resubmission", date(2026, 12, 7)) == [
        ("R-now", "07/12 08:00"),
        ("R0", "08/12 08:00"),
        ("R+1wd-list", "09/12 08:00"),
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


def early(dates: DueDates, policy: Policy, set_on: date | None = None) -> list[str]:
    return [moment.code for moment in moments(dates, policy, CALENDAR, ZONE, set_on) if moment.early]


def test_early_is_what_another_word_to_the_officers_follows_before_the_date() -> None:
    assert early(YEARLY, POLICIES["report"]) == ["T-15", "T-3wd"]
    assert early(YEARLY, POLICIES["weekly"]) == []
    assert early(due(date(2026, 12, 31), opens=date(2026, 10, 1)), POLICIES["work"]) == ["open", "T-15"]
    # That something was sent back is nothing to do without; what follows is the last word before its date.
    assert early(due(date(2026, 12, 10)), POLICIES["resubmission"], date(2026, 12, 7)) == ["R-1wd"]


def test_variants_have_moments_of_their_own() -> None:
    policy = Policy("rieng", (stage(Anchor.ACT_BY),), {"cac-xa": (stage(Anchor.ACT_BY, -5), stage(Anchor.ACT_BY))})
    found = moments(YEARLY, policy, CALENDAR, ZONE)
    assert [(m.variant, m.code, m.position, m.early) for m in found] == [
        ("", "T0", 0, False),
        ("cac-xa", "T-5wd", 0, True),
        ("cac-xa", "T0", 1, False),
    ]


def test_moments_that_fall_on_one_day_are_one() -> None:
    # T-3 and T-1wd of a Monday are the Friday before; in a mail of its own the first would only say more.
    policy = Policy("rieng", (stage(Anchor.ACT_BY, -3, Count.DAYS, time(10)), stage(Anchor.ACT_BY, -1)))
    monday = due(date(2026, 12, 7))
    assert [(m.code, m.at.astimezone(ZONE).hour) for m in moments(monday, policy, CALENDAR, ZONE)] == [("T-3", 10)]
    tuesday = due(date(2026, 12, 8))
    assert [m.code for m in moments(tuesday, policy, CALENDAR, ZONE)] == ["T-3", "T-1wd"]


def test_moments_of_a_return_before_the_quiet_day_after_tet_are_one() -> None:
    # R-1wd and R0 of 23/02/2026 would both be told on 13/02.
    assert told(due(date(2026, 2, 23)), "resubmission", date(2026, 2, 9))[:2] == [
        ("R-now", "09/02 08:00"),
        ("R0", "13/02 08:00"),
    ]


def test_moments_are_put_off_on_quiet_days_of_the_office() -> None:
    calendar = CALENDAR.having((), quiet=QuietDays(days=(MonthDay(12, 4), date(2026, 12, 7))))
    found = moments(YEARLY, POLICIES["report"], calendar, ZONE)
    assert [(m.code, f"{m.at.astimezone(ZONE):%d/%m %H:%M}") for m in found][1:6] == [
        ("T-3wd", "01/12 08:00"),
        ("T0", "03/12 08:00"),
        ("T0-head", "03/12 14:00"),
        ("T+1wd-list", "08/12 08:00"),
        ("T+1wd", "08/12 14:00"),
    ]


def test_day_after_tet_is_quiet_only_where_the_office_wants_it() -> None:
    calendar = CALENDAR.having((), quiet=QuietDays(after_tet=False))
    assert not calendar.is_quiet(date(2026, 2, 23))
    found = moments(due(date(2026, 2, 23)), POLICIES["milestone"], calendar, ZONE)
    assert [f"{m.at.astimezone(ZONE):%d/%m}" for m in found] == ["06/02", "23/02"]


@given(
    policy=policies(),
    last_day=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    quiet=quiet_days(),
    opens=st.none() | st.integers(0, 90),
)
def test_moments_of_any_policy(policy: Policy, last_day: date, quiet: QuietDays, opens: int | None) -> None:
    calendar = CALENDAR.having((), quiet=quiet)
    more = {} if opens is None else {"opens": last_day - timedelta(days=opens)}
    dates = due(last_day, late_on=CALENDAR.following(last_day), **more)
    found = moments(dates, policy, calendar, ZONE)
    for variant in ("", *policy.variants):
        stages = {one.code: one for one in policy.stages_of(variant)}
        mine = [m for m in found if m.variant == variant]
        assert [m.position for m in mine] == list(range(len(mine)))
        for to in To:
            days = [m.at.astimezone(ZONE).date() for m in mine if m.to is to]
            assert days == sorted(set(days))  # one mail a day, each later than the one before
            assert all(calendar.is_working(day) and not calendar.is_quiet(day) for day in days)
        for moment in mine:
            day, of = moment.at.astimezone(ZONE).date(), stages[moment.code]
            assert moment.at.astimezone(ZONE).time() == of.at
            assert (day > dates.late_on and moment.at > dates.late_at) if of.overdue else day <= dates.act_by
        lists = [m.at for m in mine if m.to is To.COORDINATOR]
        late = [m.at for m in mine if stages[m.code].overdue and m.to is not To.COORDINATOR]
        assert not late or min(lists) < min(late)
        before = [m for m in mine if m.to is To.OFFICERS and not stages[m.code].overdue]
        assert [m.early for m in before] == [True] * (len(before) - 1) + [False] * bool(before)
