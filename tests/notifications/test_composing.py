from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from notifications.composing import compose_digest, compose_monday, compose_unrecorded, thread
from notifications.items import Attachment, Contact, Digest, Line, Mail, MondayPage
from plans.deadlines import Basis
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from tests.notifications.samples import CALENDAR, SETTINGS, WORDS, digest, due, item


def compose(told: Digest, today: date, ics: bytes | None = None) -> Mail:
    return compose_digest(told, today, CALENDAR, WORDS, SETTINGS, ics)


class Seen(HTMLParser):
    """The words a reader sees, and the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)


def test_digest_of_one_report() -> None:
    mail = compose(digest(item()), date(2026, 11, 19))
    assert (
        mail.text
        == """\
Kính gửi: Văn thư đơn vị

Xin nhắc Ông/Bà 01 việc cần thực hiện. Nếu đơn vị đã gửi, xin bỏ qua hoặc bấm
“Đã gửi báo cáo” để hệ thống ghi nhận.

ĐẾN HẠN VÀ SẮP ĐẾN HẠN

1. Báo cáo TĐKT năm 2026
   Đơn vị: Sở Y tế
   Thời hạn: trước ngày 05/12/2026
   Ngày cuối: thứ Sáu, 04/12/2026
   Tình trạng: Còn 10 ngày làm việc.
   Văn bản: 2458/UBND-NC, “trước ngày 05 tháng 12 hàng năm”
   Đã gửi báo cáo:
   https://nhachan.dienbien.example/l/1-7-abc

--------
Ông/Bà nhận thư này vì được giao theo dõi việc của Sở Y tế.
Đầu mối: Ban Thi đua - Khen thưởng <tdkt@dienbien.example> (trả lời thư này sẽ
đến đầu mối).
Lịch của đơn vị, để đăng ký trên máy tính và điện thoại:
https://nhachan.dienbien.example/feeds/so-y-te/abc/
Thư do hệ thống nhắc hạn gửi tự động.
"""
    )
    assert (mail.sender_name, mail.sender) == ("Nhắc hạn tỉnh Điện Biên", "nhac-han@dienbien.example")
    assert (mail.recipient_name, mail.recipient) == ("Văn thư đơn vị", "hoa@soyte.dienbien.example")
    assert mail.reply_to == Contact("Ban Thi đua - Khen thưởng", "tdkt@dienbien.example")
    assert mail.references == (thread("dienbien.example", 1),)
    assert mail.attachments == ()


def test_digest_html_says_what_the_text_says() -> None:
    seen = Seen(compose(digest(item()), date(2026, 11, 19)).html)
    assert seen.text == (
        "Sở Y tế: Còn 10 ngày làm việc "
        "Kính gửi: Văn thư đơn vị Xin nhắc Ông/Bà 01 việc cần thực hiện. Nếu đơn vị đã gửi, xin bỏ qua hoặc bấm "
        "“Đã gửi báo cáo” để hệ thống ghi nhận. Đến hạn và sắp đến hạn 1. Báo cáo TĐKT năm 2026 "
        "Còn 10 ngày làm việc Đơn vị: Sở Y tế Thời hạn: trước ngày 05/12/2026 Ngày cuối: thứ Sáu, 04/12/2026 "
        "Văn bản: 2458/UBND-NC, “trước ngày 05 tháng 12 hàng năm” Đã gửi báo cáo "
        "Ông/Bà nhận thư này vì được giao theo dõi việc của Sở Y tế. "
        "Đầu mối: Ban Thi đua - Khen thưởng, tdkt@dienbien.example (trả lời thư này sẽ đến đầu mối). "
        "Lịch của đơn vị, để đăng ký trên máy tính và điện thoại: "
        "https://nhachan.dienbien.example/feeds/so-y-te/abc/ Thư do hệ thống nhắc hạn gửi tự động."
    )
    assert seen.links == [
        "https://nhachan.dienbien.example/l/1-7-abc",
        "mailto:tdkt@dienbien.example",
        "https://nhachan.dienbien.example/feeds/so-y-te/abc/",
    ]
    assert {"style", "img", "script", "link"} & set(seen.tags) == set()


SEVERAL = digest(
    item(1, dates=due(date(2026, 12, 5)), title="Báo cáo TĐKT"),
    item(2, period="2026-11", title="Báo cáo hằng tháng", dates=due(date(2026, 11, 25)), status=Status.OVERDUE),
    item(3, period="once", title="Kế hoạch", product="kế hoạch", dates=due(date(2026, 12, 10), Operator.BY),
         basis=Basis.RESUBMISSION, status=Status.RETURNED, reason="Thiếu phụ lục\nkinh phí"),
    item(4, period="once", title="Hồ sơ", product="hồ sơ", dates=due(date(2026, 12, 20), Operator.BY),
         basis=Basis.EXTENSION, reason="Công văn 310/SNV"),
    item(5, period="2026-Q4", title="Hội nghị", kind=Kind.WORK, product=None, coordinating=True, quote=None,
         dates=due(date(2026, 12, 31), Operator.WITHIN)),
)  # fmt: skip


def test_digest_of_several_items_tells_the_overdue_first() -> None:
    text = compose(SEVERAL, date(2026, 12, 1)).text
    assert (
        text[: text.index("--------")]
        == """\
