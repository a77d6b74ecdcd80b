"""Workbooks that people fill in: sheets by name, cells as they are seen, what could do harm refused.

Other than for registers (`plans.files.sheets`), a formula is not taken for what it last gave: what is written down as
somebody's address must be what stands in the cell.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from plans.files.encoding import clean
from plans.files.sheets import OLE, ZIP, cell_of, check_cells, fault_of, read_tables, spread_merged, visible_sheets
from plans.problems import Place

LARGEST = 3 << 20  # bytes; five thousand units have a tenth of it
_UNPACKED = 32 << 20
_MARKS = 1_000_000  # "<" in all its parts: what opens, or closes, something that takes memory once it is read
_ROWS, _COLUMNS = 5_000, 60
_PIECE = 1 << 20


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
        raise fault_of("roster.too_large", name, limit=LARGEST >> 20)
    if content.startswith(OLE):
        raise fault_of("sheet.old_excel", name)
    if content.startswith(ZIP):
        shown = visible_sheets(name, content, _check_package, _ROWS, keep_links=False)
        found = [Sheet(clean(sheet.title), _rows(sheet)) for sheet in shown]
    else:
        found = [Sheet(name, rows) for rows in read_tables(name, content)]
    if any(len(sheet.rows) > _ROWS for sheet in found):
        raise fault_of("sheet.too_long", name, limit=_ROWS)
    return found


def _check_package(name: str, packed: zipfile.ZipFile) -> None:
    """Refuse macros, and what would take more memory than any roster: by its parts, before they are parsed."""
    parts = packed.infolist()
    if any("vbaproject" in part.filename.lower() or "macrosheets" in part.filename.lower() for part in parts):
        raise fault_of("roster.macros", name)
    if sum(part.file_size for part in parts) > _UNPACKED:
        raise fault_of("roster.too_large", name, limit=LARGEST >> 20)
    marks = 0
    for part in parts:
        with packed.open(part) as opened:  # gives no more bytes than it says it has
            while piece := opened.read(_PIECE):
                marks += piece.count(b"<")
                if marks > _MARKS:
                    raise fault_of("roster.too_large", name, limit=LARGEST >> 20)
    check_cells(name, packed)  # a merged area takes memory for each of its cells, and is written in one mark


def _rows(sheet: Worksheet) -> Sequence[Sequence[Cell]]:
    rows = [
        [_cell(cell.value, cell.data_type) for cell in row]
        for row in sheet.iter_rows(max_col=min(sheet.max_column, _COLUMNS))
    ]
    spread_merged(sheet, rows, _COLUMNS)
    return rows


def _cell(value: object, kind: str) -> Cell:
    if kind == "f":
        return Formula(clean(str(value)))
    return cell_of(value)
