"""Several obligations of several deadlines at once: all, or none and every reason why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from actions.receiving import Changed, Receipt, accept, submit
from actions.several import accept_several, extend_several, return_several, waive_several
from plans.deadlines import DeadlineKey
from plans.problems import UserError
from plans.status import State
from store.marks import trail
from tests.actions.province import ONCE, UNITS, YEARLY, Town, act, everything, once, plan, yearly
from tests.conftest import load_text, local

assert YEARLY is not None
assert ONCE is not None
KEYS: tuple[DeadlineKey, DeadlineKey] = (YEARLY, ONCE)
NOW = act("2026-12-04 10:00", "Thiếu phụ lục")


def settle(town: Town, *, declared: bool) -> list[int]:
    """Two deadlines of two units each; the numbers of all four."""
    both = plan(yearly("[xa-a, xa-b]"), once("{by: 10/12/2026}", "[xa-a, xa-b]"))
    load_text(town.office, local("2026-10-01 09:00"), UNITS, both)
    for key in KEYS if declared else ():
        submit(town.office, act("2026-12-03 09:00"), key, [], Receipt(date(2026, 12, 3)), by_unit=True)
    return [town.one(key, unit).id for key in KEYS for unit in ("xa-a", "xa-b")]


def states(town: Town) -> list[State]:
    return [town.one(key, unit).state for key in KEYS for unit in ("xa-a", "xa-b")]


ACTS: list[tuple[str, Callable[[Town, list[int]], list[Changed]], State, bool]] = [
    ("accept", lambda town, numbers: accept_several(town.office, NOW, numbers), State.ACCEPTED, True),
    ("return", lambda town, numbers: return_several(town.office, NOW, numbers), State.RETURNED, True),
    ("waive", lambda town, numbers: waive_several(town.office, NOW, numbers), State.WAIVED, False),
    ("extend", lambda town, numbers: extend_several(town.office, NOW, numbers, date(2026, 12, 20)), State.OPEN, False),
]


@pytest.mark.parametrize(("action", "do", "state", "declared"), ACTS, ids=[a[0] for a in ACTS])
def test_all_of_several_deadlines_at_once(
    town: Town, action: str, do: Callable[[Town, list[int]], list[Changed]], state: State, declared: bool
) -> None:
    numbers = settle(town, declared=declared)
    done = do(town, numbers)
    assert sorted(c.obligation.id for c in done) == sorted(numbers)
    assert states(town) == [state] * 4
    with town.office.database.read() as tx:
        entries = [e for key in KEYS for e in trail(tx, str(key)) if e.action == action]
    assert [(e.actor, e.reason) for e in entries] == [("tester", "Thiếu phụ lục")] * 4
    if action == "extend":
        assert {town.one(key, "xa-a").dates.last_day for key in KEYS} == {date(2026, 12, 20)}


@pytest.mark.parametrize(
    ("action", "codes"),
    [
        ("accept", ["obligation.unknown", "act.is_accepted", "act.not_submitted", "act.not_submitted"]),
        ("return", ["obligation.unknown", "act.not_submitted", "act.not_submitted"]),
        ("waive", ["obligation.unknown", "act.is_accepted"]),
        ("extend", ["obligation.unknown", "act.is_accepted"]),
    ],
)
def test_none_while_one_cannot(sqlite_town: Town, action: str, codes: list[str]) -> None:
    town = sqlite_town
    numbers = settle(town, declared=False)
    submit(town.office, act("2026-12-03 09:00"), KEYS[0], ["xa-a"], Receipt(date(2026, 12, 3)), by_unit=True)
    accept(town.office, act("2026-12-03 10:00"), KEYS[0], ["xa-a"])
    submit(town.office, act("2026-12-03 09:00"), KEYS[0], ["xa-b"], Receipt(date(2026, 12, 3)), by_unit=True)
    before = everything(town.office.database)
    do = {name: done for name, done, *_ in ACTS}[action]
    with pytest.raises(UserError) as caught:
        do(town, [numbers[0], *numbers[2:], 999])
    assert sorted(p.code for p in caught.value.problems) == sorted(codes)
    assert everything(town.office.database) == before


def test_reason_is_asked_for(sqlite_town: Town) -> None:
    numbers = settle(sqlite_town, declared=True)
    for do, code in ((waive_several, "waive.reason"), (return_several, "return.reason")):
        with pytest.raises(UserError) as caught:
            do(sqlite_town.office, act("2026-12-04 10:00"), numbers)
        assert [p.code for p in caught.value.problems] == [code]
