"""A settled date has nothing open; whatever opens something again takes the word back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from plans.deadlines import Basis
from plans.filtering import Filter
from plans.status import State, Status
from store import board
from store.database import Database
from store.deadlines import add_due
from store.obligations import add_obligations, set_due, set_state
from store.schema import dues, obligations
from store.settling import settle as settle_dates
from store.statuses import scope_of
from store.successions import reopen
from tests.store.estate import DATES, LATER, NOW, SOON, Estate, settle

LATE = DATES.late_at + timedelta(days=1)
OVERDUE = scope_of(Status.OVERDUE, LATE, LATE.date())


def settled(tx: Connection) -> set[int]:
    return set(tx.scalars(select(dues.c.id).where(dues.c.settled.is_(True))))


def on_the_board(tx: Connection) -> set[int]:
    return {line.obligation.id for line in board.page(tx, Filter(), OVERDUE, LATE.date()).rows}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((State.ACCEPTED, State.MISSING), True),
        ((State.SUBMITTED, State.WAIVED), True),
        ((State.ACCEPTED, State.OPEN), False),
        ((State.RETURNED, State.ACCEPTED), False),
    ],
)
def test_past_dates_with_nothing_open_are_settled(
    database: Database, states: tuple[State, State], expected: bool
) -> None:
    estate = settle(database)
    with database.write() as tx:
        for number, state in zip(estate.obligations.values(), states, strict=True):
            set_state(tx, [number], state)
        assert settle_dates(tx, DATES.late_at - timedelta(seconds=1)) == 0  # still to come
        assert settled(tx) == set()
        assert settle_dates(tx, LATE) == expected
        assert settled(tx) == ({estate.due} if expected else set())
        assert settle_dates(tx, LATE) == 0


def waive_all(estate: Estate, tx: Connection) -> None:
    set_state(tx, list(estate.obligations.values()), State.CANCELLED)
    assert settle_dates(tx, LATE) == 1


def put_on_these_dates(tx: Connection, e: Estate) -> None:
    """It was open on later ones."""
    later = add_due(tx, e.deadline, Basis.EXTENSION, LATER, SOON)
    tx.execute(
        update(obligations).where(obligations.c.id == e.obligations["xa-a"]).values(due_id=later, state=State.OPEN)
    )
    set_due(tx, e.obligations["xa-a"], e.due)


OPENING: dict[str, Callable[[Connection, Estate], object]] = {
    "sent back": lambda tx, e: set_state(tx, [e.obligations["xa-a"]], State.RETURNED),
    "open again": lambda tx, e: set_state(tx, list(e.obligations.values()), State.OPEN),
    "put on these dates": put_on_these_dates,
    "owed by another unit": lambda tx, e: add_obligations(tx, e.deadline, e.due, [e.units["so-noi-vu"]]),
    "revived by succession": lambda tx, e: reopen(tx, [e.obligations["xa-b"]]),
}


@pytest.mark.parametrize("opens", OPENING.values(), ids=OPENING.keys())
def test_what_is_open_again_is_on_the_board(database: Database, opens: Callable[[Connection, Estate], object]) -> None:
    estate = settle(database)
    with database.write() as tx:
        waive_all(estate, tx)
        assert on_the_board(tx) == set()
        opens(tx, estate)
        assert settled(tx) == set()
        assert on_the_board(tx) == set(tx.scalars(select(obligations.c.id).where(obligations.c.state != "cancelled")))
        assert settle_dates(tx, LATE) == 0


def test_what_somebody_opened_past_the_program_comes_back_the_next_day(database: Database) -> None:
    estate = settle(database)
    with database.write() as tx:
        waive_all(estate, tx)
        tx.execute(update(obligations).values(state=State.OPEN))
        assert on_the_board(tx) == set()
        settle_dates(tx, LATE)
        assert on_the_board(tx) == set(estate.obligations.values())


def test_nothing_is_settled_while_another_may_open_something(new_database: Callable[[str], Database]) -> None:
    """On SQLite whoever writes is alone."""
    database = new_database("postgresql")
    estate = settle(database)
    number = estate.obligations["xa-a"]
    with database.write() as tx:
        set_state(tx, list(estate.obligations.values()), State.ACCEPTED)
    with database.write() as other:
        set_state(other, [number], State.RETURNED)
        with database.write() as tx:
            assert settle_dates(tx, LATE) == 0
            assert tx.scalar(select(obligations.c.state).where(obligations.c.id == number)) == State.ACCEPTED
    with database.write() as tx:
        assert settle_dates(tx, LATE) == 0
        set_state(tx, [number], State.ACCEPTED)
        assert settle_dates(tx, NOW) == 0
        assert settle_dates(tx, LATE) == 1
