"""A long table as CSV in pieces, or as a workbook in a file: as many rows as there are, few of them in memory."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from reports.cells import Cell, plain

_AT_ONCE = 500  # rows in a piece
_PIECE = 64 * 1024  # octets
_IN_MEMORY = 1024 * 1024  # octets of a workbook, beyond which it is on disk
_WIDEST = 60  # characters of a column


def csv_pieces(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, with the mark by which Excel knows it; moments as 04/12/2026 08:00."""
    waiting = iter(rows)
    yield _lines([headings]).encode("utf-8-sig")
    while some := list(islice(waiting, _AT_ONCE)):
        yield _lines(some).encode()


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def _written(cell: Cell) -> Cell:
    return f"{cell:%d/%m/%Y %H:%M}" if isinstance(cell, datetime) else plain(cell)


def workbook_pieces(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[int]
) -> Iterator[bytes]:
    """An Excel workbook of one sheet; `widths` are those of its columns in characters. Moments are local and naive."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", widths, strict=False):
        sheet.column_dimensions[letter].width = min(width, _WIDEST)
    sheet.append([plain(h) for h in headings])
    for row in rows:
        sheet.append([_cell(sheet, cell) for cell in row])
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _cell(sheet: object, cell: Cell) -> object:
    if not isinstance(cell, datetime):
        return plain(cell)
    made = WriteOnlyCell(sheet, cell)  # type: ignore[arg-type]
    made.number_format = "dd/mm/yyyy hh:mm"
    return made
