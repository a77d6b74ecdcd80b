"""Registers as offices keep them: any order of columns, any encoding, real workbooks."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from plans.files.register import Register, day_in, read_register
from plans.problems import UserError

HEADINGS = {
    "number": [
        "Số ký hiệu",
        "Số, ký hiệu",
        "SỐ/KÝ HIỆU",
        "Số, ký hiệu văn bản",
        "So ky hieu",
        "Số và ký hiệu (nếu có)",
    ],
    "day": ["Ngày đến", "NGÀY ĐẾN", "Ngày nhận", "Ngay den", "Ngày,\ntháng đến", "Ngày đến (dd/mm/yyyy)"],
    "unit": ["Đơn vị", "Cơ quan gửi", "Nơi gửi", "Đơn vị gửi", "TÊN ĐƠN VỊ", "co quan gui", "Tác giả văn bản"],
}
Row = tuple[str | None, date, str]


def said(register: Register) -> list[Row]:
    return [(e.number, e.day, e.unit) for e in register.entries if e.day is not None]


def faults(register: Register) -> list[tuple[str, int, int]]:
    return [(p.code, p.place.line, p.place.column) for p in register.problems if p.place]


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def sheet_of(rows: Sequence[Sequence[object]], merged: Sequence[str] = ()) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    return as_xlsx(book)


names = (
    st.text(st.sampled_from("aăâbcdđeêghikỳ ,;\"'\tSởXã."), min_size=1)
    .map(lambda t: " ".join(t.split()))
    .filter(lambda t: len(t) > 2)
)
rows_of_day = st.tuples(
    st.one_of(st.none(), st.from_regex(r"[1-9][0-9]{2,3}/[A-ZĐ]{2,4}-[A-Z]{3}", fullmatch=True)),
    st.dates(date(1970, 1, 1), date(2100, 12, 31)),
    names,
)


@given(
    documents=st.lists(rows_of_day, max_size=6),
    order=st.permutations(["number", "day", "unit", "more"]),
    heads=st.fixed_dictionaries({role: st.sampled_from(found) for role, found in HEADINGS.items()}),
    title=st.lists(st.sampled_from([[], ["SỔ VĂN BẢN ĐẾN"], ["", "Năm 2026", "Đơn vị tính: văn bản"]]), max_size=3),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    form=st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y 08:30"]),
)
@settings(max_examples=150, deadline=None)
def test_register_comes_back_from_any_csv(
    documents: list[Row],
    order: list[str],
    heads: dict[str, str],
    title: list[list[str]],
    delimiter: str,
    encoding: str,
    form: str,
) -> None:
    table = [*title, [heads.get(role, "Trích yếu") for role in order]]
    for number, day, unit in documents:
        cells = {"number": number or "", "day": day.strftime(form), "unit": unit, "more": "Báo cáo năm; kèm biểu"}
        table.append([cells[role] for role in order])
    register = read_register("so.csv", as_csv(table, delimiter, encoding))
    assert (said(register), register.problems) == (documents, ())
    assert [e.row for e in register.entries] == list(range(len(title) + 2, len(title) + 2 + len(documents)))


@given(documents=st.lists(rows_of_day, max_size=6), order=st.permutations(["number", "day", "unit"]))
@settings(max_examples=25, deadline=None)
def test_register_comes_back_from_any_workbook(documents: list[Row], order: list[str]) -> None:
    table: list[list[object]] = [["SỔ VĂN BẢN ĐẾN"], [], [HEADINGS[role][0] for role in order]]
    for number, day, unit in documents:
        cells = {"number": number, "day": datetime.combine(day, time(9, 30)), "unit": unit}
        table.append([cells[role] for role in order])
    register = read_register("so.xlsx", sheet_of(table))
    assert (said(register), register.problems) == (documents, ())


def test_workbook_as_an_office_keeps_it() -> None:
    """Titles in merged cells, a heading of two rows, numbered columns, merged days, blank rows, the heading again."""
    heading = ["TT", "Số đến", "Ngày đến", "Số, ký hiệu", "Cơ quan gửi", "Trích yếu"]
    rows: list[list[object]] = [
        ["UBND TỈNH MẪU"],
        ["SỔ VĂN BẢN ĐẾN"],
        [],
        heading,
        [],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        [1, 101, datetime.combine(date(2026, 12, 3), time.min), "12/BC-SYT", "Sở Y tế", "Báo cáo"],
        [2, 102, None, "7/BC-UBND", "UBND xã A", "Báo cáo"],
        [],
        heading,
        [3, 103, "4/12/2026", 45, "Xã B", "Báo cáo"],
        ["Tổng số: 03 văn bản"],
    ]
    merged = ["A1:F1", "A2:F2", "A4:A5", "C4:C5", "D4:D5", "E4:E5", "C7:C8", "A12:F12"]
    register = read_register("so.xlsx", sheet_of(rows, merged))
    assert register.problems == ()
    assert [(e.row, *r) for e, r in zip(register.entries, said(register), strict=True)] == [
        (7, "12/BC-SYT", date(2026, 12, 3), "Sở Y tế"),
        (8, "7/BC-UBND", date(2026, 12, 3), "UBND xã A"),
        (11, "45", date(2026, 12, 4), "Xã B"),
    ]


def test_first_visible_sheet_with_the_columns_is_read() -> None:
    book = Workbook()
    first, hidden, register = book.active, book.create_sheet("cu"), book.create_sheet("So den")
    assert first is not None
    first.append(["Hướng dẫn"])
    hidden.sheet_state = "hidden"
    for sheet, unit in ((hidden, "Xã cũ"), (register, "Xã A")):
        sheet.append(["Đơn vị", "Ngày đến"])
        sheet.append([unit, date(2026, 12, 4)])
    assert said(read_register("so.xlsx", as_xlsx(book))) == [(None, date(2026, 12, 4), "Xã A")]


def test_every_row_that_is_not_understood_is_named_with_its_cell() -> None:
    table = [
        ["Đơn vị", "Ngày đến", "Số ký hiệu"],
        ["Xã A", "31/02/2026", "1/BC"],
        ["", "04/12/2026", "2/BC"],
        ["Xã B", "", "3/BC"],
        ["Xã C", "hôm qua", "4/BC"],
        ["", "", "5/BC"],
        ["", "", ""],
        ["Xã D", "04/12/2026", ""],
    ]
    register = read_register("so.csv", as_csv(table))
    assert faults(register) == [
        ("register.day", 2, 2),
        ("register.no_unit", 3, 1),
        ("register.no_day", 4, 2),
        ("register.day", 5, 2),
        ("register.no_unit", 6, 1),
        ("register.no_day", 6, 2),
    ]
    assert [(e.row, e.unit, e.day) for e in register.entries] == [
        (2, "Xã A", None),
        (4, "Xã B", None),
        (5, "Xã C", None),
        (8, "Xã D", date(2026, 12, 4)),
    ]


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"", ["register.no_day_column", "register.no_unit_column"]),
        ("Đơn vị;Số đến;Ngày tháng\nXã A;12;04/12/2026\n".encode(), ["register.no_day_column"]),
        ("Ngày đến,Nơi nhận\n04/12/2026,Xã A\n".encode(), ["register.no_unit_column"]),
        ("Đơn vị,Ngày đến\nXã A,04/12/2026\n".encode("cp1258", "replace"), ["sheet.not_utf8"]),
        (b"PK\x03\x04 broken", ["sheet.damaged"]),
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 100, ["sheet.old_excel"]),
        (b"a" * (10 << 20) + b"b", ["sheet.too_large"]),
        (b"a\n" * 50_001, ["sheet.too_long"]),
        (b'"' + b"a" * 200_000, ["sheet.damaged"]),
    ],
    ids=["empty", "no day", "no unit", "other encoding", "broken", "old", "large", "long", "one endless cell"],
)
def test_file_that_is_no_register_is_refused(content: bytes, codes: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        read_register("so.csv", content)
    assert [p.code for p in caught.value.problems] == codes
    assert {str(p.place) for p in caught.value.problems} == {"so.csv"}


def repacked(content: bytes, **parts: bytes) -> bytes:
    """A workbook with these parts in the place of its own, or beside them; `__` stands for `/` in their names."""
    made = io.BytesIO()
    named = {name.replace("__", "/").replace("_xml", ".xml"): value for name, value in parts.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename not in named:
                new.writestr(part.filename, old.read(part))
        for name, value in named.items():
            new.writestr(name, value)
    return made.getvalue()


def renamed(content: bytes, sheet: bytes) -> bytes:
    """A workbook with this sheet, in a part that is not called as sheets are."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        parts = {n: old.read(n) for n in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml")}
    led = {n: text.replace(b"worksheets/sheet1.xml", b"tranh.png") for n, text in parts.items()}
    assert led != parts
    return repacked(content, **led, **{"xl/tranh.png": sheet})


