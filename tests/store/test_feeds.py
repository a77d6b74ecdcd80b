"""Feeds as rows: made, touched, bound, rotated, revoked, read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from plans.feeds import ALL_OWNER, WORKDAYS_OWNER, FeedKind
from plans.units import Group, Membership, Overseer
from store import feeds as stored
from store.database import Database
from store.feed_members import settle_feeds
from store.feeds import FeedRow
from store.recipients import rebuild
from store.schema import feed_units, feeds, people, units
from store.units import feed_of, feed_versions, read_roster, save_roster
from tests.store.estate import NOW, TODAY, Estate, settle

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def estate(database: Database) -> Estate:
    return settle(database)


def row(database: Database, owner: str = "xa-a") -> FeedRow:
    with database.read() as tx:
        found = stored.find_feed(tx, owner)
    assert found is not None
    return found


def bind_all(database: Database, tag: str) -> None:
    with database.write() as tx:
        stored.bind(tx, [(feed, tag) for feed in stored.unbound(tx, 100)])


def touched(database: Database) -> list[str]:
    with database.read() as tx:
        return sorted(feed.owner for feed in stored.unbound(tx, 100))


def change(database: Database, **changes: object) -> None:
    with database.write() as tx:
        old = read_roster(tx)
        save_roster(tx, old, replace(old, **changes), TODAY)  # type: ignore[arg-type]


def settled(database: Database, at: datetime = LATER) -> set[int]:
    with database.write() as tx:
        return settle_feeds(tx, at)


def person(database: Database, name: str) -> str:
    with database.read() as tx:
        return f"person.{tx.scalar(select(people.c.id).where(people.c.address == f'{name}@xa.example'))}"


def members(database: Database) -> set[tuple[str, str, str]]:
    """(owner, unit, role) of every member of a feed."""
    query = select(feeds.c.owner, units.c.slug, feed_units.c.role).join(feed_units, feed_units.c.feed_id == feeds.c.id)
    with database.read() as tx:
        return {tuple(r) for r in tx.execute(query.join(units, units.c.id == feed_units.c.unit_id))}  # type: ignore[misc]


# -- which there are --------------------------------------------------------------------------------------------------


def test_feeds_are_those_of_the_office_its_units_plans_and_people(database: Database, estate: Estate) -> None:
    with database.read() as tx:
        found = [(feed.kind, feed.owner, feed.name, feed.version, feed.revision) for feed in stored.list_feeds(tx)]
        assert feed_versions(tx) == dict.fromkeys(("so-noi-vu", "xa-a", "xa-b"), 1)
        assert feed_of(tx, "xa-a") == ("xa-a", "Xa-A", 1)
        assert stored.find_feed(tx, "none") is None
    names = ["dieu-phoi", "an", "chu-tich", "binh"]
    expected = [
        (FeedKind.UNIT, "so-noi-vu", "So-Noi-Vu"),
        (FeedKind.UNIT, "xa-a", "Xa-A"),
        (FeedKind.UNIT, "xa-b", "Xa-B"),
        *sorted((FeedKind.PERSON, person(database, name), name) for name in names),
        (FeedKind.PLAN, "plan.ke-hoach", "Kế hoạch"),
        (FeedKind.ALL, ALL_OWNER, ""),
        (FeedKind.WORKDAYS, WORKDAYS_OWNER, ""),
    ]
    assert [f[:3] for f in found] == expected
    assert {f[3] for f in found} == {1}


def test_settled_again_nothing_is_touched(database: Database, estate: Estate) -> None:
    bind_all(database, "one")
    assert settled(database) == set()
    assert touched(database) == []


def test_members_follow_units_groups_overseers_and_people(database: Database, estate: Estate) -> None:
    with database.read() as tx:
        roster = read_roster(tx)
    a, b = roster.units["xa-a"], roster.units["xa-b"]
    bind_all(database, "one")
    change(
        database,
        units={
            **roster.units,
            "xa-a": replace(a, name="Xã A"),
            "xa-b": replace(b, parent="xa-a", officers=(), mailbox="hop@xa.example"),
        },
        groups={"khoi": Group("khoi", "Khối", (Membership("xa-a"), Membership("xa-b", since=TODAY)))},
        overseers=(Overseer("Ủy viên", "uv@xa.example", ("xa-b",)),),
    )
    with database.read() as tx:
        ids = {slug: n for slug, n in tx.execute(select(units.c.slug, units.c.id))}
    assert settled(database) == {ids["xa-a"], ids["xa-b"]}
    overseer = person(database, "uv").replace("person", "overseer")
    assert members(database) == {
        (person(database, "dieu-phoi"), "so-noi-vu", "officers"),
        (person(database, "an"), "xa-a", "officers"),
        (person(database, "chu-tich"), "xa-a", "head"),
        (person(database, "hop"), "xa-b", "officers"),
        ("branch.xa-a", "xa-a", "scope"),
        ("branch.xa-a", "xa-b", "scope"),
        ("group.khoi", "xa-a", "scope"),
        ("group.khoi", "xa-b", "scope"),
        (overseer, "xa-b", "scope"),
    }
    # What is new was never bound; of the others those that lost something, or are called otherwise.
    new = {"branch.xa-a", "group.khoi", overseer, person(database, "hop")}
    assert touched(database) == sorted({*new, "xa-a", person(database, "binh")})
    assert row(database, "xa-a").name == "Xã A"
    assert row(database, "branch.xa-a").name == "Xã A"


def test_group_keeps_its_feed_when_others_come_and_go(database: Database, estate: Estate) -> None:
    one, two = Group("mot", "Một", (Membership("xa-a"),)), Group("hai", "Hai", (Membership("xa-b"),))
    change(database, groups={"mot": one, "hai": two})
    settled(database)
    before = row(database, "group.hai")
    change(database, groups={"hai": two})
    settled(database)
    after = row(database, "group.hai")
    assert (after.id, after.subject_id) == (before.id, before.subject_id)
    assert ("group.mot", "xa-a", "scope") not in members(database)
    assert row(database, "group.mot").version == 1


def test_parents_in_a_circle_are_each_others_branch(database: Database, estate: Estate) -> None:
    with database.read() as tx:
        found = read_roster(tx).units
    parents = {"xa-a": "xa-b", "xa-b": "xa-a"}
    change(database, units={s: replace(u, parent=parents.get(s)) for s, u in found.items()})
    settled(database)
    assert {m for m in members(database) if m[0].startswith("branch")} == {
        (f"branch.{one}", other, "scope") for one in parents for other in parents
    }


def test_absence_and_refused_addresses_take_nothing_from_a_feed(database: Database, estate: Estate) -> None:
    before = members(database)
    with database.write() as tx:
        tx.execute(people.update().values(unreachable_at=NOW))
        rebuild(tx, TODAY)
    settled(database)
    assert members(database) == before


# -- touching and binding ---------------------------------------------------------------------------------------------


def test_touching_units_touches_their_people_too(database: Database, estate: Estate) -> None:
    bind_all(database, "one")
    with database.write() as tx:
        stored.touch_units(tx, [estate.units["xa-a"]], LATER)
    assert touched(database) == sorted(["xa-a", person(database, "an"), person(database, "chu-tich")])
    assert (row(database).touched_at, row(database).revision) == (LATER, 2)


def test_touching_very_many_units_touches_all_that_owe(database: Database, estate: Estate) -> None:
    bind_all(database, "one")
    with database.write() as tx:
        stored.touch_units(tx, range(10_000, 10_600), LATER)
    assert {row(database, owner).kind for owner in touched(database)} == {FeedKind.UNIT, FeedKind.PERSON}
    assert len(touched(database)) == 7


def test_touching_deadlines_touches_plan_and_office_or_one_scope(database: Database, estate: Estate) -> None:
    change(database, groups={"khoi": Group("khoi", "Khối", (Membership("xa-a"),))})
    settled(database)
    bind_all(database, "one")
    with database.write() as tx:
        stored.touch_deadlines(tx, [(estate.deadline, 0)], LATER)
    assert touched(database) == [ALL_OWNER, "plan.ke-hoach"]
    bind_all(database, "two")
    with database.write() as tx:
        stored.touch_deadlines(tx, [(estate.deadline, row(database, "group.khoi").id)], LATER)
    assert touched(database) == ["group.khoi"]
    bind_all(database, "three")
    with database.write() as tx:
        stored.touch_deadlines(tx, [(number, 0) for number in range(10_000, 10_600)], LATER)
    assert touched(database) == [ALL_OWNER, "plan.ke-hoach"]


def test_same_bytes_keep_the_moment_they_were_modified(database: Database, estate: Estate) -> None:
    bind_all(database, "one")
    assert (row(database).etag, row(database).last_etag, row(database).modified) == ("one", "one", NOW)
    with database.write() as tx:
        stored.touch(tx, [row(database).id], LATER)
    assert (row(database).etag, row(database).last_etag, row(database).modified) == (None, "one", NOW)
    bind_all(database, "one")
    assert (row(database).etag, row(database).modified) == ("one", NOW)
    with database.write() as tx:
        stored.touch_all(tx, LATER)
    bind_all(database, "two")
    assert (row(database).etag, row(database).last_etag, row(database).modified) == ("two", "two", LATER)


def test_other_bytes_are_of_a_later_second_whatever_the_clock_said(database: Database, estate: Estate) -> None:
    bind_all(database, "one")
    with database.write() as tx:
        stored.touch(tx, [row(database).id], NOW - timedelta(minutes=5))
    assert row(database).modified_with("one") == NOW
    bind_all(database, "two")
    assert row(database).modified == NOW.replace(microsecond=0) + timedelta(seconds=1)


def test_feed_touched_while_it_was_joined_stays_unbound(database: Database, estate: Estate) -> None:
    joined = row(database)
    with database.write() as tx:
        stored.touch(tx, [joined.id], LATER)
        stored.bind(tx, [(joined, "of before")])
        stored.bind(tx, [])
    assert row(database).etag is None
    with database.read() as tx:
        assert stored.count_unbound(tx) == len(touched(database))


def test_rotated_and_revoked(database: Database, estate: Estate) -> None:
    bind_all(database, "one")
    with database.read() as tx:
        states = [stored.feeds_state(tx)]
    with database.write() as tx:
        stored.rotate(tx, "xa-a", LATER)
        states.append(stored.feeds_state(tx))
    assert (row(database).version, row(database).revoked, row(database).revision) == (2, False, 2)
    with database.write() as tx:
        stored.revoke(tx, "xa-a", LATER)
        stored.revoke(tx, "xa-a", LATER)
        states.append(stored.feeds_state(tx))
        assert feed_of(tx, "xa-a") is None
    assert (row(database).version, row(database).revoked, row(database).revision) == (2, True, 3)
    assert touched(database) == [], "nobody fetches it"
    with database.write() as tx:
        stored.rotate(tx, "xa-a", LATER)
        states.append(stored.feeds_state(tx))
    assert (row(database).version, row(database).revoked) == (3, False)
    assert touched(database) == ["xa-a"]
    assert len(set(states)) == 4


# -- who fetches it ---------------------------------------------------------------------------------------------------


def test_reads_keep_the_latest_of_each_kind_of_client(database: Database, estate: Estate) -> None:
    feed, other = row(database).id, row(database, "xa-b").id
    with database.write() as tx:
        stored.note_reads(tx, {(feed, "google"): LATER, (feed, "apple"): NOW})
        stored.note_reads(tx, {(feed, "google"): NOW, (other, "khal"): NOW})
        stored.note_reads(tx, {})
        assert stored.reads_of(tx, feed) == [("google", LATER), ("apple", NOW)]
        assert stored.last_reads(tx) == {feed: ("google", LATER), other: ("khal", NOW)}
    with database.write() as tx:
        stored.note_reads(tx, {(feed, "apple"): LATER + timedelta(seconds=1)})
        assert stored.reads_of(tx, feed)[0] == ("apple", LATER + timedelta(seconds=1))
    assert row(database).revision == 1, "reading changes nothing"
