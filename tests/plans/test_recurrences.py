"""Which recurrences are accepted, and the days they name."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.recurrences import PARTS, Fault, days_of, faults_of, normalized
from plans.rules import Operator, Recurrence
from plans.words import LANGUAGES, words


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY",
        "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10",
        "FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=9",
        "FREQ=WEEKLY;BYDAY=MO,TH;WKST=SU;UNTIL=20261231",
        "FREQ=YEARLY;BYWEEKNO=-1,20;BYDAY=FR",
        "FREQ=YEARLY;BYYEARDAY=-1,+100",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ],
)
def test_text_that_is_accepted(text):
    assert faults_of(text) == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [("form", {"value": ""}), ("freq", None)]),
        ("FREQ", [("form", {"value": "FREQ"}), ("freq", None)]),
        ("FREQ=", [("form", {"value": "FREQ="}), ("freq", None)]),
        ("INTERVAL=2", [("freq", None)]),
        ("FREQ=HOURLY", [("freq", None)]),
        ("FREQ=DAILY;BYHOUR=3", [("part", {"name": "BYHOUR", "choices": ", ".join(PARTS)})]),
        ("FREQ=DAILY;FREQ=WEEKLY", [("repeated", {"name": "FREQ"})]),
        ("FREQ=DAILY;INTERVAL=0", [("number", {"name": "INTERVAL", "value": "0", "highest": 1000})]),
        ("FREQ=DAILY;INTERVAL=-2", [("number", {"name": "INTERVAL", "value": "-2", "highest": 1000})]),
        ("FREQ=DAILY;COUNT=100000", [("number", {"name": "COUNT", "value": "100000", "highest": 99999})]),
        ("FREQ=DAILY;BYMONTH=1,13", [("number", {"name": "BYMONTH", "value": "13", "highest": 12})]),
        ("FREQ=MONTHLY;BYMONTHDAY=32", [("number", {"name": "BYMONTHDAY", "value": "32", "highest": 31})]),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", [("number", {"name": "BYMONTHDAY", "value": "-32", "highest": 31})]),
        ("FREQ=MONTHLY;BYMONTHDAY=5,", [("number", {"name": "BYMONTHDAY", "value": "", "highest": 31})]),
        ("FREQ=MONTHLY;BYMONTHDAY=٥", [("number", {"name": "BYMONTHDAY", "value": "٥", "highest": 31})]),
        ("FREQ=WEEKLY;BYDAY=MO,T2", [("byday", {"name": "BYDAY", "value": "T2"})]),
        ("FREQ=MONTHLY;BYDAY=0MO", [("byday", {"name": "BYDAY", "value": "0MO"})]),
        ("FREQ=MONTHLY;BYDAY=-MO", [("byday", {"name": "BYDAY", "value": "-MO"})]),
        ("FREQ=WEEKLY;WKST=1MO", [("byday", {"name": "WKST", "value": "1MO"})]),
        ("FREQ=DAILY;UNTIL=20261301", [("until", {"value": "20261301"})]),
        ("FREQ=DAILY;UNTIL=20261231T000000Z", [("until", {"value": "20261231T000000Z"})]),
        ("FREQ=DAILY;UNTIL=20261231;COUNT=3", [("together", {"name": "UNTIL", "other": "COUNT"})]),
        ("FREQ=WEEKLY;BYMONTHDAY=3", [("together", {"name": "BYMONTHDAY", "other": "FREQ=WEEKLY"})]),
        ("FREQ=MONTHLY;BYYEARDAY=3", [("together", {"name": "BYYEARDAY", "other": "FREQ=MONTHLY"})]),
        ("FREQ=MONTHLY;BYWEEKNO=3;BYDAY=MO", [("together", {"name": "BYWEEKNO", "other": "FREQ=MONTHLY"})]),
        ("FREQ=WEEKLY;BYDAY=1MO", [("together", {"name": "BYDAY=1MO", "other": "FREQ=WEEKLY"})]),
        ("FREQ=YEARLY;BYWEEKNO=3;BYDAY=1MO", [("together", {"name": "BYDAY=1MO", "other": "BYWEEKNO"})]),
        ("FREQ=YEARLY;BYWEEKNO=3", [("needs", {"name": "BYWEEKNO", "other": "BYDAY"})]),
        ("FREQ=DAILY;BYSETPOS=1", [("needs", None)]),
        ("FREQ=X;BYDAY=2;INTERVAL=A", [("freq", None), ("byday", None), ("number", None)]),
    ],
)
def test_every_fault_is_found(text, faults):
    found = faults_of(text)
    assert [fault.code for fault in found] == [code for code, _ in faults]
    assert found == [
        Fault(code, fault.params if params is None else params)
        for fault, (code, params) in zip(found, faults, strict=True)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_a_sentence(language):
    codes = ("form", "part", "repeated", "freq", "number", "byday", "until", "together", "needs", "empty")
    assert [code for code in codes if not words(language).has(f"problem.due.rrule_{code}")] == []


def test_text_is_taken_as_people_paste_it():
    assert normalized(" rrule:Freq=monthly; Interval=2 ;") == "FREQ=MONTHLY;INTERVAL=2"


VALUES = st.text(alphabet="0123456789+-,MOTUWEFRSAYILD;=", max_size=8)
TEXTS = st.lists(st.tuples(st.sampled_from(PARTS), VALUES), max_size=4).map(
    lambda parts: ";".join(f"{name}={value}" for name, value in parts)
)


@given(TEXTS | TEXTS.map("FREQ=YEARLY;{}".format) | st.text(max_size=40))
def test_whatever_is_accepted_can_be_evaluated(text):
    if not faults_of(text):
        rule = Recurrence(text, date(2026, 1, 1), Operator.BY)
        assert all(day.year <= 2030 for day in days_of(rule, date(2030, 12, 31)))


def days(text, start, last):
    return [f"{day:%d/%m/%Y}" for day in days_of(Recurrence(text, start, Operator.BY), last)]


def test_start_is_a_turn_only_where_the_rule_names_it():
    last = date(2026, 3, 31)
    assert days("FREQ=MONTHLY;BYMONTHDAY=10", date(2026, 1, 10), last)[0] == "10/01/2026"
    assert days("FREQ=MONTHLY;BYMONTHDAY=10", date(2026, 1, 11), last) == ["10/02/2026", "10/03/2026"]


def test_count_counts_from_the_start_and_not_from_the_window():
    assert days("FREQ=MONTHLY;COUNT=3", date(2026, 1, 10), date(2026, 2, 28)) == ["10/01/2026", "10/02/2026"]
    assert days("FREQ=MONTHLY;COUNT=3", date(2026, 1, 10), date(2100, 1, 1))[-1] == "10/03/2026"


def test_until_is_the_last_day():
    assert days("FREQ=WEEKLY;UNTIL=20260115", date(2026, 1, 1), date(2026, 12, 31))[-1] == "15/01/2026"


def test_days_that_never_come_end_with_the_year_2100():
    assert days("FREQ=DAILY;COUNT=3;BYMONTH=2;BYMONTHDAY=30", date(2026, 1, 1), date.max) == []
    assert days("FREQ=YEARLY", date(2099, 5, 1), date.max) == ["01/05/2099", "01/05/2100"]
