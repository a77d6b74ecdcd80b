from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.naming import UnitNames, fold, short_form
from plans.units import Unit

NAMES = {
    "so-y-te": "Sở Y tế",
    "so-gddt": "Sở Giáo dục và Đào tạo",
    "so-vhttdl": "Sở Văn hóa, Thể thao và Du lịch",
    "xa-muong-nhe": "Xã Mường Nhé",
    "ubnd-xa-na-ly": "UBND xã Na Lý",
    "phuong-muong-thanh": "Phường Mường Thanh",
    "tp-dien-bien-phu": "Thành phố Điện Biên Phủ",
    "tinh-doan": "Tỉnh đoàn Điện Biên",
    "ban-to-chuc": "Ban Tổ chức Tỉnh ủy",
    "cong-an": "Công an tỉnh",
    "mttq": "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh",
}
UNITS = UnitNames(Unit(slug, name, "x") for slug, name in NAMES.items())


@pytest.mark.parametrize(
    ("written", "slug"),
    [
        ("so-y-te", "so-y-te"),
        (" SO-Y-TE ", "so-y-te"),
        ("Sở Y tế", "so-y-te"),
        ("SỞ Y TẾ", "so-y-te"),
        ("So  Y te.", "so-y-te"),
        ("Sở Y tế tỉnh Điện Biên", "so-y-te"),
        ("Sở Y tế thành phố Hà Nội", "so-y-te"),
        ("Sở GD&ĐT", "so-gddt"),
        ("Sở GDĐT", "so-gddt"),
        ("Sở Giáo dục - Đào tạo", "so-gddt"),
        ("Sở VHTTDL", "so-vhttdl"),
        ("Sở VHTT&DL tỉnh Điện Biên", "so-vhttdl"),
        ("Mường Nhé", None),
        ("UBND xã Mường Nhé", "xa-muong-nhe"),
        ("Ủy ban nhân dân xã Mường Nhé", "xa-muong-nhe"),
        ("Uỷ ban nhân dân xã Mường Nhé, tỉnh Điện Biên", "xa-muong-nhe"),
        ("xã Na Lý", "ubnd-xa-na-ly"),
        ("X. Na Lý", "ubnd-xa-na-ly"),
        ("P. Mường Thanh", "phuong-muong-thanh"),
        ("UBND TP. Điện Biên Phủ", "tp-dien-bien-phu"),
        ("Công an tỉnh Điện Biên", "cong-an"),
        ("UBMTTQ VN tỉnh", "mttq"),
        ("Ban Tổ chức Tỉnh ủy", "ban-to-chuc"),
        ("Ban Tổ chức", None),
        ("Tỉnh đoàn", None),
        ("Sở Y", None),
        ("Sở Y tế 2", None),
        ("", None),
    ],
)
def test_name_as_offices_write_it(written: str, slug: str | None) -> None:
    assert UNITS.find(written) == ((slug,) if slug else ())


def test_several_units_of_one_name_are_all_given() -> None:
    names = UnitNames([Unit("a-cu", "Xã A", "xa"), Unit("a-moi", "UBND xã A", "xa"), Unit("a-khac", "XÃ A", "xa")])
    assert names.find("xã A") == ("a-cu", "a-khac")  # as it is written comes before short forms
    assert names.find("X. A") == ("a-cu", "a-moi", "a-khac")
    assert names.find("a-moi") == ("a-moi",)


@pytest.mark.parametrize(
    ("written", "near"),
    [("Sở Y tê tinhs", "so-y-te"), ("xã Mừong Nhè", None), ("Phường Mường Than", "phuong-muong-thanh"), ("???", None)],
)
def test_nearest_name_is_a_suggestion(written: str, near: str | None) -> None:
    found = UNITS.nearest(written)
    assert len(found) <= 3
    if near is not None:
        assert found[0].slug == near


def test_words_without_marks() -> None:
    assert fold("  Số, ký hiệu\nVĂN BẢN (đến) ") == "so ky hieu van ban den"


@given(st.text())
def test_what_is_folded_stays_so(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert short_form(short_form(text)) is not None


@given(
    st.sampled_from(sorted(NAMES)), st.sampled_from([str.upper, str.lower, str.title, str]), st.sampled_from(" .,-;")
)
def test_case_and_punctuation_never_matter(slug: str, change: object, mark: str) -> None:
    written = change(NAMES[slug]).replace(" ", f"{mark} ")  # type: ignore[operator]
    assert UNITS.find(written) == (slug,)
