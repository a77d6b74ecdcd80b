"""Rows of a sheet by the keys of its columns: typed cells, every fault noted with its place instead of the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar

from plans.files import values
from plans.files.reading import Reading
from plans.files.roster_layout import ASIDE, LIST, Table, columns_of
from plans.files.values import ValueFault
from plans.files.workbooks import Cell, Formula, Sheet, SheetCell
from plans.naming import fold

T = TypeVar("T")
_TITLES = 30  # rows above the headings: the office's name, the title, the date
_COUNTING = re.compile(r"\(?(?:\d{1,2}|[A-Za-z])\)?")  # "(1) (2) (3)" under the headings
_SAYS_SOMETHING = frozenset(("code", "email", "person", "kind", "groups", "mailbox"))
_ITEMS = re.compile(r"[;\n]")


class Row:
    """One row. A blank cell counts as absent; `has` says whether there is a column for it at all."""

    def __init__(self, table: SheetTable, number: int, cells: Sequence[Cell]) -> None:
        self.table, self.number, self.cells = table, number, cells
        self.reading = table.reading

    def has(self, key: str) -> bool:
        return key in self.table.columns

    def at(self, key: str) -> SheetCell:
        """The place of a cell; of the row's first where there is no such column."""
        return SheetCell(self.table.sheet, self.number, self.table.columns.get(key, 0) + 1)

    def text(self, key: str) -> str | None:
        value = self._value(key)
        if isinstance(value, Formula):
            self.reading.error("roster.formula", self.at(key), value=value.text)
            return None
        if isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        # What is written begins with ' where it would else be a formula (`reports.roster_xlsx`).
        return (value.removeprefix("'").strip() or None) if value is not None else None

    def required(self, key: str) -> str:
        """Text that must be there; empty after the problem was noted."""
        found = self.text(key)
        if found is None and not isinstance(self._value(key), Formula):
            self.missing(key)
        return found or ""

    def missing(self, key: str) -> None:
        self.reading.error("key.missing", self.at(key), key=self.heading(key))

    def day(self, key: str) -> date | None:
        value = self._value(key)
        return value if isinstance(value, date) else self.typed(key, self.text(key), values.day)

    def address(self, key: str) -> str | None:
        found = self.typed(key, self.text(key), values.address)
        if found is not None and not found.isascii():
            self.reading.warning("value.email_letters", self.at(key), value=found)
        return found

    def items(self, key: str) -> list[str]:
        """The items of a list; commas divide as well where nothing is called so with them (`known` decides)."""
        return [item for part in _ITEMS.split(self.text(key) or "") if (item := part.strip())]

    def typed(self, key: str, text: str | None, convert: Callable[[str], T]) -> T | None:
        if text is None:
            return None
        try:
            return convert(text)
        except ValueFault as fault:
            self.reading.error(fault.code, self.at(key), key=self.heading(key), **fault.params)
            return None

    def heading(self, key: str) -> str:
        """What people call a column."""
        return self.table.heading(key)

    def says(self, *keys: str) -> bool:
        return any(self._value(key) is not None for key in keys)

    def _value(self, key: str) -> Cell:
        column = self.table.columns.get(key)
        return self.cells[column] if column is not None and column < len(self.cells) else None


class SheetTable:
    """A sheet whose headings were found: rows below them, without blank ones and headings that come again."""

    def __init__(self, sheet: Sheet, layout: Table, head: int, reading: Reading) -> None:
        self.sheet, self.reading = sheet.name, reading
        self.layout = layout
        self._cells, self._head = sheet.rows, head
        self.columns: Mapping[str, int] = columns_of(layout, sheet.rows[head])
        self._note_unknown()

    def __iter__(self) -> Iterator[Row]:
        for number, cells in enumerate(self._cells[self._head + 1 :], start=self._head + 2):
            said = [c for c in cells if c is not None]
            again = said and columns_of(self.layout, cells) == self.columns
            counting = said and all(isinstance(c, str) and _COUNTING.fullmatch(c) for c in said)
            row = Row(self, number, cells)
            if row.says(*self.columns) and not again and not counting:
                yield row

    def heading(self, key: str) -> str:
        column = self.columns.get(key)
        cell = self._cells[self._head][column] if column is not None else None
        return cell if isinstance(cell, str) else self.layout.heading(key)

    def _note_unknown(self) -> None:
        known = set(self.columns.values())
        for i, cell in enumerate(self._cells[self._head]):
            if isinstance(cell, str) and i not in known and fold(cell) not in ASIDE:
                place = SheetCell(self.sheet, self._head + 1, i + 1)
                self.reading.warning("roster.column_unknown", place, name=cell)


def find_table(sheet: Sheet, layout: Table, reading: Reading) -> SheetTable | None:
    """The table of a sheet, wherever its headings stand; None where it has none."""
    for at, row in enumerate(sheet.rows[:_TITLES]):
        if layout.needed <= columns_of(layout, row).keys():
            return SheetTable(sheet, layout, at, reading)
    return None


def find_list(sheets: Iterable[Sheet], reading: Reading) -> SheetTable | None:
    """The list of units that an office keeps: of all sheets, and ways to read them, the one with most columns."""
    best: tuple[int, Sheet, int] | None = None
    for sheet in sheets:
        for at, row in enumerate(sheet.rows[:_TITLES]):
            found = columns_of(LIST, row)
            says = LIST.needed <= found.keys() and _SAYS_SOMETHING & found.keys()
            if says and (best is None or len(found) > best[0]):
                best = len(found), sheet, at
    return None if best is None else SheetTable(best[1], LIST, best[2], reading)
