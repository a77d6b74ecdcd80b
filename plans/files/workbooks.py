"""Workbooks that people fill in: sheets by name, cells as they are seen, what could do harm refused.

Other than for registers (`plans.files.sheets`), a formula is not taken for what it last gave: what is written down as
somebody's address must be what stands in the cell.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from plans.files.encoding import clean
from plans.files.sheets import read_tables
from plans.problems import Place, Problem, UserError

LARGEST = 3 << 20  # bytes; five thousand units have a tenth of it
_UNPACKED = 32 << 20
_MARKS = 1_000_000  # "<" in all its parts: what opens, or closes, something that takes memory once it is read
_ROWS, _COLUMNS = 5_000, 60
_PIECE = 1 << 20
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # .xls, and .xlsx with a password


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes something."""

    text: str


Cell = str | date | Formula | None


@dataclass(frozen=True, slots=True)
class SheetCell(Place):
    """A cell: `file` is the name of its sheet, or of a CSV file."""

    def __str__(self) -> str:
        return f"{self.file}!{get_column_letter(self.column)}{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet; row n is at n - 1."""

    name: str
    rows: Sequence[Sequence[Cell]]


def read_sheets(name: str, content: bytes) -> list[Sheet]:
    """The visible sheets of a workbook, or a CSV file read with each usual delimiter, told apart by content.

    Merged cells all say what the first of them says. Raises UserError with the remedy for what can't be read.
    """
    if len(content) > LARGEST:
        raise _fault("roster.too_large", name, limit=LARGEST >> 20)
    if content.startswith(_OLE):
        raise _fault("sheet.old_excel", name)
    if not content.startswith(b"PK\x03\x04"):
        found = [Sheet(name, rows) for rows in read_tables(name, content)]
    else:
        found = _of_workbook(name, content)
    if any(len(sheet.rows) > _ROWS for sheet in found):
        raise _fault("sheet.too_long", name, limit=_ROWS)
    return found


def _of_workbook(name: str, content: bytes) -> list[Sheet]:
    try:
        _check_package(name, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that don't concern the cells
            book = load_workbook(io.BytesIO(content), keep_links=False)
    except UserError:
        raise
    except Exception as fault:  # a damaged file makes the package fail in any way
        raise _fault("sheet.damaged", name) from fault
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if any((sheet.max_row or 0) > _ROWS for sheet in shown):
        raise _fault("sheet.too_long", name, limit=_ROWS)
    return [Sheet(clean(sheet.title), _rows(sheet)) for sheet in shown]


def _check_package(name: str, content: bytes) -> None:
    """Refuse macros, and what would take more memory than any roster: by its parts, before they are parsed."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        if any("vbaproject" in part.filename.lower() or "macrosheets" in part.filename.lower() for part in parts):
            raise _fault("roster.macros", name)
        if sum(part.file_size for part in parts) > _UNPACKED:
            raise _fault("roster.too_large", name, limit=LARGEST >> 20)
        marks = 0
        for part in parts:
            with packed.open(part) as opened:  # gives no more bytes than it says it has
                while piece := opened.read(_PIECE):
                    marks += piece.count(b"<")
                    if marks > _MARKS:
                        raise _fault("roster.too_large", name, limit=LARGEST >> 20)


def _rows(sheet: Worksheet) -> Sequence[Sequence[Cell]]:
    rows = [
        [_cell(cell.value, cell.data_type) for cell in row]
        for row in sheet.iter_rows(max_col=min(sheet.max_column, _COLUMNS))
    ]
    for area in sheet.merged_cells.ranges:
        first, last, column = area.min_row, area.max_row, area.min_col
        if column <= _COLUMNS:
            for row in rows[first:last]:
                row[column - 1] = rows[first - 1][column - 1]
    return rows


def _cell(value: object, kind: str) -> Cell:
    if kind == "f":
        return Formula(clean(str(value)))
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean(str(value)) or None


def _fault(code: str, name: str, **params: object) -> UserError:
    return UserError(Problem(code, params, Place(name)))
