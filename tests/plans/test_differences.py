"""What changes between two states of a plan."""

from dataclasses import replace
from datetime import date

from plans.differences import PlanDifference, TaskChange, compare
from plans.plan import Kind, Plan, Task
from plans.rules import MonthDay, Operator, Yearly

YEARLY = Yearly(MonthDay(12, 5), Operator.BEFORE)
REPORT = Task("bao-cao-nam", "Báo cáo năm", Kind.REPORT, ("moi-don-vi",), YEARLY)
MEETING = Task("hop", "Họp", Kind.WORK, ("so-noi-vu",), YEARLY)
PLAN = Plan("ke-hoach-88", "Kế hoạch 88", number="88/KH-UBND", issued=date(2020, 1, 10), tasks=(REPORT, MEETING))


def test_compare_equal_plans_is_empty():
    assert compare(PLAN, PLAN) == PlanDifference()
    assert compare(PLAN, PLAN).empty


def test_compare_with_nothing_adds_everything():
    expected = PlanDifference(
        fields=(("title", "", "Kế hoạch 88"), ("number", "", "88/KH-UBND"), ("issued", "", "2020-01-10")),
        added=(REPORT, MEETING),
    )
    assert compare(None, PLAN) == expected
    assert not compare(None, PLAN).empty


def test_compare_ignores_revision_and_the_order_of_tasks():
    assert compare(PLAN, replace(PLAN, revision=7, tasks=(MEETING, REPORT))).empty


def test_compare_names_changed_fields_of_the_plan():
    new = replace(PLAN, number=None, until=date(2025, 12, 31))
    expected = PlanDifference(fields=(("number", "88/KH-UBND", ""), ("until", "", "2025-12-31")))
    assert compare(PLAN, new) == expected


def test_compare_names_added_changed_and_removed_tasks():
    later = replace(REPORT, title="Báo cáo hằng năm", due=replace(YEARLY, operator=Operator.BY))
    extra = replace(MEETING, slug="hop-lai")
    expected = PlanDifference(
        added=(extra,), changed=(TaskChange(REPORT, later, ("title", "due")),), removed=(MEETING,)
    )
    assert compare(PLAN, replace(PLAN, tasks=(later, extra))) == expected
    assert not expected.empty
