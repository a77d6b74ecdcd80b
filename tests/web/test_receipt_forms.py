"""The form of receipts by itself: every field comes back as it was typed, and only what is right is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData

from plans.obligations import Obligation
from plans.problems import Problem
from plans.status import State
from store.obligations import of_deadline
from tests.web.scenes import KEY, Scene
from web.receipt_forms import Table, blank_table, check_table, typed_table

TODAY = date(2026, 12, 9)
assert KEY is not None


@pytest.fixture(scope="module")
def table(played: Scene) -> Table:
    assert KEY is not None
    with played.office.database.read() as tx:
        owed = of_deadline(tx, KEY)
    some = [o for o in owed if o.state is State.OPEN][:3] + [o for o in owed if o.state is State.ACCEPTED][:1]
    return blank_table(some, {}, TODAY)


def check(o: Obligation, day: date) -> list[Problem]:
    return [Problem("receipts.future", {"unit": o.unit_name, "day": day})] if day > TODAY else []


texts = st.one_of(st.text(max_size=8), st.sampled_from(["", " ", "12/BC", "5/12", "0512", "31/2", "10/12", "x" * 101]))
rows = st.lists(st.tuples(texts, texts, st.booleans()), min_size=4, max_size=4)


@settings(max_examples=200)
@given(typed=rows, common=texts, by_hand=st.booleans())
def test_everything_typed_comes_back_and_only_what_is_right_is_recorded(
    table: Table, typed: list[tuple[str, str, bool]], common: str, by_hand: bool
) -> None:
    fields: list[tuple[str, str]] = [("chung", common), ("tay", "1" if by_hand else "")]
    for row, (number, day, ticked) in zip(table.rows, typed, strict=True):
        n = row.obligation.id
        fields += [(f"so-{n}", number), (f"ngay-{n}", day)] + ([("viec", str(n))] if ticked else [])
    checked, receipts = check_table(typed_table(table, FormData(fields)), TODAY, check)
    assert [(row.number, row.day) for row in checked.rows] == [(number, day) for number, day, _ in typed]
    assert checked.common == common.strip()
    for row, (number, day, ticked) in zip(checked.rows, typed, strict=True):
        meant = ticked or (not by_hand and bool(number.strip() or day.strip()))
        assert row.ticked == meant
        assert (row.obligation.unit in receipts) == (meant and not row.problems)
        if row.obligation.unit in receipts:
            receipt = receipts[row.obligation.unit]
            assert receipt.number == (number.strip() or None)
            assert row.recorded or receipt.received_on <= TODAY
    assert checked.wrong or receipts


def test_rows_of_one_deadline_alone_are_looked_at(table: Table) -> None:
    form = FormData([("viec", "999999"), ("so-999999", "1"), ("le-ten", "Sở Lạ"), ("le-so", "1"), ("le-ngay", "5/12")])
    lists = FormData([*form.multi_items(), ("le-viec", "999999"), ("le-gan", "999999,x")])
    checked, receipts = check_table(typed_table(table, lists), TODAY, check)
    assert receipts == {}
    assert [p.code for p in checked.problems] == ["receipts.nothing"]
    assert (checked.loose[0].near, checked.loose[0].chosen) == ((), None)


def test_period_that_was_closed_is_told_at_its_row(table: Table) -> None:
    first = table.rows[0]
    missing = replace(first, obligation=replace(first.obligation, state=State.MISSING))
    closed = replace(table, rows=(missing, *table.rows[1:]))
    form = FormData([("viec", str(first.obligation.id)), ("chung", "5/12")])
    checked, receipts = check_table(typed_table(closed, form), TODAY, check)
    assert receipts == {}
    assert [p.code for p in checked.rows[0].problems] == ["submit.closed"]
