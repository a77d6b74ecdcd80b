from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from store import outbox, results
from store.database import Database
from store.mail_log import content_of
from store.results import Answer, Sending
from store.schema import messages
from tests.store.estate import NOW, ledger, settle
from tests.store.test_outbox import LATER, claim, queued, row, send, states

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
        results.mark_sending(
            tx, [Sending(number, "an@xa.example", None, None)], LATER
        )  # the bytes stored before, again
        assert content_of(tx, number) == b"two"
    assert row(database, number, "attempts", "subject") == (3, "Tiêu đề")
    assert states(database) == ["queued"]


def test_mark_sent_ends_the_message_and_what_it_carried(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        results.mark_sent(tx, {number: Answer(250, "OK", "2.0.0")}, LATER)
    assert row(database, number, "state", "sent_at", "code", "answer", "enhanced", "lease_until", "uncertain") == (
        "sent",
        LATER,
        250,
        "OK",
        "2.0.0",
        None,
        False,
    )
    assert states(database) == ["sent"]


def test_mark_sent_leaves_what_was_dropped_from_it(database: Database) -> None:
    estate = settle(database)
    (number,) = queued(estate, "an")
    dropped = estate.insert(5, "an", state="queued", message_id=number)
    with database.write() as tx:
        results.supersede(tx, [dropped], "submitted")
        results.supersede(tx, [], "submitted")
        results.mark_sent(tx, {number: Answer(250, "OK", "2.0.0")}, LATER)
    assert ledger(database) == [("an", "S0", "sent", None), ("an", "S5", "superseded", "submitted")]


def test_mark_failed_is_told_with_its_answer(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        results.mark_failed(tx, number, Answer(550, "no such user", "5.1.1"), LATER)
    assert row(database, number, "state", "code", "answer", "enhanced", "sent_at", "failed_at") == (
        "failed",
        550,
        "no such user",
        "5.1.1",
        None,
        LATER,
    )
    assert states(database) == ["failed"]


def test_mark_unknown_keeps_the_last_answer(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        results.mark_again(tx, number, LATER, Answer(421, "lost"), attempt=1, uncertain=True)
        results.mark_unknown(tx, number)
    assert row(database, number, "state", "uncertain", "code", "answer") == ("unknown", False, 421, "lost")
    assert states(database) == ["unknown"]


def test_mark_again_waits_and_remembers_since_when(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        results.mark_again(tx, number, LATER, Answer(451, "greylisted"), attempt=1, uncertain=False, tried_since=NOW)
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
        results.mark_again(tx, number, LATER, Answer(451, "late"), attempt=0, uncertain=True)
    assert row(database, number, "state", "next_at", "uncertain") == (state, NOW, False)


def test_mark_superseded_keeps_the_reason(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    with database.write() as tx:
        results.mark_superseded(tx, [number], "submitted")
    assert row(database, number, "state", "reason") == ("superseded", "submitted")


def test_hasten_has_what_was_put_off_tried_at_once_and_nothing_else(database: Database) -> None:
    one, two, three = queued(settle(database), "an", "binh", "chu-tich")
    later = LATER + timedelta(hours=6)
    with database.write() as tx:
        tx.execute(update(messages).where(messages.c.id.in_([one, three])).values(next_at=later))
        tx.execute(update(messages).where(messages.c.id == three).values(state="failed"))
        assert results.hasten(tx, [one, two, three], LATER) == [one]
        assert results.hasten(tx, [], LATER) == []
    assert row(database, one, "state", "next_at") == ("queued", LATER)
    assert row(database, three, "state", "next_at") == ("failed", later)


def test_retry_starts_failed_messages_anew_and_no_others(database: Database) -> None:
    one, two = queued(settle(database), "an", "binh")
    with database.write() as tx:
        tx.execute(update(messages).where(messages.c.id == one).values(attempts=9, tried_since=NOW))
        results.mark_failed(tx, one, Answer(550, "no such user", "5.1.1"), LATER)
        results.mark_sent(tx, {two: Answer(250, "OK", "2.0.0")}, NOW)
        assert results.retry(tx, [one, two], LATER) == [one]
        assert results.retry(tx, [], LATER) == []
    assert row(database, one, "state", "next_at", "attempts", "tried_since", "failed_at") == (
        "queued",
        LATER,
        0,
        None,
        None,
    )
    assert row(database, two, "state") == ("sent",)
    assert states(database) == ["queued", "sent"]


def test_mark_sent_takes_many_at_once(database: Database) -> None:
    one, two = queued(settle(database), "an", "binh")
    for number in (one, two):
        send(database, number)
    with database.write() as tx:
        results.mark_sent(tx, {}, LATER)
        results.mark_sent(tx, {one: Answer(250, "một"), two: Answer(251, "hai")}, LATER)
    assert [row(database, n, "state", "code", "answer") for n in (one, two)] == [
        ("sent", 250, "một"),
        ("sent", 251, "hai"),
    ]
    assert states(database) == ["sent", "sent"]


def test_release_puts_back_as_if_it_had_not_been_claimed(database: Database) -> None:
    one, two = queued(settle(database), "an", "binh")
    for number in (one, two):
        send(database, number)
    with database.write() as tx:
        results.mark_sent(tx, {two: Answer(250, "OK")}, NOW)
        results.release(tx, {one: 1, two: 1})
    assert row(database, one, "state", "attempts", "lease_until", "uncertain") == ("queued", 0, None, False)
    assert row(database, two, "state") == ("sent",)
    assert [c.id for c in claim(database)] == [one]


def test_node_that_slept_through_its_lease_leaves_what_another_sends(database: Database) -> None:
    (number,) = queued(settle(database), "an")
    send(database, number)
    with database.write() as tx:
        assert outbox.recover_expired(tx, LATER) == 1
    send(database, number)  # the second try, by another
    as_it_was = row(database, number, "state", "attempts", "next_at", "lease_until", "uncertain", "answer")
    assert as_it_was[:2] == ("sending", 2)
    with database.write() as tx:
        results.mark_again(tx, number, LATER, Answer(451, "late"), attempt=1, uncertain=False)
        results.release(tx, {number: 1})
        assert results.renew(tx, {number: 1}, LATER + timedelta(hours=1)) == {number}
    assert row(database, number, "state", "attempts", "next_at", "lease_until", "uncertain", "answer") == as_it_was


def test_renew_holds_on_to_what_is_being_sent(database: Database) -> None:
    one, two = queued(settle(database), "an", "binh")
    send(database, one)
    later = LATER + timedelta(minutes=5)
    with database.write() as tx:
        assert results.renew(tx, {one: 1, two: 1}, later) == {two}
    assert row(database, one, "lease_until") == (later,)
    assert row(database, two, "lease_until") == (None,)


def test_what_may_have_arrived_goes_again_as_it_was(database: Database) -> None:
    one, two = queued(settle(database), "an", "binh")
    with database.write() as tx:
        results.mark_unknown(tx, one, Answer(text="connection lost"))
        results.mark_failed(tx, two, Answer(550, "no such user", "5.1.1"), NOW)
        assert results.retry_unknown(tx, [one, two], LATER) == [one]
    assert row(database, one, "state", "uncertain", "next_at") == ("queued", True, LATER)
    assert row(database, two, "state") == ("failed",)
    assert states(database) == ["queued", "failed"]
