from __future__ import annotations

from datetime import date

import pytest

from actions.adjusting import close, reopen, waive
from actions.receiving import Receipt, send_back, submit
from plans.deadlines import Basis, DeadlineKey
from plans.problems import UserError
from plans.status import State
from store.marks import trail
from tests.actions.province import (
    AN,
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


# -- a period closed --------------------------------------------------------------------------------------------------


def test_closing_makes_missing_what_is_late_and_open(town: Town) -> None:
    settle(town, yearly("[cac-xa]"), once("{by: 10/12/2026}", "[cac-xa]"), units=UNITS)
    submit(town.office, act("2026-12-01 09:00"), YEARLY, ["xa-a"], Receipt(date(2026, 12, 1)), by_unit=True)
    done = close(town.office, act("2026-12-06 00:00", "chốt số liệu"), "ke-hoach")
    assert {(str(c.obligation.key.period), c.obligation.unit): c.skipped for c in done} == {
        ("2026", "xa-a"): "is_submitted",
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


def test_closing_an_unknown_period_names_those_there_are(sqlite_town: Town) -> None:
    settle(sqlite_town)
    with pytest.raises(UserError) as caught:
        close(sqlite_town.office, act("2026-12-31 09:00"), "ke-hoach", "2031")
    (problem,) = caught.value.problems
    assert (problem.code, problem.params["period"]) == ("period.unknown", "2031")
    assert str(problem.params["known"]).split(", ")[-2:] == ["2026", "2027"]


# -- reopened ---------------------------------------------------------------------------------------------------------


def closed_town(town: Town) -> None:
    """One unit had not sent, one had not completed what it sent, one had sent, one is waived; then it was closed."""
    settle(town, yearly("[cac-xa, so-y-te]"), units=UNITS)
    submit(town.office, act("2026-12-03 09:00"), YEARLY, ["xa-b", "xa-c"], Receipt(date(2026, 12, 3)))
    send_back(town.office, act("2026-12-04 09:00", "thiếu biểu 2"), YEARLY, ["xa-b"])
    waive(town.office, act("2026-12-04 09:00", "không thuộc đối tượng"), YEARLY, Y_TE)
    close(town.office, act("2027-01-05 09:00", "chốt số liệu"), "ke-hoach", "2026")


def test_reopening_brings_back_exactly_what_was_closed_as_it_was(town: Town) -> None:
    closed_town(town)
    assert states(town, YEARLY, [*ALL, *Y_TE]) == ["missing", "missing", "accepted", "waived"]
    done = reopen(town.office, act("2027-01-06 09:00", "sót báo cáo"), "ke-hoach", "2026")
    assert [(c.obligation.unit, c.before, c.skipped) for c in done] == [
        ("xa-a", State.MISSING, None),
        ("xa-b", State.MISSING, None),
    ]
    assert states(town, YEARLY, [*ALL, *Y_TE]) == ["open", "returned", "accepted", "waived"]
    a, b = town.one(YEARLY, "xa-a"), town.one(YEARLY, "xa-b")
    assert (a.basis, a.dates.stated, a.reason) == (Basis.RULE, date(2026, 12, 5), None)
    assert (b.basis, b.dates.stated, b.reason) == (Basis.RESUBMISSION, date(2026, 12, 9), "thiếu biểu 2")
    with town.office.database.read() as tx:
        entry = trail(tx, str(YEARLY))[0]
    assert (entry.action, entry.actor, entry.reason, entry.detail) == (
        "reopen",
        "tester",
        "sót báo cáo",
        {"units": ["xa-a", "xa-b"]},
    )
    (changed,) = submit(town.office, act("2027-01-06 10:00"), YEARLY, ["xa-b"], Receipt(date(2027, 1, 6)))
    assert changed.late is False  # as it would have been without the closing


def test_receipt_in_a_closed_period_is_refused_and_names_reopening(town: Town) -> None:
    closed_town(town)
    before = everything(town.office.database)
    with pytest.raises(UserError) as caught:
        submit(town.office, act("2027-01-06 09:00"), YEARLY, ["xa-a", "xa-c", "xa-b"], Receipt(date(2026, 12, 4)))
    assert [(p.code, p.params["unit"], p.params["plan"], p.params["period"]) for p in caught.value.problems] == [
        ("submit.closed", "Xã A", "ke-hoach", "2026"),
        ("submit.closed", "Xã B", "ke-hoach", "2026"),
    ]
    (declared,) = submit(
        town.office, act("2027-01-06 09:00"), YEARLY, ["xa-a"], Receipt(date(2026, 12, 4)), by_unit=True
    )
    assert declared.skipped == "already_done"
    assert everything(town.office.database) == before


def test_reopening_sends_no_stage_of_before_or_meanwhile(town: Town) -> None:
    settle(town)
    town.ticks("2026-12-04 08:00", "2026-12-07 08:00", "2026-12-07 14:00")
    close(town.office, act("2026-12-08 09:00"), "ke-hoach", "2026")
    town.walk("2026-12-08", "2026-12-10")
    told = town.sent(AN)
    assert [stages for _, _, _, stages in told] == [["T0"], ["T+1wd"]]
    reopen(town.office, act("2026-12-11 09:00", "sót báo cáo"), "ke-hoach", "2026")
    town.walk("2026-12-11", "2026-12-15")
    assert town.sent(AN) == told
    town.walk("2026-12-16", "2026-12-31")
    assert town.sent(AN)[2:] == [("2026-12-16 14:00", AN, "digest", ["T+8wd"])]


def test_reopening_without_period_needs_one_closing(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town, yearly(), once("{by: 10/10/2026}"))
    close(town.office, act("2026-11-02 09:00"), "ke-hoach", "once")
    close(town.office, act("2026-12-31 09:00"), "ke-hoach")
    with pytest.raises(UserError) as caught:
        reopen(town.office, act("2027-01-05 09:00", "vì"), "ke-hoach")
    (problem,) = caught.value.problems
    assert (problem.code, problem.params) == ("reopen.which", {"plan": "ke-hoach", "periods": "2026, once"})
    reopen(town.office, act("2027-01-05 09:00", "vì"), "ke-hoach", "2026")
    assert (town.one(ONCE).state, town.one().state) == (State.MISSING, State.OPEN)
    reopen(town.office, act("2027-01-05 10:00", "vì"), "ke-hoach")  # one is left, so it is clear which
    assert town.one(ONCE).state is State.OPEN


@pytest.mark.parametrize(("reason", "code"), [(None, "reopen.reason"), ("vì", "reopen.nothing")])
def test_reopening_without_a_reason_or_what_is_not_closed_is_refused(
    sqlite_town: Town, reason: str | None, code: str
) -> None:
    settle(sqlite_town)
    with pytest.raises(UserError, match=code):
        reopen(sqlite_town.office, act("2027-01-05 09:00", reason), "ke-hoach", "2026")


def test_reopening_without_writing(sqlite_town: Town) -> None:
    closed_town(sqlite_town)
    before = everything(sqlite_town.office.database)
    done = reopen(sqlite_town.office, act("2027-01-06 09:00", "vì"), "ke-hoach", "2026", dry_run=True)
    assert [c.skipped for c in done] == [None, None]
    assert everything(sqlite_town.office.database) == before


def test_reopening_leaves_what_was_cancelled_meanwhile(sqlite_town: Town) -> None:
    town = sqlite_town
    settle(town, yearly(), once("{by: 10/10/2026}"))
    close(town.office, act("2026-12-31 09:00"), "ke-hoach")
    load_text(town.office, local("2027-01-04 09:00"), plan(yearly()))  # the other task is gone
    done = reopen(town.office, act("2027-01-05 09:00", "vì"), "ke-hoach")
    assert {str(c.obligation.key.period): c.skipped for c in done} == {"once": "is_cancelled", "2026": None}
    assert (town.one(ONCE).state, town.one().state) == (State.MISSING, State.OPEN)
