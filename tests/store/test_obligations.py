from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from plans.deadlines import Basis, DeadlineKey
from plans.obligations import Obligation
from plans.periods import Period
from plans.plan import Kind
from plans.status import State
from store import obligations as stored
from store.database import Database
from store.deadlines import add_due, change_due, set_deadline
from store.schema import messages, reminders
from store.submissions import add_extensions
from tests.store.estate import DATES, LATER, NOW, SOON, TASK, TODAY, settle

KEY = DeadlineKey("ke-hoach", "bao-cao", Period("2026"))


def expected(number: int, unit: str = "xa-a", **more: object) -> Obligation:
    plain = Obligation(
        id=number,
        key=KEY,
        unit=unit,
        unit_name=unit.title(),
        title="Báo cáo năm",
        kind=Kind.REPORT,
        product=None,
        document=None,
        plan_title="Kế hoạch",
        quote=None,
        dates=replace(DATES, steps=()),
        soon=SOON,
        basis=Basis.RULE,
        state=State.OPEN,
        late=None,
        received_on=None,
        tracked=True,
        coordinator="so-noi-vu",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def test_obligation_comes_back_from_every_way_of_asking(database: Database) -> None:
    estate = settle(database)
    a, b = estate.obligations["xa-a"], estate.obligations["xa-b"]
    both = [expected(a), expected(b, "xa-b")]
    with database.read() as tx:
        assert stored.by_ids(tx, [b, a]) == both
        assert stored.of_deadline(tx, KEY) == both
        assert stored.of_deadline(tx, KEY, ["xa-b"]) == both[1:]
        assert stored.of_unit(tx, "xa-a") == both[:1]
        assert stored.of_plan(tx, "ke-hoach") == both
        assert stored.of_plan(tx, "ke-hoach", "2027") == []
        assert stored.in_state(tx, State.OPEN) == both
        assert stored.count_states(tx) == {State.OPEN: 2}
        assert stored.ids_of_deadline(tx, estate.deadline) == [a, b]
        assert stored.task_of_deadline(tx, estate.deadline) == TASK


def test_set_state_raises_the_revision_of_those_alone(database: Database) -> None:
    estate = settle(database)
    a, b = estate.obligations["xa-a"], estate.obligations["xa-b"]
    with database.write() as tx:
        stored.set_state(tx, [a], State.ACCEPTED, late=True, received_on=TODAY, reason="vì")
        assert stored.by_ids(tx, [a, b]) == [
            expected(a, state=State.ACCEPTED, late=True, received_on=TODAY, reason="vì", revision=2),
            expected(b, "xa-b"),
        ]
        stored.set_state(tx, [], State.WAIVED)
        assert stored.open_in_deadline(tx, estate.deadline) == [b]
        assert stored.open_in_deadline(tx, estate.deadline, [estate.units["xa-a"]]) == []
        stored.set_state(tx, [b], State.CANCELLED)
        assert {u: i for u, (i, _) in stored.cancelled_in_deadline(tx, estate.deadline).items()} == {
            estate.units["xa-b"]: b
        }


def test_extension_is_judged_by_its_own_dates_and_a_resubmission_is_not(database: Database) -> None:
    estate = settle(database)
    a, b = estate.obligations["xa-a"], estate.obligations["xa-b"]
    with database.write() as tx:
        back = add_due(tx, estate.deadline, Basis.RESUBMISSION, LATER, SOON, "thiếu biểu")
        for number in (a, b):
            stored.set_due(tx, number, back)
        assert stored.judged_by(tx, a) == DATES
        (returned,) = stored.by_ids(tx, [a])
        assert (returned.basis, returned.dates, returned.reason) == (Basis.RESUBMISSION, LATER, "thiếu biểu")
        longer = replace(LATER, stated=LATER.stated + timedelta(days=1), late_on=LATER.late_on + timedelta(days=1))
        granted = [add_due(tx, estate.deadline, Basis.EXTENSION, dates, SOON) for dates in (LATER, longer)]
        for due_id in granted:
            add_extensions(tx, [a], due_id, "12/UBND", "mưa lũ", NOW, "cv")
            stored.set_due(tx, a, due_id)
        assert stored.judged_by(tx, a) == longer
        assert stored.judged_by(tx, b) == DATES


@pytest.mark.parametrize(
    ("state", "received", "listed"),
    [
        (State.OPEN, None, True),
        (State.RETURNED, None, True),
        (State.SUBMITTED, date(2026, 12, 6), False),
        (State.ACCEPTED, date(2026, 12, 6), False),
        (State.ACCEPTED, date(2026, 12, 7), True),  # came after the day that is asked about
        (State.WAIVED, None, False),
        (State.MISSING, None, False),
        (State.CANCELLED, None, False),
    ],
)
def test_overdue_are_those_not_in_on_the_day(
    database: Database, state: State, received: date | None, listed: bool
) -> None:
    estate = settle(database, owing=["xa-a"])
    number = estate.obligations["xa-a"]
    with database.write() as tx:
        stored.set_state(tx, [number], state, received_on=received)
        found = stored.overdue_at(tx, DATES.late_at, date(2026, 12, 6))
        assert [o.id for o in found] == [number] * listed
        assert stored.overdue_at(tx, DATES.late_at - timedelta(microseconds=1), date(2026, 12, 6)) == []
        set_deadline(tx, estate.deadline, tracked=False, cancelled_at=None)
        assert stored.overdue_at(tx, DATES.late_at, date(2026, 12, 6)) == []


def test_due_between_counts_both_ends_and_open_ones_alone(database: Database) -> None:
    estate = settle(database)
    with database.write() as tx:
        stored.set_state(tx, [estate.obligations["xa-b"]], State.SUBMITTED)
        assert [o.unit for o in stored.due_between(tx, DATES.act_by, DATES.act_by)] == ["xa-a"]
        after = DATES.act_by + timedelta(days=1)
        assert stored.due_between(tx, after, after) == []
        change_due(tx, estate.due, replace(DATES, act_by=date(2026, 12, 3)), SOON)
        assert stored.due_between(tx, DATES.act_by, after) == []


def test_last_reminder_is_the_latest_that_was_sent(database: Database) -> None:
    estate = settle(database)
    number = estate.obligations["xa-a"]
    ids = [estate.insert(n, "an") for n in range(3)]
    with database.write() as tx:
        for n, (reminder, state) in enumerate(zip(ids, ("sent", "sent", "queued"), strict=True)):
            values = {
                "person_id": 1,
                "kind": "digest",
                "local_day": TODAY + timedelta(days=n),
                "state": state,
                "at": NOW,
                "next_at": NOW,
                "message_ref": str(n),
                "sent_at": NOW + timedelta(days=n) if state == "sent" else None,
            }
            message = tx.execute(messages.insert().values(values).returning(messages.c.id)).scalar_one()
            tx.execute(reminders.update().where(reminders.c.id == reminder).values(message_id=message))
        told = {number: NOW + timedelta(days=1)}
        assert stored.last_reminders(tx, [number, estate.obligations["xa-b"]]) == told
        # A statement of PostgreSQL has room for 65,535 parameters, one of SQLite for 32,766 mostly.
        assert stored.last_reminders(tx, [*range(10**6, 10**6 + 70_000), number]) == told
