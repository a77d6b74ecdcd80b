from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.rolling_texts import shifted_text, years_left_alone, years_named


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("công tác Thi đua, khen thưởng năm 2020", "công tác Thi đua, khen thưởng năm 2021"),
        ("tổng kết năm 2019, phương hướng năm 2020.", "tổng kết năm 2020, phương hướng năm 2021."),
        ("đăng ký thi đua năm 2021", "đăng ký thi đua năm 2022"),
        ("thành tích xuất sắc (đợt 1/2020).", "thành tích xuất sắc (đợt 1/2021)."),
        ("trong quý I/2020; Tháng 3/2020", "trong quý I/2021; Tháng 3/2021"),
        ("Nhiệm vụ quý III/2020", "Nhiệm vụ quý III/2021"),
        ("Kế hoạch 12/KH-2020", "Kế hoạch 12/KH-2020"),
        ("6 tháng đầu năm 2020", "6 tháng đầu năm 2021"),
        ("công tác TĐKT 2020", "công tác TĐKT 2021"),
        # Not its own, or not a year that stands for itself.
        ("kết quả năm 2017", "kết quả năm 2017"),
        ("công tác TĐKT 2019", "công tác TĐKT 2019"),
        ("lần thứ V (2020 - 2025)", "lần thứ V (2020 - 2025)"),
        ("lần thứ V (2020-2025)", "lần thứ V (2020-2025)"),
        ("giai đoạn 2021 – 2025", "giai đoạn 2021 – 2025"),
        ("5 năm 2020 - 2025", "5 năm 2020 - 2025"),
        ("năm học 2019- 2020.", "năm học 2019- 2020."),
        ("Kế hoạch số 12/KH-UBND ngày 10/01/2020", "Kế hoạch số 12/KH-UBND ngày 10/01/2020"),
        ("Nghị định ngày 16 tháng 7 năm 2021", "Nghị định ngày 16 tháng 7 năm 2021"),
        ("(2/9/1945-2/9/2020)", "(2/9/1945-2/9/2020)"),
        ("Thông tư 01/2020/TT-BNV", "Thông tư 01/2020/TT-BNV"),
        ("Luật Thi đua, khen thưởng năm 2020", "Luật Thi đua, khen thưởng năm 2020"),
        ("12020 hồ sơ, 2020m", "12020 hồ sơ, 2020m"),
    ],
)
def test_years_that_belong_to_the_plan_move(text: str, expected: str) -> None:
    assert shifted_text(text, 2020, 1) == expected


def test_years_that_stand_for_themselves_are_told_from_those_left_alone() -> None:
    text = "Thực hiện Luật Thi đua năm 2022; giai đoạn 2021 - 2025, tổng kết năm 2023, quý I/2024"
    assert years_named(text) == [2023, 2024]
    assert sorted(years_left_alone(text)) == [2021, 2022, 2025]


@given(st.text("năm 0129/-.quýI", max_size=30), st.integers(1971, 2099), st.integers(-1, 1))
def test_moving_there_and_back_changes_nothing_but_years(text: str, own: int, by: int) -> None:
    moved = shifted_text(text, own, by)
    assert len(moved) == len(text)
    assert [c for c in moved if not c.isdigit()] == [c for c in text if not c.isdigit()]
    assert shifted_text(text, own, 0) == text
