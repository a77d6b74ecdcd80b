"""A change of the working-day table: what it moves, whom it tells, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from actions.daily import refresh_day
from actions.office import Office
from actions.receiving import Receipt, submit
from actions.workdays import (
    WorkdayChange,
    awaited_year,
    change_workdays,
    days_between,
    is_known,
    rows_for,
)
from plans.problems import UserError
from plans.workdays import Workday
from store.deadlines import deadline_facts
from store.marks import trail
from store.schema import events
from tests.actions.province import (
    AN,
    CHI,
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
    before = everything(town.office.database, leaving_out=["audit", "marks", "events", "feeds", "sqlite_sequence"])
    off(town)
    change = change_workdays(town.office, act("2026-11-03 09:00"), (), [FRIDAY.day])
    assert told(change) == [("ke-hoach/bao-cao-nam/2026", "2026-12-03", "2026-12-04", 1)]
    assert (
        everything(town.office.database, leaving_out=["audit", "marks", "events", "feeds", "sqlite_sequence"]) == before
    )
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
    assert town.sent(AN) == []


def test_event_in_the_feed_moves(town: Town) -> None:
    settle(town)
    before = _events(town)
    off(town)
    after = _events(town)
    assert [uid for uid, _, _ in before] == [uid for uid, _, _ in after]
    assert [(sequence, day) for _, sequence, day in before] == [(0, date(2026, 12, 4)), (0, date(2027, 12, 3))]
    assert [(sequence, day) for _, sequence, day in after] == [(1, date(2026, 12, 3)), (0, date(2027, 12, 3))]


def _events(town: Town) -> list[tuple[str, int, date]]:
    """Of obligations: UID, SEQUENCE and day."""
    with town.office.database.read() as tx:
        of = select(events.c.uid, events.c.sequence, events.c.day).where(events.c.owner == "obligation")
        return [tuple(row) for row in tx.execute(of.order_by(events.c.id))]


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
