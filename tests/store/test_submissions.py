from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from plans.deadlines import Basis
from plans.obligations import Submission
from store import submissions as stored
from store.database import Database
from store.deadlines import add_due
from store.obligations import set_dues
from store.schema import extensions, obligations
from tests.store.estate import LATER, NOW, SOON, settle


def test_submissions_come_back_oldest_first_without_voided_ones(database: Database) -> None:
    found = settle(database).obligations
    a, b = found["xa-a"], found["xa-b"]
    first = Submission(a, "1/BC", date(2026, 12, 1), NOW, "an", note="bản 1")
    second = Submission(a, "2/BC", date(2026, 12, 3), NOW + timedelta(days=2), "cv", accepted_at=NOW)
    other = Submission(b, None, date(2026, 12, 3), NOW + timedelta(days=2), "cv", accepted_at=NOW)
    with database.write() as tx:
        stored.add_submissions(tx, [first], by_unit=True)
        stored.mark_latest_submissions(tx, {a: {"returned_at": NOW, "returned_by": "cv", "return_reason": "thiếu"}})
        stored.add_submissions(tx, [second, other], by_unit=False, accepted_by="cv")
        returned = replace(first, returned_at=NOW, return_reason="thiếu")
        assert stored.submissions_of(tx, a) == [returned, second]
        assert stored.submissions_by_obligation(tx, [a, b]) == {a: [returned, second], b: [other]}
        assert stored.latest_submissions(tx, [a, b]) == {a: second, b: other}
        stored.void_submissions(tx, [a])
        assert stored.submissions_of(tx, a) == []
        assert stored.submissions_by_obligation(tx, [a, b]) == {b: [other]}


def test_newest_submissions_are_marked_each_with_its_own(database: Database) -> None:
    found = settle(database).obligations
    a, b = found["xa-a"], found["xa-b"]
    handed_in = [Submission(n, "1/BC", date(2026, 12, 1), NOW, "an") for n in (a, a, b)]
    with database.write() as tx:
        stored.add_submissions(tx, handed_in, by_unit=True)
        stored.mark_latest_submissions(
            tx, {a: {"received_on": date(2026, 12, 2)}, b: {"received_on": date(2026, 12, 3), "number": "9/BC"}}
        )
        marked = stored.submissions_by_obligation(tx, [a, b])
    assert [(s.received_on.day, s.number) for s in marked[a]] == [(1, "1/BC"), (2, "1/BC")]
    assert [(s.received_on.day, s.number) for s in marked[b]] == [(3, "9/BC")]


def test_extensions_name_what_was_in_force_before_each(database: Database) -> None:
    estate = settle(database)
    a, b = estate.obligations["xa-a"], estate.obligations["xa-b"]
    with database.write() as tx:
        rule = tx.execute(select(obligations.c.due_id).where(obligations.c.id == a)).scalar_one()
        one, two = (add_due(tx, estate.deadline, Basis.EXTENSION, LATER, SOON) for _ in range(2))
        stored.add_extensions(tx, [a], one, "1/UBND", None, NOW, "cv")
        set_dues(tx, [a], one)
        stored.add_extensions(tx, [b, a], two, None, "mưa lũ", NOW, "cv")
        rows = tx.execute(select(extensions).order_by(extensions.c.id)).all()
    assert [(r.obligation_id, r.previous_due_id, r.due_id, r.document, r.reason) for r in rows] == [
        (a, rule, one, "1/UBND", None),
        (a, one, two, None, "mưa lũ"),
        (b, rule, two, None, "mưa lũ"),
    ]
