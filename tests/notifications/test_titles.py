from __future__ import annotations

import pytest

from notifications.titles import cut, plain, titled
from plans.periods import Period
from plans.words import words


@pytest.mark.parametrize(
    ("title", "period", "expected"),
    [
        ("Báo cáo TĐKT", "2026", "Báo cáo TĐKT năm 2026"),
        ("Báo cáo TĐKT năm 2026", "2026", "Báo cáo TĐKT năm 2026"),
        ("Báo cáo tổng kết phong trào thi đua hằng năm", "2026", "Báo cáo tổng kết phong trào thi đua năm 2026"),
        ("Báo cáo định kỳ hàng tháng", "2026-11", "Báo cáo tháng 11/2026"),
        ("Báo cáo công tác (hằng quý)", "2026-Q4", "Báo cáo công tác quý IV năm 2026"),
        ("Báo cáo quý", "2026-Q4", "Báo cáo quý IV năm 2026"),
        ("Báo cáo quý IV", "2026-Q4", "Báo cáo quý IV năm 2026"),
        ("Báo cáo quý IV/2026", "2026-Q4", "Báo cáo quý IV/2026"),
        ("Hội nghị quý IV", "2026-Q1", "Hội nghị quý IV quý I năm 2026"),
        ("Báo cáo sơ kết 6 tháng", "2026-H1", "Báo cáo sơ kết 6 tháng đầu năm 2026"),
        ("Báo cáo sơ kết 6 tháng đầu năm", "2026-H1", "Báo cáo sơ kết 6 tháng đầu năm 2026"),
        ("Kế hoạch 5 năm 2021 - 2025", "2025", "Kế hoạch 5 năm 2021 - 2025"),
        ("Báo cáo công tác", "2026-2", "Báo cáo công tác lần 2 năm 2026"),
        ("Báo cáo nhanh", "2026-11-20", "Báo cáo nhanh ngày 20/11/2026"),
        ("Tổ chức hội nghị.", "once", "Tổ chức hội nghị"),
        ("Báo cáo sơ kết 9 tháng", "2026-9M", "Báo cáo sơ kết 9 tháng năm 2026"),
        ("Báo cáo hằng tuần", "2026-W47", "Báo cáo tuần 47 năm 2026"),
        ("Báo cáo kết quả kỳ họp", "ky-hop-thu-20", "Báo cáo kết quả kỳ họp"),
    ],
)
def test_title_says_its_period_once(title: str, period: str, expected: str) -> None:
    assert titled(title, Period(period), words("vi")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" một\r\nhai\tba\u2028bốn\x00 ", "một hai ba bốn"),
        ("ca\u0301o", "cáo"),
        ("gnp.\u202eoáb oác\u202c\u200b", "gnp.oáb oác"),
    ],
)
def test_plain_text_is_one_visible_line(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("title", "limit", "tail", "expected"),
    [
        ("Báo cáo kết quả", 15, "", "Báo cáo kết quả"),
        ("Báo cáo kết quả", 14, "", "Báo cáo kết…"),
        ("Báo cáo, kết quả", 10, "", "Báo cáo…"),
        ("Báocáokếtquả", 6, "", "Báocá…"),
        ("Báo cáo kết quả thi đua năm 2026", 25, "năm 2026", "Báo cáo kết quả… năm 2026"),
    ],
)
def test_title_is_cut_at_a_word(title: str, limit: int, tail: str, expected: str) -> None:
    assert cut(title, limit, tail) == expected