BOOK = sheet_of([["Đơn vị", "Ngày đến"], ["Xã A", "04/12/2026"]])
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData>%s</worksheet>'
ROW = b'<row r="1">' + b'<c r="A1"/>' * 50 + b"</row>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 ...", "sheet.no_table"),
        (repacked(BOOK)[:-30], "sheet.damaged"),
        (repacked(BOOK, **{"xl__vbaProject.bin": b"x"}), "sheet.macros"),
        (repacked(BOOK, xl__bomb=b"\0" * (101 << 20)), "sheet.unpacked"),
        (repacked(BOOK, xl__styles_xml=b" " * (11 << 20)), "sheet.unpacked"),
        (repacked(BOOK, xl__worksheets__sheet1_xml=SHEET % (ROW * 6_001, b"")), "sheet.too_many_cells"),
        (
            repacked(
                BOOK,
                xl__worksheets__sheet1_xml=SHEET % (b"", b"<mergeCells><mergeCell  ref='A1:XFD1048576'/></mergeCells>"),
            ),
            "sheet.too_many_cells",
        ),
        (
            renamed(BOOK, SHEET % (b"", b"<mergeCells><mergeCell ref='A1:XFD1048576'/></mergeCells>")),
            "sheet.too_many_cells",
        ),
        (repacked(BOOK, xl__worksheets__sheet1_xml=b'<!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>'), "sheet.damaged"),
    ],
    ids=["pdf", "cut off", "macros", "bomb", "long styles", "cells", "merged", "merged under another name", "entities"],
)
def test_file_that_would_take_too_much_or_run_is_refused_before_it_is_unpacked(content: bytes, code: str) -> None:
    assert len(content) < 1 << 20
    with pytest.raises(UserError) as caught:
        read_register("so.xlsx", content)
    assert [p.code for p in caught.value.problems] == [code]


def test_delimiter_that_the_file_names_is_taken() -> None:
    content = "sep=|\r\nĐơn vị|Ngày đến\r\nXã A|04/12/2026\r\n".encode("utf-8-sig")
    assert said(read_register("so.csv", content)) == [(None, date(2026, 12, 4), "Xã A")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("4/12/2026", date(2026, 12, 4)),
        ("04-12-26", date(2026, 12, 4)),
        ("04.12.2026", date(2026, 12, 4)),
        ("4 / 12 / 2026", date(2026, 12, 4)),
        ("2026-12-04", date(2026, 12, 4)),
        ("2026-12-04 08:15:00", date(2026, 12, 4)),
        ("04/12/2026 8h30", date(2026, 12, 4)),
        ("Ngày 04 tháng 12 năm 2026", date(2026, 12, 4)),
        ("12/31/2026", None),
        ("4/12", None),
        ("4/12/1926", None),
        ("46360", None),
        ("nay", None),
    ],
)
def test_day_as_people_write_it(text: str, day: date | None) -> None:
    assert day_in(text) == day
