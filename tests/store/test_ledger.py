from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from plans.deadlines import Basis
from plans.status import State
from store import ledger as ledgers
from store.database import Database
from store.deadlines import add_due, change_due, set_coordinating, set_deadline
from store.ledger import DIGEST, MONDAY, UNRECORDED, URGENT, DayMessage, NewMessage, Waiting
from store.moments import reopen_moments, set_moments
from store.obligations import set_due, set_state
from store.schema import messages, recipients, reminders, stage_moments
from tests.store.estate import (
    DATES,
    LATER,
    NOW,
    SOON,
    T0,
    T_3,
    T_15,
    TODAY,
    At,
    Estate,
    ledger,
    message,
    outbox,
    person_id,
    settle,
)

YESTERDAY = TODAY - timedelta(days=1)


def insert_due(database: Database, now: object = NOW) -> int:
    with database.write() as tx:
        return ledgers.insert_due(tx, now)  # type: ignore[arg-type]


def add(database: Database, *new: tuple[str, date, str, int]) -> list[int]:
    """Queue messages of (person, day, kind, part); their numbers."""
    with database.write() as tx:
        made = [message(tx, name, day, kind, part) for name, day, kind, part in new]
        return [n for m in made for n in ledgers.add_messages(tx, [m], NOW).values()]


def set_message(database: Database, number: int, **values: object) -> None:
    with database.write() as tx:
        tx.execute(update(messages).where(messages.c.id == number).values(values))


def carriers(database: Database) -> dict[str, int | None]:
    """Stage → the message that holds it."""
    with database.read() as tx:
        return {s: m for s, m in tx.execute(select(reminders.c.stage, reminders.c.message_id))}


# -- what is due ------------------------------------------------------------------------------------------------------


def test_insert_due_writes_a_row_for_every_stage_that_has_come(database: Database) -> None:
    settle(database, [T_15, T_3, replace(T0, at=NOW + timedelta(microseconds=1))])
    assert insert_due(database) == 4
    assert ledger(database) == [
        ("an", "T-15", "waiting", None),
        ("an", "T-3wd", "waiting", None),
        ("binh", "T-15", "waiting", None),
        ("binh", "T-3wd", "waiting", None),
    ]
    assert insert_due(database, NOW + timedelta(microseconds=1)) == 2


def test_insert_due_keeps_what_the_stage_says(database: Database) -> None:
    estate = settle(database, [replace(T0, position=7)], owing=["xa-a"])
    insert_due(database)
    with database.read() as tx:
        row = tx.execute(select(reminders)).one()
        an = person_id(tx, "an")
    assert row._asdict() == {
        "id": row.id,
        "obligation_id": estate.obligations["xa-a"],
        "last_day": DATES.last_day,
        "stage": "T0",
        "person_id": an,
        "for_unit_id": estate.units["xa-a"],
        "due_id": estate.due,
        "at": T0.at,
        "position": 7,
        "audience": "officers",
        "kind": "digest",
        "urgent": True,
        "state": "waiting",
        "reason": None,
        "detail": None,
        "instead_of": None,
        "message_id": None,
        "created_at": NOW,
    }


def test_insert_due_a_second_time_adds_nothing(database: Database) -> None:
    estate = settle(database, [T_15, T0])
    assert insert_due(database) == 4
    assert insert_due(database) == 0
    with database.write() as tx:
        reopen_moments(tx, estate.deadline)
    assert insert_due(database) == 0  # the key says so, not the mark on the stage
    assert len(ledger(database)) == 4


def test_insert_due_of_another_last_day_adds_anew(database: Database) -> None:
    estate = settle(database, [T_15], owing=["xa-a"])
    insert_due(database)
    with database.write() as tx:
        change_due(tx, estate.due, LATER, SOON)
        reopen_moments(tx, estate.deadline)
    assert insert_due(database) == 1


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("officers", ["an", "binh"]),
        ("head", ["chu-tich"]),
        ("coordinator", ["dieu-phoi", "dieu-phoi"]),  # one row for each unit of the list
        ("coordinating", ["binh", "binh"]),
    ],
)
def test_insert_due_writes_to_the_audience_of_the_stage(database: Database, to: str, told: list[str]) -> None:
    estate = settle(database, [replace(T0, to=to)])
    with database.write() as tx:
        set_coordinating(tx, estate.deadline, [estate.units["xa-b"]], [])
    insert_due(database)
    assert [person for person, *_ in ledger(database)] == told


@pytest.mark.parametrize("state", [s for s in State if s not in (State.OPEN, State.RETURNED)])
def test_insert_due_leaves_out_what_is_not_open(database: Database, state: State) -> None:
    estate = settle(database, [T0])
    with database.write() as tx:
        set_state(tx, [estate.obligations["xa-a"]], state)
    insert_due(database)
    assert ledger(database) == [("binh", "T0", "waiting", None)]


