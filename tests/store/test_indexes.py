"""Nothing that is asked of obligations one by one looks all of them through; a bulk load leaves every index behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, event, inspect
from sqlalchemy.exc import IntegrityError

from plans.deadlines import DeadlineKey
from plans.feeds import FeedKind
from plans.periods import Period
from store import expansion, ledger, obligations, redating
from store.database import Database
from store.feed_contents import Window, feed_events
from store.feeds import list_feeds
from store.moments import reopen_moments_of_units
from tests.store.estate import NOW, T0, TODAY, Estate, settle

KEY = DeadlineKey("ke-hoach", "bao-cao", Period("2026"))

ASKED: dict[str, Callable[[Connection, Estate], object]] = {
    "due": lambda tx, e: redating.holders_of_dues(tx, [e.due]),
    "stages": lambda tx, _: ledger.insert_due(tx, NOW),
    "deadline": lambda tx, e: obligations.ids_of_deadline(tx, e.deadline),
    "units": lambda tx, e: expansion.holders_of(tx, [e.deadline]),
    "key": lambda tx, _: obligations.of_deadline(tx, KEY, ["xa-a"]),
    "plan": lambda tx, _: obligations.of_plan(tx, "ke-hoach", "2026"),
    "overdue": lambda tx, _: obligations.overdue_at(tx, NOW, NOW.date()),
    "unit": lambda tx, _: obligations.of_unit(tx, "xa-a"),
    "unit's stages": lambda tx, e: reopen_moments_of_units(tx, [e.units["xa-a"]]),
}


@pytest.fixture
def sqlite(new_database: Callable[[str], Database]) -> Database:
    return new_database("sqlite")


@contextmanager
def explained(tx: Connection) -> Iterator[list[str]]:
    """The steps by which SQLite carries out the statements of the block."""
    asked = []

    @event.listens_for(tx, "before_cursor_execute")
    def _keep(_c: object, _cursor: object, statement: str, parameters: object, _x: object, _many: bool) -> None:
        asked.append((statement, parameters))

    steps: list[str] = []
    yield steps
    event.remove(tx, "before_cursor_execute", _keep)
    cursor = tx.connection.cursor()
    for statement, parameters in asked:
        steps += [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    cursor.close()


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
def test_obligations_are_found_by_an_index(sqlite: Database, ask: Callable[[Connection, Estate], object]) -> None:
    estate = settle(sqlite, [T0])
    with sqlite.write() as tx, explained(tx) as steps:
        ask(tx, estate)
    of_obligations = [step for step in steps if "obligations" in step.split()]
    assert of_obligations
    assert not [step for step in of_obligations if step.startswith("SCAN")]


def test_dates_in_force_are_found_together_with_their_deadline(sqlite: Database) -> None:
    estate = settle(sqlite)
    with sqlite.write() as tx, explained(tx) as steps:
        redating.holders_of_dues(tx, [estate.due])
    found = (
        "SEARCH obligations USING COVERING INDEX ix_obligations_deadline_id_due_id_state (deadline_id=? AND due_id=?)"
    )
    assert found in steps


def index_names(database: Database) -> list[str]:
    with database.read() as tx:
        return sorted(str(index["name"]) for index in inspect(tx).get_indexes("obligations"))


def test_bulk_load_leaves_all_indexes(database: Database) -> None:
    settle(database)
    before = index_names(database)
    with database.write() as tx, expansion.indexed_at_the_end(tx, fresh=True):
        pass
    assert index_names(database) == before


def test_bulk_load_gives_no_unit_the_same_deadline_twice(database: Database) -> None:
    estate = settle(database)
    with pytest.raises(IntegrityError), database.write() as tx, expansion.indexed_at_the_end(tx, fresh=True):
        obligations.add_obligations(tx, estate.deadline, estate.due, [estate.units["xa-a"]])
    with database.read() as tx:
        assert obligations.ids_of_deadline(tx, estate.deadline) == sorted(estate.obligations.values())


@pytest.mark.parametrize("kind", FeedKind)
def test_feeds_find_their_events_by_an_index(sqlite: Database, kind: FeedKind) -> None:
    """SQLite knows nothing of what a table holds: left to itself it looks through the events of all feeds."""
    settle(sqlite, [T0])
    with sqlite.write() as tx:
        feed = replace(list_feeds(tx)[0], kind=kind)
        with explained(tx) as steps:
            feed_events(tx, feed, "vi", Window(TODAY, TODAY, TODAY))
    found = [step for step in steps if " events" in step]
    assert found
    assert [s for s in found if not re.search(r"SEARCH events .*\((owner_id|scope)[=>]", s)] == []
