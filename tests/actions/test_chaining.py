from __future__ import annotations

from datetime import date

import pytest

from actions.chaining import Collected, Span, chain_of, check_chains
from actions.explaining import why
from actions.receiving import Receipt, submit
from calendars.working import WorkingCalendar
from plans.deadlines import DeadlineKey
from plans.files.plan_file import read_plan
from plans.periods import Period
from plans.problems import Place, Problem, Severity
from tests.actions.province import UNITS, Town, act, plan, task
from tests.conftest import ZONE, load_text, local

UNDATED = '"@chua-xac-dinh"'


def chain(town: Town, name: str) -> list[Collected]:
    key = DeadlineKey.parse(name)
    assert key is not None
    with town.office.database.read() as tx:
        found = why(tx, town.office, key)
        return chain_of(tx, town.office, key, found.task, found.dates)


def sums_up(*collects: str, due: str = "{yearly: {by: 25/12}}", **more: str) -> str:
    return task("tong-hop", due, "[so-noi-vu]", collects=f"[{', '.join(collects)}]", **more)


def sent(town: Town, name: str, *units: str, by_unit: bool = False) -> None:
    key = DeadlineKey.parse(name)
    assert key is not None
    submit(town.office, act("2026-12-04 09:00"), key, list(units), Receipt(date(2026, 12, 4)), by_unit=by_unit)


def test_report_counts_those_of_its_period_that_are_in(town: Town) -> None:
    tasks = (task("nam", "{yearly: {before: 05/12}}", "[cac-xa, so-y-te]"), sums_up("nam"))
    load_text(town.office, local("2026-10-01 09:00"), UNITS, plan(*tasks))
    sent(town, "ke-hoach/nam/2026", "xa-a")
    sent(town, "ke-hoach/nam/2026", "xa-b", by_unit=True)
    expected = Collected("ke-hoach/nam", "Việc nam", None, (Period("2026"),), 2, 4, 5, None)
    assert chain(town, "ke-hoach/tong-hop/2026") == [expected]
    assert [(c.periods, c.done, c.owing) for c in chain(town, "ke-hoach/tong-hop/2027")] == [((Period("2027"),), 0, 4)]


def test_yearly_report_counts_four_quarters_of_another_plan(town: Town) -> None:
    other = plan(task("quy", "{quarterly: {by: 15}}", "[cac-xa]"), slug="khac", issued="01/01/2026")
    texts = (UNITS, other, plan(sums_up("khac/quy")))
    load_text(town.office, local("2026-10-01 09:00"), *texts)
    sent(town, "khac/quy/2026-Q2", "xa-a", "xa-b", "xa-c")
    sent(town, "khac/quy/2026-Q4", "xa-a")
    (found,) = chain(town, "ke-hoach/tong-hop/2026")
    assert [p.key for p in found.periods] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert (found.done, found.owing, found.proposed) == (4, 12, None)


@pytest.mark.parametrize(
    ("due", "more", "proposed"),
    [
        # 25/12/2026 is a Friday: five working days before is the Friday of the week before.
        (UNDATED, {}, date(2026, 12, 18)),
        ("{yearly: {by: 18/12}}", {}, None),
        ("{yearly: {by: 20/12}}", {}, None),  # a Sunday: done by Friday the 18th
        ("{yearly: {by: 21/12}}", {}, date(2026, 12, 18)),
        ("{yearly: {by: 21/12}}", {"ahead": "3"}, None),
        ("{yearly: {by: 18/12}}", {"ahead": "10"}, date(2026, 12, 11)),
        ("{quarterly: {by: 10, of: following_month}}", {}, date(2026, 12, 18)),  # that of the fourth comes in January
    ],
)
def test_units_get_a_date_where_theirs_leaves_too_little_time(
    sqlite_town: Town, due: str, more: dict[str, str], proposed: date | None
) -> None:
    tasks = (task("goc", due, "[cac-xa]"), sums_up("goc", **more))
    load_text(sqlite_town.office, local("2026-10-01 09:00"), UNITS, plan(*tasks))
    assert [c.proposed for c in chain(sqlite_town, "ke-hoach/tong-hop/2026")] == [proposed]