@pytest.mark.parametrize(("tracked", "cancelled"), [(False, False), (True, True)])
def test_insert_due_leaves_out_untracked_and_cancelled_deadlines(
    database: Database, tracked: bool, cancelled: bool
) -> None:
    estate = settle(database, [T0])
    with database.write() as tx:
        set_deadline(tx, estate.deadline, tracked=tracked, cancelled_at=NOW if cancelled else None)
    assert insert_due(database) == 0


def test_insert_due_by_two_threads_at_once_adds_each_row_once(database: Database) -> None:
    estate = settle(database, [T_15, T_3, T0])
    start = Barrier(2)

    def queue() -> int:
        start.wait()
        return insert_due(database)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            with database.write() as tx:
                tx.execute(reminders.delete())
                reopen_moments(tx, estate.deadline)
            made = [f.result() for f in [pool.submit(queue), pool.submit(queue)]]
            assert sum(made) == 6
            assert len(ledger(database)) == 6


# -- older stages -----------------------------------------------------------------------------------------------------


def test_supersede_older_leaves_the_latest_stage_of_each_person(database: Database) -> None:
    settle(database, [T_15, T_3, T0, replace(T0, code="T0-head", position=3, to="head")])
    insert_due(database)
    with database.write() as tx:
        assert ledgers.supersede_older(tx) == 4
        assert ledgers.supersede_older(tx) == 0
    assert ledger(database) == [
        ("an", "T-15", "superseded", "later_stage"),
        ("an", "T-3wd", "superseded", "later_stage"),
        ("an", "T0", "waiting", None),
        ("binh", "T-15", "superseded", "later_stage"),
        ("binh", "T-3wd", "superseded", "later_stage"),
        ("binh", "T0", "waiting", None),
        ("chu-tich", "T0-head", "waiting", None),
    ]


def test_supersede_older_of_one_moment_keeps_the_higher_position(database: Database) -> None:
    settle(database, [replace(T0, code="A", position=1), replace(T0, code="B", position=2)], owing=["xa-a"])
    insert_due(database)
    with database.write() as tx:
        ledgers.supersede_older(tx)
    assert ledger(database) == [("an", "A", "superseded", "later_stage"), ("an", "B", "waiting", None)]


def test_supersede_older_keeps_what_a_person_owes_before_what_the_person_helps_with(database: Database) -> None:
    estate = settle(database, [At("open", NOW, 0), At("open-with", NOW, 1, to="coordinating")], owing=["xa-a"])
    with database.write() as tx:  # an officer of the lead serves a unit that helps, too
        set_coordinating(tx, estate.deadline, [estate.units["xa-b"]], [])
        both = {"unit_id": estate.units["xa-b"], "audience": "officers", "person_id": person_id(tx, "an")}
        tx.execute(recipients.insert().values(both))
    insert_due(database)
    with database.write() as tx:
        ledgers.supersede_older(tx)
    assert ledger(database) == [
        ("an", "open", "waiting", None),
        ("an", "open-with", "superseded", "later_stage"),
        ("binh", "open-with", "waiting", None),
    ]


def test_supersede_older_keeps_a_mail_of_another_kind(database: Database) -> None:
    settle(database, [T_3, replace(T0, kind=UNRECORDED)], owing=["xa-a"])
    insert_due(database)
    with database.write() as tx:
        assert ledgers.supersede_older(tx) == 0


def test_supersede_older_does_not_measure_a_corrected_date_by_the_old_one(database: Database) -> None:
    estate = settle(database, [T_3], owing=["xa-a"])
    insert_due(database)
    with database.write() as tx:
        tx.execute(update(reminders).values(state="sent"))
        change_due(tx, estate.due, LATER, SOON)
        set_moments(tx, estate.due, [T_15])  # of the new date, before the moment that was of the old
    insert_due(database)
    with database.write() as tx:
        assert ledgers.supersede_older(tx) == 0
    assert ledger(database) == [("an", "T-15", "waiting", None), ("an", "T-3wd", "sent", None)]


@pytest.mark.parametrize("state", ["sent", "failed", "unknown", "superseded"])
def test_supersede_older_leaves_what_has_ended(database: Database, state: str) -> None:
    settle(database, [T_3, T0], owing=["xa-a"])
    insert_due(database)
    with database.write() as tx:
        tx.execute(update(reminders).where(reminders.c.stage == "T-3wd").values(state=state, reason="as it was"))
        assert ledgers.supersede_older(tx) == 0


