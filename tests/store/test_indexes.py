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
from plans.filtering import Filter
from plans.periods import Period
from plans.status import Status
from store import board, confirming, expansion, ledger, matrix, months, obligations, records, redating, tallies
from store.database import Database
from store.feed_contents import Window, feed_events
from store.feeds import list_feeds
from store.mail_pages import Sought as Mails
from store.mail_pages import mail_page
from store.marks import trail
from store.moments import reopen_moments_of_units
from store.statuses import DONE, scope_of
from store.trail import Sought as Entries
from store.trail import audit_page
from tests.store.estate import NOW, T0, TODAY, Estate, settle

OVERDUE = scope_of(Status.OVERDUE, NOW, NOW.date())
KEY = DeadlineKey("ke-hoach", "bao-cao", Period("2026"))

ASKED: dict[str, Callable[[Connection, Estate], object]] = {
    "due": lambda tx, e: redating.holders_of_dues(tx, [e.due]),
    "stages": lambda tx, _: ledger.insert_due(tx, NOW),
    "deadline": lambda tx, e: obligations.ids_of_deadline(tx, e.deadline),
    "units": lambda tx, e: expansion.holders_of(tx, [e.deadline]),
    "key": lambda tx, _: obligations.of_deadline(tx, KEY, ["xa-a"]),
    "plan": lambda tx, _: obligations.of_plan(tx, "ke-hoach", "2026"),
    "overdue": lambda tx, _: obligations.overdue_at(tx, NOW, NOW.date()),
    "board": lambda tx, _: board.page(tx, Filter(), OVERDUE, NOW.date(), after="20260101T000000.000000_1_1_1"),
    "board of units": lambda tx, e: board.page(tx, Filter(units=frozenset(e.units.values())), DONE, NOW.date()),
    "board's numbers": lambda tx, _: board.numbers(tx, Filter(), NOW, NOW.date()),
    "month": lambda tx, _: months.deadlines_between(tx, Filter(), NOW.date(), NOW.date(), NOW.date()),
    "wall": lambda tx, _: months.deadlines_between(tx, Filter(), TODAY, TODAY, TODAY, counted=False),
    "matrix": lambda tx, _: matrix.read_matrix(tx, Filter(plan="ke-hoach"), NOW, NOW.date()),
    "late answers": lambda tx, _: matrix.late_answers(
        tx, matrix.read_matrix(tx, Filter(plan="ke-hoach"), NOW, NOW.date())
    ),
    "tallies": lambda tx, _: tallies.tallies(tx, [Filter()], OVERDUE, NOW.date()),
    "year": lambda tx, e: records.year_record(tx, e.units["xa-a"], 2026, NOW),
    "confirm queue": lambda tx, _: confirming.waiting(tx, Filter(), NOW.date()),
    "unit": lambda tx, _: obligations.of_unit(tx, "xa-a"),
    "unit's stages": lambda tx, e: reopen_moments_of_units(tx, [e.units["xa-a"]]),
}


HISTORY: dict[str, tuple[Callable[[Connection], object], str]] = {
    "audit": (lambda tx: audit_page(tx, Entries(since=NOW)), "SEARCH audit USING INDEX ix_audit_at (at>?)"),
    "actor": (
        lambda tx: audit_page(tx, Entries(actors=("van-thu",), before=NOW)),
        "SEARCH audit USING INDEX ix_audit_actor_at (actor=? AND at<?)",
    ),
    "action": (
        lambda tx: audit_page(tx, Entries(action="submit")),
        "SEARCH audit USING INDEX ix_audit_action_at (action=?)",
    ),
    "subject": (
        lambda tx: audit_page(tx, Entries(subjects=frozenset({"ke-hoach/bao-cao"}))),
        "SEARCH audit USING INDEX ix_audit_subject (subject>? AND subject<?)",
    ),
    "trail": (
        lambda tx: trail(tx, "ke-hoach/bao-cao/2026", 500),
        "SEARCH audit USING INDEX ix_audit_subject (subject>? AND subject<?)",
    ),
    "mail": (lambda tx: mail_page(tx, Mails()), "SCAN messages USING COVERING INDEX ix_messages_at"),
    "sent mail": (lambda tx: mail_page(tx, Mails(state="sent")), "SCAN messages USING INDEX ix_messages_at"),
    "failed mail": (
        lambda tx: mail_page(tx, Mails(state="failed")),
        "SEARCH messages USING INDEX ix_messages_state_next_at (state=?)",
    ),
    "confirm queue": (
        lambda tx: confirming.waiting(tx, Filter(), NOW.date()),
        "SCAN submissions USING INDEX ix_submissions_waiting",
    ),
    "last reminders": (
        lambda tx: board.last_reminded(tx, [1, 2]),
        "SEARCH reminders USING INDEX sqlite_autoindex_reminders_1 (obligation_id=?)",
    ),
    "overdue dates": (
        lambda tx: board.page(tx, Filter(), OVERDUE, NOW.date()),
        "SEARCH dues USING INDEX ix_dues_unsettled (late_at<?)",
    ),
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


@pytest.mark.parametrize(("ask", "step"), HISTORY.values(), ids=HISTORY.keys())
def test_history_is_read_along_an_index(sqlite: Database, ask: Callable[[Connection], object], step: str) -> None:
    with sqlite.read() as tx, explained(tx) as steps:
        ask(tx)
    assert step in steps


def test_dates_in_force_are_found_together_with_their_deadline(sqlite: Database) -> None:
    estate = settle(sqlite)
    with sqlite.write() as tx, explained(tx) as steps:
        redating.holders_of_dues(tx, [estate.due])
    index = "ix_obligations_deadline_id_due_id_state_unit_id_late"
    assert f"SEARCH obligations USING COVERING INDEX {index} (deadline_id=? AND due_id=?)" in steps


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
