"""What was said about obligations: counted by stage, one by one, and what stood beside it in a mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from store import ledger as ledgers
from store.database import Database
from store.reminded import Reminded, StageCount, mailed_beside, reminded, stage_counts
from store.schema import messages, people, reminders
from tests.store.estate import NOW, TODAY, Estate, message, settle


@pytest.fixture
def estate(database: Database) -> Estate:
    return settle(database)


def test_stages_are_counted_and_reminders_told_with_what_became_of_them(database: Database, estate: Estate) -> None:
    first, second = estate.insert(0, "an"), estate.insert(0, "binh")
    estate.insert(1, "an", state="superseded", reason="submitted")
    obligation = estate.obligations["xa-a"]
    with database.write() as tx:
        (number,) = ledgers.add_messages(tx, [message(tx, "an")], NOW).values()
        values = {"sent_at": NOW + timedelta(hours=3), "code": 250, "answer": "ok", "address": "old@xa.example"}
        tx.execute(update(messages).where(messages.c.id == number).values(values))
        mailed = update(reminders).where(reminders.c.id == first)
        tx.execute(mailed.values(state="sent", message_id=number))
    with database.read() as tx:
        assert stage_counts(tx, [obligation]) == [
            StageCount("S0", NOW, (("sent", 1), ("waiting", 1))),
            StageCount("S1", NOW + timedelta(hours=1), (("superseded", 1),)),
        ]
        assert stage_counts(tx, [obligation + 1]) == stage_counts(tx, []) == []
        found = reminded(tx, [obligation])
        assert found[0] == Reminded(
            id=first,
            obligation=obligation,
            unit="xa-a",
            stage="S0",
            person="an",
            address="old@xa.example",  # the one it was sent to, not the one of now
            at=NOW + timedelta(hours=3),
            state="sent",
            reason=None,
            ref=f"an.{TODAY}.digest.0@nhachan.example",
            said="250 ok",
        )
        assert [(r.person, r.stage, r.state, r.reason, r.ref) for r in found[1:]] == [
            ("binh", "S0", "waiting", None, None),
            ("an", "S1", "superseded", "submitted", None),
        ]
        assert [r.id for r in reminded(tx, [obligation], stage="S0")] == [first, second]
        assert [r.id for r in reminded(tx, [obligation], stage="S0", after=first)] == [second]
        assert [r.id for r in reminded(tx, [obligation], size=1)] == [first]
        assert reminded(tx, []) == []


def test_other_items_of_the_last_mail_are_those_of_the_same_person(database: Database, estate: Estate) -> None:
    a, b = estate.obligations["xa-a"], estate.obligations["xa-b"]
    mine = [estate.insert(0, "an", obligation_id=n) for n in (a, b)]
    dropped = estate.insert(1, "an", obligation_id=b, state="superseded")
    estate.insert(0, "binh")
    with database.write() as tx:
        an, binh = (tx.scalar(select(people.c.id).where(people.c.name == name)) or 0 for name in ("an", "binh"))
        assert mailed_beside(tx, an, a) == []  # no mail yet
        (number,) = ledgers.add_messages(tx, [message(tx, "an")], NOW).values()
        tx.execute(update(reminders).where(reminders.c.id.in_([*mine, dropped])).values(message_id=number))
        tx.execute(update(reminders).where(reminders.c.id.in_(mine)).values(state="sent"))
        assert mailed_beside(tx, an, a) == [b]
        assert mailed_beside(tx, an, b) == [a]
        assert mailed_beside(tx, binh, a) == []
        tx.execute(update(reminders).where(reminders.c.id == mine[1]).values(state="superseded"))
        assert mailed_beside(tx, an, a) == []
