from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.files.plan_file import read_plan
from plans.files.writing import plan_yaml
from plans.periods import Period
from plans.plan import Kind, Plan, Source, Task
from plans.problems import UserError, errors
from plans.rolling import Rolled, own_year, roll_over, shifted
from plans.rolling_marks import Mark
from plans.rules import (
    TET,
    Count,
    DueRule,
    FromTo,
    MonthDay,
    Once,
    Operator,
    Periodic,
    Recurrence,
    Relative,
    Standing,
    Undetermined,
    Unit,
    Within,
    Yearly,
)

SAMPLES = Path(__file__).parents[2] / "config" / "samples"
FILES = sorted(SAMPLES.glob("*/plans/*.yaml"))
YEARLY = Yearly(MonthDay(12, 5), Operator.BEFORE)


def weekend(day: date) -> str | None:
    return "cuối tuần" if day.isoweekday() > 5 else None


def task(rule: DueRule, title: str = "Việc", slug: str = "viec", **more: object) -> Task:
    return replace(Task(slug, title, Kind.WORK, ("so-noi-vu",), rule), **more)  # type: ignore[arg-type]


def plan(*tasks: Task, slug: str = "ke-hoach-2020", title: str = "Kế hoạch", **more: object) -> Plan:
    return replace(Plan(slug, title, tasks=tasks), **more)  # type: ignore[arg-type]


def rolled(rule: DueRule, year: int = 2021, own: int = 2020) -> DueRule:
    anchors = [task(Within(Period.year(own)), slug=f"nam-{i}") for i in range(3)]
    return roll_over(plan(task(rule), *anchors), year, weekend).plan.tasks[0].due


def codes(found: Rolled, slug: str = "viec") -> list[str]:
    return [mark.code for mark in found.marks.get(slug, ())]


@pytest.mark.parametrize(
    ("rule", "year", "expected"),
    [
        (Once(date(2020, 3, 31), Operator.BEFORE), 2021, Once(date(2021, 3, 31), Operator.BEFORE)),
        (Once(date(2020, 2, 29), Operator.BY), 2021, Once(date(2021, 2, 28), Operator.BY)),
        (Once(date(2020, 2, 29), Operator.BY), 2024, Once(date(2024, 2, 29), Operator.BY)),
        (Once(date(2021, 1, 10), Operator.BY), 2021, Once(date(2022, 1, 10), Operator.BY)),  # early next year
        (FromTo(date(2020, 5, 1), date(2020, 10, 30)), 2022, FromTo(date(2022, 5, 1), date(2022, 10, 30))),
        (FromTo(None, date(2020, 10, 30)), 2019, FromTo(None, date(2019, 10, 30))),
        (Within(Period("2020-Q1")), 2021, Within(Period("2021-Q1"))),
        (Within(Period("2020-03")), 2021, Within(Period("2021-03"))),
        (Within(Period("2020-H2")), 2021, Within(Period("2021-H2"))),
        (YEARLY, 2021, YEARLY),
        (Periodic(Unit.QUARTER, 25, Operator.BY), 2021, Periodic(Unit.QUARTER, 25, Operator.BY)),
        (Standing(), 2021, Standing()),
        (Undetermined(), 2021, Undetermined()),
        (
            Recurrence("FREQ=MONTHLY;INTERVAL=2;UNTIL=20201231", date(2020, 2, 10), Operator.BY),
            2021,
            Recurrence("FREQ=MONTHLY;INTERVAL=2;UNTIL=20211231", date(2021, 2, 10), Operator.BY),
        ),
    ],
)
def test_dates_and_periods_move_and_recurring_rules_stay(rule: DueRule, year: int, expected: DueRule) -> None:
    assert rolled(rule, year) == expected


@given(st.dates(date(1975, 1, 1), date(2095, 12, 31)), st.integers(-5, 5))
def test_moved_day_is_the_same_of_its_month_or_its_last(day: date, by: int) -> None:
    found = shifted(day, by)
    assert (found.year, found.month) == (day.year + by, day.month)
    assert found.day == min(day.day, monthrange(found.year, found.month)[1])


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (plan(task(Once(date(2021, 1, 5), Operator.BY)), task(Within(Period("2020-Q1"))), slug="a"), 2020),
        (plan(*[task(Within(Period(f"{y}-Q1"))) for y in (2019, 2020, 2020)], slug="a"), 2020),
        (plan(task(YEARLY), slug="a", issued=date(2021, 8, 5)), 2021),
        (plan(slug="bac-kan-2024"), 2024),
        (plan(slug="a", title="Nhiệm vụ trọng tâm năm 2024"), 2024),
        (plan(slug="a", title="Luật Thi đua, khen thưởng năm 2022"), None),
        (plan(slug="dien-bien-2458"), None),
    ],
)
def test_own_year_is_that_of_most_dates_else_of_the_issue_else_one_it_names(one: Plan, expected: int | None) -> None:
    assert own_year(one) == expected


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("dien-bien-88-2020", "dien-bien-88-2021"),
        ("dien-bien-88", "dien-bien-88-2021"),
        ("a" * 80, "a" * 75 + "-2021"),
    ],
)
def test_id_of_the_plan_has_the_new_year_and_those_of_tasks_stay(slug: str, expected: str) -> None:
    found = roll_over(plan(task(Within(Period("2020-Q1"))), slug=slug), 2021, weekend).plan
    assert (found.slug, found.tasks[0].slug) == (expected, "viec")