Kính gửi: Văn thư đơn vị

Đến nay hệ thống chưa ghi nhận kết quả của 01 việc đã qua hạn nêu dưới đây.
Nếu đơn vị đã gửi, xin bỏ qua hoặc bấm “Đã gửi báo cáo” để hệ thống ghi nhận.

ĐÃ QUA HẠN, CHƯA GHI NHẬN

1. Báo cáo tháng 11/2026
   Đơn vị: Sở Y tế
   Thời hạn: trước ngày 25/11/2026
   Ngày cuối: thứ Ba, 24/11/2026
   Tình trạng: Chưa ghi nhận, đã qua hạn 4 ngày làm việc.
   Văn bản: 2458/UBND-NC, “trước ngày 05 tháng 12 hàng năm”
   Đã gửi báo cáo:
   https://nhachan.dienbien.example/l/1-7-abc

ĐỀ NGHỊ BỔ SUNG

2. Kế hoạch
   Đơn vị: Sở Y tế
   Thời hạn: chậm nhất ngày 10/12/2026 (gửi lại)
   Ngày cuối: thứ Năm, 10/12/2026
   Tình trạng: Còn 7 ngày làm việc.
   Nội dung bổ sung: Thiếu phụ lục kinh phí
   Văn bản: 2458/UBND-NC, “trước ngày 05 tháng 12 hàng năm” (thời hạn ban đầu)
   Đã gửi lại kế hoạch:
   https://nhachan.dienbien.example/l/1-7-abc

ĐẾN HẠN VÀ SẮP ĐẾN HẠN

3. Báo cáo TĐKT năm 2026
   Đơn vị: Sở Y tế
   Thời hạn: trước ngày 05/12/2026
   Ngày cuối: thứ Sáu, 04/12/2026
   Tình trạng: Còn 3 ngày làm việc.
   Văn bản: 2458/UBND-NC, “trước ngày 05 tháng 12 hàng năm”
   Đã gửi báo cáo:
   https://nhachan.dienbien.example/l/1-7-abc

4. Hồ sơ
   Đơn vị: Sở Y tế
   Thời hạn: chậm nhất ngày 20/12/2026 (đã gia hạn)
   Ngày cuối: Chủ nhật, 20/12/2026 (ngày nghỉ; đề nghị gửi trong thứ Sáu,
     18/12)
   Tình trạng: Còn 13 ngày làm việc.
   Lý do: Công văn 310/SNV
   Văn bản: 2458/UBND-NC, “trước ngày 05 tháng 12 hàng năm” (thời hạn ban đầu)
   Đã gửi hồ sơ:
   https://nhachan.dienbien.example/l/1-7-abc

ĐƠN VỊ PHỐI HỢP THỰC HIỆN (ĐƠN VỊ CHỦ TRÌ GỬI KẾT QUẢ)

5. Hội nghị
   Đơn vị chủ trì: Sở Y tế
   Thời hạn: trong quý IV năm 2026
   Ngày cuối: thứ Năm, 31/12/2026
   Văn bản: 2458/UBND-NC
   Xem chi tiết:
   https://nhachan.dienbien.example/l/1-7-abc

