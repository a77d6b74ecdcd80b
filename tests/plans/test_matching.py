"""Senders as registers of incoming documents write them, and the units that are meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.files.register import Entry
from plans.matching import Matched, match_register, signs_of
from plans.naming import UnitNames, abbreviates, initials, words_of
from plans.problems import Place
from plans.units import Unit

NAMES = {
    "snv": "Sở Nội vụ",
    "vp": "Văn phòng UBND tỉnh",
    "vphd": "Văn phòng Đoàn ĐBQH và HĐND tỉnh",
    "tt": "Thanh tra tỉnh",
    "stc": "Sở Tài chính",
    "stp": "Sở Tư pháp",
    "sct": "Sở Công Thương",
    "snnmt": "Sở Nông nghiệp và Môi trường",
    "skhcn": "Sở Khoa học và Công nghệ",
    "svhttdl": "Sở Văn hóa, Thể thao và Du lịch",
    "sgddt": "Sở Giáo dục và Đào tạo",
    "syt": "Sở Y tế",
    "ca": "Công an tỉnh",
    "bchqs": "Bộ Chỉ huy Quân sự tỉnh",
    "tand": "Tòa án nhân dân tỉnh",
    "vks": "Viện kiểm sát nhân dân tỉnh",
    "mttq": "Ủy ban MTTQ Việt Nam tỉnh",
    "ldld": "Liên đoàn Lao động tỉnh",
    "phu-nu": "Hội Liên hiệp Phụ nữ tỉnh",
    "nong-dan": "Hội Nông dân tỉnh",
    "ccb": "Hội Cựu chiến binh tỉnh",
    "doan": "Tỉnh đoàn Điện Biên",
    "kkt": "Ban Quản lý Khu kinh tế cửa khẩu",
    "bhxh": "Bảo hiểm xã hội tỉnh",
    "thue": "Cục Thuế tỉnh Điện Biên",
    "dien": "Công ty Điện lực Điện Biên",
    "cd": "Trường Cao đẳng Điện Biên",
    "dbp": "UBND thành phố Điện Biên Phủ",
    "lay": "UBND thị xã Mường Lay",
    "nhe": "UBND xã Mường Nhé",
    "tau": "UBND xã Nà Tấu",
    "hy": "UBND xã Nà Hỳ",
    "thanh": "UBND phường Mường Thanh",
    "btc": "Ban Tổ chức Tỉnh ủy",
    "dai": "Đài Phát thanh và Truyền hình tỉnh",
    "nh": "Ngân hàng Nhà nước Chi nhánh tỉnh",
}
UNITS = [Unit(slug, name, "x") for slug, name in NAMES.items()]

SURE = {
    "sgddt": "Sở GDĐT|Sở GD&ĐT|Sở GD-ĐT|SGDĐT|so giao duc va dao tao|Sở Giáo Dục & Đào Tạo tỉnh Điện Biên|Sở GDĐT tỉnh",
    "svhttdl": "Sở VHTTDL|Sở VH,TT&DL|Sở VHTT và DL|SVHTTDL|SỞ VĂN HOÁ, THỂ THAO VÀ DU LỊCH",
    "snnmt": "Sở NN&MT|Sở NNMT|Sở Nông nghiệp & MT|Sở NN và Môi trường",
    "skhcn": "Sở KHCN|Sở KH&CN|So KHCN tinh Dien Bien",
    "stc": "Sở Tài chinh|STC",
    "snv": "Sở Nôi vụ|Sở Nội vụ tỉnh Điện Biên",
    "kkt": "BQL Khu kinh tế cửa khẩu|Ban QL KKT cửa khẩu|BQLKKTCK|Ban Quản lý KKT cửa khẩu tỉnh Điện Biên",
    "dbp": "UBND TP Điện Biên Phủ|UBND TP. ĐBP|TP Điện Biên Phủ|Thành phố Điện Biên Phủ",
    "nhe": "UBND xã Mường Nhé tỉnh Điện Biên|xa muong nhe|X. Mường Nhé|UBND X. Mường Nhé",
    "thanh": "UBND P. Mường Thanh|Phường Mường Thanh|P.Mường Thanh",
    "lay": "TX Mường Lay|UBND TX. Mường Lay",
    "tau": "UBND xã Na Tau",
    "vp": "VP UBND tỉnh|VPUBND|Văn phòng UBND tỉnh Điện Biên",
    "vphd": "VP Đoàn ĐBQH & HĐND|Văn phòng Đoàn ĐBQH&HĐND tỉnh",
    "tt": "Thanh tra tỉnh Điện Biên",
    "ca": "Công an tỉnh Điện Biên|CA tỉnh",
    "bchqs": "Bộ CHQS tỉnh|BCH Quân sự tỉnh|BCHQS",
    "tand": "TAND tỉnh|Tòa án ND tỉnh",
    "vks": "VKSND tỉnh|Viện KSND tỉnh Điện Biên",
    "mttq": "UBMTTQVN tỉnh|UBMTTQ Việt Nam tỉnh",
    "ldld": "LĐLĐ tỉnh|Liên đoàn LĐ tỉnh",
    "phu-nu": "Hội LHPN tỉnh",
    "nong-dan": "Hội ND tỉnh",
    "ccb": "Hội CCB",
    "bhxh": "BHXH tỉnh",
    "thue": "Cục thuế|Cục Thuế tỉnh ĐB",
    "dien": "Cty Điện lực Điện Biên",
    "cd": "Trường CĐ Điện Biên",
    "btc": "Ban TCTU",
    "dai": "Đài PTTH tỉnh|Đài PT-TH",
    "nh": "NHNN chi nhánh tỉnh",
}
# Put forward as chosen, to be looked at.
LIKELY = {
    "BQL KKT": "kkt",
    "UBND TP": "dbp",
    "UBND Thành phố": "dbp",
    "Mường Nhé": "nhe",
    "UBND Mường Nhé": "nhe",
    "Mường Thanh": "thanh",
    "UB MTTQ tỉnh": "mttq",
    "Mặt trận Tổ quốc tỉnh": "mttq",
    "Hội Phụ nữ tỉnh": "phu-nu",
    "Tỉnh đoàn": "doan",
    "Đoàn TNCS HCM tỉnh": "doan",
    "Điện lực Điện Biên": "dien",
    "UBND phường Mường Than": "thanh",
}
# Nothing is chosen: another unit's, or it could be several.
OPEN = {
    "Sở Ngoại vụ": ["snv"],
    "UBND xã Nà": ["hy", "tau", "bhxh"],
    "Sở Y tế Hà Nội": ["syt"],
    "Sở Xây dựng": [],
    "": [],
    "–": [],
}


def match(written: str, number: str | None = None, others: tuple[Unit, ...] = ()) -> Matched:
    place = Place("so.csv", 2, 1)
    (found,) = match_register([Entry(2, written, place, None, place, number)], UNITS, others)
    return found


@pytest.mark.parametrize(
    ("written", "slug"), [(written, slug) for slug, some in SURE.items() for written in some.split("|")]
)
def test_short_forms_that_say_all_are_sure(written: str, slug: str) -> None:
    found = match(written)
    assert (found.unit, found.sure, found.confidence) == (slug, True, 1.0)


@pytest.mark.parametrize(("written", "slug"), LIKELY.items())
def test_what_is_likely_is_put_forward_to_be_looked_at(written: str, slug: str) -> None:
    found = match(written)
    assert (found.unit, found.sure) == (slug, False)
    assert 0.6 <= found.confidence < 1
    assert len(found.suggestions) <= 3


@pytest.mark.parametrize(("written", "suggested"), OPEN.items())
def test_what_could_be_another_is_left_to_a_person(written: str, suggested: list[str]) -> None:
    found = match(written)
    assert (found.unit, found.sure, found.confidence) == (None, False, 0.0)
    assert [s.unit for s in found.suggestions] == suggested


@pytest.mark.parametrize(
    ("number", "signs", "slug"),
    [
        ("125/BC-SGDĐT", ("bc", "sgddt"), "sgddt"),
        ("125/BC-SGD&ĐT", ("bc", "sgddt"), "sgddt"),
        ("44/SYT-VP", ("syt", "vp"), "syt"),
        ("1245/BC-BCHQS", ("bc", "bchqs"), "bchqs"),
        ("7/BC-UBND", ("bc", "ubnd"), None),  # every commune
        ("15", (), None),
        (None, (), None),
    ],
)
def test_number_tells_who_signed_where_the_sender_does_not(
    number: str | None, signs: tuple[str, ...], slug: str | None
) -> None:
    assert signs_of(number) == signs
    found = match("Bộ phận một cửa", number)
    assert (found.unit, found.sure) == (slug, False)


def test_what_surely_comes_from_a_unit_that_owes_nothing_is_not_put_down_to_another() -> None:
    found = match("Sở Ngoại vụ", others=(Unit("sngv", "Sở Ngoại vụ", "so"),))
    assert (found.unit, found.suggestions, found.elsewhere) == (None, (), "sngv")


def test_units_of_one_name_are_both_suggested() -> None:
    place = Place("so.csv", 2, 1)
    twins = [Unit("cu", "Xã A", "xa"), Unit("moi", "UBND xã A", "xa"), Unit("b", "Xã B", "xa")]
    (found,) = match_register([Entry(2, "X. A", place, None, place)], twins)
    assert (found.unit, [s.unit for s in found.suggestions]) == (None, ["cu", "moi"])


@given(st.sampled_from(list(NAMES)), st.data())
def test_initials_of_any_run_of_words_are_understood(slug: str, data: st.DataObject) -> None:
    """Whatever an office shortens, each stretch of two words or more to its initials, it is this unit or not sure."""
    words = words_of(NAMES[slug])
    written: list[str] = []
    at = 0
    while at < len(words):
        size = data.draw(st.integers(1, len(words) - at))
        written.append(initials(words[at : at + size]) if size > 1 else words[at])
        at += size
    assert abbreviates(written, words)
    found = match(" ".join(written))
    assert found.unit == slug or not found.sure


@given(st.text(alphabet="abdeghinotuxy .", max_size=20))
def test_any_text_is_answered_with_scores_from_0_to_1_in_order(written: str) -> None:
    found = match(written)
    scores = [s.score for s in found.suggestions]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert found.sure == (len(UnitNames(UNITS).find(written)) == 1)
