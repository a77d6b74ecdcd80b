"""Who is written to about what passed to a successor, and how often they are told that it did."""

from __future__ import annotations

from datetime import date

import pytest

from actions.daily import refresh_day
from actions.ending import succeed
from plans.problems import UserError
from tests.actions.province import Town, act, plan, task
from tests.conftest import load_text, local

LOADED = local("2025-06-02 09:00")
A, A_NAMED, B, C, C_HEAD, C_OTHER, C_NAMED = (
    "an@huyen-a.example",
    "rieng@huyen-a.example",
    "binh@huyen-b.example",
    "chi@xa-c.example",
    "chutich@xa-c.example",
    "hop-thu@xa-c.example",
    "rieng@cdc.example",
)


def units(ends: str = "until: 30/06/2025, successors: [xa-c],", officers: str = "") -> str:
    """Two districts, of which the first ends, and a commune that no audience names."""
    found = officers or f"[{{name: Văn thư C, email: {C}}}, {{name: Chủ tịch C, role: head, email: {C_HEAD}}}]"
    return f"""
units:
  - {{id: so-noi-vu, name: Sở Nội vụ, kind: so, mailbox: tdkt@snv.example}}
  - {{id: huyen-a, name: UBND huyện A, kind: huyen, {ends} mailbox: {A}}}
  - {{id: huyen-b, name: UBND huyện B, kind: huyen, mailbox: {B}}}
  - {{id: xa-c, name: UBND xã C, kind: xa, mailbox: {C_OTHER}, officers: {found}}}
audiences:
  - {{id: cac-huyen, name: Các huyện, kinds: [huyen]}}
"""


def report(officers: str = "[]") -> str:
    return plan(task("bao-cao", "{by: 18/07/2025}", "[cac-huyen]", officers=officers))


NAMED_A = f"{{unit: huyen-a, email: {A_NAMED}, name: Người riêng A}}"
NAMED_C = f"{{unit: xa-c, email: {C_NAMED}, name: Người riêng C}}"


def told(town: Town, since: str = "2025-07") -> dict[str, list[str]]:
    """Address → stages since the change, of the units concerned."""
    found: dict[str, list[str]] = {}
    for at, who, kind, stages in town.sent():
        if at > since and kind == "digest" and who != B:
            found.setdefault(who, []).extend(stages)
    return found


def settle(town: Town, officers: str = "[]", of_c: str = "") -> None:
    """What the first district owes already goes on from the end that becomes known then."""
    load_text(town.office, LOADED, units("", of_c), report())
    load_text(town.office, local("2025-06-03 09:00"), units(officers=of_c), report(officers))


PASSED = ["n-taken", "T-15", "T-3wd"]


@pytest.mark.parametrize(
    ("officers", "who"),
    [
        ("[]", C),
        (f"[{NAMED_A}]", C),  # named for the unit that ended, not for its successor
        (f"[{NAMED_A}, {NAMED_C}]", C_NAMED),
        (f"[{NAMED_C}]", C_NAMED),
        (f"[{C_OTHER}]", C_OTHER),  # the successor has this address on file
    ],
)
def test_officers_named_for_the_successor_are_written_to_else_its_own(town: Town, officers: str, who: str) -> None:
    settle(town, officers)
    town.tick("2025-06-04 08:00")
    town.walk("2025-07-01", "2025-07-16", "08:00")
    assert told(town) == {who: PASSED}


def test_officer_named_after_the_change_takes_over_from_the_successors_own(town: Town) -> None:
    settle(town)
    town.walk("2025-07-01", "2025-07-03", "08:00")
    load_text(town.office, local("2025-07-04 09:00"), report(f"[{NAMED_C}]"))
    town.walk("2025-07-04", "2025-07-16", "08:00")
    assert told(town)[C_NAMED][-1] == "T-3wd"
    assert "T-3wd" not in told(town)[C]


@pytest.mark.parametrize("officers", [f"[{{unit: so-noi-vu, email: {C_NAMED}, name: X}}]", "[la@khong-co.example]"])
def test_officer_of_a_unit_that_never_owes_it_is_refused(sqlite_town: Town, officers: str) -> None:
    with pytest.raises(UserError):
        load_text(sqlite_town.office, LOADED, units(), report(officers))


def test_successor_without_officers_is_written_to_at_its_mailbox(town: Town) -> None:
    settle(town, f"[{NAMED_A}]", of_c="[]")
    town.tick("2025-06-04 08:00")
    town.walk("2025-07-01", "2025-07-16", "08:00")
    assert told(town) == {C_OTHER: PASSED}


# -- a clock set back -------------------------------------------------------------------------------------------------


def taken(town: Town) -> list[tuple[str, str]]:
    return [(at, who) for at, who, _, stages in town.sent() for s in stages if s == "n-taken"]


def test_clock_set_back_across_a_succession_tells_it_once(town: Town) -> None:
    settle(town)
    town.ticks("2025-06-04 08:00", "2025-07-01 08:00")
    assert taken(town) == [("2025-07-01 08:00", C)]
    town.ticks("2025-06-30 08:00", "2025-06-30 14:00", "2025-07-01 08:00", "2025-07-02 08:00")
    town.ticks("2025-06-27 08:00", "2025-07-02 08:00", "2025-07-03 08:00")
    assert taken(town) == [("2025-07-01 08:00", C)]


def test_what_was_not_told_before_the_clock_was_set_back_is_told_after_it(town: Town) -> None:
    settle(town)
    town.tick("2025-06-04 08:00")
    refresh_day(town.office, local("2025-07-01 08:00"))
    town.queue("2025-07-01 08:00")  # the mail server is away
    town.ticks("2025-06-30 08:00", "2025-07-01 08:00", "2025-07-02 08:00")
    assert taken(town) == [("2025-07-01 08:00", C)]


def test_who_closed_without_a_successor_is_not_told_of_taking_it_back(town: Town) -> None:
    load_text(town.office, LOADED, units(""), report())
    succeed(town.office, act("2025-06-20 09:00"), "huyen-a", [], date(2025, 7, 1))
    town.ticks("2025-07-01 08:00", "2025-06-30 08:00", "2025-06-30 14:00")
    assert taken(town) == []


def test_each_unit_on_the_way_is_told_once(town: Town) -> None:
    """Corrected by hand, and an end taken back: each is news, but the same unit has it from the same day."""
    settle(town)
    town.ticks("2025-06-04 08:00", "2025-07-01 08:00")
    succeed(town.office, act("2025-07-02 07:00"), "huyen-a", ["so-noi-vu"])
    town.tick("2025-07-02 08:00")
    succeed(town.office, act("2025-07-03 07:00"), "huyen-a", ["xa-c"])
    town.tick("2025-07-03 08:00")
    load_text(town.office, local("2025-07-04 07:00"), units(""))
    town.tick("2025-07-04 08:00")
    assert taken(town) == [
        ("2025-07-01 08:00", C),
        ("2025-07-02 08:00", "tdkt@snv.example"),
        ("2025-07-04 08:00", A),
    ]