@pytest.mark.parametrize(
    ("of_message", "superseded"),
    [
        ({"state": "queued"}, 1),
        ({"state": "sending"}, 0),  # a mail server has it in hand
        ({"state": "queued", "uncertain": True}, 0),  # it may have been read
    ],
)
def test_supersede_older_takes_back_only_what_surely_was_not_sent(
    database: Database, of_message: dict[str, object], superseded: int
) -> None:
    settle(database, [T_3, T0], owing=["xa-a"])
    insert_due(database)
    (number,) = add(database, ("an", YESTERDAY, DIGEST, 0))
    set_message(database, number, **of_message)
    with database.write() as tx:
        held = update(reminders).where(reminders.c.stage == "T-3wd")
        tx.execute(held.values(state="queued", message_id=number))
        assert ledgers.supersede_older(tx) == superseded


# -- messages ---------------------------------------------------------------------------------------------------------


def test_waiting_tells_the_latest_moment_and_whether_it_is_urgent(database: Database) -> None:
    settle(database, [T_15, T0, replace(T0, code="list", to="coordinator", kind=UNRECORDED, urgent=False)])
    insert_due(database)
    with database.read() as tx:
        assert ledgers.waiting(tx, NOW) == [
            Waiting(person_id(tx, person), kind, T0.at, urgent)
            for person, kind, urgent in sorted(
                [("an", DIGEST, True), ("binh", DIGEST, True), ("dieu-phoi", UNRECORDED, False)],
                key=lambda w: person_id(tx, w[0]),
            )
        ]


def test_add_messages_makes_one_of_a_kind_a_day(database: Database) -> None:
    settle(database)
    first = add(database, ("an", TODAY, DIGEST, 0), ("an", TODAY, MONDAY, 0), ("an", YESTERDAY, DIGEST, 0))
    assert len(first) == 3
    with database.write() as tx:
        again = NewMessage(person_id(tx, "an"), DIGEST, TODAY, 0, NOW, "another@nhachan.example")
        assert ledgers.add_messages(tx, [again], NOW) == {}
        assert ledgers.add_messages(tx, [], NOW) == {}
        assert tx.scalar(select(func.count()).select_from(messages)) == 3
    assert len(add(database, ("an", TODAY, URGENT, 0), ("an", TODAY, URGENT, 1))) == 2


def test_messages_of_day_count_an_uncertain_one_as_being_sent(database: Database) -> None:
    settle(database)
    one, two, _ = add(database, ("an", TODAY, DIGEST, 0), ("an", TODAY, URGENT, 1), ("an", YESTERDAY, DIGEST, 0))
    set_message(database, two, uncertain=True)
    with database.read() as tx:
        an = person_id(tx, "an")
        assert ledgers.messages_of_day(tx, TODAY) == [
            DayMessage(one, an, DIGEST, 0, "queued"),
            DayMessage(two, an, URGENT, 1, "sending"),
        ]


def attached(estate: Estate) -> dict[str, int | None]:
    with estate.database.write() as tx:
        ledgers.attach(tx, TODAY, NOW)
    return carriers(estate.database)


def test_attach_prefers_the_digest_to_an_urgent_message(database: Database) -> None:
    estate = settle(database, [T_3, T0], owing=["xa-a"])
    insert_due(database)
    digest, _ = add(database, ("an", TODAY, DIGEST, 0), ("an", TODAY, URGENT, 1))
    assert attached(estate) == {"T-3wd": digest, "T0": digest}
    assert {state for _, _, state, _ in ledger(database)} == {"queued"}


def test_attach_lets_only_urgent_rows_into_an_urgent_message(database: Database) -> None:
    estate = settle(database, [T_3, T0], owing=["xa-a"])
    insert_due(database)
    digest, urgent = add(database, ("an", TODAY, DIGEST, 0), ("an", TODAY, URGENT, 1))
    set_message(database, digest, state="sent")
    assert attached(estate) == {"T-3wd": None, "T0": urgent}
    assert ledger(database) == [("an", "T-3wd", "waiting", None), ("an", "T0", "queued", None)]


@pytest.mark.parametrize(
    "of_message",
    [
        {"state": "sending"},
        {"state": "sent"},
        {"state": "failed"},
        {"state": "unknown"},
        {"state": "superseded"},
        {"uncertain": True},
        {"local_day": YESTERDAY},
        {"kind": UNRECORDED},
        {"kind": MONDAY},
    ],
)
def test_attach_lets_rows_wait_for_a_message_that_may_carry_them(
    database: Database, of_message: dict[str, object]
) -> None:
    estate = settle(database, [T0], owing=["xa-a"])
    insert_due(database)
    (number,) = add(database, ("an", TODAY, DIGEST, 0))
    set_message(database, number, **of_message)
    assert attached(estate) == {"T0": None}


