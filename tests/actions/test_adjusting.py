from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from actions.adjusting import close, extend, waive
from actions.receiving import Receipt, submit
from plans.deadlines import Basis, DeadlineKey
from plans.problems import UserError
from plans.rules import Operator
from plans.status import State
from store.marks import trail
from store.obligations import judged_by
from store.schema import extensions
from tests.actions.province import (
    ONCE,
    TWO_UNITS,
    UNITS,
    YEARLY,
    Town,
    act,
    everything,
    once,
    plan,
    yearly,
)
from tests.conftest import load_text, local

assert YEARLY is not None
assert ONCE is not None
Y_TE, ALL = ["so-y-te"], ["xa-a", "xa-b", "xa-c"]


def settle(town: Town, *tasks: str, units: str = TWO_UNITS) -> None:
    load_text(town.office, local("2026-10-01 09:00"), units, plan(*(tasks or [yearly()])))


def states(town: Town, key: DeadlineKey, units: list[str]) -> list[str]:
    return [town.one(key, u).state.value for u in units]


# -- a later date -----------------------------------------------------------------------------------------------------


def test_extension_keeps_the_original_and_names_its_document(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    done = extend(
        town.office,
        act("2026-12-01 09:00", "mưa lũ"),
        YEARLY,
        ["xa-a", "xa-b"],
        date(2026, 12, 18),
        operator=Operator.BEFORE,
        document="45/UBND-NC",
    )
    assert [(c.obligation.unit, c.before, c.skipped) for c in done] == [
        ("xa-a", State.OPEN, None),
        ("xa-b", State.OPEN, None),
    ]
    a, b, c = (town.one(YEARLY, u) for u in ALL)
    assert (a.basis, a.dates.stated, a.dates.last_day, a.reason) == (
        Basis.EXTENSION,
        date(2026, 12, 18),
        date(2026, 12, 17),
        "mưa lũ",
    )
    assert b.dates == a.dates
    assert (c.basis, c.dates.last_day) == (Basis.RULE, date(2026, 12, 4))
    with town.office.database.read() as tx:
        rows = tx.execute(select(extensions).order_by(extensions.c.id)).all()
        assert judged_by(tx, a.id).stated == date(2026, 12, 18)
        (entry,) = trail(tx, "ke-hoach/bao-cao-nam/2026/xa-a")
    assert [(r.obligation_id, r.document, r.reason, r.granted_by) for r in rows] == [
        (a.id, "45/UBND-NC", "mưa lũ", "tester"),
        (b.id, "45/UBND-NC", "mưa lũ", "tester"),
    ]
    assert rows[0].previous_due_id != rows[0].due_id == rows[1].due_id
    assert (entry.action, entry.detail) == (
        "extend",
        {"old": "2026-12-05", "new": "2026-12-18", "document": "45/UBND-NC"},
    )


@pytest.mark.parametrize("until", [date(2026, 12, 4), date(2026, 12, 1)])
def test_extension_that_is_not_later_is_refused_for_every_unit(sqlite_town: Town, until: date) -> None:
    settle(sqlite_town, yearly("[cac-xa]"), units=UNITS)
    extend(sqlite_town.office, act("2026-10-01 09:00"), YEARLY, ["xa-c"], date(2026, 12, 18))
    before = everything(sqlite_town.office.database)
    with pytest.raises(UserError) as caught:
        extend(sqlite_town.office, act("2026-10-01 10:00"), YEARLY, [], until)
    assert [(p.code, p.params["unit"]) for p in caught.value.problems] == [
        ("extend.not_later", u) for u in ("Xã A", "Xã B", "Xã C")
    ]
    assert everything(sqlite_town.office.database) == before


def test_extension_leaves_out_what_is_done(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    submit(town.office, act("2026-12-01 09:00"), YEARLY, ["xa-b"], Receipt(date(2026, 12, 1)))
    done = extend(town.office, act("2026-12-02 09:00"), YEARLY, [], date(2026, 12, 18))
    assert {c.obligation.unit: c.skipped for c in done} == {"xa-a": None, "xa-b": "is_accepted", "xa-c": None}
    assert town.one(YEARLY, "xa-b").basis is Basis.RULE


def test_extension_makes_late_what_was_late_before_in_time(town: Town) -> None:
    settle(town)
    extend(town.office, act("2026-12-03 09:00"), YEARLY, Y_TE, date(2026, 12, 18))
    (changed,) = submit(town.office, act("2026-12-21 09:00"), YEARLY, Y_TE, Receipt(date(2026, 12, 18)))
    assert changed.late is False


def test_extension_without_writing(town: Town) -> None:
    settle(town)
    before = everything(town.office.database)
    done = extend(town.office, act("2026-12-01 09:00"), YEARLY, Y_TE, date(2026, 12, 18), dry_run=True)
    assert [c.skipped for c in done] == [None]
    assert everything(town.office.database) == before


# -- a duty lifted ----------------------------------------------------------------------------------------------------


def test_waived_with_its_reason(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), units=UNITS)
    (changed,) = waive(town.office, act("2026-12-01 09:00", "không thuộc đối tượng"), YEARLY, ["xa-a"])
    assert changed.before is State.OPEN
    assert states(town, YEARLY, ALL) == ["waived", "open", "open"]
    assert town.one(YEARLY, "xa-a").reason == "không thuộc đối tượng"
    (again,) = waive(town.office, act("2026-12-01 10:00", "x"), YEARLY, ["xa-a"])
    assert again.skipped == "is_waived"
    with town.office.database.read() as tx:
        assert [e.reason for e in trail(tx, "ke-hoach/bao-cao-nam/2026/xa-a")] == ["không thuộc đối tượng"]


@pytest.mark.parametrize(("reason", "units", "code"), [(None, Y_TE, "waive.reason"), ("vì", [], "waive.units")])
def test_waiving_without_reason_or_units_is_refused(
    sqlite_town: Town, reason: str | None, units: list[str], code: str
) -> None:
    settle(sqlite_town)
    with pytest.raises(UserError) as caught:
        waive(sqlite_town.office, act("2026-12-01 09:00", reason), YEARLY, units)
    assert [p.code for p in caught.value.problems] == [code]
    assert sqlite_town.one().state is State.OPEN


# -- a period closed --------------------------------------------------------------------------------------------------


def test_closing_makes_missing_what_is_late_and_open(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), once("{by: 10/12/2026}", "[cac-xa]"), units=UNITS)
    submit(town.office, act("2026-12-01 09:00"), YEARLY, ["xa-a"], Receipt(date(2026, 12, 1)), by_unit=True)
    done = close(town.office, act("2026-12-06 00:00", "chốt số liệu"), "ke-hoach")
    assert {(str(c.obligation.key.period), c.obligation.unit): c.skipped for c in done} == {
        ("2026", "xa-b"): None,
        ("2026", "xa-c"): None,
        **{(p, u): "not_late_yet" for p in ("once", "2027") for u in ALL},
    }
    assert states(town, YEARLY, ALL) == ["submitted", "missing", "missing"]
    assert states(town, ONCE, ALL) == ["open", "open", "open"]
    with town.office.database.read() as tx:
        (entry,) = [e for e in trail(tx, str(YEARLY)) if e.action == "close"]
    assert (entry.subject, entry.reason, entry.detail) == (
        "ke-hoach/bao-cao-nam/2026",
        "chốt số liệu",
        {"units": ["xa-b", "xa-c"]},
    )


