"""The roster as a workbook that an office fills in and `plans.files.roster_sheets` reads back as the same roster."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from plans.files.roster_layout import BETWEEN, GUIDE, ROLES, STAMP, TABLES, UNITS, YES, Table
from plans.rosters import fingerprint
from plans.units import Audience, Group, Roster, Unit
from plans.words import Words
from reports.cells import plain

Value = str | date | None
_LONGEST = 200  # items of one cell: of 80 letters each they stay under Excel's 32,767 characters
_ROOM = 5000  # rows that lists to choose from are there for
_DATES = frozenset(("since", "until"))
_HEAD = PatternFill("solid", start_color="FF1D3A66")
_FIXED = datetime(2000, 1, 1)  # noqa: DTZ001 - a date of the file's own: the same roster, the same bytes


def roster_xlsx(roster: Roster, guide: Sequence[str]) -> bytes:
    """The workbook; `guide`: the lines of its first sheet, the first of them its title."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    _write_guide(first, guide, fingerprint(roster))
    rows: dict[str, Iterable[Sequence[Value]]] = {
        "units": _units(roster),
        "people": _people(roster),
        "groups": _groups(roster),
        "audiences": _audiences(roster.audiences.values()),
        "overseers": _overseers(roster),
        "leaders": ([o.name, o.address] for o in roster.leaders),
    }
    sheets = {kind: _write(book, TABLES[kind], found) for kind, found in rows.items()}
    _offer(sheets["people"], "role", TABLES["people"], ",".join(ROLES.values()), strict=True)
    _offer(sheets["groups"], "head", TABLES["groups"], YES, strict=True)
    kinds = ",".join(dict.fromkeys(u.kind for u in roster.units.values()))
    if kinds and len(kinds) <= 250:  # what Excel takes in one list
        _offer(sheets["units"], "kind", UNITS, kinds, strict=False)
    codes = f"{quote_sheetname(UNITS.name)}!$A$2:$A${_ROOM}"
    for kind, key in (("units", "parent"), ("people", "unit"), ("groups", "unit")):
        _offer(sheets[kind], key, TABLES[kind], codes, strict=False)
    book.properties.created = book.properties.modified = _FIXED
    book.properties.creator = "nhachan"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def guide_of(say: Words) -> list[str]:
    """The lines of the first sheet in a language."""
    lines: list[str] = []
    while say.has(code := f"roster.guide.{len(lines) + 1}"):
        lines.append(say(code))
    return lines


def _write_guide(sheet: Worksheet, guide: Sequence[str], stamp: str) -> None:
    sheet.title = GUIDE
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 100, 22
    for number, line in enumerate(guide, start=1):
        cell = sheet.cell(number, 1)
        _put(cell, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=number == 1, size=14 if number == 1 else 11)
    for column, text in enumerate((STAMP, stamp), start=1):
        cell = sheet.cell(len(guide) + 2, column)
        _put(cell, text)
        cell.font = Font(color="FF536070")


def _write(book: Workbook, table: Table, rows: Iterable[Sequence[Value]]) -> Worksheet:
    sheet: Worksheet = book.create_sheet(table.name)
    for number, column in enumerate(table.columns, start=1):
        cell = sheet.cell(1, number)
        _put(cell, column.heading)
        cell.font, cell.fill = Font(bold=True, color="FFFFFFFF"), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for number, row in enumerate(rows, start=2):
        for at, value in enumerate(row, start=1):
            if value is not None:
                _put(sheet.cell(number, at), value)
    sheet.freeze_panes = "C2" if table is UNITS else "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{max(sheet.max_row, 1)}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return sheet


def _put(cell: Cell | MergedCell, value: str | date) -> None:
    """Text stays text, whatever it looks like: it is neither computed here nor once somebody has edited it."""
    if isinstance(value, date):
        cell.value, cell.number_format = value, "dd/mm/yyyy"
        return
    text = ILLEGAL_CHARACTERS_RE.sub(" ", value)
    # What begins with the mark of text itself gets one more: exactly one is taken away where it is read back.
    cell.value = f"'{text}" if text.startswith("'") else plain(text)
    cell.data_type = "s"


def _offer(sheet: Worksheet, key: str, table: Table, choices: str, *, strict: bool) -> None:
    """A list to choose from; what is not `strict` may be something else too."""
    column = get_column_letter([c.key for c in table.columns].index(key) + 1)
    formula = choices if "!" in choices else f'"{choices}"'
    offered = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=strict)
    offered.add(f"{column}2:{column}{_ROOM}")
    sheet.add_data_validation(offered)


# -- rows --------------------------------------------------------------------------------------------------------------


def _units(roster: Roster) -> Iterator[list[Value]]:
    joined: dict[str, list[str]] = {}
    for slug, group in roster.groups.items():
        for m in group.members:
            if m.until is None and slug not in joined.setdefault(m.unit, []):
                joined[m.unit].append(slug)
    for unit in roster.units.values():
        yield _unit(unit, joined.get(unit.slug, ()))


def _unit(unit: Unit, joined: Iterable[str]) -> list[Value]:
    return [
        unit.slug,
        unit.name,
        unit.kind,
        BETWEEN.join(joined) or None,
        unit.parent,
        unit.mailbox,
        unit.since,
        unit.until,
        BETWEEN.join(unit.successors) or None,
    ]


def _people(roster: Roster) -> Iterator[list[Value]]:
    for unit in roster.units.values():
        for o in unit.officers:
            yield [unit.slug, unit.name, ROLES[o.role], o.name, o.address]


def _groups(roster: Roster) -> Iterator[list[Value]]:
    for group in roster.groups.values():
        yield from _group(group, roster)


def _group(group: Group, roster: Roster) -> Iterator[list[Value]]:
    if not group.members:
        yield [group.slug, group.name]
    for m in group.members:
        unit = roster.units.get(m.unit)
        yield [group.slug, group.name, m.unit, unit.name if unit else None, YES if m.head else None, m.since, m.until]


def _audiences(found: Iterable[Audience]) -> Iterator[list[Value]]:
    for a in found:
        lists = (a.kinds, a.groups, a.heads, a.units, a.audiences, a.exceptions)
        for cells in _wrapped(lists):
            yield [a.slug, a.name, *cells]


def _overseers(roster: Roster) -> Iterator[list[Value]]:
    for o in roster.overseers:
        for cells in _wrapped((o.units,)):
            yield [o.name, o.address, *cells]


def _wrapped(lists: Sequence[Sequence[str]]) -> Iterator[list[Value]]:
    """Lists as cells; what is too long for one goes on in the row below."""
    rows = max(1, *(-(-len(some) // _LONGEST) for some in lists))
    for n in range(rows):
        yield [BETWEEN.join(some[n * _LONGEST : (n + 1) * _LONGEST]) or None for some in lists]
