from __future__ import annotations

from datetime import date, time

import pytest

from plans.audiences import Resolver
from plans.plan import Kind, Task
from plans.policies import (
    POLICIES,
    PROGRAMS,
    Anchor,
    Policy,
    PolicyBook,
    QuietDays,
    Stage,
    To,
    policy_of,
    resubmission_of,
    stage,
)
from plans.problems import UserError
from plans.rules import Count, DueRule, MonthDay, Once, Operator, Periodic, Standing, Unit, Weekly, Yearly
from plans.units import Audience, Roster
from plans.units import Unit as OrganisationalUnit
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
        ("resubmission", ["R-now", "R-1wd", "R0", "R+1wd-list", "R+1wd"]),
        ("review", ["T0"]),
        ("none", []),
    ],
)
def test_stages_of_policy(name: str, expected: list[str]) -> None:
    assert codes(POLICIES[name]) == expected


ONCE = Once(date(2026, 12, 5), Operator.BEFORE)


@pytest.mark.parametrize(
    ("kind", "rule", "name"),
    [
        (Kind.REPORT, ONCE, "report"),
        (Kind.REPORT, Yearly(MonthDay(12, 5), Operator.BEFORE), "report"),
        (Kind.REPORT, Periodic(Unit.QUARTER, 25, Operator.BY), "report"),
        (Kind.REPORT, Periodic(Unit.MONTH, 25, Operator.BY), "monthly"),
        (Kind.REPORT, Weekly(4, Operator.BEFORE), "weekly"),
        (Kind.WORK, ONCE, "work"),
        (Kind.WORK, Periodic(Unit.MONTH, 25, Operator.BY), "work"),
        (Kind.MILESTONE, ONCE, "milestone"),
        (Kind.TARGET, ONCE, "milestone"),
        (Kind.STANDING, Standing(), "none"),
        (Kind.STANDING, Standing(Yearly(MonthDay(12, 15), Operator.BY)), "review"),
        (Kind.STANDING, Standing(Periodic(Unit.MONTH, 25, Operator.BY)), "review"),
    ],
)
def test_policy_of_kind(kind: Kind, rule: DueRule, name: str) -> None:
    assert policy_of(Task("t", "Việc", kind, ("so-noi-vu",), rule), PROGRAMS) == POLICIES[name]


def test_policy_named_by_task() -> None:
    assert policy_of(task(Kind.REPORT, "weekly"), PROGRAMS) == POLICIES["weekly"]


def test_policy_of_what_cannot_be_late_says_nothing_after() -> None:
    assert codes(policy_of(task(Kind.TARGET, "report"), PROGRAMS)) == ["T-15", "T-3wd", "T0", "T0-head"]


def test_policy_unknown_names_the_known() -> None:
    with pytest.raises(UserError) as caught:
        policy_of(task(Kind.REPORT, "hang-ngay"), PROGRAMS)
    assert words("vi").problem(caught.value.problems[0]) == (
        "Nhiệm vụ “t”: không có chế độ nhắc “hang-ngay”; chọn một trong: "
        "report, monthly, weekly, work, milestone, review, none."
    )


def test_review_of_standing_work_asks_its_officers_on_the_day() -> None:
    assert [(one.code, one.to) for one in POLICIES["review"].stages] == [("T0", To.OFFICERS)]


OWN = Policy("report", (stage(Anchor.ACT_BY, -5),))
OTHER = Policy("rieng", (stage(Anchor.ACT_BY),), {"cac-xa": ()}, 3)


def test_book_of_an_office_goes_before_the_programs() -> None:
    book = PolicyBook().with_own([OWN, OTHER], QuietDays(days=(MonthDay(12, 31),)))
    assert policy_of(task(Kind.REPORT), book) == OWN
    assert policy_of(task(Kind.WORK, "rieng"), book) == OTHER
    assert policy_of(task(Kind.WORK), book) == POLICIES["work"]
    assert [p.name for p in book] == [*POLICIES, "rieng"]
    assert book.for_tasks == ("report", "monthly", "weekly", "work", "milestone", "review", "none", "rieng")
    assert book.quiet == QuietDays(True, (MonthDay(12, 31),))


