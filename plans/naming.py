"""Units as people write their names: case, marks, spaces, punctuation and short forms aside, exactly.

What is only near is a suggestion, never a match: a receipt of another unit's would hide who is late.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from plans.unicode_forms import decomposed
from plans.units import Unit

_LONGEST = 500  # characters of what may name a unit
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
    ("doan (?:tncs|thanh nien cong san) (?:hcm|ho chi minh)(?: tinh)?", "tinh doan"),
    ("hdnd", "hoi dong nhan dan"),
    ("dbqh", "dai bieu quoc hoi"),
    ("cty", "cong ty"),
    ("ubnd", "uy ban nhan dan"),
    ("tp", "thanh pho"),
    ("tx", "thi xa"),
)
_SHORT_FORMS = tuple((re.compile(rf"\b(?:{short})\b"), full) for short, full in _SHORT)
_INITIALS = {"p": "phuong", "x": "xa", "h": "huyen", "tt": "thi tran"}  # at the beginning of a name alone
_COMMITTEE_OF = re.compile(rf"^(uy ban nhan dan) ({'|'.join(_INITIALS)}) (?=\w)")
_AND = re.compile(r"\bva\b ?")
# "UBND xã X" is xã X; "Sở Y tế tỉnh Y" is Sở Y tế. Tỉnh ủy, Tỉnh đoàn are names of their own.
_COMMITTEE = re.compile(r"^uy ban nhan dan (?=(?:xa|phuong|thi tran|dac khu|huyen|quan|thi xa|thanh pho) )")
_NOT_OF_PROVINCE = ("uy", "doan", "hoi")
_OF_PROVINCE = re.compile(rf" tinh(?! (?:{'|'.join(_NOT_OF_PROVINCE)})\b)(?: .*)?$")
_OF_CITY = re.compile(r"^(so .*?) thanh pho .*$")


def fold(text: str) -> str:
    """The words of a text in small letters without marks, a space between two."""
    bare = decomposed(text.casefold()).replace("đ", "d")
    return " ".join(re.sub(r"[\W_]+", " ", "".join(c for c in bare if not unicodedata.combining(c))).split())


def short_form(text: str) -> str:
    """What is left of a name in every usual way to write it."""
    first, _, rest = fold(text).partition(" ")
    name = f"{_INITIALS.get(first, first)} {rest}" if rest else first
    for short, full in _SHORT_FORMS:
        name = short.sub(full, name)
    name = _COMMITTEE_OF.sub(lambda found: f"{found[1]} {_INITIALS[found[2]]} ", name)
    name = _AND.sub("", name).strip()
    name = _OF_PROVINCE.sub("", _OF_CITY.sub(r"\1", name))
    return _COMMITTEE.sub("", name)


def _of_province(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words before "tỉnh …", for what is written short: "BQL KKT tỉnh Điện Biên"."""
    at = words.index("tinh") if "tinh" in words[1:] else len(words)
    return words if words[at + 1 : at + 2] and words[at + 1] in _NOT_OF_PROVINCE else words[:at]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as `fold` gives them, without "và"."""
    return tuple(word for word in fold(text).split() if word != "va")


def initials(words: Iterable[str]) -> str:
    """What offices make of a name in document numbers: Sở Giáo dục và Đào tạo signs as SGDĐT."""
    return "".join(word[0] for word in words)


def abbreviates(short: Sequence[str], full: Sequence[str]) -> bool:
    """Whether `short` says all of `full`, each of its words a word or the initials of several: "bql kkt"."""
    if not short or not full:
        return not short and not full
    if short[0][0] != full[0][0]:  # either way the first letter is the same
        return False
    if short[0] == full[0] and abbreviates(short[1:], full[1:]):
        return True
    size = len(short[0])
    # A letter alone may stand for anything.
    return size > 1 and short[0] == initials(full[:size]) and abbreviates(short[1:], full[size:])


def begins(short: Sequence[str], full: Sequence[str]) -> bool:
    """Whether `abbreviates` is worth asking: what it takes first, a word or initials, has the first letter of all."""
    return bool(short) and bool(full) and short[0][0] == full[0][0]


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
        self._sequences = {
            (slug, words)
            for slug, unit in self.units.items()
            for words in (words_of(unit.name), tuple(short_form(unit.name).split()))
        }
        self._abbreviated: dict[str, tuple[str, ...]] = {}

    def find(self, text: str) -> tuple[str, ...]:
        """The slugs of the units that are called so: by id, else by name; several where the name does not tell."""
        if len(text) > _LONGEST:
            return ()
        slug = text.strip().casefold()
        if slug in self.units:
            return (slug,)
        found = self._full.get(fold(text)) or self._short.get(short_form(text))
        return tuple(found) if found else self._by_initials(text)

    def _by_initials(self, text: str) -> tuple[str, ...]:
        key = fold(text)
        if key not in self._abbreviated:
            ways = {words_of(text), tuple(short_form(text).split()), _of_province(words_of(text))}
            found = {
                s for s, full in self._sequences for short in ways if begins(short, full) and abbreviates(short, full)
            }
            self._abbreviated[key] = tuple(slug for slug in self.units if slug in found)
        return self._abbreviated[key]

    def nearest(self, text: str) -> tuple[Unit, ...]:
        """The units whose names come nearest to what was written, the nearest first."""
        if len(text) > _LONGEST:
            return ()
        name = short_form(text)
        words = frozenset(name.split())
        alike = sorted(self._words, key=lambda n: (-len(words & self._words[n]), n))[:_COMPARED]
        found = difflib.get_close_matches(name, alike, _NEAREST)
        return tuple(self.units[slug] for n in found for slug in self._short[n])[:_NEAREST]
