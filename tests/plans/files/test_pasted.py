"""Lines copied out of a register or a mail, with headings or without."""

from __future__ import annotations

from datetime import date

import pytest

from plans.files.pasted import read_pasted
from plans.files.register import Register
from plans.naming import UnitNames
from plans.problems import UserError
from plans.units import Unit

UNITS = UnitNames(Unit(n, n, "x") for n in ("Sở Y tế", "Sở Nội vụ", "UBND xã Mường Nhé"))
FOURTH, SEVENTH = date(2026, 12, 4), date(2026, 12, 7)


def read(text: str) -> Register:
    return read_pasted(text, lambda t: bool(UNITS.find(t) or UNITS.nearest(t)))


def rows(text: str) -> list[tuple[str, date | None, str | None, str | None]]:
    return [(e.unit, e.day, e.number, e.subject) for e in read(text).entries]


@pytest.mark.parametrize(
    "text",
    [
        "Số đến\tNgày đến\tTác giả\tSố, ký hiệu\n1\t04/12/2026\tSở Y tế\t12/BC-SYT\n2\t7/12/2026\tSở NV\t9/BC-SNV",
        "Sở Y tế\t12/BC-SYT\t04/12/2026\nSở NV\t9/BC-SNV\t7/12/2026\n",
        "04/12/2026;12/BC-SYT;Sở Y tế\n\n7/12/2026;9/BC-SNV;Sở NV",
        "Sở Y tế, 12/BC-SYT, 04-12-2026\nSở NV, 9/BC-SNV, 07-12-2026",
        "Sở Y tế 12/BC-SYT ngày 04/12/2026\nSở NV - 9/BC-SNV - 7/12/26",
    ],
)
def test_columns_in_any_order_with_headings_or_without(text: str) -> None:
    assert rows(text) == [("Sở Y tế", FOURTH, "12/BC-SYT", None), ("Sở NV", SEVENTH, "9/BC-SNV", None)]


def test_of_two_columns_of_days_the_later_is_that_of_arrival() -> None:
    text = "\n".join(
        [
            "1\t12/BC-SYT\t02/12/2026\t04/12/2026\tSở Y tế\tBáo cáo tổng kết phong trào thi đua năm 2026",
            "2\t9/BC-SNV\t03/12/2026\t07/12/2026\tSở Nội vụ\tBáo cáo kết quả công tác thi đua, khen thưởng",
        ]
    )
    assert [(unit, day) for unit, day, *_ in rows(text)] == [("Sở Y tế", FOURTH), ("Sở Nội vụ", SEVENTH)]
    assert rows(text)[0][3] == "Báo cáo tổng kết phong trào thi đua năm 2026"


def test_names_alone_are_taken_and_their_days_asked_for() -> None:
    register = read("Sở Y tế\nSở Nội vụ")
    assert [(e.unit, e.day) for e in register.entries] == [("Sở Y tế", None), ("Sở Nội vụ", None)]
    assert [(p.code, p.place.line) for p in register.problems if p.place] == [
        ("register.no_day", 1),
        ("register.no_day", 2),
    ]


@pytest.mark.parametrize("text", ["", "12/2026", "04/12/2026\n05/12/2026"])
def test_nothing_that_names_a_unit_is_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        read(text)
    assert [p.code for p in caught.value.problems] == ["register.no_unit_pasted"]


@pytest.mark.parametrize(
    "cell", ["1" * 130_000, "(" * 130_000, "1." * 65_000, "1/" * 65_000, "a" + "\u0301\u0327" * 65_000]
)
def test_cells_that_no_register_has_take_no_longer_than_others(cell: str) -> None:
    """Each of them took minutes, or would have with as many as fit into an upload."""
    with pytest.raises(UserError) as caught:
        read(f"{cell}\n{cell}")
    assert [p.code for p in caught.value.problems] == ["register.no_unit_pasted"]
