"""Tables that offices keep, from the bytes of a CSV or XLSX file: rows of cells as a person sees them there."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from plans.files.encoding import clean
from plans.problems import Place, Problem, UserError

Cell = str | date | None
Rows = Sequence[Sequence[Cell]]  # row n of the file is at n - 1

LARGEST = 10 << 20  # bytes; a year's register of a province has a tenth of it
_UNPACKED = 200 << 20
_ROWS, _COLUMNS = 50_000, 100
_DELIMITERS = ";,\t"
_NAMED_DELIMITER = re.compile(r"sep=(.)\r?\n")  # what Excel writes, and reads, as the first line
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # .xls, and .xlsx with a password


def read_tables(name: str, content: bytes) -> list[Rows]:
    """The tables that a file may hold: each sheet of a workbook, a CSV file read with each usual delimiter.

    Cells are text in one line, days, or None. Raises UserError with the remedy for what can't be read.
    """
    if len(content) > LARGEST:
        raise _fault("sheet.too_large", name, limit=LARGEST >> 20)
    if content.startswith(_OLE):
        raise _fault("sheet.old_excel", name)
    found = _of_workbook(name, content) if content.startswith(b"PK\x03\x04") else _of_csv(name, content)
    if any(len(rows) > _ROWS for rows in found):
        raise _fault("sheet.too_long", name, limit=_ROWS)
    return found


def _of_workbook(name: str, content: bytes) -> list[Rows]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > _UNPACKED:
            raise _fault("sheet.too_large", name, limit=LARGEST >> 20)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that don't concern the cells
            book = load_workbook(io.BytesIO(content), data_only=True)
    except UserError:
        raise
    except Exception as fault:  # a damaged file makes the package fail in any way
        raise _fault("sheet.damaged", name) from fault
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if any((sheet.max_row or 0) > _ROWS for sheet in shown):
        raise _fault("sheet.too_long", name, limit=_ROWS)
    return [_of_sheet(sheet) for sheet in shown]


def _of_sheet(sheet: Worksheet) -> Rows:
    rows = [[_cell(v) for v in row] for row in sheet.iter_rows(max_col=_COLUMNS, values_only=True)]
    for area in sheet.merged_cells.ranges:  # what stands in the first cell is said of every row beside it
        first, last, column = area.min_row, area.max_row, area.min_col
        if column <= _COLUMNS:
            for row in rows[first:last]:
                row[column - 1] = rows[first - 1][column - 1]
    return rows


def _cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean(str(value)) or None


def _of_csv(name: str, content: bytes) -> list[Rows]:
    text = _text(content)
    if text is None:
        raise _fault("sheet.not_utf8", name)
    named = _NAMED_DELIMITER.match(text)
    try:
        return [list(_lines(text, delimiter)) for delimiter in (named[1] if named else _DELIMITERS)]
    except csv.Error as fault:
        raise _fault("sheet.damaged", name) from fault


def _text(content: bytes) -> str | None:
    """The text of a file in UTF-8 or UTF-16, with a mark at its beginning or without; None for any other."""
    encoding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content[:200]:  # of two bytes of a delimiter or a line's end, one is 0
        encoding = "utf-16-be" if content[:200:2].count(0) > content[1:200:2].count(0) else "utf-16-le"
    try:
        return content.decode(encoding).replace("\0", "")
    except UnicodeDecodeError:
        return None


def _lines(text: str, delimiter: str) -> Iterator[list[Cell]]:
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield [clean(cell) or None for cell in row[:_COLUMNS]]


def _fault(code: str, name: str, **params: object) -> UserError:
    return UserError(Problem(code, params, Place(name)))
