from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from store import ledger as ledgers
from store import outbox as stored
from store.database import Database
from store.mail_log import content_of, count_by_state
from store.outbox import Claimed
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
        return stored.claim(tx, now, limit)


def send(database: Database, number: int, content: bytes = b"mail", until: datetime = LATER) -> None:
    with database.write() as tx:
        stored.mark_sending(tx, number, "an@xa.example", "Tiêu đề", content, until)


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
        assert stored.claim(tx, NOW, 9) == []
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
        assert [c.id for c in stored.claim(first, NOW, 1)] == [one]
        assert [c.id for c in stored.claim(second, NOW, 1)] == [two]
        assert [c.id for c in stored.claim(third, NOW, 9)] == [three]


def test_claim_after_a_claim_on_sqlite_finds_the_rest(new_database: Any) -> None:
    database = new_database("sqlite")
    one, two = queued(settle(database), "an", "binh")
    assert [c.id for c in claim(database, limit=1)] == [one]
    send(database, one)
    assert [c.id for c in claim(database)] == [two]


# -- sending ----------------------------------------------------------------------------------------------------------


def test_sending_keeps_the_bytes_and_counts_the_attempt(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number, b"one")
    assert row(database, number, "state", "attempts", "address", "subject", "lease_until") == (
        "sending",
        1,
        "an@xa.example",
        "Tiêu đề",
        LATER,
    )
    send(database, number, b"two")
    with database.write() as tx:
        assert content_of(tx, number) == b"two"
        stored.mark_sending(tx, number, "an@xa.example", None, None, LATER)  # the bytes stored before, again
        assert content_of(tx, number) == b"two"
    assert row(database, number, "attempts", "subject") == (3, "Tiêu đề")
    assert states(database) == ["queued"]


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


def test_mark_sent_ends_the_message_and_what_it_carried(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        stored.mark_sent(tx, number, LATER, 250, "OK")
    assert row(database, number, "state", "sent_at", "code", "answer", "lease_until", "uncertain") == (
        "sent",
        LATER,
        250,
        "OK",
        None,
        False,
    )
    assert states(database) == ["sent"]


def test_mark_sent_leaves_what_was_dropped_from_it(database: Database) -> None:
    estate = settle(database)
    (number,) = queued(estate, "an")
    dropped = estate.insert(5, "an", state="queued", message_id=number)
    with database.write() as tx:
        stored.supersede(tx, [dropped], "submitted")
        stored.supersede(tx, [], "submitted")
        stored.mark_sent(tx, number, LATER, 250, "OK")
    assert ledger(database) == [("an", "S0", "sent", None), ("an", "S5", "superseded", "submitted")]


def test_mark_failed_is_told_with_its_answer(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        stored.mark_failed(tx, number, 550, "no such user")
    assert row(database, number, "state", "code", "answer", "sent_at") == ("failed", 550, "no such user", None)
    assert states(database) == ["failed"]


def test_mark_unknown_keeps_the_last_answer(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        stored.mark_again(tx, number, LATER, 421, "lost", uncertain=True)
        stored.mark_unknown(tx, number)
    assert row(database, number, "state", "uncertain", "code", "answer") == ("unknown", False, 421, "lost")
    assert states(database) == ["unknown"]


def test_mark_again_waits_and_remembers_since_when(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        stored.mark_again(tx, number, LATER, 451, "greylisted", uncertain=False, tried_since=NOW)
    assert row(database, number, "state", "next_at", "code", "answer", "uncertain", "lease_until") == (
        "queued",
        LATER,
        451,
        "greylisted",
        False,
        None,
    )
    assert claim(database, NOW) == []
    (claimed,) = claim(database, LATER)
    assert (claimed.attempts, claimed.tried_since) == (1, NOW)


@pytest.mark.parametrize("state", ["sent", "failed", "unknown", "queued"])
def test_mark_again_of_what_another_node_ended_changes_nothing(database: Database, state: str) -> None:
    (number,) = queued(settle(database), "an")
    with database.write() as tx:
        tx.execute(update(messages).where(messages.c.id == number).values(state=state))
        stored.mark_again(tx, number, LATER, 451, "late", uncertain=True)
    assert row(database, number, "state", "next_at", "uncertain") == (state, NOW, False)


def test_mark_superseded_keeps_the_reason(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    with database.write() as tx:
        stored.mark_superseded(tx, number, "submitted")
    assert row(database, number, "state", "reason") == ("superseded", "submitted")


def test_retry_starts_failed_messages_anew_and_no_others(database: Database) -> None:
    one, two = queued(settle(database), "an", "binh")
    with database.write() as tx:
        tx.execute(update(messages).where(messages.c.id == one).values(attempts=9, tried_since=NOW))
        stored.mark_failed(tx, one, 550, "no such user")
        stored.mark_sent(tx, two, NOW, 250, "OK")
        assert stored.retry(tx, [one, two], LATER) == 1
        assert stored.retry(tx, [], LATER) == 0
    assert row(database, one, "state", "next_at", "attempts", "tried_since") == ("queued", LATER, 0, None)
    assert row(database, two, "state") == ("sent",)
    assert states(database) == ["queued", "sent"]


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
