"""What is written reads back as the same."""

import json
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plans.audiences import UNDETERMINED
from plans.files.encoding import clean
from plans.files.plan_file import read_plan
from plans.files.writing import plan_mapping, plan_yaml, task_from_mapping, task_mapping
from plans.periods import Period, reads_as_period
from plans.plan import Kind, Plan, Source, Task
from plans.problems import Place, Problem, Severity, UserError
from plans.rules import (
    LAST,
    Count,
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

HOSTILE = st.sampled_from(
    ["- gạch", "# số", 'nói: "được"', "it's", "@chua-xac-dinh", "{a: b}", "[x]", "&neo", "*sao", "!nhãn", "%", "~",
     "null", "no", "05/12", "2026-12-05", "16:30", "12", "a: b # c", "dòng 1\ndòng 2", "|", ">", "\\n", "\\", "--- x",
     "...", "🏆 thi đua", "Ke\u0302\u0301 hoa\u0323ch", "a\u00a0b", "\u2028", "\ue000chua", "? x", "`",
     "x" * 300, "từ " * 60]
)  # fmt: skip
TEXT = (
    st.one_of(HOSTILE, st.lists(HOSTILE, min_size=1, max_size=3).map(" ".join), st.text(max_size=40))
    .map(lambda text: clean("".join(c if c.isprintable() else " " for c in text)))
    .filter(bool)
)
SLUG = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
REFERENCES = st.lists(SLUG | st.just(UNDETERMINED), max_size=3, unique=True).map(tuple)
DAY = st.dates(date(1970, 1, 1), date(2100, 12, 31))
TIME = st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0))
OPERATOR = st.sampled_from([Operator.BEFORE, Operator.BY])
MONTH_DAY = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: MonthDay(day.month, day.day))
DAY_OF_MONTH = st.integers(1, LAST)
YEAR = st.integers(1970, 2100)
PERIOD = st.one_of(
    st.builds(Period.year, YEAR),
    st.builds(Period.half, YEAR, st.integers(1, 2)),
    st.builds(Period.quarter, YEAR, st.integers(1, 4)),
    st.builds(Period.month, YEAR, st.integers(1, 12)),
    st.builds(Period.nine_months, YEAR),
)
HALF_DATES = st.one_of(
    st.lists(MONTH_DAY, min_size=2, max_size=2, unique=True).map(
        lambda pair: sorted(pair, key=lambda on: (on.month, on.day))
    ),
    DAY_OF_MONTH.map(lambda day: [MonthDay(6, day), MonthDay(12, day)]),
    st.builds(
        lambda one, other: [MonthDay(one.month, one.day), MonthDay(other.month, other.day)],
        st.dates(date(2024, 5, 1), date(2024, 9, 30)),
        st.dates(date(2024, 1, 1), date(2024, 3, 31)),
    ),
)
DATES = st.lists(MONTH_DAY, min_size=2, max_size=9, unique=True).map(
    lambda days: tuple(sorted(days, key=lambda on: (on.month, on.day)))
)
RRULE = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10",
        "FREQ=WEEKLY;BYDAY=MO,TH;WKST=SU",
        "FREQ=YEARLY;BYMONTH=1;BYDAY=-1FR;COUNT=3",
    ]
)
YEARLY = st.builds(Yearly, MONTH_DAY, OPERATOR, TIME, st.booleans())
SEVERAL = st.builds(SeveralYearly, DATES, OPERATOR, TIME)
HALF_YEARLY = st.builds(lambda days, operator, at: HalfYearly(*days, operator, at), HALF_DATES, OPERATOR, TIME)
PERIODIC = st.builds(Periodic, st.sampled_from([Unit.MONTH, Unit.QUARTER]), DAY_OF_MONTH, OPERATOR, TIME, st.booleans())
REVIEWED = st.builds(Standing, st.one_of(YEARLY, SEVERAL, HALF_YEARLY, PERIODIC))
DATED = st.one_of(
    st.builds(Once, DAY, OPERATOR, TIME),
    YEARLY,
    SEVERAL,
    HALF_YEARLY,
    PERIODIC,
    st.builds(NineMonthly, MONTH_DAY, OPERATOR, TIME),
    st.builds(Weekly, st.integers(1, 7), OPERATOR, TIME, st.booleans()),
    st.builds(
        Relative,
        SLUG.filter(lambda slug: not reads_as_period(slug)),
        st.integers(1, 999),
        st.sampled_from(Count),
        st.booleans(),
        OPERATOR,
        TIME,
        st.none() | TEXT,
    ),
    st.builds(Recurrence, RRULE, st.dates(date(1970, 1, 1), date(2099, 1, 1)), OPERATOR, TIME),
    st.builds(Within, PERIOD),
    st.builds(lambda a, b, at: FromTo(a and min(a, b), max(a, b) if a else b, at), st.none() | DAY, DAY, TIME),
    st.just(Undetermined()),
)
RULE = st.one_of(
    st.tuples(st.just(Kind.STANDING), st.just(Standing()) | REVIEWED | st.just(Undetermined())),
    st.tuples(st.sampled_from([kind for kind in Kind if kind is not Kind.STANDING]), DATED),
)
TASK = st.builds(
    lambda rule, **fields: Task(kind=rule[0], due=rule[1], **fields),
    RULE,
    slug=SLUG,
    title=TEXT,
    owed_by=REFERENCES,
    product=st.none() | TEXT,
    coordinating=REFERENCES,
    to=st.none() | SLUG,
    via=st.none() | SLUG,
    strict=st.booleans(),
    policy=st.none() | SLUG,
    collects=st.lists(st.builds("{}/{}".format, SLUG, SLUG), max_size=2, unique=True).map(tuple),
    section=st.none() | TEXT,
    source=st.builds(Source, st.none() | st.integers(1, 999_999), st.none() | TEXT),
    note=st.none() | TEXT,
)
PLAN = st.builds(
    Plan,
    slug=SLUG,
    title=TEXT,
    issuer=st.none() | TEXT,
    coordinator=st.none() | SLUG,
    number=st.none() | TEXT.filter(lambda text: text != UNDETERMINED),
    issued=st.none() | DAY,
    until=st.none() | DAY,
    replaced_by=st.none() | SLUG,
    revision=st.none() | st.integers(1, 10**9 - 1),
    tasks=st.lists(TASK, max_size=3, unique_by=lambda task: task.slug).map(tuple),
).filter(lambda p: p.replaced_by != p.slug and not (p.issued and p.until and p.until < p.issued))

