from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from store import ledger as ledgers
from store.database import Database
from store.mail_log import Logged, LoggedItem, Stuck, log, logged_items, stuck, superseded_of
from store.obligations import by_ids
from store.results import retry
from store.schema import messages, reminders
from tests.store.estate import NOW, TODAY, Estate, message, settle


@pytest.fixture
def estate(database: Database) -> Estate:
    return settle(database)


def queue(estate: Estate, name: str, hours: int = 0, **values: object) -> int:
    reminder = estate.insert(hours, name)
    with estate.database.write() as tx:
        (number,) = ledgers.add_messages(tx, [message(tx, name)], NOW).values()
        changed = {"at": NOW + timedelta(hours=hours), **values}
        tx.execute(update(messages).where(messages.c.id == number).values(changed))
        row = update(reminders).where(reminders.c.id == reminder)
        tx.execute(row.values(state="queued", message_id=number))
        return number


def test_log_tells_who_was_told_what(database: Database, estate: Estate) -> None:
    number = queue(estate, "an", subject="Tiêu đề", state="sent", sent_at=NOW, answer="OK")
    obligation = estate.obligations["xa-a"]
    with database.read() as tx:
        assert log(tx) == [
            Logged(
                id=number,
                at=NOW,
                sent_at=NOW,
                person="an",
                address="an@xa.example",
                kind="digest",
                subject="Tiêu đề",
                state="sent",
                reason=None,
                answer="OK",
                ref=f"an.{TODAY}.digest.0@nhachan.example",
                items=(LoggedItem(obligation, "ke-hoach/bao-cao/2026", "xa-a", "S0", "queued", None),),
            )
        ]


def test_log_is_chosen_by_state_person_obligation_and_time(database: Database, estate: Estate) -> None:
    one = queue(estate, "an", 1, state="sent")
    two = queue(estate, "binh", 2)
    three = queue(estate, "chu-tich", 3, address="old@xa.example")
    obligation = estate.obligations["xa-a"]
    with database.read() as tx:
        assert [m.id for m in log(tx)] == [one, two, three]
        assert [m.id for m in log(tx, state="queued")] == [two, three]
        assert [m.id for m in log(tx, address="binh@xa.example")] == [two]
        assert [m.id for m in log(tx, obligations_in=[obligation])] == [one, two, three]
        assert [m.id for m in log(tx, obligations_in=[obligation + 1])] == []
        assert [m.id for m in log(tx, unit="xa-a")] == [one, two, three]
        assert [m.id for m in log(tx, unit="xa-b")] == []
        assert [m.id for m in log(tx, since=NOW + timedelta(hours=2))] == [two, three]
        assert [m.id for m in log(tx, until=NOW + timedelta(hours=2))] == [one, two]
        assert [m.id for m in log(tx, limit=2)] == [two, three]
        assert log(tx)[2].address == "old@xa.example"  # the one it was sent to, not the one of now


def test_stuck_tells_what_was_tried_in_vain(database: Database, estate: Estate) -> None:
    queue(estate, "an", 1, attempts=3, answer="451 greylisted")
    queue(estate, "binh", 2, attempts=0)
    queue(estate, "chu-tich", 3, attempts=1, state="sent")
    with database.read() as tx:
        since = NOW + timedelta(hours=1)
        assert stuck(tx, since) is None
        assert stuck(tx, since + timedelta(seconds=1)) == Stuck(1, since, "451 greylisted")


def test_superseded_are_told_with_the_moment_they_were_for(database: Database, estate: Estate) -> None:
    estate.insert(1, "an", state="superseded", reason="submitted")
    estate.insert(2, "an")
    obligation = estate.obligations["xa-a"]
    item = LoggedItem(obligation, "ke-hoach/bao-cao/2026", "xa-a", "S1", "superseded", "submitted")
    with database.read() as tx:
        assert superseded_of(tx, [obligation]) == [(item, NOW + timedelta(hours=1))]


@pytest.mark.parametrize("what", ["items", "obligations", "retry"])
def test_years_of_mail_are_not_too_many_for_one_statement(database: Database, what: str) -> None:
    years = range(1, 300_000 if database.is_sqlite else 70_000)  # more numbers than the engine takes
    with database.write() as tx:
        if what == "items":
            assert logged_items(tx, years) == {}
        elif what == "obligations":
            assert by_ids(tx, years) == []
        else:
            assert retry(tx, years, NOW) == []
