"""Rosters as workbooks and lists: what is written comes back, an office's own list is understood, faults name cells."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from plans.files.documents import read_documents
from plans.files.encoding import clean
from plans.files.roster_layout import UNITS
from plans.files.roster_sheets import RosterFile, read_roster_file
from plans.problems import UserError, errors
from plans.rosters import fingerprint
from plans.units import Audience, Group, Membership, Officer, Overseer, Role, Roster, Unit
from plans.words import words
from reports.roster_xlsx import roster_xlsx
from tests.conftest import SAMPLES

TODAY = date(2026, 12, 9)
GUIDE = ("Danh bạ", "Sửa rồi nhập lại.")


def sample(name: str = "dien-bien") -> Roster:
    file = SAMPLES / name / "units.yaml"
    (roster,) = read_documents([(file.name, file.read_bytes())]).rosters
    return roster


def unit(slug: str, name: str, *officers: Officer, **said: object) -> Unit:
    return Unit(slug, name, "so-nganh", officers=officers, **said)  # type: ignore[arg-type]


STORED = Roster(
    units={
        "so-noi-vu": unit("so-noi-vu", "Sở Nội vụ", Officer("Chuyên viên", "cv@snv.example")),
        "so-y-te": unit(
            "so-y-te", "Sở Y tế", Officer("Văn thư", "vt@syt.example", Role.CLERK), mailbox="hop@syt.example"
        ),
        "xa-thanh-an": replace(unit("xa-thanh-an", "UBND xã Thanh An", mailbox="x@ta.example"), kind="xa"),
    },
    groups={"khoi-1": Group("khoi-1", "Khối 1", (Membership("so-noi-vu", head=True),))},
    audiences={"cac-so": Audience("cac-so", "Các sở, ban, ngành", kinds=("so-nganh",))},
)


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read(content: bytes, stored: Roster = STORED, *, complete: bool = False, name: str = "danh-ba.xlsx") -> RosterFile:
    return read_roster_file(name, content, stored, TODAY, complete=complete)


def said(file: RosterFile) -> list[str]:
    return [f"{p.place}: {words('vi').problem(p)}" for p in file.problems]


def csv(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


# -- there and back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dien-bien", "lai-chau", "bac-kan", "dien-bien-phu"])
def test_sample_comes_back_as_it_was_written(name: str) -> None:
    roster = sample(name)
    written = roster_xlsx(roster, GUIDE)
    for stored, complete in ((Roster(), False), (roster, False), (roster, True)):
        got = read(written, stored, complete=complete)
        assert (got.roster, got.problems, got.exported) == (roster, (), fingerprint(roster))
        assert list(got.roster.units) == list(roster.units)


TEXTS = st.one_of(
    st.sampled_from(
        ["=1+1", "+84", "-x", "@chua", "'= x", "''", "_x0041_", "A; B", "Sở Y tế, Dân số", "TRUE", "12", "05/12/2026"]
    ),
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20),
).map(clean)
NAMES = TEXTS.filter(bool)
SLUGS = st.sampled_from([f"{a}-{n}" for a in ("so", "xa", "khoi", "dt") for n in range(1, 8)])
ADDRESSES = st.sampled_from([f"{a}{n}@x.example" for a in ("", "-", "+", "=") for n in range(4)])
DAYS = st.one_of(st.none(), st.dates(date(1970, 1, 1), date(2100, 12, 31)))


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    codes = draw(st.lists(SLUGS, min_size=1, max_size=9, unique=True))
    many = draw(st.integers(1, len(codes)))
    slugs, rest = codes[:many], codes[many:]
    some = st.lists(st.sampled_from(slugs), unique=True, max_size=3).map(tuple)
    made = {}
    for at, slug in enumerate(slugs):
        held = draw(st.lists(st.tuples(ADDRESSES, st.sampled_from(Role)), unique=True, max_size=3))
        since, until = sorted(draw(st.tuples(DAYS, DAYS)), key=lambda d: (d is not None, d))
        made[slug] = Unit(
            slug,
            draw(NAMES),
            draw(st.sampled_from(["so-nganh", "xa"])),
            draw(st.sampled_from([None, *slugs[:at]])),  # no circles
            draw(st.one_of(st.none(), ADDRESSES)),
            tuple(Officer(draw(NAMES), address, role) for address, role in held),
            since,
            until,
            tuple(s for s in draw(some) if s in slugs[:at]),
        )
    groups, audiences = {}, {}
    for slug in rest:
        if draw(st.booleans()):
            spans = [sorted(draw(st.tuples(DAYS, DAYS)), key=lambda d: (d is not None, d)) for _ in range(3)]
            members = [Membership(u, draw(st.booleans()), *span) for u, span in zip(draw(some), spans, strict=False)]
            groups[slug] = Group(slug, draw(NAMES), tuple(members))
        else:
            kinds = tuple({u.kind: None for u in made.values()})[:1]
            audiences[slug] = Audience(slug, draw(NAMES), kinds, tuple(groups), (), draw(some), tuple(audiences))
    addresses = draw(st.lists(ADDRESSES, unique=True, max_size=4))
    seers = [Overseer(draw(NAMES), a, draw(some) or (slugs[0],)) for a in addresses]
    leaders = tuple(replace(o, units=()) for o in seers[2:])
    return Roster(made, groups, audiences, tuple(seers[:2]), leaders)


@settings(max_examples=60, deadline=None)
@given(rosters())
def test_any_roster_comes_back_as_it_was_written(roster: Roster) -> None:
    written = roster_xlsx(roster, GUIDE)
    for stored in (Roster(), roster):
        got = read(written, stored, complete=True)
        assert errors(got.problems) == []
        assert got.roster == roster
        assert [list(m) for m in (got.roster.units, got.roster.groups)] == [list(roster.units), list(roster.groups)]


def test_nothing_that_is_written_is_a_formula() -> None:
    name = '=HYPERLINK("http://x.example","Sở")'
    roster = Roster({"so": unit("so", name, Officer("@SUM(A1)", "-an@x.example"), mailbox="+b@x.example")})
    book = load_workbook(io.BytesIO(roster_xlsx(roster, ("=1",))))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells} <= {"s", "d"}
    assert [c.value for c in cells if str(c.value).startswith(("=", "+", "-", "@"))] == []
    assert read(roster_xlsx(roster, GUIDE), Roster()).roster == roster


def test_long_lists_go_on_in_the_next_row() -> None:
    many = {f"xa-{n}": replace(unit(f"xa-{n}", f"Xã {n}"), mailbox="x@x.example") for n in range(450)}
    roster = Roster(many, audiences={"moi": Audience("moi", "Mọi", units=tuple(many))})
    assert read(roster_xlsx(roster, GUIDE), Roster()).roster == roster


# -- what stays, what ends ---------------------------------------------------------------------------------------------


def test_what_is_not_listed_stays_unless_the_file_is_complete() -> None:
    fewer = replace(STORED, units={"so-y-te": STORED.units["so-y-te"]}, groups={}, audiences={})
    written = roster_xlsx(fewer, GUIDE)
    assert read(written).roster == STORED
    got = read(written, complete=True).roster
    assert {s: u.until for s, u in got.units.items()} == {
        "so-noi-vu": date(2026, 12, 8),
        "so-y-te": None,
        "xa-thanh-an": date(2026, 12, 8),
    }
    assert (got.groups, got.audiences) == ({}, {})


def test_unit_that_is_listed_has_the_people_that_are_listed() -> None:
    gone = replace(STORED.units["so-noi-vu"], officers=())
    got = read(roster_xlsx(replace(STORED, units={**STORED.units, "so-noi-vu": gone}), GUIDE))
    assert got.roster.units["so-noi-vu"] == gone
    without_sheet = workbook(**{"Đơn vị": [["Mã đơn vị", "Tên đơn vị"], ["so-noi-vu", "Sở Nội vụ mới"]]})
    renamed = read(without_sheet).roster.units["so-noi-vu"]
    assert renamed == replace(STORED.units["so-noi-vu"], name="Sở Nội vụ mới")


# -- an office's own list ----------------------------------------------------------------------------------------------


def test_list_of_an_office_is_understood_by_names() -> None:
    got = read(
        workbook(
            Sheet1=[
                ["SỞ NỘI VỤ"],
                ["DANH SÁCH ĐẦU MỐI"],
                [],
                ["STT", "Cơ quan, đơn vị", "Loại", "Khối", "Cán bộ phụ trách", "Địa chỉ email", "SĐT", "Ghi chú"],
                ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)"],
                [1, "SYT", None, None, "Chuyên viên Kế hoạch", "KH@syt.example", "0215", None],
                [
                    2,
                    "Sở Khoa học và Công nghệ",
                    "Các sở, ban, ngành",
                    "Khối 2",
                    "Chuyên viên",
                    "cv@skhcn.example",
                    "",
                    "",
                ],
                [None, None, None, None, "Chánh Văn phòng", "cvp@skhcn.example", "", ""],
                [3, "xã Thanh An", None, None, None, "vanthu@ta.example", "", ""],
            ]
        )
    )
    assert said(got) == []
    units = got.roster.units
    assert list(units) == ["so-noi-vu", "so-y-te", "xa-thanh-an", "so-khoa-hoc-va-cong-nghe"]
    assert units["so-noi-vu"] == STORED.units["so-noi-vu"]
    # The clerk stays: the list names nobody in that role.
    assert units["so-y-te"].officers == (
        *STORED.units["so-y-te"].officers,
        Officer("Chuyên viên Kế hoạch", "kh@syt.example"),
    )
    assert units["xa-thanh-an"] == replace(STORED.units["xa-thanh-an"], mailbox="vanthu@ta.example")
    assert units["so-khoa-hoc-va-cong-nghe"] == unit(
        "so-khoa-hoc-va-cong-nghe",
        "Sở Khoa học và Công nghệ",
        Officer("Chuyên viên", "cv@skhcn.example"),
        Officer("Chánh Văn phòng", "cvp@skhcn.example"),
    )
    assert got.roster.groups == {
        **STORED.groups,
        "khoi-2": Group("khoi-2", "Khối 2", (Membership("so-khoa-hoc-va-cong-nghe"),)),
    }


def test_list_as_csv_and_with_sections_for_kinds() -> None:
    content = csv(
        "TT;Đơn vị;Người phụ trách;Chức vụ;E-mail",
        "I;Các sở, ban, ngành;;;",
        "1;Sở Tư pháp;Nguyên văn;Giám đốc;gd@stp.example",
        "2;Sở Nội vụ;Văn thư Sở;Văn thư;vt@snv.example",
    )
    got = read(content, name="danh-ba.csv")
    assert said(got) == []
    assert got.roster.units["so-tu-phap"].kind == "so-nganh"
    assert [o.role for o in got.roster.units["so-tu-phap"].officers] == [Role.HEAD]
    assert [o.address for o in got.roster.units["so-noi-vu"].officers] == ["cv@snv.example", "vt@snv.example"]


def test_new_unit_that_resembles_one_is_pointed_out() -> None:
    (problem,) = read(csv("Đơn vị,Loại,E-mail", "UBND xã Thang An,xa,a@x.example"), name="a.csv").problems
    assert (problem.code, problem.params["slug"], str(problem.place)) == ("roster.similar", "xa-thanh-an", "a.csv!A2")


def test_new_code_avoids_those_in_use() -> None:
    got = read(csv("Đơn vị,Loại,E-mail", "Khối 1!,so-nganh,a@x.example", "Các sở,so-nganh,b@x.example"), name="a.csv")
    assert list(got.roster.units)[3:] == ["khoi-1-2", "cac-so-2"]


# -- faults ------------------------------------------------------------------------------------------------------------


def test_every_fault_is_named_with_its_cell_and_remedy() -> None:
    got = read(
        workbook(
            **{
                "Đơn vị": [
                    [c.heading for c in UNITS.columns],
                    [
                        "so-noi-vu",
                        "Sở Nội vụ",
                        "so-nganh",
                        None,
                        "khong-co",
                        "không phải thư",
                        "31/02/2026",
                        None,
                        None,
                    ],
                    ["Sở Y Tế", "Sở Y tế", "so-nganh"],
                    ["so-noi-vu", "Sở Nội vụ", "so-nganh"],
                    [None, "=A1&B1", "so-nganh"],
                    ["so-moi", "Sở mới", None, None, None, None, "01/02/2026", "01/01/2026", "so-noi-vu"],
                ],
                "Người": [
                    ["Mã đơn vị", "Đơn vị", "Vai trò", "Họ tên, chức danh", "E-mail"],
                    ["so-noi-vu", "Sở Nội vụ", "Trợ lý", "An", "an@x.example"],
                    ["so-y-te", "Sở Nội vụ", "Văn thư", None, "b@x.example"],
                    ["so-khong", "", "Văn thư", "C", None],
                ],
                "Theo dõi": [["Họ tên, chức danh", "E-mail", "Các đơn vị theo dõi"], ["Ủy viên", "uv@x.example", None]],
            }
        )
    )
    assert [line.partition(":")[0] for line in said(got)] == [
        "Đơn vị!E2",
        "Đơn vị!F2",
        "Đơn vị!G2",
        "Đơn vị!A3",
        "Đơn vị!A4",
        "Đơn vị!B5",
        "Đơn vị!B5",
        "Đơn vị!C6",
        "Đơn vị!H6",
        "Người!C2",
        "Người!A3",
        "Người!D3",
        "Người!A4",
        "Người!E4",
        "Theo dõi!C2",
    ]
    assert said(got)[1].startswith("Đơn vị!F2: “không phải thư” không phải một địa chỉ thư điện tử; đề nghị ghi")
    assert "công thức (=A1&B1)" in said(got)[5]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "roster.no_table"),
        (b"x" * (4 << 20), "roster.too_large"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 99, "sheet.old_excel"),
        (b"PK\x03\x04 khong phai zip", "sheet.damaged"),
        (csv("Ngày,Việc", "1,2"), "roster.no_table"),
        (csv("Đơn vị,E-mail", *["x,y@x.example"] * 5001), "sheet.too_long"),
        (b"\xd0\xf4n v\xef,E-mail", "sheet.not_utf8"),
    ],
)
def test_what_is_no_roster_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(UserError) as refused:
        read(content)
    assert [p.code for p in refused.value.problems] == [code]


def packed(**parts: bytes) -> bytes:
    plain = workbook(A=[["Đơn vị", "E-mail"]])
    written = io.BytesIO(plain)
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("__", "/"), content)
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (packed(xl__vbaProject_bin=b"x", **{"xl/vbaProject.bin": b"x"}), "roster.macros"),
        (packed(xl__worksheets__sheet9=b" " * (40 << 20)), "roster.too_large"),
        (packed(xl__worksheets__sheet9=b"<c/>" * 1_200_000), "roster.too_large"),
        (packed(xl__tranh=b"<x><mergeCell ref='A1:XFD1048576'/></x>"), "sheet.too_many_cells"),
        (packed(xl__tranh=b"<x><hyperlink ref='Bang!$A$1:$XFD$1048576'/>"), "sheet.too_many_cells"),
    ],
    ids=["macro", "unpacks to much", "many cells", "merged", "linked"],
)
def test_workbook_that_could_do_harm_is_refused(content: bytes, code: str) -> None:
    assert len(content) < 1 << 20
    with pytest.raises(UserError) as refused:
        read(content)
    assert [p.code for p in refused.value.problems] == [code]
