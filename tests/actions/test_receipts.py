"""Receipts of one deadline saved at once, from what was pasted: all or none, and what is recorded already stays."""

from __future__ import annotations

from datetime import date

import pytest

from actions.adjusting import close
from actions.receipts import Proposal, propose_receipts, record_receipts
from actions.receiving import Receipt, submit
from plans.deadlines import DeadlineKey
from plans.problems import UserError
from plans.status import State
from store.submissions import submissions_of
from tests.actions.province import AN, UNITS, YEARLY, Town, act, everything, plan, yearly
from tests.conftest import load_text, local

assert YEARLY is not None
KEY: DeadlineKey = YEARLY
FOURTH, SEVENTH = date(2026, 12, 4), date(2026, 12, 7)


def settle(town: Town) -> None:
    load_text(town.office, local("2026-10-01 09:00"), UNITS, plan(yearly("[so-y-te, cac-xa]")))


def propose(town: Town, text: str) -> Proposal:
    with town.office.database.read() as tx:
        return propose_receipts(tx, KEY, text)


def test_pasted_lines_become_receipts_accepted_at_once(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-03 09:00"), KEY, ["xa-c"], Receipt(date(2026, 12, 3), "3/BC"))
    submit(town.office, act("2026-12-04 09:00", actor=f"link:{AN}"), KEY, ["so-y-te"], Receipt(FOURTH), by_unit=True)
    proposal = propose(
        town,
        "\n".join(
            [
                "SYT\t12/BC-SYT\t04/12/2026",
                "X. A\t5/BC-UBND\t07/12/2026",
                "UBND xã A tỉnh\t4/BC-UBND\t04/12/2026",  # the first that came counts
                "Xã C\t3/BC\t04/12/2026",
                "Phường D\t9/BC\t04/12/2026",  # owes nothing here
                "Sở Lạ\t1/BC\t04/12/2026",
            ]
        ),
    )
    assert [(m.unit, m.sure, m.elsewhere) for m in proposal.rows] == [
        ("so-y-te", True, None),
        ("xa-a", True, None),
        ("xa-a", True, None),
        ("xa-c", True, None),
        (None, False, "phuong-d"),
        (None, False, None),
    ]
    assert proposal.receipts == {
        "so-y-te": Receipt(FOURTH, "12/BC-SYT"),
        "xa-a": Receipt(FOURTH, "4/BC-UBND"),
        "xa-c": Receipt(FOURTH, "3/BC"),
    }
    done = record_receipts(town.office, act("2026-12-07 09:00"), KEY, proposal.receipts)
    assert [(c.obligation.unit, c.before, c.late, c.skipped) for c in done] == [
        ("so-y-te", State.SUBMITTED, False, None),
        ("xa-a", State.OPEN, False, None),
        ("xa-c", State.ACCEPTED, None, "is_accepted"),
    ]
    assert [town.one(KEY, u).state for u in ("so-y-te", "xa-a", "xa-b", "xa-c")] == [
        State.ACCEPTED,
        State.ACCEPTED,
        State.OPEN,
        State.ACCEPTED,
    ]
    with town.office.database.read() as tx:
        numbers = [submissions_of(tx, town.one(KEY, u).id)[0].number for u in ("so-y-te", "xa-a", "xa-c")]
    assert numbers == ["12/BC-SYT", "4/BC-UBND", "3/BC"]


def test_nothing_is_recorded_while_something_is_wrong(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town)
    close(town.office, act("2026-12-10 09:00"), "ke-hoach", "2026")
    before = everything(town.office.database)
    receipts = {
        "so-y-te": Receipt(FOURTH),
        "phuong-d": Receipt(FOURTH),
        "xa-a": Receipt(date(2027, 12, 7)),
        "xa-b": Receipt(date(2025, 11, 7)),
    }
    with pytest.raises(UserError) as caught:
        record_receipts(town.office, act("2026-12-10 10:00"), KEY, receipts)
    assert [p.code for p in caught.value.problems] == [
        "unit.owes_not",
        *["submit.closed"] * 3,
        "receipts.future",
        "receipts.long_before",
    ]
    assert everything(town.office.database) == before


def test_uploaded_register_is_read_as_the_command_reads_it(sqlite_town: Town) -> None:
    settle(sqlite_town)
    content = "Ngày đến;Tác giả;Trích yếu\n07/12/2026;Sở Y tế;Báo cáo năm 2026\n31/02/2026;Xã A;".encode()
    with sqlite_town.office.database.read() as tx:
        proposal = propose_receipts(tx, KEY, ("so.csv", content))
    assert proposal.receipts == {"so-y-te": Receipt(SEVENTH)}
    assert [m.entry.subject for m in proposal.rows] == ["Báo cáo năm 2026", None]
    assert [p.code for p in proposal.problems] == ["register.day"]