REPORT = Task(
    slug="bao-cao-nam",
    title="Báo cáo: kết quả # năm",
    kind=Kind.REPORT,
    owed_by=("moi-don-vi",),
    due=Yearly(MonthDay(12, 5), Operator.BEFORE),
    to="ubnd-tinh",
    source=Source(63, "trước ngày 05 tháng 12 hàng năm"),
)
WORK = Task(
    slug="quy-1-03",
    title="Chỉ đạo Hội nghị",
    kind=Kind.WORK,
    owed_by=("so-noi-vu",),
    coordinating=(UNDETERMINED,),
    due=Within(Period("2020-Q1")),
)
STANDING = Task("tiep-tuc", "Tiếp tục", Kind.STANDING, ("moi-don-vi",))
BOTH = Plan(
    "dien-bien-2458", "Triển khai", number="2458/UBND-NC", issued=date(2021, 8, 5), tasks=(REPORT, WORK, STANDING)
)
WRITTEN = """\
plan:
  id: dien-bien-2458
  number: 2458/UBND-NC
  title: Triển khai
  issued: 05/08/2021
tasks:
  - id: bao-cao-nam
    title: 'Báo cáo: kết quả # năm'
    kind: report
    owed_by: [moi-don-vi]
    to: ubnd-tinh
    due: {yearly: {before: 05/12}}
    source: {line: 63, quote: trước ngày 05 tháng 12 hàng năm}
  - id: quy-1-03
    title: Chỉ đạo Hội nghị
    kind: work
    lead: [so-noi-vu]
    with: ['@chua-xac-dinh']
    due: {within: {quarter: 1, year: 2020}}
  - id: tiep-tuc
    title: Tiếp tục
    kind: standing
    owed_by: [moi-don-vi]
"""


def test_plan_yaml_is_written_for_people():
    assert plan_yaml(BOTH) == WRITTEN


@settings(deadline=None)
@example(BOTH)
@given(PLAN)
def test_plan_yaml_reads_back_as_the_same_plan(plan):
    read = read_plan("k.yaml", plan_yaml(plan))
    assert [p for p in read.problems if p.severity is Severity.ERROR] == []
    assert read.plan == plan
    assert plan_yaml(read.plan) == plan_yaml(plan)


