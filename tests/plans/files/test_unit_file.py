"""A unit file as a whole."""

from datetime import date

from plans.files.unit_file import read_units
from plans.problems import Place, Problem, Severity
from plans.units import Audience, Group, Membership, Officer, Overseer, Role, Roster, Unit

FULL = """\
units:
  - {id: ubnd-tinh, name: UBND tỉnh Điện Biên, kind: tinh, mailbox: VanThu@dienbien.example}
  - id: so-noi-vu
    name: Sở Nội vụ
    kind: so-nganh
    groups: [khoi-1]
    parent: ubnd-tinh
    mailbox: vanthu.snv@dienbien.example
    officers:
      - {name: Chuyên viên Ban Thi đua - Khen thưởng, email: CV.tdkt.snv@dienbien.example}
      - {name: Giám đốc Sở Nội vụ, role: head, email: gd.snv@dienbien.example}
    from: 01/07/2025
    until: 30/06/2030
    successors: [so-tai-chinh]
  - {id: so-tai-chinh, name: Sở Tài chính, kind: so-nganh, mailbox: stc@dienbien.example}
  - {id: so-cong-thuong, name: Sở Công Thương, kind: so-nganh, mailbox: sct@dienbien.example}
groups:
  - id: khoi-1
    name: Khối thi đua các cơ quan tổng hợp
    head:
      - {unit: so-noi-vu, until: 31/12/2025}
      - {unit: so-tai-chinh, from: 01/01/2026}
    members: [so-tai-chinh, {unit: so-cong-thuong, from: 01/01/2026, until: 31/12/2026}]
audiences:
  - id: moi-don-vi
    name: Các cơ quan, đơn vị, địa phương
    kinds: [so-nganh, tinh]
    groups: []
    units: []
    audiences: []
    except: [ubnd-tinh]
overseers:
  - {name: Ủy viên Hội đồng phụ trách khối 1, email: uv1@dienbien.example, units: [so-noi-vu]}
leaders:
  - {name: Phó Chủ tịch UBND tỉnh, email: pct@dienbien.example}
"""


def error(code, at_line, column, **params):
    return Problem(code, params, Place("u.yaml", at_line, column))


def warning(code, at_line, column, **params):
    return Problem(code, params, Place("u.yaml", at_line, column), Severity.WARNING)


def problems(text):
    return read_units("u.yaml", text).problems


def units(*lines):
    """Units that begin on line 2, each with a mailbox."""
    return "units:\n" + "".join(f"  - {{id: {line}, kind: xa, mailbox: a@b.vn}}\n" for line in lines)


def test_read_units_with_every_key():
    read = read_units("u.yaml", FULL.encode())
    assert read.problems == ()
    officers = (
        Officer("Chuyên viên Ban Thi đua - Khen thưởng", "cv.tdkt.snv@dienbien.example", Role.OFFICER),
        Officer("Giám đốc Sở Nội vụ", "gd.snv@dienbien.example", Role.HEAD),
    )
    interior = Unit(
        slug="so-noi-vu",
        name="Sở Nội vụ",
        kind="so-nganh",
        parent="ubnd-tinh",
        mailbox="vanthu.snv@dienbien.example",
        officers=officers,
        since=date(2025, 7, 1),
        until=date(2030, 6, 30),
        successors=("so-tai-chinh",),
    )
    members = (
        Membership("so-tai-chinh"),
        Membership("so-cong-thuong", since=date(2026, 1, 1), until=date(2026, 12, 31)),
        Membership("so-noi-vu", head=True, until=date(2025, 12, 31)),
        Membership("so-tai-chinh", head=True, since=date(2026, 1, 1)),
    )
    assert read.roster == Roster(
        units={
            "ubnd-tinh": Unit("ubnd-tinh", "UBND tỉnh Điện Biên", "tinh", mailbox="vanthu@dienbien.example"),
            "so-noi-vu": interior,
            "so-tai-chinh": Unit("so-tai-chinh", "Sở Tài chính", "so-nganh", mailbox="stc@dienbien.example"),
            "so-cong-thuong": Unit("so-cong-thuong", "Sở Công Thương", "so-nganh", mailbox="sct@dienbien.example"),
        },
        groups={"khoi-1": Group("khoi-1", "Khối thi đua các cơ quan tổng hợp", members)},
        audiences={
            "moi-don-vi": Audience(
                "moi-don-vi",
                "Các cơ quan, đơn vị, địa phương",
                kinds=("so-nganh", "tinh"),
                exceptions=("ubnd-tinh",),
            )
        },
        overseers=(Overseer("Ủy viên Hội đồng phụ trách khối 1", "uv1@dienbien.example", ("so-noi-vu",)),),
        leaders=(Overseer("Phó Chủ tịch UBND tỉnh", "pct@dienbien.example"),),
    )


