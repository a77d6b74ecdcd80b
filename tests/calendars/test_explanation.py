"""Every step from the document's words to the dates is told, in both languages."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calendars.due import Occurrence, dates_for, due_dates, mixes_readings, occurrences
from calendars.occurrences import named_day
from calendars.working import WorkingCalendar
from plans.deadlines import Step
from plans.periods import Period
from plans.rules import (
    LAST,
    TET,
    Count,
    FromTo,
    HalfYearly,
    MonthDay,
    Operator,
    Periodic,
    Recurrence,
    Relative,
    Standing,
    Unit,
    Weekly,
    Yearly,
)
from plans.words import LANGUAGES, words
from plans.workdays import Workday
from tests.calendars.rules import ALL

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


HAPPENED = {"hoi-nghi": date(2026, 4, 20)}
FIRST, LAST_DAY = date(1970, 1, 1), date(2100, 12, 31)


def is_last_of_month(day):
    return date.fromordinal(day.toordinal() + 1).day == 1


@settings(deadline=None, max_examples=300)
@given(ALL, st.booleans(), st.integers(0, 10**6))
def test_every_form_is_dated_and_every_step_told(rule, strict, pick):
    turns = occurrences(rule, since=None, first=FIRST, last=LAST_DAY, calendar=CALENDAR, events=HAPPENED)
    assume(turns)
    turn = turns[pick % len(turns)]
    found = due_dates(rule, turn, CALENDAR, ZONE, strict)
    assert due_dates(rule, turn, CALENDAR, ZONE, strict) == found
    # the dates
    assert CALENDAR.is_working(found.act_by)
    assert found.act_by <= found.last_day <= turn.stated == found.stated
    assert CALENDAR.count(found.act_by, found.last_day) == 0
    if found.operator is BEFORE and not strict:
        assert found.last_day <= found.stated <= found.late_on
    # the steps
    steps = {step.code: step.params for step in found.steps}
    assert set(steps) <= set(CODES.split())
    moved = {step.params["day"] for step in found.steps if step.code in ("act_by_weekend", "act_by_holiday")}
    assert moved == ({found.act_by.isoformat()} if found.act_by < found.last_day else set())
    rolled = {step.params["day"] for step in found.steps if step.code.startswith("late_rolled")}
    assert rolled == ({found.late_on.isoformat()} if found.late_on > found.stated else set())
    wanted = named_day(rule.review if isinstance(rule, Standing) else rule, turn.period)
    short = {step.params["day"] for step in found.steps if step.code in ("short_month", "month_end")}
    assert short == ({turn.stated.isoformat()} if wanted not in (None, turn.stated.day) else set())
    assert not short or is_last_of_month(turn.stated)
    counted = {step.params["event"] for step in found.steps if step.code.startswith(("after_", "before_"))}
    assert counted == ({turn.anchor.isoformat()} if isinstance(rule, Relative) else set())
    named = {step.params["day"] for step in found.steps if step.code.startswith("event")}
    assert named == counted
    assert ("review" in steps) is isinstance(rule, Standing)
    assert ("recurrence" in steps) is isinstance(rule, Recurrence)
    assert bool({"week", "following_week"} & set(steps)) is isinstance(rule, Weekly)
    for language in LANGUAGES:
        text = [words(language).step(step) for step in found.steps]
        assert [line for line in text if "why." in line or "{" in line] == []
    assert len(found.steps) <= 14


def steps_of(rule, key, events=HAPPENED):
    turns = occurrences(rule, since=None, first=FIRST, last=LAST_DAY, calendar=CALENDAR, events=events)
    (turn,) = [turn for turn in turns if turn.period.key == key]
    return [words("vi").step(step) for step in due_dates(rule, turn, CALENDAR, ZONE).steps]


def test_working_days_after_an_event_name_what_is_not_counted():
    rule = Relative("hoi-nghi", 5, Count.WORKDAYS, before=False, name="Hội nghị điển hình tiên tiến")
    assert steps_of(rule, "hoi-nghi", {"hoi-nghi": date(2026, 4, 23)}) == [
        "Ngày của sự kiện “Hội nghị điển hình tiên tiến”: thứ Năm, 23/04/2026.",
        "Đếm 5 ngày làm việc sau ngày 23/04/2026, không tính ngày đầu (khoản 2 Điều 147 Bộ luật Dân sự 2015): "
        "đến thứ Ba, 05/05/2026.",
        "Không đếm các ngày nghỉ từ Ngày Giỗ Tổ Hùng Vương (26/04/2026) đến Ngày Giỗ Tổ Hùng Vương (nghỉ bù) "
        "(27/04/2026).",
        "Không đếm các ngày nghỉ từ Ngày Chiến thắng (30/04/2026) đến Ngày Quốc tế Lao động (01/05/2026).",
        "Thời hạn: chậm nhất ngày 05/05/2026 (thứ Ba).",
        "Ngày được nêu vẫn còn trong hạn: ngày cuối cùng là thứ Ba, 05/05/2026.",
        "Ngày cuối cùng là ngày làm việc nên cần hoàn thành chậm nhất trong thứ Ba, 05/05/2026.",
        "Chỉ tính là quá hạn khi đã hết ngày cuối cùng: thứ Ba, 05/05/2026.",
    ]


def test_days_before_tet_name_its_first_day():
    assert steps_of(Relative(TET, 10, Count.DAYS, before=True), "2026")[:3] == [
        "Mùng 1 Tết Nguyên đán là thứ Ba, 17/02/2026.",
        "Đếm ngược 10 ngày từ ngày 17/02/2026, không tính chính ngày đó (vận dụng khoản 2 Điều 147 Bộ luật Dân sự "
        "2015): đến thứ Bảy, 07/02/2026.",
        "Thời hạn: chậm nhất ngày 07/02/2026 (thứ Bảy).",
    ]


def test_an_event_without_a_name_is_called_by_its_slug():
    assert steps_of(Relative("hoi-nghi", 1, Count.DAYS, before=True), "hoi-nghi")[0] == (
        "Ngày của sự kiện “hoi-nghi”: thứ Hai, 20/04/2026."
    )


def test_many_days_that_are_not_counted_are_summed_up():
    rule = Relative("hoi-nghi", 200, Count.WORKDAYS, before=False)
    turns = occurrences(rule, since=None, first=FIRST, last=LAST_DAY, calendar=CALENDAR, events=HAPPENED)
    told = due_dates(rule, turns[0], CALENDAR, ZONE).steps[2:4]
    # 26 and 27/04, 30/04 and 01/05, 01 and 02/09: more stretches than are named one by one
    assert told[0].code == "uncounted_many"
    assert (told[0].params["first"], told[0].params["from_name"]) == ("2026-04-26", "Ngày Giỗ Tổ Hùng Vương")


@pytest.mark.parametrize(
    ("after", "code"),
    [(date(2026, 1, 8), "made_up"), (date(2026, 1, 9), "made_up")],
)
def test_a_worked_saturday_is_said_to_be_counted(after, code):
    rule = Relative("hop", 3, Count.WORKDAYS, before=False)
    turns = occurrences(rule, since=None, first=FIRST, last=LAST_DAY, calendar=CALENDAR, events={"hop": after})
    steps = due_dates(rule, turns[0], CALENDAR, ZONE).steps
    assert steps[2] == Step(code, {"day": "2026-01-10", "name": "làm bù ngày 02/01/2026"})


@pytest.mark.parametrize(
    ("rule", "key", "first"),
    [
        (
            Weekly(4, BEFORE, time(15)),
            "2026-W47",
            "Tuần 47 kéo dài từ 16/11/2026 đến 22/11/2026; ngày được nêu trong tuần là thứ Năm, 19/11/2026.",
        ),
        (
            Weekly(1, BY, following=True),
            "2026-W47",
            "Tuần báo cáo là tuần 47 (từ 16/11/2026 đến 22/11/2026); thời hạn rơi vào tuần sau: thứ Hai, 23/11/2026.",
        ),
        (
            Yearly(MonthDay(1, 15), BY, following=True),
            "2025",
            "Thời hạn rơi vào năm sau năm báo cáo: thứ Năm, 15/01/2026.",
        ),
        (
            HalfYearly(MonthDay(7, 10), MonthDay(1, 10), BY),
            "2025-H2",
            "Thời hạn rơi vào năm sau năm báo cáo: thứ Bảy, 10/01/2026.",
        ),
        (
            Periodic(Unit.MONTH, 5, BEFORE, following=True),
            "2026-11",
            "Thời hạn rơi vào tháng liền sau kỳ báo cáo: thứ Bảy, 05/12/2026.",
        ),
        (
            Recurrence("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10", date(2026, 1, 1), BY),
            "2026-03-10",
            "Quy tắc lặp tính từ ngày 01/01/2026 cho ra thứ Ba, 10/03/2026.",
        ),
        (
            Standing(Periodic(Unit.QUARTER, 25, BY)),
            "2026-Q1",
            "Đây là việc thường xuyên, không có thời hạn và không bị tính là quá hạn; các ngày dưới đây chỉ là của "
            "kỳ rà soát.",
        ),
    ],
)
def test_the_way_to_the_stated_day_is_told_first(rule, key, first):
    assert steps_of(rule, key)[0] == first


def test_a_rule_that_counts_from_an_event_needs_its_day():
    rule = Relative("hoi-nghi", 5, Count.DAYS, before=False)
    with pytest.raises(ValueError, match="without a day"):
        due_dates(rule, Occurrence(Period("hoi-nghi"), date(2026, 4, 25)), CALENDAR, ZONE)


CODES = """
    review following_year following_month week following_week recurrence
    event event_tet_nguyen_dan event_gio_to_hung_vuong after_days after_workdays before_days before_workdays
    uncounted uncounted_same uncounted_one uncounted_many counted_made_up
    stated_before stated_before_at stated_by stated_by_at stated_within stated_within_at month_end short_month
    mixed_before mixed_by mixed_at last_day_before last_day_by last_day_at
    act_by_working act_by_weekend act_by_holiday between between_same between_one made_up made_up_plain
    late_before late_by late_by_at late_rolled late_rolled_at late_strict late_strict_at
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence(language):
    assert [code for code in CODES.split() if not words(language).has(f"why.{code}")] == []
