from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.files.encoding import clean
from plans.naming import fold
from plans.unicode_forms import _has_run, composed, decomposed

SENTENCE = "Sở Giáo dục và Đào tạo tỉnh Điện Biên báo cáo kết quả thực hiện phong trào thi đua. "
MARKS = "a" + "\u0301\u0327" * 400_000  # put into order at once, they take a quarter of an hour


@pytest.mark.parametrize("times", [1, 50])
def test_texts_of_offices_are_put_into_each_form(times: int) -> None:
    apart, together = (unicodedata.normalize(form, SENTENCE * times) for form in ("NFD", "NFC"))
    assert composed(apart) == composed(together) == together
    assert decomposed(apart) == decomposed(together) == apart


@given(st.text(max_size=300))
def test_short_texts_are_what_unicode_says(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)
    assert decomposed(text) == unicodedata.normalize("NFD", text)


def test_nothing_is_lost_of_what_is_cut() -> None:
    assert sorted(decomposed(MARKS)) == sorted(MARKS)
    assert fold(MARKS) == "a"
    assert unicodedata.normalize("NFD", clean(MARKS)[:50]).startswith("a")


RUNS = st.lists(st.tuples(st.integers(0, 80), st.sampled_from([0, 1, 49, 50, 51, 98, 99, 100, 101, 149, 150, 200])))


@given(RUNS)
def test_run_is_found_wherever_it_begins(runs: list[tuple[int, int]]) -> None:
    text = "".join("a" * latin + "ế" * beyond for latin, beyond in runs)
    assert _has_run(text) == ("ế" * 100 in text)
