"""A long table as CSV, or as an Excel workbook, in pieces as its rows come: few of them are in memory at a time.

The workbook (ECMA-376, of one sheet) is put together here, because openpyxl gives nothing away before all is written,
and takes ten times as long.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from reports.cells import Cell, plain

_AT_ONCE = 500  # rows in a piece
_LONGEST = 32_767  # characters that Excel takes in a cell
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - the days of a sheet are counted from here, in no zone
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 has no way to say these
_BOLD, _DAY, _MOMENT = 1, 2, 3  # numbers of the styles below


def csv_pieces(headings: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, with the mark by which Excel knows it; days as 04/12/2026, moments as 04/12/2026 08:00."""
    yield _lines([headings]).encode("utf-8-sig")
    for some in _in_batches(rows):
        yield _lines(some).encode()


def workbook_pieces(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[int]
) -> Iterator[bytes]:
    """One sheet; `widths` are those of its columns in characters. Moments are local and naive."""
    written = _Pieces()
    with ZipFile(written, "w", ZIP_DEFLATED) as book:
        for name, text in (*_PARTS.items(), ("xl/workbook.xml", _WORKBOOK.format(title=escape(title[:31], _QUOTE)))):
            book.writestr(_part(name), f"{_XML}{text}")
        with book.open(_part("xl/worksheets/sheet1.xml"), "w") as sheet:
            sheet.write(f"{_XML}{_head(widths)}{_row([_text(h, _BOLD) for h in headings])}".encode())
            for some in _in_batches(rows):
                sheet.write("".join(_row(map(_cell, row)) for row in some).encode())
                yield written.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield written.taken()


def _in_batches(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Sequence[Cell]]]:
    waiting = iter(rows)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some


# -- CSV -------------------------------------------------------------------------------------------------------------


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def _written(cell: Cell) -> Cell:
    if isinstance(cell, date):  # a moment is one too
        return f"{cell:%d/%m/%Y %H:%M}" if isinstance(cell, datetime) else f"{cell:%d/%m/%Y}"
    return plain(cell)


# -- the workbook ----------------------------------------------------------------------------------------------------

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_QUOTE = {'"': "&quot;"}
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="{title}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="dd/mm/yyyy hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


class _Pieces:
    """What is written into a file that cannot be gone back in, until it is taken."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._written.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """All of it can be taken at any time."""

    def close(self) -> None:
        """What was not taken is not wanted."""
        self._written.clear()

    def taken(self) -> bytes:
        found = b"".join(self._written)
        self._written.clear()
        return found


def _part(name: str) -> ZipInfo:
    """The same table gives the same bytes: a part has no date of its own."""
    part = ZipInfo(name)
    part.compress_type = ZIP_DEFLATED
    return part


def _head(widths: Sequence[int]) -> str:
    columns = "".join(f'<col min="{n}" max="{n}" width="{w}" customWidth="1"/>' for n, w in enumerate(widths, 1))
    frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    view = f'<sheetViews><sheetView workbookViewId="0">{frozen}</sheetView></sheetViews>'
    return f'<worksheet xmlns="{_MAIN}">{view}<cols>{columns}</cols><sheetData>'


def _row(cells: Iterable[str]) -> str:
    return f"<row>{''.join(cells)}</row>"


def _cell(cell: Cell) -> str:
    if cell is None:
        return "<c/>"
    if isinstance(cell, datetime):
        return f'<c s="{_MOMENT}"><v>{(cell - _EPOCH).total_seconds() / 86_400}</v></c>'
    if isinstance(cell, date):
        return f'<c s="{_DAY}"><v>{(cell - _EPOCH.date()).days}</v></c>'
    if isinstance(cell, bool):
        return f'<c t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f"<c><v>{cell}</v></c>"
    return _text(str(plain(cell)))


def _text(text: str, style: int = 0) -> str:
    said = escape(_NO_XML.sub("", text)[:_LONGEST])
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{said}</t></is></c>'
