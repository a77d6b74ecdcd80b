"""The workbook of a roster: its sheets, their columns, and how else offices head these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from plans.naming import fold
from plans.units import Role

GUIDE = "Hướng dẫn"
STAMP = "Mã bản xuất (không sửa)"  # of the first sheet: before the fingerprint of the roster that was written
YES = "Có"
BETWEEN = "; "  # items of a list in one cell


@dataclass(frozen=True, slots=True)
class Column:
    """A column, by the heading that is written; `also`: headings that are understood as well, as `fold` gives them."""

    key: str
    heading: str
    also: tuple[str, ...] = ()
    width: int = 20


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet; it is recognised where a row heads all columns that are `needed`."""

    name: str
    columns: tuple[Column, ...]
    needed: frozenset[str]
    also: tuple[str, ...] = ()  # names of the sheet that are understood as well, as `fold` gives them

    def heading(self, key: str) -> str:
        """What people call a column."""
        return next(c.heading for c in self.columns if c.key == key)


_UNIT = (
    "ten don vi",
    "ten co quan",
    "co quan",
    "co quan don vi",
    "ten co quan don vi",
    "don vi thuc hien",
    "unit",
    "name",
)
_EMAIL = (
    "email",
    "dia chi email",
    "dia chi e mail",
    "mail",
    "thu dien tu",
    "dia chi thu",
    "dia chi thu dien tu",
    "hop thu dien tu",
    "hom thu",
)
_PERSON = (
    "ho ten",
    "ho va ten",
    "ho ten chuc danh",
    "nguoi phu trach",
    "nguoi theo doi",
    "nguoi lien he",
    "nguoi dau moi",
    "can bo",
    "can bo phu trach",
    "can bo dau moi",
    "can bo theo doi",
    "chuyen vien",
    "chuyen vien phu trach",
    "dau moi",
    "dau moi lien he",
    "ho ten can bo",
    "ho va ten can bo",
    "ten can bo",
)
_GROUPS = (
    "khoi",
    "cum",
    "khoi cum",
    "cum khoi",
    "khoi thi dua",
    "cum thi dua",
    "cum khoi thi dua",
    "khoi cum thi dua",
    "nhom",
)
_CODE = ("ma don vi", "ma", "ma so", "ma dinh danh", "id", "code")