def test_closing_a_moment_before_it_is_late_closes_nothing(sqlite_town: Town) -> None:
    settle(sqlite_town)
    done = close(sqlite_town.office, act("2026-12-05 23:59"), "ke-hoach", "2026")
    assert [c.skipped for c in done] == ["not_late_yet"]
    assert sqlite_town.one().state is State.OPEN


def test_closing_one_period_leaves_the_others(sqlite_town: Town) -> None:
    settle(sqlite_town, yearly(), once("{by: 10/10/2026}"))
    close(sqlite_town.office, act("2026-12-31 09:00"), "ke-hoach", "once")
    assert (sqlite_town.one(ONCE).state, sqlite_town.one().state) == (State.MISSING, State.OPEN)


def test_closing_leaves_what_is_untracked_or_never_late(sqlite_town: Town) -> None:
    settle(sqlite_town, yearly(), once("{by: 10/10/2026}", kind="milestone"))
    assert close(sqlite_town.office, act("2026-12-31 09:00"), "ke-hoach", "2025") == []
    assert close(sqlite_town.office, act("2026-12-31 09:00"), "ke-hoach", "once") == []


def test_closing_an_unknown_plan_names_those_there_are(sqlite_town: Town) -> None:
    settle(sqlite_town)
    with pytest.raises(UserError) as caught:
        close(sqlite_town.office, act("2026-12-31 09:00"), "khac")
    (problem,) = caught.value.problems
    assert (problem.code, problem.params) == ("plan.unknown", {"plan": "khac", "known": "ke-hoach"})


def test_closing_without_writing(sqlite_town: Town) -> None:
    settle(sqlite_town)
    before = everything(sqlite_town.office.database)
    done = close(sqlite_town.office, act("2026-12-31 09:00"), "ke-hoach", "2026", dry_run=True)
    assert [c.skipped for c in done] == [None]
    assert everything(sqlite_town.office.database) == before
