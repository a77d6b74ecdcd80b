from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from plans.status import State
from store import events as stored
from store.database import Database
from store.deadlines import set_coordinating, set_deadline
from store.events import COORDINATION, OBLIGATION, StoredEvent
from store.obligations import set_state
from tests.store.estate import DATES, NOW, Estate, settle

DAY = DATES.act_by
FIRST, LAST = DAY - timedelta(days=10), DAY + timedelta(days=10)


def event(owner_id: int, **more: object) -> StoredEvent:
    plain = StoredEvent(owner_id, f"uid-{owner_id}", 0, NOW, "pending", "facts")
    return replace(plain, **more)  # type: ignore[arg-type]


def save(
    database: Database, owner_id: int, content: bytes, day: date = DAY, owner: str = OBLIGATION, language: str = "vi"
) -> None:
    with database.write() as tx:
        stored.save_events(tx, owner, language, [(event(owner_id), day, content)])


def feed(database: Database, unit: str = "xa-a") -> list[bytes]:
    with database.read() as tx:
        return sorted(stored.unit_feed(tx, unit, "vi", FIRST, LAST))


@pytest.fixture
def estate(database: Database) -> Estate:
    return settle(database)


def test_event_saved_again_is_replaced_under_its_first_uid(database: Database, estate: Estate) -> None:
    number = estate.obligations["xa-a"]
    save(database, number, b"one")
    later = NOW + timedelta(days=1)
    new = StoredEvent(number, "another-uid", 1, later, "overdue", "other facts")
    with database.write() as tx:
        stored.save_events(tx, OBLIGATION, "vi", [(new, DAY + timedelta(days=1), b"two")])
        assert stored.events_of(tx, OBLIGATION, [number], "vi") == {number: replace(new, uid=f"uid-{number}")}
    assert feed(database) == [b"two"]


def test_events_are_apart_by_language_and_owner(database: Database, estate: Estate) -> None:
    number = estate.obligations["xa-a"]
    save(database, number, b"vi")
    save(database, number, b"en", language="en")
    save(database, number, b"helping", owner=COORDINATION)
    with database.read() as tx:
        assert set(stored.events_of(tx, OBLIGATION, [number], "vi")) == {number}
        assert stored.contents_of(tx, [number], "vi") == {number: b"vi"}
        assert stored.contents_of(tx, [number], "en") == {number: b"en"}
        assert stored.contents_of(tx, [], "vi") == {}
    with database.write() as tx:
        stored.drop_events(tx, OBLIGATION, [number])
        stored.drop_events(tx, OBLIGATION, [])
        assert stored.contents_of(tx, [number], "vi") == {}
        assert set(stored.events_of(tx, COORDINATION, [number], "vi")) == {number}


@pytest.mark.parametrize(
    ("day", "state", "stands"),
    [
        (FIRST, State.ACCEPTED, True),
        (LAST, State.ACCEPTED, True),
        (FIRST - timedelta(days=1), State.ACCEPTED, False),
        (FIRST - timedelta(days=1), State.OPEN, True),  # open, however long ago it was due
        (FIRST - timedelta(days=1), State.RETURNED, True),
        (LAST + timedelta(days=1), State.OPEN, False),
    ],
)
def test_feed_holds_the_window_and_everything_open_before_it(
    database: Database, estate: Estate, day: date, state: State, stands: bool
) -> None:
    number = estate.obligations["xa-a"]
    save(database, number, b"own", day)
    save(database, estate.obligations["xa-b"], b"of another unit")
    with database.write() as tx:
        set_state(tx, [number], state)
    assert feed(database) == [b"own"] * stands


def test_feed_leaves_out_old_open_items_of_untracked_deadlines(database: Database, estate: Estate) -> None:
    save(database, estate.obligations["xa-a"], b"own", FIRST - timedelta(days=1))
    with database.write() as tx:
        set_deadline(tx, estate.deadline, tracked=False, cancelled_at=None)
    assert feed(database) == []


def test_feed_of_a_coordinating_unit_holds_the_shared_event_in_its_window(database: Database, estate: Estate) -> None:
    save(database, estate.deadline, b"helping", owner=COORDINATION)
    assert feed(database, "so-noi-vu") == []
    with database.write() as tx:
        set_coordinating(tx, estate.deadline, [estate.units["so-noi-vu"]], [])
        assert stored.coordinated_deadlines(tx, [estate.deadline]) == {estate.deadline}
        assert stored.coordinated_by(tx, "so-noi-vu") == {estate.deadline}
        assert stored.coordinated_by(tx, "xa-a") == set()
    assert feed(database, "so-noi-vu") == [b"helping"]
    save(database, estate.deadline, b"helping", FIRST - timedelta(days=1), owner=COORDINATION)
    assert feed(database, "so-noi-vu") == []


def test_event_statuses_are_those_the_clock_can_change(database: Database, estate: Estate) -> None:
    a, b = estate.obligations["xa-a"], estate.obligations["xa-b"]
    save(database, a, b"a")
    save(database, b, b"b")
    with database.write() as tx:
        set_state(tx, [b], State.SUBMITTED)
        assert stored.event_statuses(tx, "vi") == [(a, "pending")]
        assert stored.event_statuses(tx, "en") == []


def test_another_language_takes_over_the_events_with_their_uids(database: Database, estate: Estate) -> None:
    both, alone = estate.obligations["xa-a"], estate.obligations["xa-b"]
    with database.write() as tx:
        vietnamese = [event(both, uid="first", sequence=4), event(alone, uid="only", sequence=2)]
        stored.save_events(tx, OBLIGATION, "vi", [(e, DAY, b"vi") for e in vietnamese])
        # An act between the change of the setting and the first run of the daemon after it.
        stored.save_events(tx, OBLIGATION, "en", [(event(both, uid="second"), DAY, b"en")])
        stored.save_events(tx, COORDINATION, "vi", [(event(7), DAY, b"vi")])
    with database.write() as tx:
        taken = stored.take_over(tx, "en")
        assert {owner: sorted(ids) for owner, ids in taken.items()} == {
            OBLIGATION: sorted([both, alone]),
            COORDINATION: [7],
        }
        assert stored.events_of(tx, OBLIGATION, [both, alone], "vi") == {}
        assert stored.events_of(tx, OBLIGATION, [both, alone], "en") == {
            e.owner_id: replace(e, facts="") for e in vietnamese
        }
        assert stored.take_over(tx, "en") == {OBLIGATION: [], COORDINATION: []}
