from __future__ import annotations

import pytest

from plans.plan import Kind, Task
from plans.policies import POLICIES, Policy, policy_of
from plans.problems import UserError
from plans.rules import Unit
from plans.words import words


def task(kind: Kind, policy: str | None = None) -> Task:
    return Task("t", "Việc", kind, ("so-noi-vu",), policy=policy)


def codes(policy: Policy) -> list[str]:
    return [stage.code for stage in policy.stages]


AFTER = ["T+1wd-list", "T+1wd", "T+3wd", "T+3wd-head", "T+8wd", "T+8wd-head"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report", ["T-15", "T-3wd", "T0", "T0-head", *AFTER]),
        ("monthly", ["T-3wd", "T0", *AFTER]),
        ("weekly", ["T-1wd", "T+1wd-list", "T+1wd"]),
        ("work", ["open", "open-with", "T-15", "T-3wd"]),
        ("milestone", ["T-15", "T0"]),
        ("resubmission", ["R-now", "R-1wd", "R0", "R+1wd"]),
        ("none", []),
    ],
)
def test_stages_of_policy(name: str, expected: list[str]) -> None:
    assert codes(POLICIES[name]) == expected


@pytest.mark.parametrize(
    ("kind", "length", "name"),
    [
        (Kind.REPORT, None, "report"),
        (Kind.REPORT, Unit.YEAR, "report"),
        (Kind.REPORT, Unit.QUARTER, "report"),
        (Kind.REPORT, Unit.MONTH, "monthly"),
        (Kind.WORK, None, "work"),
        (Kind.WORK, Unit.MONTH, "work"),
        (Kind.MILESTONE, None, "milestone"),
        (Kind.TARGET, None, "milestone"),
        (Kind.STANDING, None, "none"),
    ],
)
def test_policy_of_kind(kind: Kind, length: Unit | None, name: str) -> None:
    assert policy_of(task(kind), length) == POLICIES[name]


def test_policy_named_by_task() -> None:
    assert policy_of(task(Kind.REPORT, "weekly"), None) == POLICIES["weekly"]


def test_policy_of_what_cannot_be_late_says_nothing_after() -> None:
    assert codes(policy_of(task(Kind.TARGET, "report"), None)) == ["T-15", "T-3wd", "T0", "T0-head"]


def test_policy_unknown_names_the_known() -> None:
    with pytest.raises(UserError) as caught:
        policy_of(task(Kind.REPORT, "hang-ngay"), None)
    assert words("vi").problem(caught.value.problems[0]) == (
        "Nhiệm vụ “t”: không có chế độ nhắc “hang-ngay”; chọn một trong: "
        "report, monthly, weekly, work, milestone, resubmission, none."
    )
