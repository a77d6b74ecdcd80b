"""How an outlet is doing: only the one that is asked for, and only until it takes a letter."""

from __future__ import annotations

from datetime import timedelta

from store.database import Database
from store.outlets import FIRST_PAUSE, LONGEST_PAUSE, mark_accepted, mark_down, mark_up, outlet_down
from tests.store.estate import NOW


def test_outlet_is_down_until_it_takes_a_letter(database: Database) -> None:
    with database.write() as tx:
        assert outlet_down(tx, "a") is None
        mark_down(tx, "a", "connection", None, "refused", NOW)
        later = mark_down(tx, "a", "password", 535, "no", NOW + timedelta(minutes=1))
        assert outlet_down(tx, "a") == later
        assert (later.down_since, later.next_try, later.tries, later.fault, later.code, later.answer) == (
            NOW,
            NOW + timedelta(minutes=1) + 2 * FIRST_PAUSE,
            2,
            "password",
            535,
            "no",
        )
        assert outlet_down(tx, "b") is None
        mark_accepted(tx, "a", NOW)
        assert outlet_down(tx, "a") is None
        mark_down(tx, "a", "connection", None, "refused", NOW)
        mark_up(tx, "a")
        assert outlet_down(tx, "a") is None


def test_pauses_grow_to_ten_minutes(database: Database) -> None:
    with database.write() as tx:
        pauses = []
        for _ in range(12):
            state = mark_down(tx, "a", "connection", None, "", NOW)
            assert state.next_try is not None
            pauses.append((state.next_try - NOW) // timedelta(minutes=1))
    assert pauses == [1, 2, 4, 8, *[LONGEST_PAUSE // timedelta(minutes=1)] * 8]
