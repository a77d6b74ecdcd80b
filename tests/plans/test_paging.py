from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from plans.paging import MOST, Count, Page, cut, read_key, written

MOMENT = datetime(2026, 12, 5, 17, 0, 0, 250, tzinfo=UTC)


def test_key_is_read_as_it_was_written() -> None:
    assert written((MOMENT, 12, 345)) == "20261205T170000.000250_12_345"
    assert read_key(written((MOMENT, 12, 345)), 2) == (MOMENT, [12, 345])
    assert written((MOMENT.astimezone(timezone(timedelta(hours=7))), 1)) == written((MOMENT, 1))


@pytest.mark.parametrize("text", [None, "", "x", "20261205T170000.000250", "20261205T170000.000250_1_2_3", "a_1_2",
                                  "20261205T170000.000250_1_-2", f"20261205T170000.000250_1_{2**31}"])  # fmt: skip
def test_what_is_no_key_asks_for_the_first_page(text: str | None) -> None:
    assert read_key(text, 2) is None


def test_page_names_its_last_row_only_where_more_follow() -> None:
    assert cut([1, 2, 3], 2, lambda n: (n,)) == Page((1, 2), "2")
    assert cut([1, 2], 2, lambda n: (n,)) == Page((1, 2), None)
    assert cut([], 2, lambda n: (n,)) == Page((), None)


def test_count_stops_where_nobody_counts_on() -> None:
    assert (Count.of(MOST), Count.of(MOST + 1)) == (Count(MOST), Count(MOST, more=True))
