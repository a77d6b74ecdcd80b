"""Whose rights are which, as the data stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import delete, update

from actions.access import (
    may_read_deadline,
    may_read_plan,
    may_read_unit,
    readable_plans,
    readable_units,
    rights_of,
)
from actions.office import Office
from actions.people import absent, hand_over
from plans.access import Granted, Rights
from plans.deadlines import DeadlineKey
from store.access import tasks_named_for
from store.schema import officers, plans, units
from tests.actions.province import UNITS, act, plan, task, yearly
from tests.conftest import load_text, local

MORE = """
groups:
  - id: khoi
    name: Khối
    members: [so-y-te, xa-a, xa-b]
    head: [{unit: xa-a, until: 30/06/2026}, {unit: so-y-te, from: 01/07/2026}]
overseers: [{name: Ủy viên, email: uyvien@hd.example, units: [xa-c, phuong-d]}]
leaders: [{name: Chủ tịch Hội đồng, email: chutich@hd.example}]
"""
TODAY = date(2026, 9, 1)
NONE = Granted()
F = frozenset


def loaded(office: Office) -> Office:
    mine = plan(task("rieng", "{by: 10/10/2026}", "[so-noi-vu, xa-a]"), slug="cua-y-te").replace(
        "so-noi-vu\n", "so-y-te\n", 1
    )
    load_text(office, local("2026-01-05 09:00"), UNITS + MORE, plan(yearly("[so-y-te, xa-a, xa-b, xa-c]")), mine)
    return office


@pytest.fixture
def town(sqlite_office: Office) -> Office:
    return loaded(sqlite_office)


def rights(office: Office, address: str, today: date = TODAY, granted: Granted = NONE) -> Rights:
    with office.database.read() as tx:
        return rights_of(tx, address, today, granted)


def test_each_place_gives_its_rights(office: Office) -> None:
    town = loaded(office)
    assert rights(town, "an@syt.example") == Rights(
        acts_for=F({"so-y-te"}), coordinates=F({"cua-y-te"}), oversees=F({"so-y-te", "xa-a", "xa-b"})
    )
    assert rights(town, "giamdoc@syt.example") == Rights(
        heads=F({"so-y-te"}), coordinates=F({"cua-y-te"}), oversees=F({"so-y-te", "xa-a", "xa-b"})
    )
    assert rights(town, "chi@xa.example") == Rights(acts_for=F({"xa-a", "xa-b", "xa-c"}))
    assert rights(town, "vanthu@phuong-d.example") == Rights(acts_for=F({"phuong-d"}))
    assert rights(town, "tdkt@snv.example") == Rights(acts_for=F({"so-noi-vu"}), coordinates=F({"ke-hoach"}))
    assert rights(town, "uyvien@hd.example") == Rights(oversees=F({"xa-c", "phuong-d"}))
    assert rights(town, "chutich@hd.example") == Rights(reads_all=True)
    assert not rights(town, "nguoi-la@xa.example").any


def test_heads_of_groups_change_with_the_day(town: Office) -> None:
    members = F({"so-y-te", "xa-a", "xa-b"})
    assert rights(town, "chutich@xa-a.example", date(2026, 6, 30)).oversees == members
    assert rights(town, "chutich@xa-a.example", date(2026, 7, 1)).oversees == F()
    assert rights(town, "an@syt.example", date(2026, 6, 30)).oversees == F()


def test_settings_grant_the_rest(town: Office) -> None:
    granted = Granted(F({"quan-tri@tinh.example"}), "so-noi-vu")
    assert rights(town, "quan-tri@tinh.example", granted=granted) == Rights(administers=True, reads_all=True)
    assert rights(town, "tdkt@snv.example", granted=granted).reads_all
    assert not rights(town, "an@syt.example", granted=granted).reads_all


def test_deputies_act_as_those_they_stand_in_for_while_these_are_away(town: Office) -> None:
    deputy = "vanthu@phuong-d.example"
    own = rights(town, deputy)
    for who in ("tdkt@snv.example", "an@syt.example"):
        absent(town, act("2026-08-20 09:00"), who, date(2026, 8, 30), date(2026, 9, 5), deputy)
    there = rights(town, deputy)
    assert there == replace(
        own,
        acts_for=F({"phuong-d", "so-noi-vu", "so-y-te"}),
        coordinates=F({"ke-hoach", "cua-y-te"}),
        oversees=F({"so-y-te", "xa-a", "xa-b"}),
    )
    assert rights(town, "tdkt@snv.example").coordinates == F({"ke-hoach"}), "who is away keeps what is one's own"
    for day in (date(2026, 8, 29), date(2026, 9, 6)):
        assert rights(town, deputy, day) == own


def test_hand_over_passes_the_rights_on_at_once(town: Office) -> None:
    hand_over(town, act("2026-09-01 09:00"), "an@syt.example", "moi@syt.example", name="Chuyên viên mới")
    assert not rights(town, "an@syt.example").any
    assert rights(town, "moi@syt.example").acts_for == F({"so-y-te"})


def test_who_is_removed_has_no_right_left(town: Office) -> None:
    with town.database.write() as tx:
        tx.execute(delete(officers).where(officers.c.name == "Chuyên viên Ban TĐKT"))
    assert not rights(town, "tdkt@snv.example").any


def test_ended_unit_can_be_read_and_nothing_more(town: Office) -> None:
    with town.database.write() as tx:
        tx.execute(update(units).where(units.c.slug == "phuong-d").values(until=date(2026, 8, 31)))
    assert rights(town, "vanthu@phuong-d.example") == Rights(oversees=F({"phuong-d"}))


def test_plan_that_passes_to_another_unit_takes_its_coordinators_along(town: Office) -> None:
    with town.database.write() as tx:
        number = tx.scalar(units.select().with_only_columns(units.c.id).where(units.c.slug == "xa-c"))
        tx.execute(update(plans).where(plans.c.slug == "ke-hoach").values(acting_id=number))
    assert rights(town, "tdkt@snv.example").coordinates == F()
    assert rights(town, "chi@xa.example").coordinates == F({"ke-hoach"})


def test_officers_named_for_a_task_read_that_alone(office: Office) -> None:
    named = task(
        "rieng", "{by: 10/10/2026}", "[xa-a, xa-b]", officers="[{unit: xa-a, name: Riêng, email: rieng@xa.example}]"
    )
    load_text(office, local("2026-01-05 09:00"), UNITS, plan(named, yearly("[xa-a]")))
    found = rights(office, "rieng@xa.example")
    assert found == Rights(named=F({("ke-hoach", "rieng", "xa-a")}))
    items = [("rieng", "xa-a"), ("rieng", "xa-b"), ("bao-cao-nam", "xa-a")]
    assert [found.may_read_item("ke-hoach", *item) for item in items] == [True, False, False]
    assert found.may_declare("ke-hoach", "rieng", "xa-a")
    with office.database.read() as tx:
        assert tasks_named_for(tx, "chi@xa.example") == set()
        assert readable_units(tx, found) == {"xa-a"}
        assert readable_plans(tx, found) == {"ke-hoach"}


def key(text: str) -> DeadlineKey:
    found = DeadlineKey.parse(text)
    assert found is not None
    return found


def test_what_may_be_opened(office: Office) -> None:
    town = loaded(office)
    with town.database.read() as tx:
        coordinator, chi, member, leader = (
            rights_of(tx, a, TODAY, NONE)
            for a in ("tdkt@snv.example", "chi@xa.example", "uyvien@hd.example", "chutich@hd.example")
        )
        assert readable_units(tx, coordinator) == {"so-noi-vu", "so-y-te", "xa-a", "xa-b", "xa-c"}
        assert readable_units(tx, chi) == {"xa-a", "xa-b", "xa-c"}
        assert readable_units(tx, leader) is None
        assert [may_read_unit(tx, coordinator, u) for u in ("xa-c", "phuong-d", "khong-co")] == [True, False, False]
        # A coordinator's own unit owes something in a plan of others.
        assert readable_plans(tx, coordinator) == {"ke-hoach", "cua-y-te"}
        assert readable_plans(tx, chi) == {"ke-hoach", "cua-y-te"}
        assert readable_plans(tx, member) == {"ke-hoach"}
        assert readable_plans(tx, leader) is None
        assert [may_read_plan(tx, member, p) for p in ("ke-hoach", "cua-y-te", "khong-co")] == [True, False, False]
        named = [key("cua-y-te/rieng/once"), key("ke-hoach/bao-cao-nam/2026"), key("ke-hoach/bao-cao-nam/1900")]
        assert [may_read_deadline(tx, member, k) for k in named] == [False, True, False]
        assert [may_read_deadline(tx, coordinator, k) for k in named] == [True, True, True]


def test_who_may_change_what() -> None:
    coordinator = Rights(coordinates=F({"k"}), acts_for=F({"a"}))
    leader, head = Rights(reads_all=True), Rights(heads=F({"a"}))
    administrator = Rights(administers=True, reads_all=True)
    everyone = (coordinator, leader, head, administrator)
    assert [r.may_change_plan("k") for r in everyone] == [True, False, False, True]
    assert [r.may_change_plan("l") for r in everyone] == [False, False, False, True]
    assert [r.may_declare("k", "t", "a") for r in everyone] == [True, False, True, False]
    assert [r.may_change_unit("a") for r in everyone] == [False, False, True, True]
    others = (Rights(acts_for=F({"a"})), Rights(acts_for=F({"a", "b"})), Rights(named=F({("k", "t", "b")})), leader)
    assert [head.may_stand_for(other) for other in others] == [True, False, False, False]
    assert not head.may_stand_for(coordinator)  # whose plan the head has nothing to do with
    assert [administrator.may_stand_for(other) for other in others] == [True] * 4
    assert not any(r.may_stand_for(other) for r in (coordinator, leader) for other in others)
    assert [r.may_administer for r in everyone] == [False, False, False, True]
    assert [r.may_see_operations for r in everyone] == [True, True, False, True]