@settings(deadline=None)
@example(REPORT)
@given(TASK)
def test_task_mapping_reads_back_as_the_same_task_after_json(task):
    assert task_from_mapping(json.loads(json.dumps(task_mapping(task)))) == task


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        (Once(date(2026, 12, 5), Operator.BEFORE, time(16, 30)), {"before": "05/12/2026", "time": "16:30"}),
        (Once(date(2020, 3, 31), Operator.BY), {"by": "31/03/2020"}),
        (Yearly(MonthDay(1, 5), Operator.BY, following=True), {"yearly": {"by": "05/01", "of": "following_year"}}),
        (
            HalfYearly(MonthDay(6, 20), MonthDay(12, 20), Operator.BEFORE, time(9)),
            {"half_yearly": {"before": 20, "time": "09:00"}},
        ),
        (
            HalfYearly(MonthDay(6, 20), MonthDay(12, 15), Operator.BEFORE),
            {"half_yearly": {"before": ["20/06", "15/12"]}},
        ),
        (Periodic(Unit.QUARTER, 25, Operator.BY), {"quarterly": {"by": 25}}),
        (Periodic(Unit.MONTH, LAST, Operator.BY, following=True), {"monthly": {"by": "last", "of": "following_month"}}),
        (Within(Period("2026-H1")), {"within": {"half": 1, "year": 2026}}),
        (Within(Period("2026")), {"within": {"year": 2026}}),
        (FromTo(None, date(2023, 10, 30)), {"from": UNDETERMINED, "to": "30/10/2023"}),
        (FromTo(date(2023, 5, 1), date(2023, 10, 30)), {"from": "01/05/2023", "to": "30/10/2023"}),
        (
            SeveralYearly((MonthDay(6, 20), MonthDay(12, 20)), Operator.BEFORE, time(9)),
            {"yearly": {"before": ["20/06", "20/12"], "time": "09:00"}},
        ),
        (
            HalfYearly(MonthDay(7, 10), MonthDay(1, 10), Operator.BY),
            {"half_yearly": {"by": ["10/07", "10/01"]}},
        ),
        (NineMonthly(MonthDay(10, 5), Operator.BEFORE), {"nine_monthly": {"before": "05/10"}}),
        (Weekly(4, Operator.BEFORE, time(15)), {"weekly": {"before": "thứ Năm", "time": "15:00"}}),
        (Weekly(7, Operator.BY, following=True), {"weekly": {"by": "chủ nhật", "of": "following_week"}}),
        (Within(Period("2026-9M")), {"within": {"nine_months": True, "year": 2026}}),
        (
            Relative("hoi-nghi", 10, Count.DAYS, before=False, name="Hội nghị"),
            {"after": {"event": "hoi-nghi", "name": "Hội nghị", "days": 10}},
        ),
        (
            Relative("tet-nguyen-dan", 5, Count.WORKDAYS, before=True, operator=Operator.BEFORE, at=time(16)),
            {
                "before_event": {
                    "event": "tet-nguyen-dan",
                    "working_days": 5,
                    "operator": "before",
                    "time": "16:00",
                }
            },
        ),
        (
            Recurrence("FREQ=MONTHLY;BYMONTHDAY=10", date(2026, 1, 1), Operator.BEFORE),
            {"rrule": {"before": "FREQ=MONTHLY;BYMONTHDAY=10", "from": "01/01/2026"}},
        ),
        (Standing(Periodic(Unit.QUARTER, LAST, Operator.BY)), {"standing": {"review": {"quarterly": {"by": "last"}}}}),
        (Undetermined(), UNDETERMINED),
        (Standing(), "standing"),
    ],
)
def test_task_mapping_of_every_rule(rule, due):
    assert task_mapping(replace(REPORT, due=rule))["due"] == due


def test_plan_mapping_has_only_keys_that_are_set():
    assert plan_mapping(Plan("a", "A", tasks=(STANDING,))) == {
        "plan": {"id": "a", "title": "A"},
        "tasks": [{"id": "tiep-tuc", "title": "Tiếp tục", "kind": "standing", "owed_by": ["moi-don-vi"]}],
    }


def test_task_from_mapping_that_holds_no_task():
    with pytest.raises(UserError) as raised:
        task_from_mapping({"id": "a", "due": {"by": "31/02/2026"}})
    assert raised.value.problems == (
        Problem("key.missing", {"key": "title"}, Place("")),
        Problem("value.date_impossible", {"key": "by", "value": "31/02/2026"}, Place("")),
    )
