"""Units, plans and deadlines page by page, and what may be read of them, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from plans.access import Rights
from plans.deadlines import Basis
from plans.filtering import Filter
from plans.paging import Page, read_number, written
from plans.plan import Kind, Plan
from plans.status import State
from store import board
from store.choosing import Choice, choices, narrowed
from store.database import Database
from store.deadlines import add_due
from store.listing import Sought, deadline_page, plan_page, unit_page
from store.obligations import add_obligations, by_ids
from store.plans import save_plan, save_tasks
from store.schema import coordinations, deadlines
from store.statuses import Scope
from tests.store.estate import DATES, LATER, NOW, SOON, TASK, TODAY, settle

EVERYTHING = Rights(reads_all=True)
KINDS = (
    EVERYTHING,
    Rights(coordinates=frozenset({"ke-hoach"})),
    Rights(coordinates=frozenset({"y-te"}), acts_for=frozenset({"xa-a"})),
    Rights(heads=frozenset({"xa-b"}), named=frozenset({("ke-hoach", "bao-cao", "xa-a")})),
    Rights(named=frozenset({("y-te", "dich", "xa-a"), ("y-te", "khong-con", "xa-a"), ("khong", "co", "xa-b")})),
    Rights(oversees=frozenset({"xa-a", "xa-b"}), named=frozenset({("y-te", "dich", "xa-a")})),
    Rights(acts_for=frozenset({"so-noi-vu"})),
    Rights(),
)


def second_plan(database: Database) -> None:
    """xa-a owes a report in another plan too, and so-noi-vu helps with it; it is due before the first."""
    estate = settle(database)
    task = replace(TASK, slug="dich", title="Báo cáo dịch", kind=Kind.WORK)
    with database.write() as tx:
        plan = Plan("y-te", "Kế hoạch y tế", tasks=(task,), until=date(2026, 12, 31))
        plan_id = save_plan(tx, plan, None, date(2026, 1, 1), NOW, None)
        number = save_tasks(tx, plan_id, plan.tasks, date(2026, 1, 1), NOW)["dich"]
        for period, dates in (("2026", LATER), ("2025", replace(DATES, late_at=DATES.late_at.replace(year=2025)))):
            row = deadlines.insert().values(task_id=number, period=period, tracked=True).returning(deadlines.c.id)
            made = int(tx.execute(row).scalar_one())
            due = add_due(tx, made, Basis.RULE, dates, SOON)
            add_due(tx, made, Basis.EXTENSION, LATER, SOON)
            add_obligations(tx, made, due, [estate.units["xa-a"]])
            if period == "2026":
                tx.execute(coordinations.insert().values(deadline_id=made, unit_id=estate.units["so-noi-vu"]))


def walked(database: Database, page: Callable[..., Page[Any]], name: Callable[[Any], str]) -> list[str]:
    found: list[str] = []
    after: str | None = None
    with database.read() as tx:
        while True:
            some = page(tx, size=1, after=after)
            found += map(name, some.rows)
            if (after := some.after) is None:
                return found


def test_units_and_plans_come_in_the_order_in_which_they_were_loaded(database: Database) -> None:
    second_plan(database)

    def units(slugs: set[str] | None) -> list[str]:
        return walked(database, lambda tx, **page: unit_page(tx, slugs, **page), lambda u: u.slug)

    def plans(slugs: set[str] | None) -> list[str]:
        return walked(database, lambda tx, **page: plan_page(tx, slugs, **page), lambda p: p.slug)

    assert units(None) == ["so-noi-vu", "xa-a", "xa-b"]
    assert units({"xa-b", "so-noi-vu", "khong-co"}) == ["so-noi-vu", "xa-b"]
    assert units(set()) == []
    assert plans(None) == ["ke-hoach", "y-te"]
    assert plans({"y-te"}) == ["y-te"]
    with database.read() as tx:
        assert [(p.coordinator, p.open_ended, p.until) for p in plan_page(tx, None).rows] == [
            ("so-noi-vu", True, None),
            (None, False, date(2026, 12, 31)),
        ]


def test_deadlines_come_by_date_as_far_as_they_may_be_read(database: Database) -> None:
    second_plan(database)

    def found(rights: Rights, **sought: Any) -> list[str]:
        return walked(
            database, lambda tx, **page: deadline_page(tx, Sought(**sought), rights, **page), lambda d: str(d.key)
        )

    one, two, past = "ke-hoach/bao-cao/2026", "y-te/dich/2026", "y-te/dich/2025"
    assert found(EVERYTHING) == [past, one, two]
    assert [found(rights) for rights in KINDS[1:]] == [
        [one],
        [past, one, two],
        [one],
        [past, two],
        [past, one, two],
        [two],
        [],
    ]
    assert found(EVERYTHING, plan="y-te", year=2026) == [two]
    assert found(EVERYTHING, task="bao-cao", kind=Kind.REPORT, period="2026") == [one]
    assert found(EVERYTHING, first=date(2026, 12, 5), last=date(2026, 12, 18)) == [two]
    assert found(EVERYTHING, kind=Kind.MILESTONE) == []


def test_parts_hold_what_may_be_read_each_once(database: Database) -> None:
    second_plan(database)
    with database.read() as tx:
        filters = [choices(tx, Filter(plan=plan, text=text), TODAY) for plan in (None, "y-te") for text in ("", "dịch")]
        apart = [Choice(units=frozenset({number})) for number in (1, 2, 3)]
        for rights, chosen in product(KINDS, (*filters, apart)):
            every = board.page_of(tx, chosen, Scope(tuple(State))).rows
            parts = narrowed(tx, chosen, rights)
            found = [line.obligation.id for line in board.page_of(tx, parts, Scope(tuple(State))).rows]
            expected = [
                o.id
                for o in by_ids(tx, [line.obligation.id for line in every])
                if rights.may_read_item(o.key.plan, o.key.task, o.unit)
            ]
            assert sorted(found) == sorted(expected)
            assert board.count_of(tx, parts, Scope(tuple(State))).number == len(expected)


@pytest.mark.parametrize("text", [None, "", "x", "-1", "1.5", "²", str(2**31), "9" * 11])
def test_number_of_a_page_is_read_back_and_nothing_else(text: str | None) -> None:
    assert read_number(text) is None
    assert [read_number(written((n,))) for n in (0, 7, 2**31 - 1)] == [0, 7, 2**31 - 1]