"""
    )


def test_digest_of_several_items_has_no_thread() -> None:
    assert compose(SEVERAL, date(2026, 12, 1)).references == ()


def test_digest_colours_the_overdue_red_and_the_near_orange() -> None:
    html = compose(SEVERAL, date(2026, 12, 1)).html
    said = re.findall(r'<b style="font-size:15px;color:(#\w+)">([^<]+)</b>', html)
    assert [(colour, words) for colour, words in said if words.startswith(("Còn", "Chưa"))] == [
        ("#b3261e", "Chưa ghi nhận, đã qua hạn 4 ngày làm việc"),
        ("#1c2127", "Còn 7 ngày làm việc"),
        ("#a84300", "Còn 3 ngày làm việc"),
        ("#1c2127", "Còn 13 ngày làm việc"),
    ]


def standing(today: date, **changes: object) -> str:
    text = compose(digest(item(**changes)), today).text  # type: ignore[arg-type]
    return text.split("Tình trạng: ")[1].split(".\n")[0]


def test_digest_on_the_last_day() -> None:
    assert standing(date(2026, 12, 4)) == "Đến hạn hôm nay, đề nghị gửi trong thứ Sáu, 04/12"


def test_digest_on_friday_before_a_last_day_on_sunday() -> None:
    text = compose(digest(item(period="2022", dates=due(date(2022, 12, 5)))), date(2022, 12, 2)).text
    assert (
        text.split("Sở Y tế\n")[1].split("   Văn bản")[0]
        == """\
   Thời hạn: trước ngày 05/12/2022
   Ngày cuối: Chủ nhật, 04/12/2022 (ngày nghỉ; đề nghị gửi trong thứ Sáu,
     02/12)
   Tình trạng: Đến hạn hôm nay, đề nghị gửi trong thứ Sáu, 02/12.
"""
    )


@pytest.mark.parametrize("day", range(5, 32))
def test_digest_after_the_last_day_never_promises_days(day: int) -> None:
    mail = compose(digest(item()), date(2026, 12, day))
    assert re.search(r"\bcòn \d", mail.subject + mail.text + Seen(mail.html).text, re.IGNORECASE) is None


def test_digest_late_by_the_hour() -> None:
    assert standing(date(2026, 12, 5), status=Status.OVERDUE) == "Chưa ghi nhận, đã qua hạn"


def test_digest_on_a_lenient_day() -> None:
    assert standing(date(2026, 12, 5)) == "Đã đến hạn, đề nghị gửi ngay"


def test_digest_to_a_head() -> None:
    text = compose(digest(item(stage="T0-head")), date(2026, 12, 4)).text
    assert text.split("\n\n")[1] == (
        "Kính báo Thủ trưởng đơn vị: đến nay hệ thống chưa ghi nhận kết quả của 01 việc\n"
        "dưới đây. Kính đề nghị Thủ trưởng quan tâm chỉ đạo. Nếu đơn vị đã gửi, xin bỏ\n"
        "qua hoặc bấm “Đã gửi báo cáo” để hệ thống ghi nhận."
    )


def test_digest_of_an_opening_quarter() -> None:
    dates = due(date(2026, 12, 31), Operator.WITHIN, opens=date(2026, 10, 1))
    opened = item(
        period="2026-Q4", title="Hội nghị", kind=Kind.WORK, product=None, quote=None, dates=dates, stage="open"
    )
    text = compose(digest(opened), date(2026, 10, 1)).text
    assert (
        text[: text.index("--------")]
        == """\
Kính gửi: Văn thư đơn vị

Xin gửi Ông/Bà các nhiệm vụ bắt đầu thực hiện trong quý IV năm 2026.

NHIỆM VỤ BẮT ĐẦU THỰC HIỆN

1. Hội nghị
   Đơn vị: Sở Y tế
   Thời hạn: trong quý IV năm 2026
   Ngày cuối: thứ Năm, 31/12/2026
   Văn bản: 2458/UBND-NC
   Đã hoàn thành:
   https://nhachan.dienbien.example/l/1-7-abc

"""
    )


def test_digest_for_a_deputy_of_several_units_without_contact() -> None:
    told = digest(item(), units=("Sở Y tế", "Bệnh viện"), deputy_for="Trưởng phòng", contact=None, feed=None)
    mail = compose(told, date(2026, 11, 19))
    assert (
        mail.text[mail.text.index("--------") :]
        == """\
