"""Statuses as people see them, and dates as people type them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from calendars.due import dates_for
from calendars.working import WorkingCalendar
from plans.deadlines import Basis, DeadlineKey
from plans.obligations import Obligation
from plans.periods import Period
from plans.plan import Kind
from plans.rules import Operator
from plans.status import State
from plans.words import words
from web.pills import Pill, pill

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkingCalendar()


def shown(
    day: date,
    *,
    state: State = State.OPEN,
    kind: Kind = Kind.REPORT,
    late: bool | None = None,
    basis: Basis = Basis.RULE,
) -> Pill:
    o = Obligation(
        id=1,
        key=DeadlineKey("p", "t", Period("2026")),
        unit="u",
        unit_name="U",
        title="T",
        kind=kind,
        product=None,
        document=None,
        plan_title="P",
        quote=None,
        dates=dates_for(date(2026, 12, 5), Operator.BEFORE, None, CALENDAR, ZONE),
        soon=date(2026, 11, 27),
        basis=basis,
        state=state,
        late=late,
        received_on=None,
        tracked=True,
        coordinator=None,
    )
    now = datetime(day.year, day.month, day.day, 9, tzinfo=ZONE)
    return pill(o, now, day, words("vi"), CALENDAR.count)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 1), Pill("Chưa đến hạn", "plain")),
        (date(2026, 11, 20), Pill("Chưa đến hạn", "plain", left=9)),
        (date(2026, 11, 30), Pill("Sắp đến hạn", "plain", left=4)),
        (date(2026, 12, 1), Pill("Sắp đến hạn", "soon", left=3)),
        (date(2026, 12, 4), Pill("Đến hạn hôm nay", "soon")),
        (date(2026, 12, 5), Pill("Đến hạn hôm nay", "soon")),
        (date(2026, 12, 6), Pill("Quá hạn", "late")),
        (date(2026, 12, 7), Pill("Quá hạn", "late", late=1)),
        (date(2026, 12, 16), Pill("Quá hạn", "late", late=8)),
    ],
)
def test_open_report_through_its_days(day: date, expected: Pill) -> None:
    assert shown(day) == expected


@pytest.mark.parametrize(
    ("state", "late", "kind", "expected"),
    [
        (State.SUBMITTED, None, Kind.REPORT, Pill("Đã gửi, chờ xác nhận", "sent")),
        (State.SUBMITTED, None, Kind.WORK, Pill("Đã báo hoàn thành, chờ xác nhận", "sent")),
        (State.ACCEPTED, False, Kind.REPORT, Pill("Đúng hạn", "done")),
        (State.ACCEPTED, True, Kind.REPORT, Pill("Đã gửi, chậm", "after")),
        (State.ACCEPTED, True, Kind.WORK, Pill("Hoàn thành quá hạn", "after")),
        (State.MISSING, None, Kind.REPORT, Pill("Không gửi", "late")),
        (State.MISSING, None, Kind.WORK, Pill("Không hoàn thành", "late")),
        (State.WAIVED, None, Kind.REPORT, Pill("Không phải thực hiện", "plain")),
    ],
)
def test_state_that_an_act_made(state: State, late: bool | None, kind: Kind, expected: Pill) -> None:
    assert shown(date(2026, 12, 20), state=state, late=late, kind=kind) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.RETURNED, Pill("Quá hạn bổ sung", "late", late=10)),
        (State.MISSING, Pill("Không bổ sung", "late")),
        (State.SUBMITTED, Pill("Đã gửi, chờ xác nhận", "sent")),
    ],
)
def test_what_was_sent_back_is_not_said_to_be_not_sent(state: State, expected: Pill) -> None:
    assert shown(date(2026, 12, 20), state=state, basis=Basis.RESUBMISSION) == expected
