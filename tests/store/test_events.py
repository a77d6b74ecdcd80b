from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from plans.status import State
from store import events as stored
from store.database import Database
from store.deadlines import set_coordinating
from store.events import COORDINATION, DEADLINE, EVENT, OBLIGATION, SHARED, START, Edges, StoredEvent
from store.feed_contents import Window, feed_events
from store.feeds import find_feed
from store.obligations import set_state
from store.progress import Standing, leads_of, standings
from tests.store.estate import DATES, NOW, TODAY, Estate, settle

DAY = DATES.act_by
WINDOW = Window(DAY - timedelta(days=10), DAY + timedelta(days=10), TODAY - timedelta(days=30))


def event(owner_id: int, content: bytes = b"", **more: object) -> StoredEvent:
    plain = StoredEvent(
        owner_id, SHARED, EVENT, "vi", f"uid-{owner_id}", 0, NOW, "pending", DAY, False, None, "facts", content
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def save(database: Database, *events: StoredEvent, owner: str = OBLIGATION) -> None:
    with database.write() as tx:
        stored.save_events(tx, owner, events)


def feed(database: Database, owner: str = "xa-a", window: Window | None = WINDOW, language: str = "vi") -> list[bytes]:
    with database.read() as tx:
        found = find_feed(tx, owner)
        assert found is not None
        return sorted(feed_events(tx, found, language, window))


@pytest.fixture
def estate(database: Database) -> Estate:
    return settle(database)


def test_event_saved_again_is_replaced_under_its_first_uid(database: Database, estate: Estate) -> None:
    number = estate.obligations["xa-a"]
    save(database, event(number, b"one"))
    new = event(number, b"two", uid="another", sequence=1, status="overdue", facts="other", lasting=True)
    save(database, replace(new, day=DAY + timedelta(days=1), withdrawn_on=TODAY))
    with database.read() as tx:
        (found,) = stored.events_of(tx, OBLIGATION, [number])
    assert found == replace(new, day=DAY + timedelta(days=1), withdrawn_on=TODAY, uid=f"uid-{number}")
    assert feed(database) == [b"two"]


def test_events_are_apart_by_owner_scope_component_and_language(database: Database, estate: Estate) -> None:
    number = estate.obligations["xa-a"]
    apart = [
        event(number, b"vi"),
        event(number, b"en", language="en"),
        event(number, b"start", component=START),
        event(number, b"of a feed", scope=7),
    ]
    save(database, *apart)
    save(database, event(number, b"helping"), owner=COORDINATION)
    with database.read() as tx:
        assert {e.content for e in stored.events_of(tx, OBLIGATION, [number])} == {e.content for e in apart}
        assert {e.content for e in stored.events_of(tx, OBLIGATION, [number], {8})} == {b"vi", b"en", b"start"}
        assert {e.content for e in stored.events_of(tx, OBLIGATION, [number], {7})} == {e.content for e in apart}
        assert stored.contents_of(tx, [number], "vi") == {number: b"vi"}
        assert stored.contents_of(tx, [number], "en") == {number: b"en"}
        assert stored.contents_of(tx, [], "vi") == {}
    assert feed(database, language="en") == [b"en"]


@pytest.mark.parametrize(
    ("day", "lasting", "withdrawn", "stands"),
    [
        (WINDOW.first, False, None, True),
        (WINDOW.last, False, None, True),
        (WINDOW.first - timedelta(days=1), False, None, False),
        (WINDOW.first - timedelta(days=1), True, None, True),  # open, however long ago it was due
        (WINDOW.last + timedelta(days=1), True, None, False),
        (DAY, False, WINDOW.withdrawn_after + timedelta(days=1), True),
        (DAY, False, WINDOW.withdrawn_after, False),
    ],
)
def test_feed_holds_the_window_what_is_open_before_it_and_what_was_just_withdrawn(
    database: Database, estate: Estate, day: date, lasting: bool, withdrawn: date | None, stands: bool
) -> None:
    save(database, event(estate.obligations["xa-a"], b"own", day=day, lasting=lasting, withdrawn_on=withdrawn))
    save(database, event(estate.obligations["xa-b"], b"of another unit"))
    assert feed(database) == [b"own"] * stands
    assert feed(database, window=None) == [b"own"]


def test_feed_of_a_coordinating_unit_holds_the_shared_event_or_its_own_copy(database: Database, estate: Estate) -> None:
    save(database, event(estate.deadline, b"helping"), owner=COORDINATION)
    assert feed(database, "so-noi-vu") == []
    with database.write() as tx:
        set_coordinating(tx, estate.deadline, [estate.units["so-noi-vu"]], [])
        found = find_feed(tx, "so-noi-vu")
        assert stored.coordinated_deadlines(tx, [estate.deadline]) == {estate.deadline: {estate.units["so-noi-vu"]}}
        assert stored.coordinated_by(tx, "so-noi-vu") == {estate.deadline}
        assert stored.coordinated_by(tx, "xa-a") == set()
    assert found is not None
    assert feed(database, "so-noi-vu") == [b"helping"]
    save(database, event(estate.deadline, b"its own", scope=found.id), owner=COORDINATION)
    with database.write() as tx:
        set_coordinating(tx, estate.deadline, [], [estate.units["so-noi-vu"]])
    assert feed(database, "so-noi-vu") == [b"its own"]
    assert feed(database, "xa-a") == []
    with database.write() as tx:
        stored.drop_copies(tx, estate.deadline, [found.id])
    assert feed(database, "so-noi-vu") == []


def test_deadlines_stand_in_the_feeds_of_their_plan_of_the_office_and_of_their_scope(
    database: Database, estate: Estate
) -> None:
    save(database, event(estate.deadline, b"all"), event(estate.deadline, b"some", scope=99), owner=DEADLINE)
    assert feed(database, "plan.ke-hoach") == feed(database, "office.all") == [b"all"]
    assert feed(database, "xa-a") == feed(database, "office.workdays") == []


def test_another_language_takes_over_the_events_with_their_uids(database: Database, estate: Estate) -> None:
    both, alone = estate.obligations["xa-a"], estate.obligations["xa-b"]
    save(database, event(both, b"vi", sequence=4), event(alone, b"vi", sequence=2))
    save(database, event(both, b"en", language="en", sequence=5))  # by an act since the setting was changed
    save(database, event(7, b"vi"), owner=COORDINATION)
    with database.write() as tx:
        stored.take_over(tx, "en", ["en"])
    with database.read() as tx:
        found = stored.events_of(tx, OBLIGATION, [both, alone]) + stored.events_of(tx, COORDINATION, [7])
        assert {(e.uid, e.language, e.sequence, e.content) for e in found} == {
            (f"uid-{both}", "en", 5, b"en"),
            (f"uid-{alone}", "en", 2, b"vi"),
            ("uid-7", "en", 0, b"vi"),
        }
    with database.write() as tx:
        stored.take_over(tx, "en", ["en", "vi"])
        assert [e.language for e in stored.events_of(tx, OBLIGATION, [both])] == ["en"]


def test_waiting_is_taken_off_the_list_obligations_first(database: Database, estate: Estate) -> None:
    owed = sorted(estate.obligations.values())
    with database.write() as tx:
        assert stored.next_waiting(tx, 1) == {}
        stored.wait(tx, DEADLINE, [])
        for _ in range(2):  # repeated, it is the same
            stored.wait_for_deadlines(tx, [estate.deadline])
        assert stored.count_waiting(tx) == 4
        assert stored.next_waiting(tx, 1) == {OBLIGATION: owed[:1]}
        assert stored.next_waiting(tx, 5) == {OBLIGATION: owed[1:]}
        assert stored.next_waiting(tx, 5) == {DEADLINE: [estate.deadline]}
        assert stored.next_waiting(tx, 5) == {COORDINATION: [estate.deadline]}
        assert stored.next_waiting(tx, 5) == {}
        stored.wait_for_all(tx)
        assert stored.count_waiting(tx) == 4


def test_events_that_cross_an_edge_are_found(database: Database, estate: Estate) -> None:
    one = timedelta(days=1)
    edges = Edges((DAY - one, DAY), (DAY + one, DAY + 2 * one), (DAY - 9 * one, DAY - 8 * one))
    days = {1: DAY - 2 * one, 2: DAY - one, 3: DAY, 4: DAY + one, 5: DAY + 2 * one, 6: DAY + 3 * one}
    save(database, *(event(number, day=day) for number, day in days.items()))
    gone = {11: DAY - 9 * one, 12: DAY - 8 * one, 13: DAY - 7 * one}
    save(database, *(event(number, withdrawn_on=day, scope=3) for number, day in gone.items()), owner=DEADLINE)
    with database.read() as tx:
        assert stored.crossing(tx, edges) == {OBLIGATION: {(2, 0), (5, 0)}, DEADLINE: {(12, 3)}}


def test_standings_count_what_still_concerns_somebody(database: Database, estate: Estate) -> None:
    with database.write() as tx:
        set_state(tx, [estate.obligations["xa-b"]], State.ACCEPTED)
    with database.read() as tx:
        found = standings(tx, [estate.deadline])
        assert set(found) == {(estate.deadline, SHARED)}
        assert {(s.state, s.number, s.late_at) for s in found[estate.deadline, SHARED]} == {
            (State.OPEN, 1, DATES.late_at),
            (State.ACCEPTED, 1, DATES.late_at),
        }
        assert isinstance(found[estate.deadline, SHARED][0], Standing)
        assert leads_of(tx, [estate.deadline]) == {estate.deadline: ("Xa-A", "Xa-B")}
    with database.write() as tx:
        set_state(tx, [estate.obligations["xa-b"]], State.WAIVED)
        assert [s.number for s in standings(tx, [estate.deadline], set())[estate.deadline, SHARED]] == [1]
        set_state(tx, list(estate.obligations.values()), State.CANCELLED)
        assert standings(tx, [estate.deadline]) == {}
        assert leads_of(tx, [estate.deadline]) == {}
