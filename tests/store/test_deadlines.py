from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from plans.deadlines import Basis, DeadlineKey
from plans.periods import Period
from plans.plan import Kind
from plans.status import State
from store.database import Database
from store.deadlines import (
    DeadlineFacts,
    StoredDeadline,
    add_due,
    alarms,
    change_due,
    deadline_facts,
    deadline_keys,
    deadlines_of_task,
    deadlines_of_tasks,
    set_coordinating,
    set_deadline,
)
from store.expansion import Holders, holders_of
from store.forecast import moments_of_plan
from store.ledger import insert_due
from store.moments import already_set, moments_between, reopen_moments, set_moments
from store.obligations import set_state
from store.schema import reminders, stage_moments
from tests.store.estate import DATES, LATER, NOW, SOON, T0, T_3, T_15, At, Estate, person_id, settle

KEY = DeadlineKey("ke-hoach", "bao-cao", Period("2026"))


def stored(estate: Estate) -> StoredDeadline:
    with estate.database.read() as tx:
        return deadlines_of_task(tx, estate.task)[Period("2026")]


def test_dates_come_back_with_their_explanation(database: Database) -> None:
    estate = settle(database)
    assert stored(estate) == StoredDeadline(
        id=estate.deadline,
        period=Period("2026"),
        tracked=True,
        cancelled=False,
        due_id=estate.due,
        dates=DATES,
        soon=SOON,
    )


def test_dates_changed_are_those_of_all_that_point_to_them(database: Database) -> None:
    estate = settle(database)
    with database.write() as tx:
        change_due(tx, estate.due, LATER, SOON)
    assert stored(estate).dates == LATER


def test_dates_of_an_extension_leave_the_rules_alone(database: Database) -> None:
    estate = settle(database)
    with database.write() as tx:
        add_due(tx, estate.deadline, Basis.EXTENSION, LATER, SOON, "thiên tai")
    assert stored(estate).dates == DATES
    with database.read() as tx:
        assert [f.dates for f in deadline_facts(tx, key=KEY)] == [DATES]


def test_facts_are_found_by_key_and_by_number(database: Database) -> None:
    estate = settle(database)
    expected = DeadlineFacts(
        id=estate.deadline,
        key=KEY,
        title="Báo cáo năm",
        kind=Kind.REPORT,
        product=None,
        document=None,
        plan_title="Kế hoạch",
        issuer=None,
        issued=None,
        quote=None,
        dates=DATES,
        soon=SOON,
        tracked=True,
        cancelled=False,
    )
    with database.read() as tx:
        assert deadline_facts(tx, key=KEY) == [expected]
        assert deadline_facts(tx, [estate.deadline]) == [expected]
        assert deadline_facts(tx, []) == []
        assert deadline_facts(tx, key=replace(KEY, period=Period("2027"))) == []
        assert deadline_keys(tx) == ["ke-hoach/bao-cao/2026"]


def test_coordinating_units_are_added_and_removed(database: Database) -> None:
    estate = settle(database)
    a, b, c = (estate.units[u] for u in ("so-noi-vu", "xa-a", "xa-b"))
    with database.write() as tx:
        set_coordinating(tx, estate.deadline, [a, b], [])
        set_coordinating(tx, estate.deadline, [c], [a])
        assert holders_of(tx, [estate.deadline]) == {estate.deadline: Holders(frozenset({b, c}), frozenset({b, c}))}


def test_moments_set_again_stay_queued_only_where_they_stay(database: Database) -> None:
    estate = settle(database, [T_15, T_3])
    with database.write() as tx:
        insert_due(tx, NOW)
        set_moments(tx, estate.due, [T_3, replace(T0, to="head", kind="unrecorded")])
    query = select(stage_moments).order_by(stage_moments.c.position)
    with database.read() as tx:
        assert [tuple(r) for r in tx.execute(query)] == [
            (estate.due, "", "T-3wd", T_3.at, 1, "officers", "digest", False, False, NOW, False),
            (estate.due, "", "T0", T0.at, 2, "head", "unrecorded", True, False, None, False),
        ]
    with database.write() as tx:
        set_moments(tx, estate.due, [replace(T_3, at=T_3.at + timedelta(days=1))])
        assert [(r.stage, r.queued_at) for r in tx.execute(query)] == [("T-3wd", None)]
    with database.write() as tx:
        set_moments(tx, estate.due, [])
        assert tx.execute(query).all() == []


def test_moments_are_set_already_where_setting_them_would_write_nothing(database: Database) -> None:
    estate = settle(database, [T_15, T_3])
    with database.write() as tx:
        other = add_due(tx, estate.deadline, Basis.EXTENSION, LATER, SOON)
        insert_due(tx, NOW)
        assert already_set(tx, {estate.due: [T_3, T_15], other: []}) == {estate.due, other}
        assert already_set(tx, {estate.due: [T_3], other: [T_15]}) == set()
        assert already_set(tx, {estate.due: [T_15, replace(T_3, at=T_3.at + timedelta(days=1))]}) == set()


def test_deadlines_of_many_tasks_are_apart(database: Database) -> None:
    estate = settle(database)
    with database.read() as tx:
        found = deadlines_of_tasks(tx, [estate.task + 1, estate.task])
    assert found == {estate.task: {Period("2026"): stored(estate)}, estate.task + 1: {}}