def test_book_keeps_what_is_not_named_again() -> None:
    first = PolicyBook().with_own([OWN], QuietDays(False))
    assert first.with_own([OTHER]) == PolicyBook({"report": OWN, "rieng": OTHER}, QuietDays(False))


def test_book_that_says_what_the_program_says_has_no_policy_of_its_own() -> None:
    assert PolicyBook().with_own([OWN]).with_own([POLICIES["report"]]) == PolicyBook()


def test_variant_of_a_unit_is_that_of_the_first_audience_it_belongs_to() -> None:
    units = {slug: OrganisationalUnit(slug, slug, kind) for slug, kind in (("a", "xa"), ("b", "xa"), ("c", "so"))}
    roster = Roster(units, audiences={"cac-xa": Audience("cac-xa", "Các xã", kinds=("xa",))})
    policy = Policy("rieng", (), {"b": (), "cac-xa": (stage(Anchor.ACT_BY),), "a": ()})
    assert policy.variants_of(Resolver(roster), date(2026, 1, 1)) == {"b": "b", "a": "cac-xa"}
    assert policy.stages_of("cac-xa") == (stage(Anchor.ACT_BY),)
    assert policy.stages_of("") == policy.stages_of("khac") == ()


def test_resubmission_is_the_same_for_every_variant() -> None:
    stages = POLICIES["resubmission"].stages
    again = resubmission_of(Policy("rieng", (), {"cac-xa": ()}), PROGRAMS)
    assert again == Policy("resubmission", stages, {"cac-xa": stages})


@pytest.mark.parametrize(
    ("made", "code", "urgent"),
    [
        (stage(Anchor.ACT_BY, -15, Count.DAYS), "T-15", False),
        (stage(Anchor.ACT_BY, -3), "T-3wd", False),
        (stage(Anchor.ACT_BY, 0, Count.DAYS), "T0", True),
        (stage(Anchor.ACT_BY, to=To.HEAD), "T0-head", True),
        (stage(Anchor.LATE_AFTER, 1, to=To.COORDINATOR), "T+1wd-list", True),
        (stage(Anchor.LATE_AFTER, 13, to=To.HEAD), "T+13wd-head", True),
        (stage(Anchor.OPENS), "open", False),
        (stage(Anchor.OPENS, to=To.COORDINATING), "open-with", False),
        (stage(Anchor.ACT_BY, -3, to=To.COORDINATING), "T-3wd-with", False),
        (stage(Anchor.SET), "R-now", True),
        (stage(Anchor.ACT_BY, -1, again=True), "R-1wd", False),
        (stage(Anchor.ACT_BY, again=True), "R0", True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_code_of_a_stage_says_where_it_stands_and_for_whom(made: Stage, code: str, urgent: bool) -> None:
    assert (made.code, made.urgent) == (code, urgent)


def test_code_of_a_stage_does_not_depend_on_its_hour() -> None:
    assert stage(Anchor.ACT_BY, at=time(10)).code == stage(Anchor.ACT_BY).code


def test_hour_of_a_stage_that_names_none() -> None:
    late = [stage(Anchor.LATE_AFTER, 1), stage(Anchor.LATE_AFTER, 1, to=To.COORDINATOR), stage(Anchor.ACT_BY)]
    assert [one.at for one in late] == [time(14), time(8), time(8)]


@pytest.mark.parametrize(
    ("day", "quiet"),
    [
        (date(2026, 12, 31), True),
        (date(2027, 12, 31), True),
        (date(2027, 4, 30), True),
        (date(2026, 4, 30), False),
        (date(2027, 2, 28), True),  # 29/02 of a year without one
        (date(2028, 2, 28), False),
        (date(2028, 2, 29), True),
    ],
)
def test_quiet_days_of_every_year_and_of_one(day: date, quiet: bool) -> None:
    days = QuietDays(days=(MonthDay(12, 31), date(2027, 4, 30), MonthDay(2, 29)))
    assert (day in days) is quiet