def test_attach_never_uses_another_persons_message(database: Database) -> None:
    estate = settle(database, [T0], owing=["xa-a"])
    insert_due(database)
    add(database, ("binh", TODAY, DIGEST, 0))
    assert attached(estate) == {"T0": None}


def test_absorb_moves_an_unsent_message_into_todays(database: Database) -> None:
    settle(database, [T_3], owing=["xa-a"])
    insert_due(database)
    old, new = add(database, ("an", YESTERDAY, DIGEST, 0), ("an", TODAY, DIGEST, 0))
    with database.write() as tx:
        ledgers.attach(tx, YESTERDAY, NOW)
        assert ledgers.absorb(tx, TODAY) == 1
    assert carriers(database) == {"T-3wd": new}
    assert old != new
    assert outbox(database) == [
        ("an", DIGEST, YESTERDAY, "superseded", "absorbed"),
        ("an", DIGEST, TODAY, "queued", None),
    ]


@pytest.mark.parametrize(
    "of_message", [{"state": "sending"}, {"uncertain": True}, {"state": "sent"}, {"state": "failed"}]
)
def test_absorb_leaves_what_may_have_been_sent(database: Database, of_message: dict[str, object]) -> None:
    settle(database, [T_3], owing=["xa-a"])
    insert_due(database)
    old, _ = add(database, ("an", YESTERDAY, DIGEST, 0), ("an", TODAY, DIGEST, 0))
    with database.write() as tx:
        ledgers.attach(tx, YESTERDAY, NOW)
    set_message(database, old, **of_message)
    with database.write() as tx:
        assert ledgers.absorb(tx, TODAY) == 0
    assert carriers(database) == {"T-3wd": old}


def test_absorb_without_a_message_of_today_leaves_the_old_one(database: Database) -> None:
    settle(database, [T_3], owing=["xa-a"])
    insert_due(database)
    (old,) = add(database, ("an", YESTERDAY, DIGEST, 0))
    with database.write() as tx:
        ledgers.attach(tx, YESTERDAY, NOW)
        assert ledgers.absorb(tx, TODAY) == 0
    assert carriers(database) == {"T-3wd": old}


def test_absorb_leaves_monday_pages_to_the_next_monday(database: Database) -> None:
    settle(database)
    add(database, ("dieu-phoi", YESTERDAY, MONDAY, 0))
    with database.write() as tx:
        assert ledgers.absorb(tx, TODAY) == 0


def test_monday_page_ends_the_unsent_ones_before_it(database: Database) -> None:
    settle(database)
    first, second = date(2026, 11, 23), date(2026, 11, 30)
    numbers = add(
        database,
        ("dieu-phoi", first, MONDAY, 0),
        ("dieu-phoi", second, MONDAY, 0),
        ("an", first, MONDAY, 0),
        ("binh", first, MONDAY, 0),
        ("binh", second, MONDAY, 0),
    )
    set_message(database, numbers[3], uncertain=True)
    with database.write() as tx:
        assert ledgers.supersede_monday(tx, second) == 2
    assert outbox(database) == [
        ("an", MONDAY, first, "queued", None),  # nothing newer for that person
        ("binh", MONDAY, first, "unknown", "absorbed"),
        ("binh", MONDAY, second, "queued", None),
        ("dieu-phoi", MONDAY, first, "superseded", "absorbed"),
        ("dieu-phoi", MONDAY, second, "queued", None),
    ]


def test_revived_message_is_queued_at_once(database: Database) -> None:
    settle(database)
    (number,) = add(database, ("an", TODAY, DIGEST, 0))
    set_message(database, number, state="superseded", reason="submitted")
    later = NOW + timedelta(hours=3)
    with database.write() as tx:
        ledgers.revive(tx, [number], later)
        ledgers.revive(tx, [], later)
        row = tx.execute(select(messages.c.state, messages.c.reason, messages.c.at, messages.c.next_at)).one()
    assert tuple(row) == ("queued", None, later, later)


def test_extension_queues_the_stages_of_its_own_dates(database: Database) -> None:
    estate = settle(database, [T0], owing=["xa-a"])
    with database.write() as tx:
        granted = add_due(tx, estate.deadline, Basis.EXTENSION, LATER, SOON)
        set_moments(tx, granted, [At("T-15", NOW)])
        set_due(tx, estate.obligations["xa-a"], granted)
    assert insert_due(database) == 1
    assert ledger(database) == [("an", "T-15", "waiting", None)]
    with database.read() as tx:
        assert set(tx.scalars(select(stage_moments.c.queued_at))) == {NOW}
