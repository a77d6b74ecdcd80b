"""A unit's declaration while it waits: set right, or taken back; afterwards it is the coordinator's."""

from __future__ import annotations

from datetime import date

import pytest

from actions import declaring
from actions.declaring import correct_declaration, take_back
from actions.receiving import Receipt, accept, send_back
from plans.deadlines import DeadlineKey
from plans.problems import UserError
from plans.status import State
from store.marks import trail
from store.people import people_ids
from store.submissions import submissions_of
from tests.actions.province import AN, UNITS, YEARLY, Town, act, everything, plan, yearly
from tests.conftest import load_text, local

assert YEARLY is not None
KEY: DeadlineKey = YEARLY
UNIT = "so-y-te"
FOURTH, SEVENTH = date(2026, 12, 4), date(2026, 12, 7)


def declare(town: Town, receipt: Receipt | None = None) -> int:
    """The first time the plan is loaded, too."""
    if receipt is None:
        receipt = Receipt(FOURTH, "1/BC")
        load_text(town.office, local("2026-10-01 09:00"), UNITS, plan(yearly("[so-y-te, cac-xa]")))
    number = town.one(KEY, UNIT).id
    assert declaring.declare(town.office, act("2026-12-07 09:00", actor=f"link:{AN}"), number, by(town), receipt)
    return number


def by(town: Town, address: str = AN) -> int:
    with town.office.database.read() as tx:
        return people_ids(tx, [address])[address]


def handed_in(town: Town) -> list[tuple[str | None, date, str | None]]:
    with town.office.database.read() as tx:
        return [(s.number, s.received_on, s.note) for s in submissions_of(tx, town.one(KEY, UNIT).id)]


def codes(caught: pytest.ExceptionInfo[UserError]) -> list[str]:
    return [p.code for p in caught.value.problems]


def test_declaration_is_set_right_and_judged_by_what_it_says_then(town: Town) -> None:
    number = declare(town)
    correct_declaration(town.office, act("2026-12-07 10:00"), number, by(town), Receipt(SEVENTH, None, "gửi hôm nay"))
    assert handed_in(town) == [(None, SEVENTH, "gửi hôm nay")]
    assert (town.one(KEY, UNIT).state, town.one(KEY, UNIT).received_on) == (State.SUBMITTED, SEVENTH)
    accept(town.office, act("2026-12-07 11:00"), KEY, [UNIT])
    assert town.one(KEY, UNIT).late is True
    before = everything(town.office.database)
    with pytest.raises(UserError) as caught:
        correct_declaration(town.office, act("2026-12-07 12:00"), number, by(town), Receipt(FOURTH))
    assert codes(caught) == ["declaration.not_waiting"]
    assert everything(town.office.database) == before


def test_day_that_can_not_be_and_the_same_again_change_nothing(sqlite_town: Town) -> None:
    number = declare(sqlite_town)
    before = everything(sqlite_town.office.database)
    with pytest.raises(UserError) as caught:
        correct_declaration(
            sqlite_town.office, act("2026-12-07 10:00"), number, by(sqlite_town), Receipt(date(2026, 12, 8))
        )
    assert codes(caught) == ["receipts.future"]
    correct_declaration(sqlite_town.office, act("2026-12-07 10:00"), number, by(sqlite_town), Receipt(FOURTH, "1/BC"))
    with pytest.raises(UserError) as caught:
        take_back(sqlite_town.office, act("2026-12-07 10:00"), 999_999, by(sqlite_town))
    assert codes(caught) == ["obligation.unknown"]
    assert everything(sqlite_town.office.database) == before


def test_declaration_taken_back_counts_for_nothing(town: Town) -> None:
    number = declare(town)
    take_back(town.office, act("2026-12-07 10:00", actor=f"link:{AN}"), number, by(town))
    assert (town.one(KEY, UNIT).state, town.one(KEY, UNIT).received_on, handed_in(town)) == (State.OPEN, None, [])
    with town.office.database.read() as tx:
        assert [e.action for e in trail(tx, f"{KEY}/{UNIT}")] == ["take_back", "submit"]
    declare(town, Receipt(SEVENTH, "2/BC"))
    accept(town.office, act("2026-12-07 11:00"), KEY, [UNIT])
    assert town.one(KEY, UNIT).late is True  # the day of the first, which was none, does not make it in time


def test_answer_to_a_return_taken_back_leaves_the_return(town: Town) -> None:
    number = declare(town)
    send_back(town.office, act("2026-12-07 10:00", "Thiếu biểu"), KEY, [UNIT], date(2026, 12, 10))
    declare(town, Receipt(SEVENTH, "2/BC"))
    take_back(town.office, act("2026-12-07 11:00"), number, by(town))
    o = town.one(KEY, UNIT)
    assert (o.state, o.dates.last_day, o.reason) == (State.RETURNED, date(2026, 12, 10), "Thiếu biểu")
    assert handed_in(town) == [("1/BC", FOURTH, None)]
