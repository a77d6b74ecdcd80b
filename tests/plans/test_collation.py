"""Names in the order of the Vietnamese alphabet."""

from __future__ import annotations

from plans.collation import vietnamese


def test_vietnamese_orders_letters_before_tones() -> None:
    names = ["Bưu điện tỉnh", "Bệnh viện Đa khoa", "Bảo hiểm xã hội", "Ban Dân tộc", "Bộ Chỉ huy", "Bo", "Bô", "Bơ"]
    assert sorted(names, key=vietnamese) == [
        "Ban Dân tộc",
        "Bảo hiểm xã hội",
        "Bệnh viện Đa khoa",
        "Bo",
        "Bô",
        "Bộ Chỉ huy",
        "Bơ",
        "Bưu điện tỉnh",
    ]


def test_vietnamese_orders_tones_as_the_dictionary_does() -> None:
    assert sorted(["mạ", "má", "mã", "mả", "mà", "ma"], key=vietnamese) == ["ma", "mà", "mả", "mã", "má", "mạ"]


def test_vietnamese_puts_d_before_its_crossed_form() -> None:
    assert sorted(["Điện Biên", "Dân tộc", "Đài PTTH", "Du lịch"], key=vietnamese) == [
        "Dân tộc",
        "Du lịch",
        "Đài PTTH",
        "Điện Biên",
    ]


def test_vietnamese_puts_numbers_first_and_tells_composed_from_decomposed_apart_only_in_the_end() -> None:
    assert sorted(["Xã 10", "Xã", "Xã a"], key=vietnamese) == ["Xã", "Xã 10", "Xã a"]
    assert vietnamese("Xã")[:2] == vietnamese("Xa\u0303")[:2]
