from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import inspect, text

from plans.feeds import FeedKind
from plans.problems import EnvironmentFault
from store.coordinating import coordinated
from store.database import Database
from store.events import OBLIGATION, events_of
from store.feeds import list_feeds
from store.marks import read_mark, write_mark
from store.schema import metadata
from store.units import feed_versions
from store.upgrading import HEAD, ensure_current, upgrade, version_of


def test_ensure_current_of_an_empty_database_builds_the_schema(empty: Database) -> None:
    assert version_of(empty) is None
    ensure_current(empty)
    assert version_of(empty) == HEAD
    with empty.read() as tx:
        assert set(inspect(tx).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_ensure_current_of_a_current_database_changes_nothing(database: Database) -> None:
    with database.write() as tx:
        write_mark(tx, "kept", "yes")
    ensure_current(database)
    with database.read() as tx:
        assert read_mark(tx, "kept") == "yes"


def test_ensure_current_of_another_version_refuses_and_names_both(database: Database) -> None:
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(EnvironmentFault) as caught:
        ensure_current(database)
    assert caught.value.problem.code == "schema_version"
    assert caught.value.problem.params == {"found": "9999", "wanted": HEAD}
    assert version_of(database) == "9999"


def test_plans_of_the_second_schema_are_coordinated_by_the_unit_they_name(empty: Database) -> None:
    upgrade(empty, "0002")
    with empty.write() as tx:
        tx.execute(
            text("INSERT INTO units (slug, name, kind, successors, position) VALUES ('so', 'Sở', 'so', '[]', 0)")
        )
        for slug, coordinator in (("mot", "(SELECT id FROM units)"), ("hai", "NULL")):
            values = f"'{slug}', '{slug}', {coordinator}, '2026-01-01', '2026-01-01 00:00:00'"
            columns = "slug, title, coordinator_id, track_from, loaded_at"
            tx.execute(text(f"INSERT INTO plans ({columns}) VALUES ({values})"))
    upgrade(empty)
    with empty.read() as tx:
        assert [(p.slug, p.named, p.acting) for p in coordinated(tx)] == [("hai", None, None), ("mot", "so", "so")]


def test_feeds_of_the_fifth_schema_keep_their_addresses_and_events_their_place(empty: Database) -> None:
    upgrade(empty, "0005")
    with empty.write() as tx:
        tx.execute(
            text("INSERT INTO units (slug, name, kind, successors, position) VALUES ('so', 'Sở', 'so', '[]', 0)")
        )
        tx.execute(text("INSERT INTO feeds (owner, unit_id, version) SELECT 'unit', id, 3 FROM units"))
        for number, status in ((1, "pending"), (2, "waived")):
            columns = "owner, owner_id, component, language, uid, sequence, stamp, status, day, facts, content"
            values = f"'obligation', {number}, 'event', 'vi', 'u', 4, '2026-11-02 09:00:00', '{status}'"
            rest = {"content": b"BEGIN:VEVENT"}
            tx.execute(text(f"INSERT INTO events ({columns}) VALUES ({values}, '2026-12-04', 'f', :content)"), rest)
    upgrade(empty)
    with empty.read() as tx:
        (feed,) = list_feeds(tx)
        assert (feed.owner, feed.kind, feed.name, feed.version, feed.etag) == ("so", FeedKind.UNIT, "Sở", 3, None)
        assert feed.subject_id == tx.scalar(text("SELECT id FROM units"))
        assert feed_versions(tx) == {"so": 3}
        kept = {e.owner_id: (e.uid, e.sequence, e.scope, e.withdrawn_on) for e in events_of(tx, OBLIGATION, [1, 2])}
    assert kept == {1: ("u", 4, 0, None), 2: ("u", 4, 0, date(2026, 11, 2))}