def test_waived_units_and_cancelled_turns_do_not_count(town: Town) -> None:
    tasks = (task("nam", "{yearly: {before: 05/12}}", "[cac-xa]"), sums_up("nam"))
    load_text(town.office, local("2026-10-01 09:00"), UNITS, plan(*tasks))
    narrower = (task("nam", "{yearly: {before: 05/12}}", "[xa-a, xa-b]"), sums_up("nam"))
    load_text(town.office, local("2026-10-02 09:00"), UNITS, plan(*narrower))
    assert [(c.done, c.owing) for c in chain(town, "ke-hoach/tong-hop/2026")] == [(0, 2)]
    later = (task("nam", "{by: 01/06/2027}", "[xa-a, xa-b]"), sums_up("nam"))
    load_text(town.office, local("2026-10-03 09:00"), UNITS, plan(*later))
    assert [(c.periods, c.owing) for c in chain(town, "ke-hoach/tong-hop/2026")] == [((), 0)]


CALENDAR = WorkingCalendar()
NEXT = Span(CALENDAR, ZONE, date(2026, 10, 1), date(2028, 3, 31))


def warnings(*tasks: str, issued: str = "01/01/2020", span: Span = NEXT) -> list[Problem]:
    file = read_plan("ke-hoach.yaml", plan(*tasks, issued=issued))
    assert file.plan is not None
    return check_chains([(file.plan, file.places)], {"ke-hoach": file.plan}, span)


def test_task_due_too_late_for_what_sums_it_up_is_warned_of_once() -> None:
    found = warnings(task("goc", "{yearly: {by: 22/12}}", "[cac-xa]"), sums_up("goc"))
    params = {
        "id": "tong-hop",
        "collected": "goc",
        "last_day": date(2026, 12, 22),
        "act_by": date(2026, 12, 25),
        "limit": date(2026, 12, 18),
        "ahead": 5,
    }
    (warning,) = found
    assert warning == Problem("chain.too_late", params, warning.place, Severity.WARNING)
    assert warning.place is not None
    assert (warning.place.file, warning.place.line) == ("ke-hoach.yaml", 8)


@pytest.mark.parametrize(
    ("due", "upward"),
    [
        ("{yearly: {by: 18/12}}", "{yearly: {by: 25/12}}"),
        (UNDATED, "{yearly: {by: 25/12}}"),
        ("{yearly: {by: 22/12}}", UNDATED),
        ("{yearly: {before: 05/12}}", "{yearly: {by: 15/01, of: following_year}}"),
        ("{by: 22/12/2025}", "{by: 25/12/2025}"),  # that is past
        ("{monthly: {by: 10}}", "{quarterly: {by: 25}}"),
    ],
)
def test_chain_that_leaves_enough_time_is_not_warned_of(due: str, upward: str) -> None:
    assert warnings(task("goc", due, "[cac-xa]"), sums_up("goc", due=upward)) == []


def test_one_quarter_that_comes_too_late_is_enough() -> None:
    found = warnings(task("goc", "{quarterly: {by: 10, of: following_month}}", "[cac-xa]"), sums_up("goc"))
    assert [p.params["last_day"] for p in found] == [date(2027, 1, 10)]


def test_load_warns_of_the_chain_with_its_place(sqlite_town: Town) -> None:
    tasks = (task("goc", "{yearly: {by: 22/12}}", "[cac-xa]"), sums_up("goc"))
    report = load_text(sqlite_town.office, local("2026-10-01 09:00"), UNITS, plan(*tasks))
    assert [(p.code, p.place) for p in report.warnings] == [("chain.too_late", Place("file-1.yaml", 8, 117))]
