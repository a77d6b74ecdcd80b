from __future__ import annotations

import unicodedata
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.access import Rights
from plans.filtering import Filter, Several, filter_from, pairs_of
from plans.plan import Kind
from plans.status import Status

FULL = Filter(
    plan="dien-bien-2458",
    group="khoi-1",
    unit_kind="so-nganh",
    task_kind=Kind.REPORT,
    period="2026-Q4",
    year=2026,
    status=Status.OVERDUE,
    text="Sở Y tế",
)
QUERY = (
    "kehoach=dien-bien-2458&khoi=khoi-1&loai=so-nganh&viec=bao-cao&ky=2026-Q4&nam=2026&trangthai=qua-han"
    "&tim=S%E1%BB%9F+Y+t%E1%BA%BF"
)


def test_filter_is_an_address_and_back() -> None:
    assert urlencode(pairs_of(FULL)) == QUERY
    assert filter_from(parse_qsl(QUERY)) == FULL


def test_empty_filter_has_an_empty_address() -> None:
    assert pairs_of(Filter()) == []
    assert filter_from([]) == Filter()


def test_what_the_visitor_may_read_is_in_no_address() -> None:
    assert pairs_of(replace(FULL, units=frozenset({1, 2}), reader=Rights(reads_all=True))) == pairs_of(FULL)
    assert filter_from([("units", "1"), ("donvi", "2")]).units is None


def test_every_status_and_kind_has_a_word_of_its_own() -> None:
    for status in Status:
        assert filter_from(pairs_of(Filter(status=status))) == Filter(status=status)
    for several in Several:
        assert filter_from(pairs_of(Filter(several=several))) == Filter(several=several)
    for kind in Kind:
        assert filter_from(pairs_of(Filter(task_kind=kind))) == Filter(task_kind=kind)


@pytest.mark.parametrize(
    "query",
    [
        "trangthai=overdue",
        "viec=report",
        "nam=26",
        "nam=9999",
        "nam=٢٠٢٦",
        "kehoach=",
        "kehoach=a/b",
        "ky=2026 Q4",
        "khoi=%00",
        "tim=+++",
        "tim=%00%07",
        "xin=chao",
    ],
)
def test_nonsense_is_left_out(query: str) -> None:
    assert filter_from(parse_qsl(query, keep_blank_values=True)) == Filter()


def test_text_is_tidied_and_cut() -> None:
    said = unicodedata.normalize("NFD", "  Sở \t Y  tế ")
    assert filter_from([("tim", said)]).text == "Sở Y tế"
    assert filter_from([("tim", "a" * 1000)]).text == "a" * 100


def test_the_last_of_a_key_counts() -> None:
    assert filter_from([("nam", "2025"), ("nam", "2026")]).year == 2026


_KEYS = st.sampled_from(["kehoach", "khoi", "loai", "viec", "ky", "nam", "trangthai", "tim"])


@given(st.lists(st.tuples(_KEYS, st.text())))
def test_whatever_is_read_stays_as_it_was_read(pairs: list[tuple[str, str]]) -> None:
    found = filter_from(pairs)
    assert filter_from(pairs_of(found)) == found