--------
Ông/Bà nhận thư này vì được giao theo dõi việc của Sở Y tế; Bệnh viện, thay
Trưởng phòng trong thời gian vắng mặt.
Thư do hệ thống nhắc hạn gửi tự động.
"""
    )
    assert mail.reply_to is None


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (digest(item(stage="T0-head")), "là thủ trưởng của Sở Y tế."),
        (
            digest(item(stage="T0-head"), deputy_for="Trưởng phòng"),
            "được giao theo dõi việc của Sở Y tế, thay Trưởng phòng trong thời gian vắng mặt.",
        ),
        (
            digest(item(1, stage="T0-head"), item(2, stage="T0-head", instead_of="Trưởng phòng")),
            "được giao theo dõi việc của Sở Y tế.",
        ),
    ],
    ids=["head", "deputy", "both"],
)
def test_digest_says_whether_its_reader_is_the_head(told: Digest, why: str) -> None:
    mail = compose(told, date(2026, 12, 4))
    for text in (" ".join(mail.text.split()), Seen(mail.html).text):
        assert f"Ông/Bà nhận thư này vì {why}" in text


def test_digest_carries_its_calendar() -> None:
    mail = compose(digest(item()), date(2026, 11, 19), b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert mail.attachments == (
        Attachment("nhac-han.ics", "text/calendar; charset=utf-8", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    )
    assert "Tệp nhac-han.ics kèm theo ghi các việc này vào lịch.\n" in mail.text


def test_digest_of_hostile_words_stays_text() -> None:
    hostile = '<script>alert("1")</script>'
    mail = compose(
        digest(item(title=hostile, unit_name=hostile, quote=hostile, document=hostile, reason=hostile)),
        date(2026, 11, 19),
    )
    seen = Seen(mail.html)
    assert "script" not in seen.tags
    # The unit in the preview, the title, the unit, the reason, the document, the quote.
    assert seen.text.count(hostile) == 6
    assert mail.text.splitlines()[7] == f"1. {hostile} năm 2026"


def test_digest_lines_are_short_except_addresses() -> None:
    long = " ".join(["Báo cáo kết quả thực hiện phong trào thi đua"] * 5)
    mail = compose(digest(item(title=long, quote=long, unit_name=long)), date(2026, 11, 19))
    assert [line for line in mail.text.splitlines() if len(line) > 78 and "https://" not in line] == []


def test_digest_keeps_a_long_address_in_its_place() -> None:
    link = f"https://nhachan.dienbien.example/deadlines/{'x' * 60}"
    text = compose(digest(item(link=link)), date(2026, 11, 19)).text
    assert f"   Đã gửi báo cáo:\n   {link}\n" in text


def test_digest_without_items_is_not_sent() -> None:
    with pytest.raises(ValueError, match="an empty digest is not sent"):
        compose(digest(), date(2026, 11, 19))


def test_unrecorded_keeps_the_dates_of_one_deadline_apart() -> None:
    returned = replace(
        item(status=Status.RETURNED, basis=Basis.RESUBMISSION), dates=due(date(2026, 12, 3), Operator.BY)
    )
    rows = (replace(item(status=Status.OVERDUE), obligation=8, unit_name="Sở Xây dựng"), returned)
    text = compose_unrecorded(digest(*rows, feed=None), date(2026, 12, 7), CALENDAR, WORDS, SETTINGS).text
    said = [line.strip() for line in text.splitlines() if line.strip().startswith(("Thời hạn", "- Sở"))]
    assert said == [
        "Thời hạn: chậm nhất ngày 03/12/2026 (ngày cuối: thứ Năm, 03/12/2026)",
        "- Sở Y tế (chưa gửi bản bổ sung)",
        "Thời hạn: trước ngày 05/12/2026 (ngày cuối: thứ Sáu, 04/12/2026)",
        "- Sở Xây dựng",
    ]


def test_unrecorded_groups_units_by_deadline() -> None:
    link = "https://n.example/d/bao-cao-nam"
    rows = [
        replace(item(status=Status.OVERDUE, link=link), obligation=number, unit_name=name)
        for number, name in ((11, "Sở Y tế"), (12, "Sở Xây dựng"))
    ]
    plan = item(2, period="once", title="Kế hoạch", unit_name="Xã Mường Phăng", link=None, document=None)
    mail = compose_unrecorded(digest(plan, *rows, feed=None), date(2026, 12, 7), CALENDAR, WORDS, SETTINGS)
    assert (
        mail.text
        == """\
Kính gửi: Văn thư đơn vị

