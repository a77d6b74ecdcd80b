from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from plans.files.documents import read_documents
from plans.units import Audience, Group, Membership, Officer, Overseer, Role, Roster
from store.database import Database
from store.feed_members import settle_feeds
from store.recipients import recipients_of
from store.schema import people, units
from store.units import (
    RosterChange,
    coordinating_units,
    feed_of,
    feed_versions,
    read_roster,
    save_roster,
)
from tests.conftest import SAMPLES
from tests.store.estate import NOW, TODAY, officer, settle, unit

AN, HEAD = officer("an"), officer("chu-tich", Role.HEAD)
SHARED = Officer("Văn thư hai xã", "van-thu@xa.example", Role.CLERK)
FULL = Roster(
    units={
        "so-noi-vu": unit("so-noi-vu", AN, HEAD, parent="ubnd", since=date(2020, 1, 1), until=date(2026, 6, 30)),
        "xa-b": unit("xa-b", SHARED, mailbox="vt@xa-b.example", successors=("xa-a",)),
        "xa-a": unit("xa-a", replace(SHARED, name="Văn thư xã A")),
        "ubnd": unit("ubnd", mailbox="vt@ubnd.example"),
    },
    groups={
        "khoi-1": Group(
            "khoi-1",
            "Khối 1",
            (Membership("xa-b", head=True, since=date(2026, 1, 1)), Membership("xa-a", until=date(2026, 12, 31))),
        ),
        "khoi-0": Group("khoi-0", "Khối không", ()),
    },
    audiences={
        "moi": Audience("moi", "Mọi đơn vị", kinds=("xa",), groups=("khoi-1",), exceptions=("ubnd",)),
        "ca": Audience("ca", "Cả", units=("ubnd",), audiences=("moi",)),
    },
    overseers=(
        Overseer("Ủy viên", "uv@hd.example", ("xa-b", "xa-a", "so-noi-vu")),
        Overseer("Kiêm nhiệm", AN.address, ("xa-a",)),
    ),
    leaders=(Overseer("Chủ tịch", "ct@hd.example"),),
)


def save(database: Database, roster: Roster) -> RosterChange:
    with database.write() as tx:
        return save_roster(tx, read_roster(tx), roster, TODAY)


def load(database: Database) -> Roster:
    with database.read() as tx:
        return read_roster(tx)


def same(one: Roster, other: Roster) -> bool:
    """Equal, and in the same order."""
    return one == other and [list(m) for m in (one.units, one.groups, one.audiences)] == [
        list(m) for m in (other.units, other.groups, other.audiences)
    ]


def test_roster_comes_back_as_saved(database: Database) -> None:
    assert save(database, FULL) == RosterChange(
        ("so-noi-vu", "xa-b", "xa-a", "ubnd"),
        ("group:khoi-1", "group:khoi-0", "audience:moi", "audience:ca", "overseers"),
        (),
    )
    assert same(load(database), FULL)


@pytest.mark.parametrize("sample", ["dien-bien", "lai-chau", "bac-kan", "dien-bien-phu"])
def test_sample_roster_comes_back_as_saved(database: Database, sample: str) -> None:
    file = SAMPLES / sample / "units.yaml"
    (roster,) = read_documents([(file.name, file.read_bytes())]).rosters
    save(database, roster)
    assert same(load(database), roster)
    assert save(database, roster).empty


def test_roster_saved_again_changes_nothing(database: Database) -> None:
    save(database, FULL)
    assert save(database, FULL) == RosterChange((), (), ())
    with database.read() as tx:
        assert set(tx.scalars(select(units.c.revision))) == {1}
        assert set(tx.scalars(select(people.c.revision))) == {1}


def test_person_of_two_units_is_one_row_and_keeps_the_name_of_each(database: Database) -> None:
    save(database, FULL)
    with database.read() as tx:
        assert tx.scalars(select(people.c.address).where(people.c.address == SHARED.address)).all() == [SHARED.address]
        found = read_roster(tx)
        assert [u.officers[0].name for u in (found.units["xa-b"], found.units["xa-a"])] == [
            "Văn thư hai xã",
            "Văn thư xã A",
        ]
        (one,) = recipients_of(tx, "xa-a")
        (other,) = recipients_of(tx, "xa-b")
        assert one == other


def test_changed_unit_alone_is_written(database: Database) -> None:
    save(database, FULL)
    changed = replace(FULL.units["xa-a"], name="Xã A mới", officers=(officer("moi"),))
    new = replace(FULL, units={**FULL.units, "xa-a": changed})
    assert save(database, new) == RosterChange((), ("xa-a",), ())
    assert same(load(database), new)
    with database.read() as tx:
        revisions = {slug: n for slug, n in tx.execute(select(units.c.slug, units.c.revision))}
        assert revisions == {"so-noi-vu": 1, "xa-b": 1, "xa-a": 2, "ubnd": 1}
        assert [p.address for p in recipients_of(tx, "xa-a")] == ["moi@xa.example"]
        assert [p.address for p in recipients_of(tx, "xa-b")] == [SHARED.address]


def test_unit_left_out_stays_and_is_told(database: Database) -> None:
    save(database, FULL)
    fewer = Roster({"ubnd": replace(FULL.units["ubnd"], name="UBND")}, FULL.groups, {}, (), ())
    change = save(database, fewer)
    assert change == RosterChange((), ("ubnd", "overseers"), ("so-noi-vu", "xa-b", "xa-a"))
    found = load(database)
    assert found.units == {**FULL.units, **fewer.units}
    assert (found.audiences, found.overseers, found.leaders) == ({}, (), ())


def test_every_new_unit_has_a_feed(database: Database) -> None:
    save(database, FULL)
    with database.write() as tx:
        settle_feeds(tx, NOW)
    with database.read() as tx:
        assert feed_versions(tx) == dict.fromkeys(FULL.units, 1)
        assert feed_of(tx, "xa-a") == ("xa-a", "Xa-A", 1)
        assert feed_of(tx, "none") is None


def test_coordinating_units_are_those_of_plans(database: Database) -> None:
    settle(database)
    with database.read() as tx:
        assert coordinating_units(tx) == {"so-noi-vu"}
