"""Text to values."""

import unicodedata
from datetime import date, time

import pytest

from plans.files import values
from plans.files.values import ValueFault, slugify
from plans.rules import MonthDay


def fault(convert, *arguments):
    with pytest.raises(ValueFault) as raised:
        convert(*arguments)
    return raised.value.code, raised.value.params


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Sở Nội vụ", "so-noi-vu"),
        ("Đảng ủy – Điện Biên (mới)", "dang-uy-dien-bien-moi"),
        ("UBND_tỉnh", "ubnd-tinh"),
        ("Xã Mường Ảng", "xa-muong-ang"),
        ("***", ""),
    ],
)
def test_slugify_vietnamese_names(name, slug):
    assert slugify(name) == slug


@pytest.mark.parametrize("text", ["a", "so-noi-vu", "88", "2026-12-05", "a" * 80])
def test_slug_as_it_should_be(text):
    assert values.slug(text) == text


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [("Sở Nội vụ", "so-noi-vu"), ("so--noi-vu", "so-noi-vu"), ("-so", "so"), ("a/b", "a-b"), ("a" * 81, "a" * 80)],
)
def test_slug_suggests_the_nearest(text, suggestion):
    assert fault(values.slug, text) == ("value.slug.nearest", {"value": text, "nearest": suggestion})


def test_slug_without_letters_has_no_suggestion():
    assert fault(values.slug, "…") == ("value.slug", {"value": "…"})


def test_reference_of_several_names_in_one_text():
    assert fault(values.reference, "a, b") == ("value.commas", {"value": "a, b"})


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("VanThu.SNV@DienBien.example", "vanthu.snv@dienbien.example"),
        ("mailto:a@b.vn", "a@b.vn"),
        ("o'brien+x@a-b.gov.vn", "o'brien+x@a-b.gov.vn"),
        ("VĂNTHU@SoYTe.example", "vănthu@soyte.example"),
        (unicodedata.normalize("NFD", "vănthư@soyte.example"), "vănthư@soyte.example"),
        ("vanthu@ĐiệnBiên.example", "vanthu@xn--inbin-ksa2y768s.example"),
    ],
)
def test_address_is_kept_in_lower_case(text, address):
    assert values.address(text) == address


@pytest.mark.parametrize(
    "text",
    ["a", "a@", "@b.vn", "a@b", "a b@c.vn", "a@b..vn", ".a@b.vn", "a.@b.vn", "a@b.vn, c@d.vn", "a@-b.vn", "a@b.vn>",
     "văn thư@c.vn", "văn@thư..vn", "vă\u200bn@c.vn", "ă" * 33 + "@c.vn", "x" * 65 + "@b.vn",
     "a@b@c.vn", "a@" + "b." * 130 + "vn"],
)  # fmt: skip
def test_address_that_is_none(text):
    assert fault(values.address, text) == ("value.email", {"value": text})


@pytest.mark.parametrize("text", ["05/12/2026", "5/12/2026", "2026-12-05", "2026-12-5"])
def test_day_in_each_form(text):
    assert values.day(text) == date(2026, 12, 5)


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("31/02/2026", "value.date_impossible", {"value": "31/02/2026"}),
        ("2026-02-31", "value.date_impossible", {"value": "31/02/2026"}),
        ("29/2/2026", "value.date_impossible", {"value": "29/02/2026"}),
        ("12/31/2026", "value.date_impossible", {"value": "12/31/2026"}),
        ("0/1/2026", "value.date_impossible", {"value": "00/01/2026"}),
        ("31/02", "value.date_impossible", {"value": "31/02"}),
        ("05/12", "value.date_without_year", {"value": "05/12"}),
        ("05/12/1969", "value.date_year", {"value": "05/12/1969", "first": 1970, "last": 2100}),
        ("05/12/2101", "value.date_year", {"value": "05/12/2101", "first": 1970, "last": 2100}),
        ("05/12/26", "value.date", {"value": "05/12/26"}),
        ("ngày 5 tháng 12", "value.date", {"value": "ngày 5 tháng 12"}),
        ("٠٥/١٢/٢٠٢٦", "value.date", {"value": "٠٥/١٢/٢٠٢٦"}),
    ],
)
def test_day_that_is_none(text, code, params):
    assert fault(values.day, text) == (code, params)


@pytest.mark.parametrize(
    ("text", "expected"), [("05/12", MonthDay(12, 5)), ("5/1", MonthDay(1, 5)), ("29/02", MonthDay(2, 29))]
)
def test_month_day_of_every_year(text, expected):
    assert values.month_day(text) == expected


def test_month_day_with_a_year_suggests_it_without():
    expected = ("value.date_with_year", {"value": "05/12/2026", "day": "05/12"})
    assert fault(values.month_day, "05/12/2026") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("16:30", time(16, 30)), ("16h30", time(16, 30)), ("17h00", time(17)), ("17H", time(17)), ("7:05", time(7, 5))],
)
def test_time_in_each_form(text, expected):
    assert values.time_of_day(text) == expected


@pytest.mark.parametrize("text", ["24:00", "16:60", "16", "16.30", "16:3", "", "990"])
def test_time_that_is_none(text):
    assert fault(values.time_of_day, text) == ("value.time", {"value": text})


@pytest.mark.parametrize("text", ["0", "13", "-1", "1.5", "một", "9" * 5000, "²"])
def test_integer_out_of_bounds_or_none(text):
    assert fault(values.integer, text, 1, 12) == ("value.integer", {"value": text, "lowest": 1, "highest": 12})


def test_integer_within_bounds():
    assert [values.integer(text, 1, 12) for text in ("1", "05", "12")] == [1, 5, 12]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("thứ Hai", 1),
        ("thứ 2", 1),
        ("Thứ ba", 2),
        ("THỨ TƯ", 3),
        ("thu nam", 4),
        ("thứ 6", 5),
        ("thứ Bảy", 6),
        ("thứ 7", 6),
        ("chủ nhật", 7),
        ("Chủ Nhật", 7),
        ("CN", 7),
        ("monday", 1),
        ("Sunday", 7),
    ],
)
def test_weekday(text, number):
    assert values.weekday(text) == number


@pytest.mark.parametrize("text", ["", "2", "thứ", "thứ 8", "thứ 1", "hai", "thứ hai tuần sau"])
def test_weekday_that_is_none(text):
    with pytest.raises(ValueFault) as raised:
        values.weekday(text)
    assert (raised.value.code, raised.value.params) == ("value.weekday", {"value": text})
