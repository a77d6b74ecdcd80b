"""Every step from the document's words to the dates is told, in both languages."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.due import dates_for, due_dates, mixes_readings, occurrences
from calendars.working import WorkingCalendar
from plans.deadlines import Step
from plans.rules import LAST, FromTo, HalfYearly, MonthDay, Operator, Periodic, Unit, Yearly
from plans.words import LANGUAGES, words
from plans.workdays import Workday

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkingCalendar(
    [
        Workday(date(2026, 1, 2), False, "nghỉ hoán đổi dịp Tết Dương lịch"),
        Workday(date(2026, 1, 10), True, "làm bù ngày 02/01/2026"),
    ]
)
BEFORE, BY = Operator.BEFORE, Operator.BY


def told(stated, operator, at=None, **options):
    return [words("vi").step(s) for s in dates_for(stated, operator, at, CALENDAR, ZONE, **options).steps]


def test_before_a_saturday():
    assert told(date(2026, 12, 5), BEFORE) == [
        "Thời hạn: trước ngày 05/12/2026 (thứ Bảy).",
        "Chữ “trước” không tính chính ngày được nêu: ngày cuối cùng là thứ Sáu, 04/12/2026.",
        "Ngày cuối cùng là ngày làm việc nên cần hoàn thành chậm nhất trong thứ Sáu, 04/12/2026.",
        "Chỉ tính là quá hạn khi đã hết chính ngày được nêu: thứ Bảy, 05/12/2026.",
    ]


def test_by_a_sunday_cites_the_civil_code():
    assert told(date(2021, 10, 31), BY) == [
        "Thời hạn: chậm nhất ngày 31/10/2021 (Chủ nhật).",
        "Ngày được nêu vẫn còn trong hạn: ngày cuối cùng là Chủ nhật, 31/10/2021.",
        "Ngày 31/10/2021 (Chủ nhật) là ngày nghỉ hằng tuần nên cần hoàn thành chậm nhất vào ngày làm việc liền trước: "
        "thứ Sáu, 29/10/2021.",
        "Vì ngày 31/10/2021 là ngày nghỉ nên thời hạn kết thúc khi hết ngày làm việc tiếp theo: thứ Hai, 01/11/2021 "
        "(khoản 5 Điều 148 Bộ luật Dân sự 2015); sau đó mới tính là quá hạn.",
    ]


def test_holidays_between_are_named():
    assert dates_for(date(2026, 2, 21), BY, None, CALENDAR, ZONE).steps[2:4] == (
        Step("act_by_weekend", {"last_day": "2026-02-21", "day": "2026-02-13"}),
        Step(
            "between",
            {
                "first": "2026-02-16",
                "last": "2026-02-20",
                "from_name": "Giao thừa Tết Nguyên Đán",
                "to_name": "Mùng bốn Tết Nguyên Đán",
            },
        ),
    )


def test_two_holidays_of_one_name_between_are_named_once():
    assert dates_for(date(2026, 8, 31), BY, None, WorkingCalendar(), ZONE).steps[-1] == Step(
        "between_same", {"first": "2026-09-01", "last": "2026-09-02", "name": "Quốc khánh"}
    )


def test_day_off_in_lieu_is_named_with_the_words_of_the_table():
    assert dates_for(date(2026, 1, 2), BY, None, CALENDAR, ZONE).steps[2:] == (
        Step(
            "act_by_holiday",
            {"last_day": "2026-01-02", "day": "2025-12-31", "name": "nghỉ hoán đổi dịp Tết Dương lịch"},
        ),
        Step("between_one", {"day": "2026-01-01", "name": "Tết Dương lịch"}),
        Step("late_rolled", {"day": "2026-01-05", "stated": "2026-01-02"}),
    )


@pytest.mark.parametrize(
    ("stated", "step"),
    [
        (date(2026, 1, 10), Step("made_up", {"day": "2026-01-10", "name": "làm bù ngày 02/01/2026"})),
        (date(2026, 1, 11), Step("made_up", {"day": "2026-01-10", "name": "làm bù ngày 02/01/2026"})),
        (date(2024, 5, 5), Step("made_up_plain", {"day": "2024-05-04"})),
    ],
)
def test_worked_saturday_is_said_to_be_one(stated, step):
    steps = dates_for(stated, BY, None, CALENDAR, ZONE).steps
    assert [s for s in steps if s.code.startswith("made_up")] == [step]


def test_strict_says_so():
    assert told(date(2026, 12, 6), BY, strict=True)[-1] == (
        "Áp dụng cách tính chặt: quá hạn ngay khi hết ngày cuối cùng, Chủ nhật, 06/12/2026, kể cả khi đó là ngày nghỉ."
    )


@pytest.mark.parametrize(
    ("operator", "strict", "expected"),
    [
        (BEFORE, False, "late_rolled_at"),
        (BY, True, "late_strict_at"),
    ],
)
def test_time_of_day_on_a_day_off(operator, strict, expected):
    steps = dates_for(date(2026, 12, 5), operator, time(16, 30), CALENDAR, ZONE, strict).steps
    codes = [f"stated_{operator}_at", "last_day_at", "act_by_weekend", expected]
    assert [s.code for s in steps] == codes
    assert [s.params["at"] for s in (steps[0], steps[-1])] == ["16:30", "16:30"]


def test_span_names_its_first_day():
    assert told(date(2023, 10, 30), BY, opens=date(2023, 5, 11))[0] == (
        "Thời hạn: từ ngày 11/05/2023 đến hết ngày 30/10/2023 (thứ Hai)."
    )


@pytest.mark.parametrize(
    ("operator", "at", "code"),
    [(BEFORE, None, "mixed_before"), (BY, None, "mixed_by"), (BEFORE, time(16, 30), "mixed_at")],
)
def test_mixed_words_are_flagged_with_both_readings(operator, at, code):
    steps = dates_for(date(2020, 3, 31), operator, at, CALENDAR, ZONE, quote="chậm nhất trước ngày 31/3/2020").steps
    assert steps[1] == Step(code, {"last_day": "2020-03-30", "day": "2020-03-31"})


@pytest.mark.parametrize(
    ("quote", "mixed"),
    [
        ("chậm nhất trước ngày 31/3/2020", True),
        ("Chậm nhất là trước\n31/3/2020", True),
        ("chậm nhất phải gửi về Sở Nội vụ trước ngày 31/3", True),
        ("cha\u0323\u0302m nhâ\u0301t trươ\u0301c nga\u0300y 31/3", True),
        ("không quá trước 16 giờ ngày 05/12", True),
        ("trước ngày 31/3/2020", False),
        ("chậm nhất ngày 31/3/2020", False),
        ("chậm nhất ngày 05/12, trước ngày họp", False),
        ("chậm nhất trong tuần. Báo cáo trước ngày 05/12", False),
        ("", False),
    ],
)
def test_mixed_words_are_found(quote, mixed):
    assert mixes_readings(quote) is mixed


@pytest.mark.parametrize(
    ("rule", "stated", "step"),
    [
        (Yearly(MonthDay(2, 29), BY), date(2026, 2, 28), Step("short_month", {"wanted": 29, "day": "2026-02-28"})),
        (
            Periodic(Unit.MONTH, 30, BY),
            date(2027, 2, 28),
            Step("short_month", {"wanted": 30, "day": "2027-02-28"}),
        ),
        (Periodic(Unit.MONTH, LAST, BY), date(2026, 4, 30), Step("month_end", {"wanted": 31, "day": "2026-04-30"})),
        (
            HalfYearly(MonthDay(6, 31), MonthDay(12, 31), BY),
            date(2026, 6, 30),
            Step("month_end", {"wanted": 31, "day": "2026-06-30"}),
        ),
        (HalfYearly(MonthDay(6, 31), MonthDay(12, 31), BY), date(2026, 12, 31), None),
        (FromTo(None, date(2026, 2, 28)), date(2026, 2, 28), None),
    ],
)
def test_short_month_is_told_first(rule, stated, step):
    turn = occurrences(rule, since=None, calendar=CALENDAR, first=stated, last=stated)[0]
    first = due_dates(rule, turn, CALENDAR, ZONE).steps[0]
    assert first == step if step else first.code.startswith("stated_")


def test_lead_steps_come_first():
    lead = Step("extended", {"number": "12/UBND"})
    steps = dates_for(date(2026, 12, 15), BY, None, CALENDAR, ZONE, lead_steps=(lead,)).steps
    assert steps[:2] == (lead, Step("stated_by", {"day": "2026-12-15"}))


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.sampled_from(Operator), st.booleans(), st.booleans())
def test_every_adjustment_is_told(stated, operator, timed, strict):
    at = time(17) if timed else None
    found = dates_for(stated, operator, at, CALENDAR, ZONE, strict)
    codes = [s.code for s in found.steps]
    assert set(codes) <= set(CODES.split())
    assert ("last_day_before" in codes) is (found.last_day != stated)
    assert ("act_by_working" in codes) is (found.act_by == found.last_day)
    assert bool({"act_by_weekend", "act_by_holiday"} & set(codes)) is (found.act_by != found.last_day)
    assert any(c.startswith("late_rolled") for c in codes) is (found.late_on > stated)
    assert any(c.startswith("late_strict") for c in codes) is strict
    days = {v for s in found.steps for v in s.params.values()}
    assert {d.isoformat() for d in (stated, found.last_day, found.act_by, found.late_on)} <= days
    for language in LANGUAGES:
        text = [words(language).step(s) for s in found.steps]
        assert len(" ".join(text)) < 1200
        assert [t for t in text if "why." in t or "{" in t] == []


CODES = """
    stated_before stated_before_at stated_by stated_by_at stated_within stated_within_at month_end short_month
    mixed_before mixed_by mixed_at last_day_before last_day_by last_day_at
    act_by_working act_by_weekend act_by_holiday between between_same between_one made_up made_up_plain
    late_before late_by late_by_at late_rolled late_rolled_at late_strict late_strict_at
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence(language):
    assert [code for code in CODES.split() if not words(language).has(f"why.{code}")] == []
