from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.audiences import UNDETERMINED
from plans.files.due_entry import FORMS, due_entry, due_value
from plans.files.due_form import read_due
from plans.files.due_writing import due_mapping
from plans.files.reading import Form, Reading
from plans.files.tree import node_of
from plans.periods import Period
from plans.plan import Kind
from plans.problems import Place, errors
from plans.rules import (
    Count,
    DueRule,
    FromTo,
    HalfYearly,
    MonthDay,
    NineMonthly,
    Once,
    Operator,
    Periodic,
    Recurrence,
    Relative,
    SeveralYearly,
    Standing,
    Undetermined,
    Unit,
    Weekly,
    Within,
    Yearly,
)

_OPERATORS = st.sampled_from([Operator.BEFORE, Operator.BY])
_TIMES = st.none() | st.sampled_from([time(16, 30), time(8)])
_DAYS = st.builds(MonthDay, st.integers(1, 12), st.integers(1, 28))
_DATES = st.dates(date(2020, 1, 1), date(2030, 12, 31))
_YEARS = st.integers(2020, 2030)
_FLAG = st.booleans()
RULES: st.SearchStrategy[DueRule] = st.one_of(
    st.builds(Once, _DATES, _OPERATORS, _TIMES),
    st.builds(Yearly, _DAYS, _OPERATORS, _TIMES, _FLAG),
    st.builds(SeveralYearly, st.just((MonthDay(3, 1), MonthDay(6, 20))), _OPERATORS, _TIMES),
    st.builds(HalfYearly, st.just(MonthDay(6, 20)), st.sampled_from([MonthDay(12, 20), MonthDay(1, 10)]), _OPERATORS),
    st.builds(NineMonthly, _DAYS, _OPERATORS, _TIMES),
    st.builds(Weekly, st.integers(1, 7), _OPERATORS, _TIMES, _FLAG),
    st.builds(Periodic, st.sampled_from([Unit.MONTH, Unit.QUARTER]), st.integers(1, 31), _OPERATORS, _TIMES, _FLAG),
    st.builds(lambda y, q: Within(Period.quarter(y, q)), _YEARS, st.integers(1, 4)),
    st.builds(lambda y: Within(Period.nine_months(y)), _YEARS),
    st.builds(lambda y: Within(Period.year(y)), _YEARS),
    st.builds(FromTo, st.none() | st.just(date(2020, 1, 1)), _DATES, _TIMES),
    st.builds(
        Relative,
        st.sampled_from(["hop", "tet-nguyen-dan"]),
        st.integers(1, 90),
        st.sampled_from(Count),
        _FLAG,
        _OPERATORS,
        _TIMES,
        st.none() | st.just("Họp: tổng kết"),
    ),
    st.builds(Recurrence, st.just("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10"), st.just(date(2026, 1, 10)), _OPERATORS),
    st.just(Standing()),
    st.just(Standing(Yearly(MonthDay(12, 5), Operator.BY))),
    st.just(Undetermined()),
)


def rule_of(value: object) -> DueRule:
    reading = Reading()
    form = Form.of(node_of({"due": value}, Place("due")), reading, "task")
    assert form is not None
    rule = read_due(form, Kind.STANDING if "standing" in str(value) else Kind.REPORT)
    assert errors(reading.problems()) == []
    return rule


@given(rule=RULES)
def test_fields_of_a_rule_give_it_back(rule: DueRule) -> None:
    kind, typed = due_entry(rule)
    value, problems = due_value(kind, typed)
    assert problems == ()
    again = rule_of(value)
    assert again == rule
    assert due_mapping(again) == due_mapping(rule)
    assert (kind == "other") == (isinstance(rule, Recurrence | Standing) and rule != Standing())


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("yearly", {"yearly-operator": "by", "yearly-days": "20/6 và 20/12"}, {"yearly": {"by": ["20/6", "20/12"]}}),
        ("monthly", {"monthly-operator": "by", "monthly-number": "31"}, {"monthly": {"by": "last"}}),
        ("from", {"from-to": "30/10/2026"}, {"from": UNDETERMINED, "to": "30/10/2026"}),
        ("once", {"once-operator": "before", "once-day": " 05/12/2026 ", "weekly-of": "x"}, {"before": "05/12/2026"}),
        ("other", {"other-text": "{rrule: {by: X, from: 01/01}}"}, {"rrule": {"by": "X", "from": "01/01"}}),
    ],
)  # fmt: skip
def test_only_the_fields_of_the_kind_are_read(kind: str, typed: dict[str, str], value: object) -> None:
    assert due_value(kind, typed) == (value, ())


def test_what_is_missing_or_no_yaml_is_told_at_the_rule() -> None:
    for form in FORMS:
        if set(form.fields) - set(form.optional) and form.kind != "other":
            (problem,) = due_value(form.kind, {})[1]
            assert (problem.code, str(problem.place)) == ("edit.due_missing", "due")
    (problem,) = due_value("other", {"other-text": "{yearly: {before: 05/12}"})[1]
    assert problem.place is not None
    assert (problem.code, problem.place.file) == ("yaml.bracket", "due")
    assert due_value("la", {})[1][0].code == "edit.due_kind"
