from __future__ import annotations

from plans.files.plan_file import read_plan
from plans.files.plan_references import check_other_plans
from plans.plan import Plan
from plans.problems import Place, Problem, Severity

OTHER = """\
plan: {id: khac, title: Kế hoạch khác}
tasks:
  - {id: bao-cao-quy, title: Báo cáo quý, owed_by: x, due: {quarterly: {by: 15}}}
"""


def problems(head: str, collects: str, *others: str) -> list[Problem]:
    text = f"""\
plan: {{id: tong, title: Kế hoạch tổng hợp{head}}}
tasks:
  - {{id: rieng, title: Báo cáo riêng, owed_by: x, due: {{yearly: {{by: 01/12}}}}}}
  - id: tong-hop
    title: Tổng hợp
    owed_by: x
    due: {{yearly: {{by: 25/12}}}}
    collects: {collects}
"""
    files = [read_plan("tong.yaml", text), *(read_plan(f"khac-{i}.yaml", o) for i, o in enumerate(others))]
    known: dict[str, Plan] = {}
    for file in files:
        assert file.plan is not None
        known[file.plan.slug] = file.plan
    return check_other_plans(known["tong"], files[0].places, known)


def test_tasks_that_are_there_are_no_problem() -> None:
    assert problems("", "[rieng, khac/bao-cao-quy]", OTHER) == []


def test_every_collected_task_that_is_not_there_is_named_with_its_nearest() -> None:
    assert problems("", "[khac/bao-cao-quyy, kha/bao-cao-quy, khac/zzz]", OTHER) == [
        Problem(
            "unknown.task.nearest",
            {"name": "khac/bao-cao-quyy", "nearest": "khac/bao-cao-quy"},
            Place("tong.yaml", 8, 16),
        ),
        Problem("unknown.plan.nearest", {"name": "kha", "nearest": "khac"}, Place("tong.yaml", 8, 35)),
        Problem("unknown.task", {"name": "khac/zzz"}, Place("tong.yaml", 8, 52)),
    ]


def test_plan_that_is_not_there_is_named() -> None:
    assert problems("", "[khac/bao-cao-quy]") == [Problem("unknown.plan", {"name": "khac"}, Place("tong.yaml", 8, 16))]


def test_replacing_plan_may_come_later() -> None:
    place = Place("tong.yaml", 1, 57)
    assert problems(", replaced_by: khac", "[rieng]") == [
        Problem("plan.replacement_missing", {"name": "khac"}, place, Severity.WARNING)
    ]
    assert problems(", replaced_by: khac", "[rieng]", OTHER) == []


def test_plans_that_replace_each_other_in_a_ring_are_refused() -> None:
    ring = OTHER.replace("title: Kế hoạch khác", "title: Kế hoạch khác, replaced_by: tong")
    assert problems(", replaced_by: khac", "[rieng]", ring) == [
        Problem("plan.replaced_in_ring", {"id": "tong"}, Place("tong.yaml", 1, 57))
    ]