def test_number_issue_revision_source_and_successor_are_those_of_the_old_document() -> None:
    source = Source(113, "chậm nhất trước ngày 31/3/2020")
    old = plan(
        task(Once(date(2020, 3, 31), Operator.BEFORE), source=source),
        number="88/KH-UBND",
        issued=date(2020, 1, 10),
        revision=4,
        until=date(2020, 12, 31),
        replaced_by="khac",
    )
    found = roll_over(old, 2021, weekend)
    expected = plan(task(Once(date(2021, 3, 31), Operator.BEFORE)), slug="ke-hoach-2021", until=date(2021, 12, 31))
    assert found.plan == expected
    assert found.marks == {
        "": (Mark("head"), Mark("until", {"until": date(2021, 12, 31)})),
        "viec": (Mark("old_quote", {"quote": source.quote}, review=False),),
    }
    assert found.count == 2


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Đại hội thi đua yêu nước lần thứ V (2020-2025)", ["congress", "anniversary", "span"]),
        ("Hội nghị điển hình tiên tiến các cấp", ["congress"]),
        ("Kỷ niệm 45 năm thành lập", ["anniversary"]),
        ("Khen thưởng năm học 2019- 2020", ["span"]),
        ("Theo Chỉ thị số 05-CT/TW ngày 15/5/2016", ["document_year"]),
        ("Tổng kết năm 2019, phương hướng năm 2020", ["several_years"]),
        ("Hội nghị tổng kết năm 2020", []),
        ("Kiểm tra công tác thi đua, khen thưởng", []),
    ],
)
def test_texts_that_need_a_persons_eye_are_marked(title: str, expected: list[str]) -> None:
    assert codes(roll_over(plan(task(Within(Period("2020-Q1")), title)), 2021, weekend)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Once(date(2020, 5, 8), Operator.BY), ["day_off"]),  # 08/05/2021 is a Saturday
        (Once(date(2020, 5, 7), Operator.BY), []),
        (FromTo(date(2020, 5, 8), date(2020, 5, 9)), ["day_off", "day_off"]),
        (Once(date(2020, 2, 29), Operator.BY), ["day_off", "leap_day"]),  # 28/02/2021 is a Sunday
        (Relative("hop-hoi-dong", 10, Count.DAYS, before=True), ["event"]),
        (Relative(TET, 10, Count.DAYS, before=True), []),
        (Recurrence("FREQ=MONTHLY;BYMONTHDAY=10", date(2020, 2, 10), Operator.BY), ["recurrence"]),
    ],
)
def test_dates_that_need_a_persons_eye_are_marked(rule: DueRule, expected: list[str]) -> None:
    anchor = task(Within(Period("2020-Q1")), slug="quy")
    assert codes(roll_over(plan(task(rule), anchor, anchor), 2021, weekend)) == expected


def test_recurring_rule_is_marked_since_the_old_plan_has_it_too() -> None:
    found = roll_over(plan(task(YEARLY), issued=date(2020, 1, 1), number="1"), 2021, weekend)
    assert codes(found, "") == ["head", "recurring"]


def test_plan_without_a_year_and_years_that_cannot_be_counted_are_refused() -> None:
    for one, year, code in (
        (plan(task(YEARLY), slug="a"), 2021, "roll_over.no_year"),
        (plan(task(Within(Period("2020-Q1")))), 2101, "roll_over.years"),
        (plan(task(Within(Period("2020-Q1")))), 1969, "roll_over.years"),
    ):
        with pytest.raises(UserError) as refused:
            roll_over(one, year, weekend)
        assert [p.code for p in refused.value.problems] == [code]


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_samples_read_back_and_do_not_change_the_second_time(file: Path) -> None:
    old = read_plan(file.name, file.read_bytes()).plan
    assert old is not None
    own = own_year(old)
    assert own is not None
    found = roll_over(old, own + 1, weekend)
    remarks = {slug: [mark.code for mark in marks] for slug, marks in found.marks.items()}
    read = read_plan("moi.yaml", plan_yaml(found.plan, remarks))
    assert errors(read.problems) == []
    assert read.plan == found.plan
    assert [t.slug for t in found.plan.tasks] == [t.slug for t in old.tasks]
    assert roll_over(found.plan, own + 1, weekend).plan == found.plan
    back = roll_over(found.plan, own, weekend).plan
    assert [t.due for t in back.tasks] == [t.due for t in old.tasks]
    assert [t.title for t in back.tasks] == [t.title for t in old.tasks]
