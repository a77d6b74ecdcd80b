"""The matrix of a plan in a few words a cell, with its totals; and as a table that spreadsheets open."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from plans.plan import Kind
from plans.status import Status
from plans.words import Words
from reports.cells import Cell as Value
from reports.cells import plain
from reports.tables import csv_pieces
from store.matrix import Cell, Column, Matrix, UnitRow

NOTHING = "–"  # of a unit that does not owe the deadline
_DONE = frozenset({Status.SUBMITTED, Status.ON_TIME, Status.LATE})
_NOT_OWED = frozenset({Status.WAIVED, Status.CANCELLED, Status.UNTRACKED})
_TINTS = {Status.OVERDUE: "FFFDECEA", Status.MISSING: "FFFDECEA", Status.LATE: "FFFFF1DF", Status.ON_TIME: "FFE6F4EB"}


@dataclass(frozen=True, slots=True)
class Share:
    """How many of those that owe something have sent or done it."""

    done: int
    owing: int

    def __str__(self) -> str:
        return f"{self.done}/{self.owing}" if self.owing else NOTHING


class Saying:
    """Says each cell: "đúng hạn", "chậm 3", "quá hạn 2"; numbers are working days.

    `late` is as `actions.matrix.days_late` gives it, `count` gives the working days in (after, until].
    """

    def __init__(
        self, words: Words, late: Mapping[tuple[int, int], int], count: Callable[[date, date], int], today: date
    ) -> None:
        self._words = words
        self._late = late
        self._count = count
        self._today = today
        self._known: dict[tuple[Status, bool, int], str] = {}
        self._overdue: dict[date, int] = {}

    def __call__(self, unit: int, column: Column, cell: Cell) -> str:
        status, days = cell.status, 0
        if status is Status.LATE:
            days = self._late.get((unit, column.id), 0)
        elif status is Status.OVERDUE:
            days = self._days_since(cell.late_on)
        key = (status, column.kind is Kind.REPORT, days)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._say(*key)
        return found

    def _days_since(self, day: date) -> int:
        if day not in self._overdue:
            self._overdue[day] = max(0, self._count(day, self._today))
        return self._overdue[day]

    def _say(self, status: Status, is_report: bool, days: int) -> str:
        if days:
            return self._words(f"cell.{status}.days", n=days)
        work = f"cell.{status}.work"
        return self._words(work if not is_report and self._words.has(work) else f"cell.{status}")


def share(cells: Iterable[Cell | None]) -> Share:
    """Of some cells; who is exempt, or owed it before it was tracked, owes nothing."""
    owed = [cell.status for cell in cells if cell is not None and cell.status not in _NOT_OWED]
    return Share(sum(status in _DONE for status in owed), len(owed))


def shares(found: Matrix, rows: Sequence[UnitRow]) -> tuple[Share, ...]:
    """Of each column, among these rows of the matrix."""
    if not rows:
        return tuple(Share(0, 0) for _ in found.columns)
    return tuple(share(cells) for cells in zip(*(row.cells for row in rows), strict=True))


def table(found: Matrix, titles: Sequence[str], saying: Saying, words: Words) -> Iterator[list[Value]]:
    """Two rows of headings, a row for each unit, one for each group and one for all; `titles` are of the columns."""
    yield [words("matrix.unit"), *titles, words("matrix.done")]
    yield [words("matrix.stated"), *(c.dates.stated for c in found.columns), None]
    for row in found.rows:
        said: list[Value] = [
            NOTHING if cell is None else saying(row.id, column, cell)
            for column, cell in zip(found.columns, row.cells, strict=True)
        ]
        yield [row.name, *said, str(share(row.cells))]
    for group in found.groups:
        yield [group.name, *_totals(found, [row for row in found.rows if group.slug in row.groups])]
    yield [words("matrix.all"), *_totals(found, found.rows)]


def _totals(found: Matrix, rows: Sequence[UnitRow]) -> list[Value]:
    columns = shares(found, rows)
    whole = Share(sum(s.done for s in columns), sum(s.owing for s in columns))
    return [*(str(s) for s in columns), str(whole)]


def matrix_csv(rows: Iterator[Sequence[Value]]) -> bytes:
    """The whole of it as `reports.tables` writes one."""
    return b"".join(csv_pieces(next(rows), rows))


def matrix_xlsx(rows: Iterable[Sequence[Value]], found: Matrix, title: str) -> bytes:
    """A workbook of one sheet: headings and units stay in sight, dates are dates, nothing is calculated."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B3"
    sheet.column_dimensions["A"].width = 42
    for at in range(len(found.columns)):
        sheet.column_dimensions[get_column_letter(at + 2)].width = 16
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", Worksheet.PAPERSIZE_A3
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows, sheet.print_title_cols = "1:2", "A:A"
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    tints = {status: PatternFill("solid", fgColor=colour) for status, colour in _TINTS.items()}
    for number, row in enumerate(rows):
        cells = [WriteOnlyCell(sheet, plain(value)) for value in row]  # type: ignore[arg-type] # it takes dates
        unit = found.rows[number - 2] if 2 <= number < len(found.rows) + 2 else None
        for cell, of in zip(cells[1:], unit.cells if unit else (), strict=False):
            if of is not None and of.status in tints:
                cell.fill = tints[of.status]
        for cell in cells if unit is None else cells[:1]:
            cell.font, cell.alignment = bold, wrapped
        for cell in cells if number == 1 else ():
            cell.number_format = "DD/MM/YYYY"
        sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