Đến nay hệ thống chưa ghi nhận kết quả của các đơn vị dưới đây. Thư nhắc quá
hạn sẽ gửi đến các đơn vị sớm nhất lúc 14 giờ hôm nay, thứ Hai, 07/12/2026. Đề
nghị Ông/Bà ghi nhận trước giờ đó những báo cáo đã nhận được, để đơn vị đã gửi
không bị nhắc.

1. Báo cáo TĐKT năm 2026
   Thời hạn: trước ngày 05/12/2026 (ngày cuối: thứ Sáu, 04/12/2026)
   Văn bản: 2458/UBND-NC, “trước ngày 05 tháng 12 hàng năm”
   Chưa ghi nhận 02 đơn vị:
   - Sở Y tế
   - Sở Xây dựng
   Ghi nhận:
   https://n.example/d/bao-cao-nam

2. Kế hoạch
   Thời hạn: trước ngày 05/12/2026 (ngày cuối: thứ Sáu, 04/12/2026)
   Chưa ghi nhận 01 đơn vị:
   - Xã Mường Phăng

--------
Ông/Bà nhận thư này vì Sở Y tế là đầu mối của các việc trên.
Thư do hệ thống nhắc hạn gửi tự động.
"""
    )
    assert Seen(mail.html).links == ["https://n.example/d/bao-cao-nam"]


def test_monday_page_groups_lines_by_task() -> None:
    page = MondayPage(
        "Ban Thi đua - Khen thưởng",
        "tdkt@dienbien.example",
        date(2026, 12, 7),
        overdue=(
            Line("Báo cáo TĐKT năm 2026", "Sở Y tế", date(2026, 12, 4), 1, "https://n.example/o/1", "2458/UBND-NC"),
            Line("Báo cáo tháng 11/2026", "Sở <b>", date(2026, 11, 24), 8),
            Line("Báo cáo TĐKT năm 2026", "Sở Xây dựng", date(2026, 12, 4), 0, "https://n.example/o/1", "2458/UBND-NC"),
        ),
        due_this_week=(Line("Kế hoạch", "Sở Y tế", date(2026, 12, 10)),),
        to_confirm=(Line("Hồ sơ", "Sở Y tế", date(2026, 12, 1)),),
        undeliverable=(Line("Nhắc hạn", "Sở Công Thương", date(2026, 12, 4), note="vt@sct.example: 550 no such user"),),
        board="https://n.example/",
    )
    mail = compose_monday(page, WORDS, SETTINGS)
    assert (
        mail.text
        == """\
Kính gửi: Ban Thi đua - Khen thưởng

BẢN TIN THỨ HAI, 07/12/2026

QUÁ HẠN, CHƯA GHI NHẬN (03)

1. Báo cáo tháng 11/2026 (ngày cuối: thứ Ba, 24/11/2026)
   - Sở <b>: quá hạn 8 ngày làm việc

2. Báo cáo TĐKT năm 2026 (ngày cuối: thứ Sáu, 04/12/2026; 2458/UBND-NC)
   - Sở Y tế: quá hạn 1 ngày làm việc
   - Sở Xây dựng
   https://n.example/o/1

ĐẾN HẠN TRONG TUẦN (01)

1. Kế hoạch (ngày cuối: thứ Năm, 10/12/2026)
   - Sở Y tế

ĐÃ GỬI, CHỜ XÁC NHẬN (01)

1. Hồ sơ (ngày cuối: thứ Ba, 01/12/2026)
   - Sở Y tế

THƯ KHÔNG ĐẾN ĐƯỢC NGƯỜI NHẬN (01)

1. Nhắc hạn
   - Sở Công Thương: vt@sct.example: 550 no such user

Bảng theo dõi:
https://n.example/

--------
Bản tin gửi đầu tuần cho đầu mối của các kế hoạch và cho thủ trưởng đơn vị có
nhiệm vụ quá hạn.
Thư do hệ thống nhắc hạn gửi tự động.
"""
    )
    seen = Seen(mail.html)
    assert seen.links == ["https://n.example/o/1", "https://n.example/"]
    assert "Sở <b>: quá hạn 8 ngày làm việc" in seen.text


def test_monday_page_that_is_empty_is_not_sent() -> None:
    with pytest.raises(ValueError, match="an empty page is not sent"):
        compose_monday(MondayPage("A", "a@b.vn", date(2026, 12, 7)), WORDS, SETTINGS)
