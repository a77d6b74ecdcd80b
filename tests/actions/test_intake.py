"""Registers of incoming documents become receipts, all or none, or what is right where that is asked for."""

from __future__ import annotations

import time
from datetime import date

import pytest

from actions.intake import Intake, receive_register
from actions.receiving import Receipt, send_back, submit
from plans.files.register import Register, read_register
from plans.problems import Severity, UserError
from plans.status import State
from store.marks import trail
from store.submissions import submissions_of
from tests.actions.province import AN, CHI, COORDINATOR, TWO_UNITS, UNITS, YEARLY, Town, act, everything, plan, yearly
from tests.conftest import load_text, local

assert YEARLY is not None
ALL = ["xa-a", "xa-b", "xa-c"]


def settle(town: Town, owed_by: str = "[cac-xa]", units: str = UNITS) -> None:
    load_text(town.office, local("2026-10-01 09:00"), units, plan(yearly(owed_by)))


def register(*rows: str) -> Register:
    """Of rows `unit;day;number`."""
    return read_register("so.csv", "\n".join(["Đơn vị;Ngày đến;Số ký hiệu", *rows]).encode())


def receive(town: Town, *rows: str, at: str = "2026-12-07 09:00", skip: bool = False, dry_run: bool = False) -> Intake:
    assert YEARLY is not None
    return receive_register(town.office, act(at), YEARLY, register(*rows), skip=skip, dry_run=dry_run)


def test_register_is_recorded_each_unit_on_its_day(town: Town) -> None:
    settle(town)
    found = receive(town, "UBND xã A;04/12/2026;12/BC-UBND", "XÃ B;07/12/2026;")
    assert [(c.obligation.unit, c.before, c.late, c.skipped) for c in found.done] == [
        ("xa-a", State.OPEN, False, None),
        ("xa-b", State.OPEN, True, None),
    ]
    assert (found.problems, found.notes) == ((), ())
    assert [(town.one(YEARLY, u).state, town.one(YEARLY, u).received_on) for u in ALL] == [
        (State.ACCEPTED, date(2026, 12, 4)),
        (State.ACCEPTED, date(2026, 12, 7)),
        (State.OPEN, None),
    ]
    with town.office.database.read() as tx:
        (handed_in,) = submissions_of(tx, town.one(YEARLY, "xa-a").id)
        entries = [e for e in trail(tx, str(YEARLY)) if e.action == "submit"]
    assert (handed_in.number, handed_in.recorded_by, handed_in.accepted_at) == (
        "12/BC-UBND",
        "tester",
        local("2026-12-07 09:00"),
    )
    assert sorted(e.subject for e in entries) == [f"{YEARLY}/xa-a", f"{YEARLY}/xa-b"]


def test_every_problem_of_every_row_is_told_and_nothing_is_recorded(town: Town) -> None:
    settle(town)
    before = everything(town.office.database)
    with pytest.raises(UserError) as caught:
        receive(
            town,
            "Xã A;04/12/2026;1/BC",
            "Xã Â B;08/12/2026;2/BC",
            "Sở Y tế tỉnh Mẫu;04/12/2026;3/BC",
            "Xã C;31/02/2026;4/BC",
            ";04/12/2026;5/BC",
            "Cục Thuế;;6/BC",
        )
    assert [(p.code, p.place.line, p.place.column) for p in caught.value.problems if p.place] == [
        ("register.unit_unknown_near", 3, 1),
        ("submit.future", 3, 2),
        ("register.owes_not", 4, 1),
        ("register.day", 5, 2),
        ("register.no_unit", 6, 1),
        ("register.unit_unknown", 7, 1),
        ("register.no_day", 7, 2),
    ]
    assert str(caught.value.problems[0].params["nearest"]).startswith("Xã ")
    assert caught.value.problems[2].params == {
        "name": "Sở Y tế tỉnh Mẫu",
        "unit": "so-y-te",
        "deadline": "ke-hoach/bao-cao-nam/2026",
    }
    assert everything(town.office.database) == before


def test_rows_that_are_right_are_recorded_where_that_is_asked_for(town: Town) -> None:
    settle(town)
    found = receive(town, "Xã A;04/12/2026;", "Xã X;04/12/2026;", "Xã B;;", skip=True)
    assert [c.obligation.unit for c in found.done] == ["xa-a"]
    assert [p.code for p in found.problems] == ["register.unit_unknown_near", "register.no_day"]
    assert [town.one(YEARLY, u).state for u in ALL] == [State.ACCEPTED, State.OPEN, State.OPEN]