UNITS = Table(
    "Đơn vị",
    (
        Column("code", "Mã đơn vị", _CODE, 30),
        Column("name", "Tên đơn vị", ("don vi", *_UNIT), 44),
        Column("kind", "Loại", ("loai don vi", "loai hinh", "nhom don vi", "kind"), 16),
        Column("groups", "Khối, cụm", _GROUPS, 20),
        Column(
            "parent", "Đơn vị cấp trên", ("cap tren", "truc thuoc", "thuoc", "don vi chu quan", "co quan chu quan"), 24
        ),
        Column("mailbox", "Hộp thư đơn vị", ("hop thu", "hop thu chung", "hop thu cong vu", "email don vi"), 34),
        Column("since", "Hiệu lực từ", ("tu ngay", "hieu luc tu ngay", "ngay thanh lap"), 13),
        Column("until", "Hiệu lực đến", ("den ngay", "hieu luc den ngay", "ngay ket thuc", "den het ngay"), 13),
        Column("successors", "Đơn vị kế thừa", ("ke thua", "don vi tiep nhan"), 30),
    ),
    frozenset(("code", "name")),
    ("units",),
)
PEOPLE = Table(
    "Người",
    (
        Column("unit", "Mã đơn vị", _CODE, 30),
        Column("unit_name", "Đơn vị", _UNIT, 44),
        Column("role", "Vai trò", ("vai tro nhan thu",), 20),
        Column("person", "Họ tên, chức danh", _PERSON, 44),
        Column("email", "E-mail", _EMAIL, 36),
    ),
    frozenset(("person", "email", "role")),
    ("can bo", "people"),
)
GROUPS = Table(
    "Khối",
    (
        Column("code", "Mã khối, cụm", ("ma khoi", "ma cum", "ma khoi cum"), 20),
        Column("name", "Tên khối, cụm", ("ten khoi", "ten cum", "ten khoi cum"), 44),
        Column("unit", "Mã đơn vị", _CODE, 30),
        Column("unit_name", "Đơn vị", _UNIT, 44),
        Column("head", "Trưởng", ("truong khoi", "truong cum", "khoi truong", "cum truong", "truong khoi cum"), 10),
        Column("since", "Từ ngày", ("hieu luc tu",), 13),
        Column("until", "Đến ngày", ("hieu luc den",), 13),
    ),
    frozenset(("code", "name", "unit")),
    ("khoi cum", "cum khoi", "groups"),
)
AUDIENCES = Table(
    "Đối tượng",
    (
        Column("code", "Mã đối tượng", ("ma",), 22),
        Column("name", "Tên đối tượng", ("ten",), 44),
        Column("kinds", "Gồm các loại", ("loai",), 26),
        Column("groups", "Gồm các khối, cụm", ("khoi cum",), 26),
        Column("heads", "Gồm trưởng của khối, cụm", ("truong khoi cum",), 26),
        Column("units", "Gồm các đơn vị", ("don vi",), 40),
        Column("audiences", "Gồm các đối tượng", ("doi tuong khac",), 26),
        Column("exceptions", "Trừ các đơn vị", ("tru", "tru ra"), 40),
    ),
    frozenset(("code", "name")),
    ("audiences",),
)
OVERSEERS = Table(
    "Theo dõi",
    (
        Column("person", "Họ tên, chức danh", _PERSON, 44),
        Column("email", "E-mail", _EMAIL, 36),
        Column("units", "Các đơn vị theo dõi", ("don vi", "ma don vi", "cac don vi", "don vi duoc phan cong"), 60),
    ),
    frozenset(("person", "email", "units")),
    ("thanh vien hoi dong", "overseers"),
)
LEADERS = Table(
    "Lãnh đạo",
    (Column("person", "Họ tên, chức danh", _PERSON, 44), Column("email", "E-mail", _EMAIL, 36)),
    frozenset(("person", "email")),
    ("leaders",),
)
TABLES: Mapping[str, Table] = MappingProxyType(
    {
        "units": UNITS,
        "people": PEOPLE,
        "groups": GROUPS,
        "audiences": AUDIENCES,
        "overseers": OVERSEERS,
        "leaders": LEADERS,
    }
)
# What an office keeps for itself: one sheet, units by name, beside each who sees to it.
LIST = Table(
    "",
    (
        *UNITS.columns,
        Column("person", "Người phụ trách", _PERSON),
        Column("email", "E-mail", _EMAIL),
        Column("role", "Vai trò", ("chuc vu", "chuc danh")),
    ),
    frozenset(("name",)),
)
# Kept in most lists, and of no use here.
ASIDE = frozenset(
    ("stt", "tt", "so tt", "ghi chu", "dien thoai", "so dien thoai", "sdt", "dt", "di dong", "dien thoai di dong")
)

ROLES: Mapping[Role, str] = MappingProxyType(
    {Role.OFFICER: "Chuyên viên", Role.CLERK: "Văn thư", Role.HEAD: "Thủ trưởng đơn vị"}
)
_ROLE_OF = {fold(said): role for role, said in ROLES.items()} | {
    **{role.value: role for role in Role},
    "can bo": Role.OFFICER,
    "cong chuc": Role.OFFICER,
    "vien chuc": Role.OFFICER,
    "dau moi": Role.OFFICER,
    "thu truong": Role.HEAD,
    "lanh dao don vi": Role.HEAD,
}
_CHIEFS = ("giam doc", "chu tich", "hieu truong", "tong giam doc", "vien truong", "cuc truong", "chi cuc truong")


def role_of(text: str) -> Role | None:
    """The role that a word names; None for any other."""
    return _ROLE_OF.get(fold(text))


def role_by_post(text: str) -> Role:
    """What somebody with this post is to be told of: of everything, but for a clerk, and for who heads the unit."""
    said = fold(text)
    if said.startswith(_CHIEFS):
        return Role.HEAD
    return role_of(text) or (Role.CLERK if "van thu" in said else Role.OFFICER)


def columns_of(table: Table, row: Sequence[object]) -> dict[str, int]:
    """Key → index of each column of the table that a row of headings has; of two alike the first."""
    heads: dict[str, int] = {}
    for i, cell in enumerate(row):
        if isinstance(cell, str):
            heads.setdefault(fold(cell), i)
    found: dict[str, int] = {}
    for column in table.columns:
        names = (fold(column.heading), *column.also)
        place = next((heads[n] for n in names if n in heads and heads[n] not in found.values()), None)
        if place is not None:
            found[column.key] = place
    return found
