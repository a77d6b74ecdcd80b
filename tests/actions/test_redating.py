"""Every set of dates under another working calendar: what moves, with its stages, and that nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.adjusting import extend
from actions.daily import refresh_day
from actions.happening import set_event
from actions.receiving import Receipt, send_back, submit
from actions.redating import MovedStage, moved_stages, redate
from actions.workdays import (
    change_workdays,
    is_known,
)
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.workdays import Workday
from store.database import Database
from store.deadlines import deadline_facts
from store.obligations import of_plan
from store.schema import deadlines, dues, stage_moments, tasks
from tests.actions.province import (
    COORDINATOR,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    everything,
    once,
    plan,
    task,
    yearly,
)
from tests.actions.test_workdays import OCTOBER, off, settle, stages
from tests.conftest import load_text, local, make_office

assert YEARLY is not None


# -- a stage that moves ------------------------------------------------------------------------------------------------

MORNING, NEXT = local("2026-12-01 08:00"), local("2026-12-02 08:00")


def row(at: datetime, queued_at: datetime | None = None) -> dict[str, object]:
    return {"at": at, "queued_at": queued_at}


@pytest.mark.parametrize(
    ("have", "wanted", "moved"),
    [
        (row(MORNING), row(MORNING), []),
        (row(MORNING), row(NEXT), [MovedStage("T0", MORNING, NEXT)]),
        (row(NEXT, NEXT), row(MORNING), []),  # said already: an earlier moment changes nothing
        (row(MORNING, MORNING), row(NEXT), [MovedStage("T0", MORNING, NEXT)]),
        (row(MORNING), None, [MovedStage("T0", MORNING, None)]),
        (row(MORNING, MORNING), None, []),
        (None, row(MORNING), [MovedStage("T0", None, MORNING)]),
    ],
)
def test_stage_is_shown_as_moved_unless_it_was_said_already(
    have: dict[str, object] | None, wanted: dict[str, object] | None, moved: list[MovedStage]
) -> None:
    key = ("", "T0")
    assert list(moved_stages({key: have} if have else {}, {key: wanted} if wanted else {})) == moved


# -- all that has dates ------------------------------------------------------------------------------------------------


def test_extension_and_resubmission_follow_with_their_own_stages(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    extend(town.office, act("2026-11-02 09:00"), YEARLY, ["xa-a"], date(2026, 12, 11))
    submit(town.office, act("2026-11-02 09:00"), YEARLY, ["xa-b"], Receipt(date(2026, 11, 2)))
    send_back(town.office, act("2026-11-03 09:00", "thiếu biểu"), YEARLY, ["xa-b"], date(2026, 12, 11))
    change = off(town, Workday(date(2026, 12, 11), False, "Nghỉ"), at="2026-11-04 09:00")
    assert [(str(m.basis), str(m.after.act_by), str(m.after.late_on), m.open) for m in change.shown] == [
        ("rule", "2026-12-04", "2026-12-05", 1),
        ("extension", "2026-12-10", "2026-12-14", 1),
        ("resubmission", "2026-12-10", "2026-12-14", 1),
    ]
    moved = {str(m.basis): [s.code for s in m.stages] for m in change.shown}
    assert moved["rule"] == ["T+8wd", "T+8wd-head"]
    assert moved["resubmission"] == ["R-1wd", "R0", "R+1wd-list", "R+1wd"]  # the first word, R-now, was said already
    assert "T-15" in moved["extension"]


def test_work_of_a_quarter_opens_on_its_first_working_day(town: Town) -> None:
    settle(town, task("hoi-nghi", "{within: {quarter: 1, year: 2027}}", kind="work", lead="[so-y-te]", owed_by=""))
    change = off(town, Workday(date(2027, 1, 4), False, "Nghỉ thêm"))
    assert stages(change) == [(code, "2027-01-04 08:00", "2027-01-05 08:00") for code in ("open", "open-with")]


def test_days_counted_from_an_event_follow_with_their_explanation(town: Town) -> None:
    settle(town, task("truoc-tet", "{before_event: {event: tet-nguyen-dan, working_days: 5}}"))
    change = off(town, Workday(date(2027, 1, 29), False, "Nghỉ thêm"))
    (moved,) = change.shown
    assert (str(moved.before.stated), str(moved.after.stated)) == ("2027-01-28", "2027-01-27")
    assert (str(moved.before.last_day), str(moved.after.last_day)) == ("2027-01-28", "2027-01-27")
    with town.office.database.read() as tx:
        (facts,) = deadline_facts(tx, key=moved.deadline)
    counted = next(s for s in facts.dates.steps if s.code == "before_workdays")
    assert counted.params == {"count": 5, "event": "2027-02-06", "day": "2027-01-27"}


@pytest.mark.parametrize("general", [date(2026, 11, 25), None])
def test_units_with_their_own_day_of_an_event_follow_too(town: Town, general: date | None) -> None:
    """Ten working days after Wednesday 25/11 (rule) and Monday 30/11/2026 (Xã A)."""
    rule = "{after: {event: hoi-nghi, working_days: 10}}"
    settle(town, task("sau-hoi-nghi", rule, "[cac-xa]"), units=UNITS)
    if general is not None:
        set_event(town.office, act("2026-10-05 09:00"), "hoi-nghi", general)
    set_event(town.office, act("2026-10-05 09:00"), "hoi-nghi", date(2026, 11, 30), ["xa-a"])
    assert last_days(town)["xa-a"] == "2026-12-14"
    off(town)
    assert last_days(town)["xa-a"] == "2026-12-15"
    if general is not None:
        assert last_days(town)["xa-b"] == "2026-12-10"
    before = everything(town.office.database, leaving_out=["marks", "events", "feeds"])
    refresh_day(town.office, local("2026-11-03 00:05"))
    assert everything(town.office.database, leaving_out=["marks", "events", "feeds"]) == before


def last_days(town: Town) -> dict[str, str]:
    with town.office.database.read() as tx:
        return {o.unit: o.dates.last_day.isoformat() for o in of_plan(tx, "ke-hoach")}


def test_own_day_that_was_taken_back_gets_no_stages_again(town: Town) -> None:
    rule = "{after: {event: hoi-nghi, working_days: 10}}"
    settle(town, task("sau-hoi-nghi", rule, "[cac-xa]"), units=UNITS)
    for day, units in ((date(2026, 11, 25), []), (date(2026, 11, 30), ["xa-a"]), (None, ["xa-a"])):
        set_event(town.office, act("2026-10-05 09:00"), "hoi-nghi", day, units)
    off(town)
    with town.office.database.write() as tx:
        assert redate(tx, town.office, town.office.calendar) == []
    before = everything(town.office.database, leaving_out=["marks", "events", "feeds"])
    refresh_day(town.office, local("2026-11-03 00:05"))
    assert everything(town.office.database, leaving_out=["marks", "events", "feeds"]) == before


def test_untracked_deadlines_follow_without_stages(town: Town) -> None:
    load_text(town.office, local("2026-12-20 09:00"), TWO_UNITS, plan(yearly()))
    change = off(town, at="2026-12-21 09:00")
    assert [(str(m.deadline), str(m.after.act_by), m.stages) for m in change.moved] == [
        ("ke-hoach/bao-cao-nam/2026", "2026-12-03", ())
    ]


def test_the_next_day_finds_everything_in_place(town: Town) -> None:
    settle(town, yearly(), task("thang", "{monthly: {before: 5}}"), once("{by: 04/12/2026}"))
    off(town)
    refresh_day(town.office, local("2026-11-02 23:00"))
    before = everything(town.office.database, leaving_out=["marks", "events", "feeds"])
    refresh_day(town.office, local("2026-11-03 00:05"))
    assert everything(town.office.database, leaving_out=["marks", "events", "feeds"]) == before


# -- any change --------------------------------------------------------------------------------------------------------

VARIED = plan(
    yearly(),
    yearly(due="{yearly: {by: 14/02}}").replace("bao-cao-nam", "hai"),
    task("thang", "{monthly: {before: 25}}"),
    task("quy", "{quarterly: {by: 31}}", kind="work"),
    task("quy-1", "{within: {quarter: 1, year: 2027}}", kind="work"),
    task("gio", "{before: 30/04/2027, time: '09:00'}", late="strict"),
    task("truoc-tet", "{before_event: {event: tet-nguyen-dan, working_days: 15}}"),
    task("sau-gio-to", "{after: {event: gio-to-hung-vuong, working_days: 20}}", kind="work"),
    task("tuan", "{weekly: {before: thu-nam}}"),
    task("moc", "{by: 02/01/2027}", kind="milestone"),
    issued="01/10/2026",
)
FIRST, SPAN = date(2026, 9, 20), 500
CHANGES = st.dictionaries(st.integers(0, SPAN), st.booleans(), min_size=1, max_size=12)


def dated(database: Database) -> dict[str, tuple[object, ...]]:
    """Deadline → its dates and stages, whatever their numbers."""
    with database.read() as tx:
        named = {
            r.id: f"{r.slug}/{r.period}"
            for r in tx.execute(
                deadlines.select().join(tasks).with_only_columns(deadlines.c.id, tasks.c.slug, deadlines.c.period)
            )
        }
        of = {r.id: r for r in tx.execute(dues.select())}
        stages: dict[int, set[tuple[object, ...]]] = {number: set() for number in of}
        for r in tx.execute(stage_moments.select()):
            stages[r.due_id].add((r.variant, r.stage, r.at, r.position, r.audience, r.kind, r.urgent, r.early))
    skipped = ("id", "deadline_id")
    return {
        named[r.deadline_id]: (
            *[v for k, v in r._mapping.items() if k not in skipped and k != "steps"],
            str(r.steps),
            *sorted(stages[i]),
        )
        for i, r in of.items()
    }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_any_change_leaves_what_a_fresh_load_gives(
    new_database: Callable[[str], Database], changes: dict[int, bool]
) -> None:
    calendar = WorkingCalendar(shipped_workdays())
    days = {FIRST + timedelta(days=n): working for n, working in sorted(changes.items())}
    rows = [Workday(day, working, "đổi", None) for day, working in days.items()]
    rows = [row for row in rows if not is_known(calendar, row)]
    office = make_office(new_database("sqlite"), calendar)
    load_text(office, OCTOBER, TWO_UNITS, VARIED)
    fresh = replace(make_office(new_database("sqlite"), calendar), calendar=calendar.having(rows))
    load_text(fresh, OCTOBER, TWO_UNITS, VARIED)
    if rows:
        change_workdays(office, act("2026-10-01 10:00"), rows)
    assert dated(office.database) == dated(fresh.database)
    with office.database.write() as tx:  # all of it, not only what lies around the changed days
        assert redate(tx, office, office.calendar) == []


def test_unchanged_table_writes_nothing(town: Town) -> None:
    load_text(town.office, OCTOBER, UNITS, VARIED)
    town.walk("2026-11-09", "2026-11-20", "08:00")
    before = everything(town.office.database)
    with town.office.database.write() as tx:
        assert redate(tx, town.office, town.office.calendar) == []
    assert everything(town.office.database) == before
    assert len(before["dues"]) > 20
    assert {kind for _, _, kind, _ in town.sent(COORDINATOR)} == {"monday", "unrecorded"}
