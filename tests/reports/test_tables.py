"""Tables in pieces: what spreadsheets read is what was in the rows, and nothing is calculated."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from openpyxl import load_workbook

from reports.cells import Cell
from reports.tables import csv_pieces, workbook_pieces

ROW: tuple[Cell, ...] = (
    'Sở "A" & <B>\nphòng C',
    12,
    1.5,
    True,
    None,
    date(2026, 12, 4),
    datetime(2026, 12, 4, 8, 30),  # noqa: DTZ001 - cells have no zone
    " đầu cách",
)


def workbook(rows: list[tuple[Cell, ...]], title: str = "bảng") -> bytes:
    return b"".join(workbook_pieces(title, ["x", "y"], rows, (10, 90)))


def test_workbook_keeps_texts_numbers_dates_and_moments() -> None:
    book = load_workbook(io.BytesIO(workbook([ROW])))
    sheet = book["bảng"]
    assert [cell.value for cell in sheet[1][:3]] == ["x", "y", None]
    assert sheet["A1"].font.bold
    *others, day, moment, last = (cell.value for cell in sheet[2])
    assert (*others, last) == (*ROW[:5], ROW[7])
    assert (day, moment) == (datetime(2026, 12, 4), ROW[6])  # noqa: DTZ001
    assert sheet["F2"].number_format == "dd/mm/yyyy"
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["B"].width == 90


@pytest.mark.parametrize("evil", ["=1+1", "+84912", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_of_either_is_a_formula(evil: str) -> None:
    sheet = load_workbook(io.BytesIO(workbook([(evil,)]))).worksheets[0]
    assert (sheet["A2"].value, sheet["A2"].data_type) == (f"'{evil}", "s")
    assert f"'{evil}" in b"".join(csv_pieces(["x"], [(evil,)])).decode()


def test_workbook_takes_what_no_sheet_can_hold() -> None:
    sheet = load_workbook(io.BytesIO(workbook([("a\x00\x0b\ud800b", "x" * 40_000)], "x" * 40))).worksheets[0]
    assert sheet["A2"].value == "ab"
    assert len(str(sheet["B2"].value)) == 32_767
    assert sheet.title == "x" * 31


def test_same_rows_are_the_same_bytes() -> None:
    assert workbook([ROW] * 700) == workbook([ROW] * 700)


def test_rows_are_drawn_as_pieces_are_taken() -> None:
    drawn = 0

    def rows() -> Iterator[tuple[str, int]]:
        nonlocal drawn
        for n in range(2_000):
            drawn += 1
            yield "a", n

    pieces = csv_pieces(["x", "y"], rows())
    assert next(pieces) == b"\xef\xbb\xbfx,y\r\n"
    assert next(pieces).startswith(b"a,0\r\n")
    assert drawn <= 500
    drawn = 0
    pieces = workbook_pieces("bảng", ["x", "y"], rows(), (10, 90))
    first = next(pieces)
    assert drawn <= 500
    sheet = load_workbook(io.BytesIO(first + b"".join(pieces))).worksheets[0]
    assert (sheet.max_row, sheet["B2001"].value) == (2_001, 1_999)


def test_empty_table_is_a_table() -> None:
    assert load_workbook(io.BytesIO(workbook([]))).worksheets[0].max_row == 1
    assert b"".join(csv_pieces(["x"], [])) == b"\xef\xbb\xbfx\r\n"
