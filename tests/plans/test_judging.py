"""Late or in time: every combination of what was handed in, sent back and confirmed, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.due import dates_for
from calendars.working import WorkingCalendar
from plans.judging import first_received, is_late
from plans.obligations import Submission
from plans.rules import Operator
from plans.words import words

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = datetime(2026, 12, 1, 5, tzinfo=UTC)
DATES = dates_for(date(2026, 12, 5), Operator.BEFORE, None, WorkingCalendar(), ZONE)
AT_HOUR = dates_for(date(2026, 12, 4), Operator.BEFORE, time(16, 30), WorkingCalendar(), ZONE)


def sent(day: int, *, back: bool = False) -> Submission:
    return Submission(1, None, date(2026, 12, day), NOON, "an", returned_at=NOON if back else None)


@pytest.mark.parametrize(
    ("handed_in", "confirmed", "first"),
    [
        ([], 4, 4),
        ([sent(4)], 10, 10),  # declared for the 4th, but the coordinator confirms the 10th
        ([sent(10)], 4, 4),  # and the other way round
        ([sent(4, back=True)], 11, 4),  # came in time and was completed
        ([sent(7, back=True)], 9, 7),
        ([sent(4, back=True), sent(8, back=True)], 11, 4),  # completed twice
        ([sent(4, back=True), sent(9)], 11, 4),  # what waits does not count before it is confirmed
    ],
)
def test_first_day_that_counts(handed_in: list[Submission], confirmed: int, first: int) -> None:
    assert first_received(handed_in, date(2026, 12, confirmed)) == date(2026, 12, first)


@pytest.mark.parametrize(("day", "late"), [(4, False), (5, False), (6, True)])
def test_lenient_day_is_in_time_and_the_next_is_late(day: int, late: bool) -> None:
    assert is_late(DATES, date(2026, 12, day), ZONE) is late


@pytest.mark.parametrize(("day", "late"), [(3, False), (4, False), (5, True)])
def test_hour_of_a_deadline_is_met_on_the_whole_of_its_day(day: int, late: bool) -> None:
    assert is_late(AT_HOUR, date(2026, 12, day), ZONE) is late


@given(
    days=st.lists(st.tuples(st.integers(1, 31), st.booleans()), max_size=5),
    confirmed=st.integers(1, 31),
    more=st.integers(1, 31),
)
def test_another_round_never_makes_late_what_had_come_in_time(
    days: list[tuple[int, bool]], confirmed: int, more: int
) -> None:
    handed_in = [sent(day, back=back) for day, back in days]
    before = first_received(handed_in, date(2026, 12, confirmed))
    after = first_received([*handed_in, sent(confirmed, back=True)], date(2026, 12, more))
    assert after <= before
    assert is_late(DATES, after, ZONE) <= is_late(DATES, before, ZONE)
    assert is_late(DATES, DATES.late_on + timedelta(days=1), ZONE)


def test_guide_prints_the_rule_as_the_pages_do() -> None:
    guide = Path(__file__).parents[2] / "docs" / "vi" / "dieu-phoi.md"
    assert words("vi")("judging.rule") in " ".join(guide.read_text(encoding="utf-8").replace("\n> ", " ").split())
