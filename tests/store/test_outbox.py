from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from store import ledger as ledgers
from store import outbox as stored
from store import results
from store.database import Database
from store.mail_log import count_by_state
from store.outbox import Claimed
from store.results import Sending
from store.schema import messages, recipients, reminders, stage_moments
from tests.store.estate import NOW, T0, TODAY, Estate, ledger, message, person_id, settle

LATER = NOW + timedelta(minutes=10)


def queued(estate: Estate, *people: str) -> list[int]:
    """A queued digest for each of these people, with one reminder of xa-a in it; their numbers."""
    numbers = []
    for n, name in enumerate(people):
        reminder = estate.insert(n, name)
        with estate.database.write() as tx:
            (number,) = ledgers.add_messages(tx, [message(tx, name)], NOW).values()
            row = update(reminders).where(reminders.c.id == reminder)
            tx.execute(row.values(state="queued", message_id=number))
            numbers.append(number)
    return numbers


def claim(database: Database, now: datetime = NOW, limit: int = 9) -> list[Claimed]:
    with database.write() as tx:
        return list(stored.claim(tx, now, limit).claimed)


def send(database: Database, number: int, content: bytes = b"mail", until: datetime = LATER) -> None:
    with database.write() as tx:
        results.mark_sending(tx, [Sending(number, "an@xa.example", "Tiêu đề", content)], until)


def row(database: Database, number: int, *names: str) -> tuple[Any, ...]:
    with database.read() as tx:
        columns = [messages.c[n] for n in names]
        return tuple(tx.execute(select(*columns).where(messages.c.id == number)).one())


def states(database: Database) -> list[str]:
    return [state for _, _, state, _ in ledger(database)]


# -- claiming ---------------------------------------------------------------------------------------------------------


def test_claim_takes_the_earliest_first_and_not_before_their_time(database: Database) -> None:
    estate = settle(database)
    one, two, three = queued(estate, "an", "binh", "chu-tich")
    with database.write() as tx:
        tx.execute(update(messages).where(messages.c.id == one).values(next_at=NOW + timedelta(seconds=1)))
        tx.execute(update(messages).where(messages.c.id == three).values(next_at=NOW - timedelta(days=1)))
    assert [c.id for c in claim(database)] == [three, two]
    assert [c.id for c in claim(database, limit=1)] == [three]
    with database.read() as tx:
        assert stored.pending_until(tx) == NOW - timedelta(days=1)


@pytest.mark.parametrize("state", ["sending", "sent", "failed", "unknown", "superseded"])
def test_claim_leaves_what_is_not_queued(database: Database, state: str) -> None:
    (number,) = queued(settle(database), "an")
    with database.write() as tx:
        tx.execute(update(messages).where(messages.c.id == number).values(state=state))
        assert list(stored.claim(tx, NOW, 9).claimed) == []
        assert stored.pending_until(tx) is None
        assert count_by_state(tx) == {state: 1}


def test_claim_tells_of_each_reminder_how_its_obligation_is_now(database: Database) -> None:
    estate = settle(database)
    (number,) = queued(estate, "an")
    (claimed,) = claim(database)
    (held,) = claimed.held
    assert (claimed.id, claimed.name, claimed.address, claimed.kind) == (number, "an", "an@xa.example", "digest")
    assert (claimed.local_day, claimed.ref, claimed.content) == (TODAY, f"an.{TODAY}.digest.0@nhachan.example", None)
    assert (held.stage, held.for_unit, held.obligation.unit) == ("S0", "xa-a", "xa-a")
    assert (held.still_told, held.overtaken) == (True, False)


def test_claim_tells_who_is_no_longer_written_to(database: Database) -> None:
    estate = settle(database)
    queued(estate, "an")
    with database.write() as tx:
        tx.execute(recipients.delete().where(recipients.c.person_id == person_id(tx, "an")))
    ((held,),) = [c.held for c in claim(database)]
    assert not held.still_told


def test_claim_tells_what_a_later_stage_has_overtaken(database: Database) -> None:
    estate = settle(database)
    queued(estate, "an")
    estate.insert(5, "an")
    ((held,),) = [c.held for c in claim(database)]
    assert held.overtaken


def test_claims_of_two_nodes_are_disjoint(new_database: Any) -> None:
    database = new_database("postgresql")
    estate = settle(database)
    one, two, three = queued(estate, "an", "binh", "chu-tich")
    with database.write() as first, database.write() as second, database.write() as third:
        assert [c.id for c in stored.claim(first, NOW, 1).claimed] == [one]
        assert [c.id for c in stored.claim(second, NOW, 1).claimed] == [two]
        assert [c.id for c in stored.claim(third, NOW, 9).claimed] == [three]


def test_claim_after_a_claim_on_sqlite_finds_the_rest(new_database: Any) -> None:
    database = new_database("sqlite")
    one, two = queued(settle(database), "an", "binh")
    assert [c.id for c in claim(database, limit=1)] == [one]
    send(database, one)
    assert [c.id for c in claim(database)] == [two]


# -- recovering -------------------------------------------------------------------------------------------------------


def test_expired_lease_makes_a_message_uncertain_with_its_bytes(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number, b"sent before")
    with database.write() as tx:
        assert stored.recover_expired(tx, LATER - timedelta(microseconds=1)) == 0
        assert stored.recover_expired(tx, LATER) == 1
        assert stored.recover_expired(tx, LATER) == 0
    assert row(database, number, "state", "uncertain", "lease_until") == ("queued", True, None)
    (claimed,) = claim(database, LATER)
    assert (claimed.uncertain, claimed.content, claimed.attempts) == (True, b"sent before", 1)


def test_recover_all_does_not_wait_for_leases(database: Database) -> None:
    one, two = queued(settle(database), "an", "binh")
    send(database, one)
    with database.write() as tx:
        assert stored.recover_all(tx) == 1
    assert row(database, one, "state", "uncertain") == ("queued", True)
    assert row(database, two, "state", "uncertain") == ("queued", False)


def test_recovering_skips_what_another_node_holds(new_database: Any) -> None:
    database = new_database("postgresql")
    one, two = queued(settle(database), "an", "binh")
    for number in (one, two):
        send(database, number)
    with database.write() as other, database.write() as tx:
        other.execute(select(messages.c.id).where(messages.c.id == one).with_for_update())
        assert stored.recover_expired(tx, LATER) == 1


def test_requeue_stages_of_reminders_alone(database: Database) -> None:
    estate = settle(database, [T0], owing=["xa-a"])
    with database.write() as tx:
        ledgers.insert_due(tx, NOW)
        (number,) = tx.scalars(select(reminders.c.id))
        other = estate.due
        stored.requeue_stages(tx, [])
        assert tx.scalar(select(stage_moments.c.queued_at).where(stage_moments.c.due_id == other)) == NOW
        stored.requeue_stages(tx, [number])
        assert tx.scalar(select(stage_moments.c.queued_at).where(stage_moments.c.due_id == other)) is None