def test_reopened_moments_are_those_of_every_date_of_the_deadline(database: Database) -> None:
    estate = settle(database, [T_15])
    with database.write() as tx:
        other = add_due(tx, estate.deadline, Basis.EXTENSION, LATER, SOON)
        set_moments(tx, other, [T_3])
        insert_due(tx, NOW)
        waiting = select(stage_moments.c.stage).where(stage_moments.c.queued_at.is_(None)).order_by("stage")
        assert tx.scalars(waiting).all() == []
        reopen_moments(tx, estate.deadline + 1)
        assert tx.scalars(waiting).all() == []
        reopen_moments(tx, estate.deadline)
        assert tx.scalars(waiting).all() == ["T-15", "T-3wd"]


def test_moments_between_leave_out_the_first_instant_and_untracked_deadlines(database: Database) -> None:
    estate = settle(database, [T_15, T_3, T0])
    with database.read() as tx:
        assert moments_between(tx, T_15.at, T0.at) == [T_3.at, T0.at]
        assert moments_between(tx, T_15.at, T0.at - timedelta(microseconds=1)) == [T_3.at]
    with database.write() as tx:
        set_deadline(tx, estate.deadline, tracked=False, cancelled_at=None)
        assert moments_between(tx, T_15.at, T0.at) == []


def test_alarms_wait_for_stages_nobody_was_told_of(database: Database) -> None:
    estate = settle(database, [T_3, T_15, T0])
    week = T0.at + timedelta(days=7)
    with database.write() as tx:
        (first,) = alarms(tx, week)
        stages = ((T_15.at, "T-15"), (T_3.at, "T-3wd"), (T0.at, "T0"))
        assert (first.id, first.stages, first.open) == ("ke-hoach/bao-cao/2026", stages, 2)
        insert_due(tx, T_15.at)
        set_state(tx, [estate.obligations["xa-a"]], State.WAIVED)
        (second,) = alarms(tx, week)
        assert (second.stages, second.open) == (stages[1:], 1)
        assert alarms(tx, T_3.at) == []
        set_deadline(tx, estate.deadline, tracked=True, cancelled_at=NOW)
        assert alarms(tx, week) == []


@pytest.mark.parametrize("audience", ["officers", "head", "coordinator"])
def test_forecast_names_whoever_a_stage_will_be_written_to(database: Database, audience: str) -> None:
    settle(database, [replace(T0, to=audience)])
    told = {"officers": ["an", "binh"], "head": ["chu-tich"], "coordinator": ["dieu-phoi"]}[audience]
    with database.read() as tx:
        assert moments_of_plan(tx, "ke-hoach") == {(T0.at, "digest"): {person_id(tx, p) for p in told}}
        assert moments_of_plan(tx, "none") == {}


def test_forecast_names_the_officers_of_coordinating_units(database: Database) -> None:
    estate = settle(database, [replace(T0, to="coordinating")], owing=["xa-a"])
    with database.write() as tx:
        set_coordinating(tx, estate.deadline, [estate.units["xa-b"]], [])
        assert moments_of_plan(tx, "ke-hoach") == {(T0.at, "digest"): {person_id(tx, "binh")}}


def test_forecast_of_stages_set_anew_leaves_out_whoever_was_told(database: Database) -> None:
    estate = settle(database, [T_15, T_3], owing=["xa-a"])
    with database.write() as tx:
        insert_due(tx, T_15.at)
        reopen_moments(tx, estate.deadline)
        assert moments_of_plan(tx, "ke-hoach") == {(T_3.at, "digest"): {person_id(tx, "an")}}
        change_due(tx, estate.due, LATER, SOON)  # another last day: told anew
        assert moments_of_plan(tx, "ke-hoach") == {(m.at, "digest"): {person_id(tx, "an")} for m in (T_15, T_3)}


def test_forecast_leaves_out_whoever_was_told_for_all_units_and_no_one_else(database: Database) -> None:
    """The coordinator was told of one of two units; an officer of one, whose colleague's unit was told of nothing."""
    to_all = replace(T_15, code="urge", to="coordinator")
    estate = settle(database, [T_15, to_all, T0])
    an, binh, chief = "an", "binh", "dieu-phoi"
    with database.write() as tx:
        insert_due(tx, T_15.at)
        reopen_moments(tx, estate.deadline)
        first = reminders.c.obligation_id == estate.obligations["xa-a"]
        people = {name: person_id(tx, name) for name in (an, binh, chief)}
        assert moments_of_plan(tx, "ke-hoach") == {(T0.at, "digest"): {people[an], people[binh]}}
        tx.execute(delete(reminders).where(first))
        assert moments_of_plan(tx, "ke-hoach") == {
            (T_15.at, "digest"): {people[an], people[chief]},
            (T0.at, "digest"): {people[an], people[binh]},
        }


def test_moment_keeps_its_instant_on_a_day_of_two_dates(database: Database) -> None:
    early = At("open", datetime(2026, 12, 31, 17, 30, tzinfo=UTC))  # already 2027 in Vietnam
    settle(database, [early])
    with database.read() as tx:
        assert moments_between(tx, NOW, datetime(2027, 1, 1, tzinfo=UTC)) == [early.at]