def members_of(head, members, unit_groups=""):
    text = units(f"a, name: A{unit_groups}", "b, name: B") + f"groups:\n  - {{id: k, name: K{head}{members}}}\n"
    read = read_units("u.yaml", text)
    assert read.problems == ()
    return read.roster.groups["k"].members


def test_group_head_that_is_a_member_is_one_membership():
    assert members_of(", head: b", ", members: [a, b]") == (Membership("a"), Membership("b", head=True))


def test_group_head_that_is_no_member_becomes_one():
    assert members_of(", head: b", ", members: [a]") == (Membership("a"), Membership("b", head=True))
    assert members_of(", head: {unit: b, from: 1/1/2026}", "") == (Membership("b", head=True, since=date(2026, 1, 1)),)


def test_group_membership_from_the_unit():
    assert members_of("", ", members: [b]", ", groups: [k]") == (Membership("b"), Membership("a"))
    assert members_of(", head: a", "", ", groups: k") == (Membership("a", head=True),)


def test_read_units_duplicate_ids_share_one_namespace():
    text = units("a, name: A", "a, name: B") + "groups:\n  - {id: a, name: C}\naudiences:\n  - {id: a, name: D}\n"
    read = read_units("u.yaml", text)
    assert read.problems == tuple(error("id.duplicate", at, 6, id="a", line=2) for at in (3, 5, 7))
    assert (list(read.roster.units), read.roster.groups, read.roster.audiences) == (["a"], {}, {})


def test_read_units_two_units_without_id_are_not_duplicates():
    text = "units:\n  - {name: A, kind: x, mailbox: a@b.vn}\n  - {name: B, kind: x, mailbox: a@b.vn}\n"
    assert problems(text) == tuple(error("key.missing", at, 5, key="id") for at in (2, 3))


def test_read_units_until_before_from():
    params = {"start": date(2026, 1, 2), "end": date(2026, 1, 1)}
    text = units("a, name: A, from: 02/01/2026, until: 01/01/2026")
    text += "groups:\n  - {id: k, name: K, members: [{unit: a, from: 02/01/2026, until: 01/01/2026}]}\n"
    assert problems(text) == (
        error("until_before_from", 2, 40, **params),
        error("until_before_from", 4, 60, **params),
    )


def test_read_units_officers_twice_and_faulty():
    text = """\
units:
  - id: a
    name: A
    kind: xa
    officers:
      - {name: Một, email: a@b.vn}
      - {name: Hai, email: A@B.vn, role: hed}
      - {email: khong, phone: 1}
"""
    read = read_units("u.yaml", text)
    assert read.problems == (
        warning("officer.twice", 7, 21, address="a@b.vn"),
        error("value.choice.nearest", 7, 42, name="hed", nearest="head"),
        error("key.missing", 8, 9, key="name"),
        error("value.email", 8, 17, key="email", value="khong"),
        error("key.unknown", 8, 24, name="phone", choices="email, role, name"),
    )
    assert read.roster.units["a"].officers == (Officer("Một", "a@b.vn"),)


def test_read_units_whom_nobody_can_remind():
    assert problems("units:\n  - {id: a, name: Sở A, kind: xa}\n") == (warning("unit.unreachable", 2, 6, name="Sở A"),)


def test_read_units_overseers_and_leaders():
    text = units("a, name: A") + "overseers:\n  - {name: X, email: x@y.vn, units: [b]}\nleaders:\n  - {name: Y}\n"
    assert problems(text) == (
        error("unknown.unit", 4, 38, name="b"),
        error("key.missing", 6, 5, key="email"),
    )


def test_read_units_of_a_file_that_cannot_be_read():
    read = read_units("u.yaml", b"")
    assert (read.roster, read.problems) == (Roster(), (Problem("file.empty", {}, Place("u.yaml")),))
