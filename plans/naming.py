"""Units as people write their names: case, marks, spaces, punctuation and the usual short forms aside, exactly.

What is only near is a suggestion, never a match: a receipt of another unit's would hide who is late.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from plans.units import Unit

_NEAREST = 3
_COMPARED = 20  # letter by letter, of those that share most words
# What offices write for it; in this order, without marks, "và" left out.
_SHORT = (
    ("tt tt|tttt", "thong tin truyen thong"),
    ("vh ?tt ?dl", "van hoa the thao du lich"),
    ("ld ?tb ?xh", "lao dong thuong binh xa hoi"),
    ("nn ?ptnt", "nong nghiep phat trien nong thon"),
    ("nn ?mt", "nong nghiep moi truong"),
    ("gd ?dt", "giao duc dao tao"),
    ("kh ?dt", "ke hoach dau tu"),
    ("kh ?cn", "khoa hoc cong nghe"),
    ("tn ?mt", "tai nguyen moi truong"),
    ("gtvt", "giao thong van tai"),
    ("tdkt", "thi dua khen thuong"),
    ("bhxh", "bao hiem xa hoi"),
    ("ldld", "lien doan lao dong"),
    ("lhpn", "lien hiep phu nu"),
    ("ccb", "cuu chien binh"),
    ("ub ?mttq", "uy ban mat tran to quoc"),
    ("mttq", "mat tran to quoc"),
    ("vn", "viet nam"),
    ("hdnd", "hoi dong nhan dan"),
    ("ubnd", "uy ban nhan dan"),
    ("tp", "thanh pho"),
    ("tx", "thi xa"),
)
_SHORT_FORMS = tuple((re.compile(rf"\b(?:{short})\b"), full) for short, full in _SHORT)
_INITIALS = {"p": "phuong", "x": "xa", "h": "huyen", "tt": "thi tran"}  # at the beginning of a name alone
_AND = re.compile(r"\bva\b ?")
# "UBND xã X" is xã X; "Sở Y tế tỉnh Y" is Sở Y tế. Tỉnh ủy, Tỉnh đoàn are names of their own.
_COMMITTEE = re.compile(r"^uy ban nhan dan (?=(?:xa|phuong|thi tran|dac khu|huyen|quan|thi xa|thanh pho) )")
_OF_PROVINCE = re.compile(r" tinh(?! (?:uy|doan|hoi)\b)(?: .*)?$")
_OF_CITY = re.compile(r"^(so .*?) thanh pho .*$")


def fold(text: str) -> str:
    """The words of a text in small letters without marks, a space between two."""
    bare = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return " ".join(re.sub(r"[\W_]+", " ", "".join(c for c in bare if not unicodedata.combining(c))).split())


def short_form(text: str) -> str:
    """What is left of a name in every usual way to write it."""
    first, _, rest = fold(text).partition(" ")
    name = f"{_INITIALS.get(first, first)} {rest}" if rest else first
    for short, full in _SHORT_FORMS:
        name = short.sub(full, name)
    name = _AND.sub("", name).strip()
    name = _OF_PROVINCE.sub("", _OF_CITY.sub(r"\1", name))
    return _COMMITTEE.sub("", name)


class UnitNames:
    """The names of units, to find them by."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.units = {unit.slug: unit for unit in units}
        self._full: dict[str, list[str]] = defaultdict(list)
        self._short: dict[str, list[str]] = defaultdict(list)
        for unit in self.units.values():
            self._full[fold(unit.name)].append(unit.slug)
            self._short[short_form(unit.name)].append(unit.slug)
        self._words = {name: frozenset(name.split()) for name in self._short}

    def find(self, text: str) -> tuple[str, ...]:
        """The slugs of the units that are called so: by id, else by name; several where the name does not tell."""
        slug = text.strip().casefold()
        if slug in self.units:
            return (slug,)
        return tuple(self._full.get(fold(text)) or self._short.get(short_form(text)) or ())

    def nearest(self, text: str) -> tuple[Unit, ...]:
        """The units whose names come nearest to what was written, the nearest first."""
        name = short_form(text)
        words = frozenset(name.split())
        alike = sorted(self._words, key=lambda n: (-len(words & self._words[n]), n))[:_COMPARED]
        found = difflib.get_close_matches(name, alike, _NEAREST)
        return tuple(self.units[slug] for n in found for slug in self._short[n])[:_NEAREST]
