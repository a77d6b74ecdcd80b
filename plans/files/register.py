"""A register of incoming documents (sổ văn bản đến): which unit's document came on which day.

Who the units are and what they owe is decided elsewhere; here stands only what the register says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from plans.files.sheets import Cell, Rows, read_tables
from plans.naming import fold
from plans.problems import Place, Problem, UserError

# How offices head these columns, without marks and punctuation; of several in one register the first here counts.
# "Số đến" is the number in the register itself, "Ngày tháng" the date of the document.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "number": (
        "so ky hieu",
        "so va ky hieu",
        "so ky hieu van ban",
        "so ky hieu van ban den",
        "so ky hieu vb",
        "so hieu van ban",
        "so hieu",
        "ky hieu",
        "so van ban",
        "so cong van",
    ),
    "day": (
        "ngay den",
        "ngay nhan",
        "ngay tiep nhan",
        "ngay van ban den",
        "ngay den van ban",
        "ngay nhan van ban",
        "ngay vb den",
        "ngay thang den",
        "ngay thang nam den",
        "ngay thang nhan",
        "thoi gian den",
        "thoi gian nhan",
    ),
    "unit": (
        "ma don vi",
        "don vi gui",
        "co quan gui",
        "noi gui",
        "co quan don vi gui",
        "don vi co quan gui",
        "don vi",
        "ten don vi",
        "co quan don vi",
        "ten co quan don vi",
        "ten co quan",
        "co quan",
        "don vi ban hanh",
        "co quan ban hanh",
        "co quan don vi ban hanh",
        "noi ban hanh",
        "tac gia",
        "tac gia van ban",
    ),
}
_SUBJECTS = (
    "trich yeu",
    "trich yeu noi dung",
    "trich yeu van ban",
    "ten loai va trich yeu noi dung van ban",
    "ten loai va trich yeu noi dung",
    "ten loai trich yeu noi dung van ban",
    "noi dung",
    "noi dung van ban",
    "ve viec",
)
_NEEDED = ("day", "unit")
_ASIDE = re.compile(r"\([^)]*\)")
_LONGEST_HEADING = 200  # characters; in a longer cell each bracket would be tried with all that follows it
_COUNTING = re.compile(r"\(?(?:\d{1,2}|[A-Za-z])\)?")  # "(1) (2) (3)" under the headings
_TIME = r"(?:[ T,]+\d{1,2}[:hg]\d{0,2}(?::\d{2})?.*)?"
_DAY_FIRST = re.compile(r"(\d{1,2})\s?[/.\- ]\s?(\d{1,2})\s?[/.\- ]\s?(\d{4}|\d{2})" + _TIME)
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})" + _TIME)
_IN_WORDS = re.compile(r"(?:ngay )?(\d{1,2}) thang (\d{1,2}) nam (\d{4})")
_YEARS = range(1970, 2101)


@dataclass(frozen=True, slots=True)
class Entry:
    """A document that came."""

    row: int
    unit: str  # as it is written there
    unit_at: Place
    day: date | None  # None: it could not be read, which is among the problems
    day_at: Place
    number: str | None = None
    subject: str | None = None  # what it is about


@dataclass(frozen=True, slots=True)
class Register:
    """What a register says, and what of it can't be understood."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()


def read_register(name: str, content: bytes) -> Register:
    """A register from a CSV or XLSX file: columns in any order, rows above the headings and blank ones are left out.

    Places are rows and columns of the sheet, counted from 1. Raises UserError where no table with the columns is found.
    """
    best: dict[str, int] = {}
    for rows in read_tables(name, content):
        for number, row in enumerate(rows, start=1):
            columns = _columns(row)
            if all(role in columns for role in _NEEDED):
                return _read(name, rows, number, columns)
            if len(columns) > len(best):
                best = columns
    missing = [role for role in _HEADINGS if role not in best]
    raise UserError([Problem(f"register.no_{role}_column", {}, Place(name)) for role in missing if role in _NEEDED])


def subject_column(row: Sequence[Cell]) -> int | None:
    """The column that a row of headings says what documents are about in."""
    heads = [_heading(cell) for cell in row]
    return next((heads.index(name) for name in _SUBJECTS if name in heads), None)


def _heading(cell: Cell) -> str:
    """What a cell heads, folded and without what stands in brackets; nothing where it is no heading."""
    is_short = isinstance(cell, str) and len(cell) <= _LONGEST_HEADING
    return fold(_ASIDE.sub("", str(cell))) if is_short else ""


def _columns(row: Sequence[Cell]) -> dict[str, int]:
    """Role → index of the column that a row heads; empty where it heads none."""
    heads = {_heading(cell): i for i, cell in reversed(list(enumerate(row))) if isinstance(cell, str)}
    found = {}
    for role, names in _HEADINGS.items():
        named = [heads[name] for name in names if name in heads]
        if named:
            found[role] = named[0]
    return found


def _read(name: str, rows: Rows, heading: int, columns: Mapping[str, int]) -> Register:
    entries: list[Entry] = []
    problems: list[Problem] = []
    about = subject_column(rows[heading - 1])
    for number, row in enumerate(rows[heading:], start=heading + 1):
        if _says_nothing(row, columns):
            continue
        unit, day, document = (_at(row, columns.get(role)) for role in ("unit", "day", "number"))
        unit_at, day_at = (Place(name, number, columns[role] + 1) for role in ("unit", "day"))
        if unit is None:
            problems.append(Problem("register.no_unit", {}, unit_at))
        read = day if isinstance(day, date) else day_in(day) if day else None
        if read is None:
            code = "register.no_day" if day is None else "register.day"
            problems.append(Problem(code, {} if day is None else {"value": str(day)}, day_at))
        if unit is not None:
            said = None if document is None else str(document)
            subject = _at(row, about)
            entries.append(Entry(number, str(unit), unit_at, read, day_at, said, str(subject) if subject else None))
    return Register(tuple(entries), tuple(problems))


def _says_nothing(row: Sequence[Cell], columns: Mapping[str, int]) -> bool:
    """A blank row, the headings again on the next page, or the numbers of the columns."""
    said = [cell for cell in row if cell is not None]
    if all(_at(row, column) is None for column in columns.values()):
        return True
    return _columns(row) == columns or all(isinstance(c, str) and _COUNTING.fullmatch(c) for c in said)


def _at(row: Sequence[Cell], column: int | None) -> Cell:
    return row[column] if column is not None and column < len(row) else None


def day_in(text: str) -> date | None:
    """The day that someone wrote: 4/12/2026, 04-12-26, 2026-12-04, ngày 04 tháng 12 năm 2026; an hour is left out."""
    text = text.strip()
    for year, month, day in _parts(text):
        full = year if year > 99 else 2000 + year
        try:
            return date(full, month, day) if full in _YEARS else None
        except ValueError:
            return None
    return None


def _parts(text: str) -> Iterator[tuple[int, int, int]]:
    """Year, month and day in each way to write them that fits."""
    if found := _DAY_FIRST.fullmatch(text):
        yield int(found[3]), int(found[2]), int(found[1])
    if found := _YEAR_FIRST.fullmatch(text):
        yield int(found[1]), int(found[2]), int(found[3])
    if found := _IN_WORDS.fullmatch(fold(text)):
        yield int(found[3]), int(found[2]), int(found[1])
