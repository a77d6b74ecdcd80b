"""A change of the working-day table: what it moves, whom it tells, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.adjusting import extend
from actions.daily import refresh_day
from actions.happening import set_event
from actions.office import Office
from actions.receiving import Receipt, send_back, submit
from actions.redating import redate
from actions.workdays import (
    WorkdayChange,
    awaited_year,
    change_workdays,
    days_between,
    is_known,
    rows_for,
)
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.problems import UserError
from plans.workdays import Workday
from store.database import Database
from store.deadlines import deadline_facts
from store.marks import trail
from store.obligations import of_plan
from store.schema import deadlines, dues, stage_moments, tasks
from tests.actions.province import (
    AN,
    CHI,
    COORDINATOR,
    HEAD,
    ONCE,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    at_text,
    everything,
    once,
    plan,
    task,
    yearly,
)
from tests.conftest import load_text, local, make_office

assert YEARLY is not None
assert ONCE is not None
OCTOBER = local("2026-10-01 09:00")
Y_TE = ["so-y-te"]
FRIDAY = Workday(date(2026, 12, 4), False, "Nghỉ bù do bão", "Thông báo 12/TB-UBND")


def settle(town: Town, *tasks: str, units: str = TWO_UNITS) -> None:
    load_text(town.office, OCTOBER, units, plan(*(tasks or [yearly()])))


def off(town: Town, *rows: Workday, at: str = "2026-11-02 09:00", **options: bool) -> WorkdayChange:
    return change_workdays(town.office, act(at, "bão số 9", "cli"), rows or (FRIDAY,), **options)


def told(change: WorkdayChange) -> list[tuple[str, str, str, int]]:
    return [(str(m.deadline), str(m.before.act_by), str(m.after.act_by), m.open) for m in change.shown]


def stages(change: WorkdayChange) -> list[tuple[str, str, str]]:
    return [(s.code, at_text(s.old), at_text(s.new)) for m in change.shown for s in m.stages]


# -- the preview, and the change ---------------------------------------------------------------------------------------


def test_preview_says_what_moves_and_changes_nothing(town: Town) -> None:
    settle(town)
    before = everything(town.office.database)
    change = off(town, dry_run=True)
    assert told(change) == [("ke-hoach/bao-cao-nam/2026", "2026-12-04", "2026-12-03", 1)]
    assert stages(change) == [
        ("T-15", "2026-11-19 08:00", "2026-11-18 08:00"),
        ("T-3wd", "2026-12-01 08:00", "2026-11-30 08:00"),
        ("T0", "2026-12-04 08:00", "2026-12-03 08:00"),
        ("T0-head", "2026-12-04 14:00", "2026-12-03 14:00"),
    ]
    assert (change.deadlines, change.obligations, change.stages) == (1, 1, 4)
    assert everything(town.office.database) == before
    assert town.office.calendar.is_working(FRIDAY.day)


def test_change_does_what_the_preview_said(town: Town) -> None:
    settle(town)
    preview = off(town, dry_run=True)
    change = off(town)
    assert (told(change), stages(change)) == (told(preview), stages(preview))
    assert town.one().dates.act_by == date(2026, 12, 3)
    assert not town.office.calendar.is_working(FRIDAY.day)
    assert town.office.calendar.own == (FRIDAY,)


def test_change_is_in_the_audit_trail_with_each_day_and_each_deadline(town: Town) -> None:
    settle(town)
    off(town, FRIDAY, Workday(date(2026, 12, 12), True, "Làm bù"))
    with town.office.database.read() as tx:
        days, moves = trail(tx, "workdays"), [e for e in trail(tx, "ke-hoach/bao-cao-nam/2026") if e.action == "move"]
    assert [(e.actor, e.action, e.subject, e.reason, e.detail) for e in reversed(days)] == [
        (
            "cli",
            "workdays",
            "workdays/2026-12-04",
            "bão số 9",
            {"was_working": True, "working": False, "name": FRIDAY.name, "source": FRIDAY.source},
        ),
        (
            "cli",
            "workdays",
            "workdays/2026-12-12",
            "bão số 9",
            {"was_working": False, "working": True, "name": "Làm bù", "source": None},
        ),
    ]
    assert [(e.reason, e.detail) for e in moves] == [
        (
            "bão số 9",
            {"basis": "rule", "old_act_by": "2026-12-04", "new_act_by": "2026-12-03", "why": "workdays"},
        )
    ]


def test_cleared_row_gives_the_shipped_table_back(town: Town) -> None:
    settle(town)
    before = everything(town.office.database, leaving_out=["audit", "marks", "events", "sqlite_sequence"])
    off(town)
    change = change_workdays(town.office, act("2026-11-03 09:00"), (), [FRIDAY.day])
    assert told(change) == [("ke-hoach/bao-cao-nam/2026", "2026-12-03", "2026-12-04", 1)]
    assert everything(town.office.database, leaving_out=["audit", "marks", "events", "sqlite_sequence"]) == before
    assert town.office.calendar.own == ()


def test_cleared_row_gives_a_holiday_back(town: Town) -> None:
    settle(town, once("{by: 24/11/2026}"))
    assert town.one(ONCE).dates.act_by == date(2026, 11, 23)
    off(town, Workday(date(2026, 11, 24), True, "Trực"))
    assert town.one(ONCE).dates.act_by == date(2026, 11, 24)
    change_workdays(town.office, act("2026-11-03 09:00"), (), [date(2026, 11, 24)])
    assert town.one(ONCE).dates.act_by == date(2026, 11, 23)


def test_explanation_names_the_new_day_off(town: Town) -> None:
    settle(town)
    off(town)
    with town.office.database.read() as tx:
        (facts,) = deadline_facts(tx, key=YEARLY)
    assert [s.params for s in facts.dates.steps if s.code == "act_by_holiday"] == [
        {"last_day": "2026-12-04", "day": "2026-12-03", "name": FRIDAY.name}
    ]


def test_finished_deadlines_follow_without_being_shown(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-10-20 09:00"), YEARLY, Y_TE, Receipt(date(2026, 10, 20)))
    change = off(town)
    assert (told(change), len(change.moved)) == ([], 1)
    assert town.one().dates.act_by == date(2026, 12, 3)


# -- whom it tells -----------------------------------------------------------------------------------------------------


def test_stage_sent_for_the_same_last_day_is_not_sent_again(town: Town) -> None:
    settle(town)
    town.walk("2026-11-16", "2026-11-19")
    off(town, at="2026-11-20 07:00")
    town.walk("2026-11-20", "2026-12-04")
    reminded = [(at, [s for s in codes if not s.startswith("n-")]) for at, _, _, codes in town.sent(AN)]
    assert [(at, codes) for at, codes in reminded if codes] == [
        ("2026-11-19 08:00", ["T-15"]),
        ("2026-11-30 08:00", ["T-3wd"]),
        ("2026-12-03 08:00", ["T0"]),
    ]
    assert [(at, codes) for at, _, _, codes in town.sent(HEAD)] == [("2026-12-03 14:00", ["T0-head"])]


def test_change_is_announced_once_to_those_who_knew_the_old_date(town: Town) -> None:
    settle(town, yearly("[so-y-te, xa-a]"), units=UNITS)
    town.walk("2026-11-16", "2026-11-19")
    off(town, at="2026-11-20 07:00")
    town.walk("2026-11-20", "2026-12-04")
    news = [
        (at, address) for at, address, _, codes in town.sent() if [code for code in codes if code.startswith("n-moved")]
    ]
    assert news == [("2026-11-30 08:00", address) for address in (AN, "binh@syt.example", CHI)]


def test_nobody_is_told_of_a_date_nobody_knew(town: Town) -> None:
    settle(town)
    off(town, at="2026-11-02 09:00")
    town.walk("2026-11-02", "2026-11-17")
    assert town.sent() == []


def test_event_in_the_feed_moves(town: Town) -> None:
    settle(town)
    before = everything(town.office.database)["events"]
    off(town)
    after = everything(town.office.database)["events"]
    assert [row[5] for row in before] == [row[5] for row in after]  # UID
    assert [(row[6], row[9]) for row in before] == [(0, date(2026, 12, 4)), (0, date(2027, 12, 3))]  # SEQUENCE, day
    assert [(row[6], row[9]) for row in after] == [(1, date(2026, 12, 3)), (0, date(2027, 12, 3))]


def test_day_off_entered_afterwards_corrects_the_verdict(town: Town) -> None:
    settle(town, once("{by: 13/11/2026}"))
    submit(town.office, act("2026-11-16 09:00"), ONCE, Y_TE, Receipt(date(2026, 11, 16)))
    assert town.one(ONCE).late is True
    off(town, Workday(date(2026, 11, 13), False, "Nghỉ bão"), at="2026-11-17 09:00")
    assert town.one(ONCE).late is False
    with town.office.database.read() as tx:
        assert [e.detail for e in trail(tx, "ke-hoach/mot-lan/once/so-y-te") if e.action == "judge"] == [
            {"late": False}
        ]


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
    assert moved["resubmission"] == ["R-1wd", "R0", "R+1wd"]  # the first word, R-now, was said already
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
    before = everything(town.office.database, leaving_out=["marks", "events"])
    refresh_day(town.office, local("2026-11-03 00:05"))
    assert everything(town.office.database, leaving_out=["marks", "events"]) == before


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
    before = everything(town.office.database, leaving_out=["marks", "events"])
    refresh_day(town.office, local("2026-11-03 00:05"))
    assert everything(town.office.database, leaving_out=["marks", "events"]) == before


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
    before = everything(town.office.database, leaving_out=["marks", "events"])
    refresh_day(town.office, local("2026-11-03 00:05"))
    assert everything(town.office.database, leaving_out=["marks", "events"]) == before


def test_office_of_another_process_follows_before_it_moves_anything_back(town: Town) -> None:
    settle(town)
    other = make_office(town.office.database, town.office.calendar)
    off(town)
    assert other.calendar.is_working(FRIDAY.day)
    refresh_day(other, local("2026-11-03 00:05"))
    assert town.one().dates.act_by == date(2026, 12, 3)
    assert not other.calendar.is_working(FRIDAY.day)


# -- what may be entered -----------------------------------------------------------------------------------------------


def codes(error: pytest.ExceptionInfo[UserError]) -> list[tuple[str, object]]:
    return [(p.code, p.params.get("day")) for p in error.value.problems]


def test_every_fault_is_named_and_nothing_done(sqlite_town: Town) -> None:
    settle(sqlite_town)
    before = everything(sqlite_town.office.database)
    rows = [
        Workday(date(2026, 12, 5), False, "đã nghỉ"),  # a Saturday
        Workday(date(2026, 12, 7), True, "đã làm việc"),
        Workday(date(2026, 11, 24), False, "lễ"),  # in the shipped table
        Workday(date(2026, 12, 8), False, ""),
    ]
    with pytest.raises(UserError) as error:
        off(sqlite_town, *rows)
    assert codes(error) == [
        ("workdays.off", date(2026, 12, 5)),
        ("workdays.works", date(2026, 12, 7)),
        ("workdays.off", date(2026, 11, 24)),
        ("workdays.reason", date(2026, 12, 8)),
    ]
    with pytest.raises(UserError) as error:
        change_workdays(sqlite_town.office, act("2026-11-02 09:00"), (), [date(2026, 12, 4), date(2026, 11, 24)])
    assert codes(error) == [("workdays.not_own", date(2026, 11, 24)), ("workdays.not_own", date(2026, 12, 4))]
    assert everything(sqlite_town.office.database) == before


def test_row_can_be_named_better_but_not_repeated(sqlite_town: Town) -> None:
    settle(sqlite_town)
    off(sqlite_town)
    with pytest.raises(UserError):
        off(sqlite_town)
    better = replace(FRIDAY, source="Thông báo 13/TB-UBND")
    assert off(sqlite_town, better).shown == ()
    assert sqlite_town.office.calendar.own == (better,)


TET = days_between(date(2027, 2, 4), date(2027, 2, 10))


def test_announced_days_confirm_the_shipped_rows(sqlite_town: Town) -> None:
    office = sqlite_town.office
    now = local("2026-11-02 09:00")
    assert awaited_year(office, now) == 2027
    rows = rows_for(office.calendar, TET, working=False, name="Nghỉ Tết", source="Thông báo 1/TB-BNV")
    assert [row.day for row in rows] == TET
    assert off(sqlite_town, *rows).shown == ()
    assert awaited_year(office, now) is None
    assert all(is_known(office.calendar, row) for row in rows)


def test_announced_tet_may_lie_elsewhere(sqlite_town: Town) -> None:
    office = sqlite_town.office
    later = days_between(date(2027, 2, 5), date(2027, 2, 14))
    rows = rows_for(office.calendar, later, working=False, name="Nghỉ Tết", source=None)
    assert [row.day.day for row in rows] == [5, 6, 7, 8, 9, 10, 11, 12]  # not the plain weekend behind
    off(sqlite_town, *rows)
    assert awaited_year(office, OCTOBER) == 2027  # Thursday 04/02 stands as it was guessed
    off(sqlite_town, Workday(date(2027, 2, 4), True, "Ngày làm việc bình thường"))
    assert awaited_year(office, OCTOBER) is None


@pytest.mark.parametrize(
    ("at", "year"), [("2026-09-30 23:59", None), ("2026-10-01 00:00", 2027), ("2027-09-30 09:00", None)]
)
def test_next_year_is_awaited_from_october(sqlite_office: Office, at: str, year: int | None) -> None:
    assert awaited_year(sqlite_office, local(at)) == year


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 12, 4), date(2026, 12, 3), "workdays.order"),
        (date(2026, 12, 4), date(2027, 12, 4), "workdays.too_long"),
    ],
)
def test_span_that_nobody_means_is_refused(first: date, last: date, code: str) -> None:
    with pytest.raises(UserError) as error:
        days_between(first, last)
    assert [p.code for p in error.value.problems] == [code]


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


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
