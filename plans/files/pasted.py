"""Lines that somebody copied out of a register or a mail: with headings or without, the columns in any order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from plans.files.register import Entry, Register, day_in, read_register
from plans.files.sheets import Cell, Rows, read_tables
from plans.problems import Place, Problem, UserError

PASTED = "–"  # stands where the name of a file would
# No longer than numbers are: without bounds, each digit of a long line would be tried with all that follow it.
_NUMBER = re.compile(r"\d[\w.]{0,30}\s{0,5}/\s{0,5}[^\W\d_][\w&./–-]*")
_DAY = re.compile(r"(?<!\d)\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})(?!\d)")
_LOOKED_AT = 300  # lines from which it is told what stands in which column
_MOSTLY = 0.5  # of the lines in which a column says something


def read_pasted(text: str, is_unit: Callable[[str], bool]) -> Register:
    """A register from pasted lines; `is_unit` tells whether a text may name a unit.

    Places are lines and columns of what was pasted. Raises UserError where no line names a unit.
    """
    content = text.encode()
    try:
        return read_register(PASTED, content)
    except UserError:
        pass  # no headings: what stands in a column says what it is
    tables = [[row for row in rows if any(row)] for rows in read_tables(PASTED, content)]
    # The delimiter by which most is told apart.
    rows = max(tables, key=lambda rows: (min(map(len, rows), default=0) > 1, sum(len(row) for row in rows)))
    if not any(len(row) > 1 for row in rows):
        rows = [_taken_apart(str(row[0])) for row in rows if row]
    columns = _columns(rows, is_unit)
    if "unit" not in columns:
        raise UserError(Problem("register.no_unit_pasted"))
    return _read(rows, columns)


def _taken_apart(line: str) -> Sequence[Cell]:
    """A line without columns: its number and its day, and what is left as the unit."""
    number, day = _NUMBER.search(line), _DAY.search(line)
    rest = _DAY.sub(" ", _NUMBER.sub(" ", line))
    rest = re.sub(r"\b(?:số|ngày|đến ngày|nhận ngày)\b:?", " ", rest, flags=re.IGNORECASE)
    return [" ".join(rest.split()).strip(" ,;:-–") or None, number and number[0], day and day[0]]


def _columns(rows: Rows, is_unit: Callable[[str], bool]) -> dict[str, int]:
    """Role → column, by what most of its cells are. Of two columns of days the later days are those of arrival."""
    width = max(map(len, rows), default=0)
    first = rows[:_LOOKED_AT]
    cells = [[str(row[i]) for row in first if i < len(row) and row[i] is not None] for i in range(width)]
    found: dict[str, int] = {}
    days = [i for i in range(width) if _share(cells[i], lambda c: day_in(c) is not None) > _MOSTLY]
    if days:
        found["day"] = max(days, key=lambda i: ([d for c in cells[i] if (d := day_in(c))], i))
    numbers = [(_share(cells[i], lambda c: _NUMBER.fullmatch(c) is not None), i) for i in range(width) if i not in days]
    if numbers and max(numbers)[0] > _MOSTLY:
        found["number"] = max(numbers, key=lambda n: (n[0], -n[1]))[1]
    left = [i for i in range(width) if i not in days and i != found.get("number")]
    units = [(_share(cells[i], is_unit), -i) for i in left]
    if units and max(units)[0] > 0:
        found["unit"] = -max(units)[1]
        texts = [i for i in left if i != found["unit"] and _share(cells[i], lambda c: len(c) > 15) > _MOSTLY]
        if texts:
            found["subject"] = texts[0]
    return found


def _share(cells: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, cells)) / len(cells) if cells else 0.0


def _read(rows: Rows, columns: dict[str, int]) -> Register:
    entries: list[Entry] = []
    problems: list[Problem] = []

    def at(row: Sequence[Cell], role: str) -> str | None:
        column = columns.get(role)
        value = row[column] if column is not None and column < len(row) else None
        return f"{value:%d/%m/%Y}" if isinstance(value, date) else value

    for line, row in enumerate(rows, start=1):
        unit, day = at(row, "unit"), at(row, "day")
        unit_at = Place(PASTED, line, columns["unit"] + 1)
        day_at = Place(PASTED, line, columns.get("day", columns["unit"]) + 1)
        read = day_in(day) if day else None
        if unit is None:
            problems.append(Problem("register.no_unit", {}, unit_at))
            continue
        if read is None:
            problems.append(Problem("register.day", {"value": day}, day_at) if day else _no_day(day_at))
        entries.append(Entry(line, unit, unit_at, read, day_at, at(row, "number"), at(row, "subject")))
    return Register(tuple(entries), tuple(problems))


def _no_day(place: Place) -> Problem:
    return Problem("register.no_day", {}, place)
