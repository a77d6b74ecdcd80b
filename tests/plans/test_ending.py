from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.ending import Replacing, asked_about, end_of, is_open_ended, replaces_itself
from plans.periods import Period
from plans.plan import Kind, Plan, Task
from plans.rules import TET, Count, DueRule, MonthDay, Once, Operator, Relative, Standing, Within, Yearly

YEARLY = Yearly(MonthDay(12, 5), Operator.BEFORE)


def plan(until: date | None = None, *rules: DueRule) -> Plan:
    tasks = tuple(Task(f"viec-{i}", "Việc", Kind.REPORT, ("so-y-te",), rule) for i, rule in enumerate(rules))
    return Plan("ke-hoach", "Kế hoạch", until=until, tasks=tasks)


@pytest.mark.parametrize(
    ("until", "replacing", "end"),
    [
        (None, None, None),
        (date(2026, 6, 30), None, date(2026, 6, 30)),
        (None, Replacing(date(2026, 3, 10), date(2026, 1, 1)), date(2026, 3, 9)),
        (None, Replacing(None, date(2026, 4, 1)), date(2026, 3, 31)),
        (date(2026, 6, 30), Replacing(date(2026, 3, 10), date(2026, 1, 1)), date(2026, 3, 9)),
        (date(2026, 2, 28), Replacing(date(2026, 3, 10), date(2026, 1, 1)), date(2026, 2, 28)),
    ],
)
def test_a_plan_ends_with_its_until_or_the_day_before_its_replacement(
    until: date | None, replacing: Replacing | None, end: date | None
) -> None:
    assert end_of(plan(until), replacing) == end


DAYS = st.dates(date(1970, 1, 2), date(2100, 12, 31))


@given(st.none() | DAYS, st.none() | DAYS, DAYS)
def test_no_day_belongs_to_a_plan_and_to_the_one_that_replaces_it(
    until: date | None, issued: date | None, track_from: date
) -> None:
    replacing = Replacing(issued, track_from)
    end = end_of(plan(until), replacing)
    assert end is not None
    assert end < replacing.in_force
    assert end in (until, replacing.in_force - timedelta(days=1))


@pytest.mark.parametrize(
    ("links", "ring"),
    [
        ({"a": None}, False),
        ({}, False),
        ({"a": "b", "b": "c", "c": None}, False),
        ({"a": "b"}, False),
        ({"a": "b", "b": "a"}, True),
        ({"a": "b", "b": "c", "c": "a"}, True),
        ({"a": "b", "b": "c", "c": "b"}, False),  # the ring is that of b and c
    ],
)
def test_plans_that_replace_each_other_in_a_ring_are_found(links: dict[str, str | None], ring: bool) -> None:
    assert replaces_itself("a", links) is ring


@pytest.mark.parametrize(
    ("today", "year"),
    [
        (date(2026, 10, 31), None),
        (date(2026, 11, 1), 2027),
        (date(2026, 11, 30), 2027),
        (date(2026, 12, 1), None),
    ],
)
def test_people_are_asked_in_november_about_the_next_year(today: date, year: int | None) -> None:
    assert asked_about(today) == year


@pytest.mark.parametrize(
    ("one", "replaced", "expected"),
    [
        (plan(None, YEARLY), False, True),
        (plan(None, Once(date(2026, 5, 1), Operator.BY), YEARLY), False, True),
        (plan(None, Relative(TET, 10, Count.DAYS, before=True)), False, True),
        (plan(None, Once(date(2026, 5, 1), Operator.BY), Within(Period.year(2026)), Standing()), False, False),
        (plan(None), False, False),
        (plan(date(2026, 12, 31), YEARLY), False, False),
        (plan(None, YEARLY), True, False),
    ],
)
def test_a_plan_is_open_ended_while_a_recurring_rule_has_no_end(one: Plan, replaced: bool, expected: bool) -> None:
    assert is_open_ended(one, replaced=replaced) is expected