def test_first_day_counts_of_a_unit_that_stands_there_twice(town: Town) -> None:
    settle(town)
    found = receive(town, "Xã A;07/12/2026;2/BC", "xa-a;04/12/2026;1/BC", "UBND xã A;04/12/2026;3/BC")
    assert [(c.obligation.unit, c.late) for c in found.done] == [("xa-a", False)]
    assert [(n.code, n.severity, n.place.line if n.place else 0, n.params["row"]) for n in found.notes] == [
        ("register.twice", Severity.WARNING, 2, 3),
        ("register.twice", Severity.WARNING, 4, 3),
    ]
    with town.office.database.read() as tx:
        assert [s.number for s in submissions_of(tx, town.one(YEARLY, "xa-a").id)] == ["1/BC"]


def test_register_confirms_what_was_declared_and_leaves_what_is_done(town: Town) -> None:
    settle(town)
    submit(town.office, act("2026-12-04 09:00"), YEARLY, ["xa-a"], Receipt(date(2026, 12, 4)), by_unit=True)
    submit(town.office, act("2026-12-04 09:00"), YEARLY, ["xa-b"], Receipt(date(2026, 12, 4)))
    submit(town.office, act("2026-12-04 09:00"), YEARLY, ["xa-c"], Receipt(date(2026, 12, 3)))
    send_back(town.office, act("2026-12-04 10:00", "thiếu"), YEARLY, ["xa-c"])
    found = receive(town, *(f"{unit};07/12/2026;" for unit in ALL))
    assert {c.obligation.unit: (c.late, c.skipped) for c in found.done} == {
        "xa-a": (True, None),
        "xa-b": (None, "is_accepted"),
        "xa-c": (False, None),
    }
    again = everything(town.office.database)
    assert {c.skipped for c in receive(town, *(f"{unit};07/12/2026;" for unit in ALL)).done} == {"is_accepted"}
    assert everything(town.office.database) == again


def test_register_without_writing(town: Town) -> None:
    settle(town)
    before = everything(town.office.database)
    assert [c.late for c in receive(town, "Xã A;07/12/2026;", dry_run=True).done] == [True]
    assert everything(town.office.database) == before


def test_name_of_several_units_means_the_one_that_owes(sqlite_town: Town) -> None:
    twice = UNITS.replace("audiences:", "  - {id: xa-a-cu, name: Xã A, kind: cu, mailbox: cu@xa-a.example}\naudiences:")
    settle(sqlite_town, units=twice)
    assert [c.obligation.unit for c in receive(sqlite_town, "Xã A;04/12/2026;").done] == ["xa-a"]
    both = twice.replace("kinds: [xa]", "kinds: [xa, cu]")
    load_text(sqlite_town.office, local("2026-10-02 09:00"), both)
    with pytest.raises(UserError) as caught:
        receive(sqlite_town, "Xã A;04/12/2026;")
    (problem,) = caught.value.problems
    assert (problem.code, problem.params["units"]) == ("register.unit_ambiguous", "xa-a, xa-a-cu")


def test_receipts_between_the_list_and_the_afternoon_keep_the_overdue_mail_from_leaving(town: Town) -> None:
    settle(town, "[cac-xa, so-y-te]")
    town.ticks("2026-12-04 08:00", "2026-12-07 08:00")
    assert ("2026-12-07 08:00", COORDINATOR, "unrecorded", ["T+1wd-list"] * 4) in town.sent(COORDINATOR)
    receive(town, "UBND xã A;04/12/2026;", "Sở Y tế;04/12/2026;", "xã C;04/12/2026;", at="2026-12-07 13:59")
    town.tick("2026-12-07 14:00")
    assert [m for m in town.sent(AN) if m[0] >= "2026-12-07"] == []
    (mail,) = [m for m in town.sent(CHI) if m[0] >= "2026-12-07"]
    assert mail == ("2026-12-07 14:00", CHI, "digest", ["T+1wd"])
    told = {(unit, stage) for _, unit, stage, state in town.items(CHI) if stage == "T+1wd" and state == "sent"}
    assert told == {("xa-b", "T+1wd")}


def test_thousand_rows_are_recorded_in_seconds(sqlite_town: Town) -> None:
    many = "".join(f"  - {{id: xa-{i}, name: Xã số {i}, kind: xa, mailbox: x{i}@xa.example}}\n" for i in range(1000))
    audience = "audiences: [{id: cac-xa, name: Các xã, kinds: [xa]}]\n"
    units = f"{TWO_UNITS}{many}{audience}"
    load_text(sqlite_town.office, local("2026-10-01 09:00"), units, plan(yearly("[cac-xa]")))
    rows = [f"UBND xã Số {i};0{i % 5 + 1}/12/2026;{i}/BC" for i in range(1000)]
    started = time.monotonic()
    found = receive(sqlite_town, *rows)
    assert time.monotonic() - started < 10
    assert len([c for c in found.done if c.late is False]) == 1000
