"""Tables that offices keep, from the bytes of a CSV or XLSX file: rows of cells as a person sees them there."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import IO, Any
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

from plans.files.encoding import clean
from plans.problems import Place, Problem, UserError

Cell = str | date | None
Rows = Sequence[Sequence[Cell]]  # row n of the file is at n - 1

LARGEST = 10 << 20  # bytes; a year's register of a province has a tenth of it
_UNPACKED = 100 << 20
_ROWS, _COLUMNS = 50_000, 100
_CELLS = 300_000  # of all sheets: each takes some hundred bytes of memory, and time
_DELIMITERS = ";,\t"
_NAMED_DELIMITER = re.compile(r"sep=(.)\r?\n")  # what Excel writes, and reads, as the first line
OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # .xls, and .xlsx with a password
_TYPES = "[Content_Types].xml"
ZIP = b"PK\x03\x04"
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"MZ")
_LONG = re.compile(r"xl/(?:worksheets/[^/]+|sharedStrings)\.xml", re.IGNORECASE)
_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})")


def read_tables(name: str, content: bytes) -> list[Rows]:
    """The tables that a file may hold: each sheet of a workbook, a CSV file read with each usual delimiter.

    What it is, its content says, not its name. Cells are text in one line, days, or None. Raises UserError with the
    remedy for what can't be read, and for what would take too much memory (a small archive may hold gigabytes).
    """
    if len(content) > LARGEST:
        raise fault_of("sheet.too_large", name, limit=LARGEST >> 20)
    if content.startswith(OLE):
        raise fault_of("sheet.old_excel", name)
    if content.startswith(_OTHERS):
        raise fault_of("sheet.no_table", name)
    if content.startswith(ZIP):
        found = [_of_sheet(sheet) for sheet in visible_sheets(name, content, _check_parts, _ROWS, data_only=True)]
    else:
        found = _of_csv(name, content)
    if any(len(rows) > _ROWS for rows in found):
        raise fault_of("sheet.too_long", name, limit=_ROWS)
    return found


def visible_sheets(
    name: str, content: bytes, check: Callable[[str, zipfile.ZipFile], None], most: int, **how: bool
) -> list[Worksheet]:
    """What a person sees of a workbook that `check` lets pass, each of at most so many rows; opened just as said."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            check(name, packed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that don't concern the cells
            book = load_workbook(io.BytesIO(content), **how)
    except UserError:
        raise
    except Exception as fault:  # a damaged file makes the package fail in any way
        raise fault_of("sheet.damaged", name) from fault
    shown: list[Any] = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if any((sheet.max_row or 0) > most for sheet in shown):
        raise fault_of("sheet.too_long", name, limit=most)
    return shown


def _check_parts(name: str, packed: zipfile.ZipFile) -> None:
    """Refuse a workbook before it is unpacked into memory. A part longer than it says fails to be read at all."""
    parts = packed.infolist()
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise fault_of("sheet.no_table", name)
    if any(n.lower().endswith("vbaproject.bin") for n in names) or b"macroEnabled" in packed.read(_TYPES):
        raise fault_of("sheet.macros", name)
    long = [part for part in parts if _LONG.fullmatch(part.filename)]
    others = max((part.file_size for part in parts if part not in long), default=0)
    if sum(part.file_size for part in parts) > _UNPACKED or others > _UNPACKED // 10:
        raise fault_of("sheet.unpacked", name)
    check_cells(name, packed)


def check_cells(name: str, packed: zipfile.ZipFile) -> None:
    """Refuse a workbook of which the package would make more cells than any table has.

    In every part, for what a sheet is called is up to the file.
    """
    counted = _Counted(name)
    for part in packed.infolist():
        with packed.open(part) as file:
            counted.read(file)


class _Counted:
    """What a workbook would take in memory, counted while it is read a piece at a time: cells, and ranges of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found = 0

    def read(self, file: IO[bytes]) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._element
        parser.StartDoctypeDeclHandler = self._doctype
        with suppress(expat.ExpatError):  # a picture; and nobody reads further what is damaged
            parser.ParseFile(file)

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local in ("c", "si"):
            self.found += 1
        elif local in ("mergeCell", "hyperlink"):  # the package goes through all cells of these
            self.found += _area(attributes.get("ref", ""))
        if self.found > _CELLS:
            raise fault_of("sheet.too_many_cells", self.name, limit=_CELLS)

    def _doctype(self, *_: object) -> None:
        raise fault_of("sheet.damaged", self.name)  # no program of an office writes one; it could define what explodes


def _area(ref: str) -> int:
    """How many cells a reference takes in; the package reads one with the name of a sheet before it, too."""
    return sum(_size(*found.groups()) for found in _REF.finditer(ref))


def _size(first: str, top: str, last: str, bottom: str) -> int:
    across = column_index_from_string(last) - column_index_from_string(first) + 1
    return max(across, 1) * max(int(bottom) - int(top) + 1, 1)


def _of_sheet(sheet: Worksheet) -> Rows:
    rows = [[cell_of(v) for v in row] for row in sheet.iter_rows(max_col=_COLUMNS, values_only=True)]
    spread_merged(sheet, rows, _COLUMNS)
    return rows


def spread_merged(sheet: Worksheet, rows: Sequence[list[Any]], most: int) -> None:
    """What stands in the first cell of a merged area is said of every row beside it; of so many columns."""
    for area in sheet.merged_cells.ranges:
        first, last, column = area.min_row, area.max_row, area.min_col
        if column <= most:
            for row in rows[first:last]:
                row[column - 1] = rows[first - 1][column - 1]


def cell_of(value: object) -> Cell:
    """A value as it is seen: text in one line, a day, or nothing."""
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
        raise fault_of("sheet.not_utf8", name)
    named = _NAMED_DELIMITER.match(text)
    try:
        return [list(_lines(text, delimiter)) for delimiter in (named[1] if named else _DELIMITERS)]
    except csv.Error as fault:
        raise fault_of("sheet.damaged", name) from fault


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


def fault_of(code: str, name: str, **params: object) -> UserError:
    return UserError(Problem(code, params, Place(name)))
