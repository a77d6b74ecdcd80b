"""The HTML of mails: how long it may grow, and what mail programs can draw."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from notifications.composing import LARGEST_HTML, compose_monday, compose_unrecorded
from notifications.items import Contact, Digest, Line, Mail, MondayPage
from plans.plan import Kind
from plans.status import Status
from tests.notifications.every_mail import every_mail
from tests.notifications.samples import CALENDAR, SETTINGS, WORDS, digest, due, item
from tests.notifications.test_composing import Seen, compose


def many(count: int) -> Digest:
    """Items of long titles, every third overdue, in a digest that knows its page."""
    title = "Báo cáo kết quả thực hiện phong trào thi đua và công tác khen thưởng"
    days = [date(2026, 12, 1), date(2026, 12, 10), date(2026, 12, 24)]
    rows = [item(n, title=f"{title} số {n}", dates=due(days[n % 3])) for n in range(count)]
    return digest(*rows, page="https://n.example/units/so-y-te")


@pytest.mark.parametrize("count", [1, 40, 100, 1000])
def test_digest_is_never_cut_off_by_gmail(count: int) -> None:
    mail = compose(many(count), date(2026, 12, 4))
    assert len(mail.html.encode()) <= LARGEST_HTML
    assert mail.text.count("Văn bản: ") == count
    seen = Seen(mail.html)
    told = len(re.findall(r"\d+\. Báo cáo", seen.text))
    assert told == min(count, 130)
    hidden = sum(int(n) for n in re.findall(r"… và (\d+) việc khác\.", seen.text))
    assert told + hidden == count
    assert re.search(r"<table[^>]*>\s*</table>", mail.html) is None
    assert ("https://n.example/units/so-y-te" in seen.links) == (hidden > 0)


def test_digest_tells_the_last_of_a_hundred_items_in_a_line() -> None:
    html = compose(many(100), date(2026, 12, 4)).html
    rows = [Seen(row).text.replace(" ,", ",") for row in html.split("<tr>") if "100. " in row]
    assert rows == [
        "100. Báo cáo kết quả thực hiện phong trào thi đua và công tác khen thưởng số 98 năm 2026, Sở Y tế, "
        "trước ngày 24/12/2026 (ngày cuối: thứ Tư, 23/12/2026, 2458/UBND-NC): Còn 13 ngày làm việc"
    ]
    assert html.count("&nbsp;Đã gửi báo cáo&nbsp;</a>") == 30


def test_lists_of_thousands_of_units_name_the_first_and_count_the_rest() -> None:
    rows = [replace(item(status=Status.OVERDUE), obligation=n, unit_name=f"UBND xã {n}") for n in range(3000)]
    mail = compose_unrecorded(digest(*rows), date(2026, 12, 7), CALENDAR, WORDS, SETTINGS)
    assert mail.text.count("   - UBND xã") == 3000
    seen = Seen(mail.html).text
    assert (seen.count("UBND xã"), "… và 2900 đơn vị khác." in seen) == (100, True)
    lines = tuple(
        Line(f"Báo cáo {n % 20}", f"UBND xã {n}", date(2026, 12, 4), 1, "https://n.example/o") for n in range(3000)
    )
    page = MondayPage("A", "a@b.vn", date(2026, 12, 7), overdue=lines, board="https://n.example/")
    mail = compose_monday(page, WORDS, SETTINGS)
    assert len(mail.html.encode()) <= LARGEST_HTML
    assert mail.text.count("… và 50 đơn vị khác.") == 20
    assert Seen(mail.html).text.count("… và 120 đơn vị khác.") == 20


def test_monday_page_of_a_head_names_whom_to_ask() -> None:
    contact = Contact("Sở Nội vụ", "snv@dienbien.example")
    line = Line("Hội nghị", "Sở Y tế", date(2026, 12, 4), 1, kind=Kind.WORK)
    mail = compose_monday(
        MondayPage("A", "a@b.vn", date(2026, 12, 7), overdue=(line,), contact=contact), WORDS, SETTINGS
    )
    assert mail.reply_to == contact
    assert "Đầu mối: Sở Nội vụ <snv@dienbien.example> (trả lời thư này sẽ đến đầu mối).\n" in mail.text
    assert "snv@dienbien.example (trả lời thư này sẽ đến đầu mối)" in Seen(mail.html).text


_FORBIDDEN = re.compile(r"display:\s*(flex|grid)|position:|background-image|float:|url\(|<(img|script|link|svg|form)\b")


@pytest.mark.parametrize("mail", [mail for _, mail in every_mail(WORDS)][::9], ids=lambda mail: mail.subject[:40])
def test_html_holds_in_every_client(mail: Mail) -> None:
    """Outlook draws tables with Word, which wants widths as attributes and reads no layout of other kinds."""
    assert _FORBIDDEN.search(mail.html) is None
    tables = re.findall(r"<table[^>]*>", mail.html)
    assert all('role="presentation"' in t and 'cellspacing="0"' in t and 'border="0"' in t for t in tables)
    assert len(re.findall(r"<table", mail.html)) == len(re.findall(r"</table>", mail.html))
    assert [
        len(re.findall(f"<{t}[ >]", mail.html)) - mail.html.count(f"</{t}>")
        for t in ("tr", "td", "p", "b", "a", "span", "ul", "li", "div")
    ] == [0] * 9
    assert 'class="' not in mail.html
