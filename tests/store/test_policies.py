from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from plans.policies import POLICIES, PROGRAMS, Anchor, Policy, PolicyBook, QuietDays, stage
from plans.rules import MonthDay
from store.database import Database
from store.forecast import moments_of_plan
from store.ledger import insert_due, waiting
from store.moments import set_moments
from store.policies import last_days_of_task, read_policies, save_policies, set_variants, skip_moments
from store.schema import obligations, policies, reminders, stage_moments
from tests.plans.strategies import policies as any_policies
from tests.plans.strategies import quiet_days
from tests.store.estate import DATES, NOW, T0, T_3, T_15, At, person_id, settle

OWN = Policy("report", (stage(Anchor.ACT_BY),), {"cac-xa": (stage(Anchor.ACT_BY, -5),)}, 3)
OTHER = Policy("rieng", (stage(Anchor.ACT_BY, -1),))
QUIET = QuietDays(False, (MonthDay(12, 31), date(2027, 4, 30)))


def test_policies_of_a_new_store_are_the_programs(database: Database) -> None:
    with database.read() as tx:
        assert read_policies(tx) == PROGRAMS


def test_policies_saved_are_the_policies_read(database: Database) -> None:
    with database.write() as tx:
        save_policies(tx, PROGRAMS.with_own([OTHER, OWN], QUIET))
        assert read_policies(tx) == PolicyBook({"report": OWN, "rieng": OTHER}, QUIET)


def test_revision_of_a_policy_rises_where_it_changes(database: Database) -> None:
    revisions = select(policies.c.name, policies.c.revision).order_by(policies.c.name)
    with database.write() as tx:
        first = PROGRAMS.with_own([OTHER, OWN], QUIET)
        save_policies(tx, first)
        save_policies(tx, first)
        save_policies(tx, first.with_own([Policy("rieng", (stage(Anchor.ACT_BY),))]))
        assert [tuple(row) for row in tx.execute(revisions)] == [("@quiet", 1), ("report", 1), ("rieng", 2)]


def test_policy_that_is_the_programs_again_is_not_kept(database: Database) -> None:
    with database.write() as tx:
        save_policies(tx, PROGRAMS.with_own([OTHER, OWN], QUIET))
        save_policies(tx, read_policies(tx).with_own([POLICIES["report"]], QuietDays()))
        assert tx.scalars(select(policies.c.name)).all() == ["rieng"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(st.lists(any_policies(), max_size=3, unique_by=lambda policy: policy.name), quiet_days())
def test_policies_of_any_office_are_kept(database: Database, own: list[Policy], quiet: QuietDays) -> None:
    book = PROGRAMS.with_own(own, quiet)
    with database.trial() as tx:
        save_policies(tx, book)
        found = read_policies(tx)
        assert found == book
        assert {p.name: list(p.variants) for p in found} == {p.name: list(p.variants) for p in book}


def test_reminders_are_those_of_the_variant_of_each_unit(database: Database) -> None:
    estate = settle(database)
    with database.write() as tx:
        set_moments(tx, estate.due, [T_15, T0, At("T-3wd", T_3.at, variant="cac-xa")])
        set_variants(tx, estate.deadline, {"xa-b": "cac-xa", "so-noi-vu": "cac-xa"})
        insert_due(tx, NOW)
        rows = tx.execute(select(reminders.c.person_id, reminders.c.stage)).all()
        an, binh = person_id(tx, "an"), person_id(tx, "binh")
        assert sorted(tuple(row) for row in rows) == sorted([(an, "T-15"), (an, "T0"), (binh, "T-3wd")])


def test_forecast_is_of_the_variant_of_each_unit(database: Database) -> None:
    estate = settle(database)
    with database.write() as tx:
        set_moments(tx, estate.due, [T_15, At("T-3wd", T_3.at, variant="cac-xa")])
        set_variants(tx, estate.deadline, {"xa-b": "cac-xa"})
        told = {(T_15.at, "digest"): {person_id(tx, "an")}, (T_3.at, "digest"): {person_id(tx, "binh")}}
        assert moments_of_plan(tx, "ke-hoach") == told


def test_variants_set_again_leave_nobody_under_an_old_one(database: Database) -> None:
    estate = settle(database)
    found = select(obligations.c.variant).order_by(obligations.c.id)
    with database.write() as tx:
        set_variants(tx, estate.deadline, {"xa-a": "a", "xa-b": "b"})
        assert tx.scalars(found).all() == ["a", "b"]
        set_variants(tx, estate.deadline, {"xa-b": "a"})
        assert tx.scalars(found).all() == ["", "a"]
        set_variants(tx, estate.deadline, {})
        assert tx.scalars(found).all() == ["", ""]
        assert last_days_of_task(tx, estate.task) == {estate.deadline: DATES.last_day}


def test_stages_that_are_left_out_are_told_nobody(database: Database) -> None:
    listed = At("T+1wd-list", NOW, 3, to="coordinator", kind="unrecorded")
    estate = settle(database, [T_15, T_3, T0, listed], owing=["xa-a"])
    later = NOW - timedelta(days=1)
    with database.write() as tx:
        skip_moments(tx, [(estate.due, code) for code in ("T-15", "T0", "T+1wd-list")], later)
        left = select(stage_moments.c.stage).where(stage_moments.c.queued_at.is_(None))
        # T0 is still to come, and the list is not left out even when it is not.
        assert sorted(tx.scalars(left)) == ["T+1wd-list", "T-3wd", "T0"]
        skip_moments(tx, [(estate.due, "T+1wd-list")], NOW)
        assert sorted(tx.scalars(left)) == ["T+1wd-list", "T-3wd", "T0"]


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(hours=6)])
def test_overdue_mail_waits_for_the_list_even_of_the_same_moment(database: Database, apart: timedelta) -> None:
    """A quiet day puts both off to the next one, where overdue mail of the second day has an hour in the morning."""
    listed = At("T+1wd-list", NOW, 0, to="coordinator", kind="unrecorded")
    settle(database, [listed, At("T+2wd", NOW + apart, 1, urgent=True)], owing=["xa-a"])
    with database.write() as tx:
        insert_due(tx, NOW + apart)
        assert [w.kind for w in waiting(tx, NOW + apart, NOW - timedelta(hours=1))] == ["unrecorded"]
