from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.beginning import alike, begun, plan_slug
from plans.files.plan_file import read_plan
from plans.files.writing import plan_yaml
from plans.plan import Plan
from plans.problems import Severity

ISSUED = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("title", "number", "issued", "taken", "slug"),
    [
        ("Kế hoạch thi đua", "88/KH-UBND", ISSUED, (), "88-kh-ubnd-2026"),
        ("Kế hoạch thi đua", "88/KH-UBND", ISSUED, ("88-kh-ubnd-2026",), "88-kh-ubnd-2026-2"),
        ("Kế hoạch thi đua", "88/KH-UBND", None, (), "88-kh-ubnd"),
        ("Kế hoạch thi đua đợt 1", "…/KH-UBND", ISSUED, (), "ke-hoach-thi-dua-dot-1"),  # it has no number yet
        ("Mới", "", None, (), "moi-2"),  # /plans/moi is another page
        ("!!!", "", None, ("ke-hoach",), "ke-hoach-2"),
    ],
)
def test_slug_is_of_number_and_year_else_of_the_title(
    title: str, number: str, issued: date | None, taken: tuple[str, ...], slug: str
) -> None:
    assert plan_slug(title, number, issued, taken) == slug


def test_slug_of_a_long_title_leaves_room_for_a_number() -> None:
    long = plan_slug("Kế hoạch " * 40, "", None, ())
    assert plan_slug("Kế hoạch " * 40, "", None, (long,)) == f"{long}-2"
    assert len(long) <= 60


OURS = Plan("moi", "Kế hoạch thi đua", "UBND tỉnh", None, "88/KH-UBND", ISSUED)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (Plan("a", "Tên khác", "ubnd tinh", None, "88/kh-ubnd", date(2026, 12, 31)), ("plan.number_taken", "error")),
        (Plan("a", "Tên khác", "UBND xã", None, "88/KH-UBND", ISSUED), ("plan.number_alike", "warning")),
        (Plan("a", "Tên khác", "UBND tỉnh", None, "88/KH-UBND", None), ("plan.number_alike", "warning")),
        (Plan("a", "Kế hoạch thi đua", "UBND tỉnh", None, "88/KH-UBND", date(2025, 1, 10)), None),  # numbers begin anew
        (Plan("a", "KẾ HOẠCH THI ĐUA", None, None, "12/KH", ISSUED), ("plan.title_alike", "warning")),
        (Plan("a", "Kế hoạch thi đua", None, None, None, date(2025, 1, 10)), None),
    ],
)
def test_same_document_is_known_by_number_issuer_and_year(other: Plan, found: tuple[str, str] | None) -> None:
    problems = alike(OURS, [other])
    assert [(p.code, p.severity.value) for p in problems] == ([found] if found else [])
    assert all(p.params["plan"] == "a" for p in problems)


def test_number_that_is_to_come_is_no_number() -> None:
    waiting = Plan("a", "Tên khác", "UBND tỉnh", None, "…/KH-UBND", ISSUED)
    assert alike(Plan("b", "Kế hoạch", "UBND tỉnh", None, "…/KH-UBND", ISSUED), [waiting]) == []


TEXTS = st.text(min_size=1, max_size=40).map(str.strip)


@settings(max_examples=60)
@given(TEXTS, TEXTS, TEXTS)
def test_whatever_is_typed_reads_back_from_its_file(title: str, number: str, issuer: str) -> None:
    slug = plan_slug(title, number, ISSUED, ())
    file = begun(slug, {"title": title, "number": number, "issuer": issuer, "issued": "10/01/2026"})
    assert file.plan is not None
    wrong = [p.code for p in file.problems if p.severity is Severity.ERROR]
    assert wrong == ([] if file.plan.title else ["key.missing"])
    if file.plan.title:
        again = read_plan("x.yaml", plan_yaml(file.plan))
        assert (again.plan, again.problems) == (file.plan, ())
