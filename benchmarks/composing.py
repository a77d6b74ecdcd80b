"""Composing a digest, drawn and filled into its shape: microseconds a mail for each step.

Beside it the standard library's EmailMessage with the same parts. Ends with 1 when putting the bytes together is less
than ten times as fast as EmailMessage is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from calendars.feeds import feed_bytes
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.composing import compose_digest, draw_digest
from notifications.items import Contact, Digest, Item, Mail
from notifications.mime import message_bytes, new_message_id
from notifications.settings import MailSettings
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.periods import Period
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import words

SIZES = (1, 5, 40)
LEAST = 10.0  # times the speed of EmailMessage
ROUNDS, SECONDS = 20, 0.03
TODAY, NOW = date(2026, 12, 4), datetime(2026, 12, 4, 1, tzinfo=UTC)
CALENDAR = WorkingCalendar(shipped_workdays())
WORDS = words("vi")
SETTINGS = MailSettings("maildir", Path("mail"), "Nhắc hạn tỉnh", "nhac-han@tinh.example", "tinh.example")
TITLE = "Báo cáo kết quả thực hiện phong trào thi đua và công tác khen thưởng"


def digest(count: int) -> Digest:
    items = tuple(_item(number, TODAY + timedelta(days=number * 3 % 30 - 5)) for number in range(count))
    contact = Contact("Ban Thi đua - Khen thưởng", "tdkt@tinh.example")
    feed = "https://nhachan.tinh.example/feeds/so-y-te/0123456789abcdef0123456789abcdef/so-y-te.ics"
    return Digest("Văn thư đơn vị", "hoa.syt@tinh.example", ("Sở Y tế",), items, contact, feed)


def _item(number: int, last_day: date) -> Item:
    late_on = last_day + timedelta(days=1)
    late_at = datetime.combine(late_on, datetime.min.time(), UTC)
    dates = DueDates(late_on, Operator.BEFORE, last_day, CALENDAR.preceding(last_day), late_on, late_at)
    key = DeadlineKey("ke-hoach", f"viec-{number}", Period("2026"))
    return Item(
        number, key, "so-y-te", "Sở Y tế", TITLE, Kind.REPORT, "báo cáo", "2458/UBND-NC",
        "trước ngày 05 tháng 12 hằng năm", dates, Basis.RULE, "T-15", Status.PENDING,
        link=f"https://nhachan.tinh.example/l/{number}-7-0123456789abcdef01234567",
    )  # fmt: skip


def _event(item: Item) -> bytes:
    day = item.dates.act_by
    rows = [
        f"UID:{item.obligation}@tinh.example", "DTSTAMP:20261102T020000Z", f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}", f"SUMMARY:{TITLE[:40]}", "TRANSP:TRANSPARENT",
    ]  # fmt: skip
    return "\r\n".join(["BEGIN:VEVENT", *rows, "END:VEVENT", ""]).encode()


def standard(mail: Mail, message_id: str) -> bytes:
    """The same parts and headers by the standard library, as its documentation shows it."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(mail.sender_name, addr_spec=mail.sender)
    message["To"] = Address(mail.recipient_name, addr_spec=mail.recipient)
    if mail.reply_to:
        message["Reply-To"] = Address(mail.reply_to.name, addr_spec=mail.reply_to.address)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(NOW)
    message["Message-ID"] = f"<{message_id}>"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for a in mail.attachments:
        message.add_attachment(a.content, maintype="text", subtype="calendar", filename=a.name)
    return message.as_bytes()


def fastest(*steps: Callable[[], object]) -> list[float]:
    """Microseconds of processor time for a call of each, the best of many rounds in turn: other programs run too."""
    best = [float("inf")] * len(steps)
    for _ in range(ROUNDS):
        for number, step in enumerate(steps):
            calls, begun = 0, time.process_time()
            while (spent := time.process_time() - begun) < SECONDS:
                step()
                calls += 1
            best[number] = min(best[number], spent / calls * 1e6)
    return best


def main() -> int:
    worst = float("inf")
    heads = ("items", "text kB", "HTML kB", "drawn", "filled in", "assemble", "EmailMessage", "ratio")
    print("".join(f"{head:>13}" for head in heads), "(µs a mail)")
    for count in SIZES:
        told, message_id = digest(count), new_message_id("tinh.example", "message", count)
        ics = feed_bytes("Nhắc hạn", (_event(item) for item in told.items))
        mail = compose_digest(told, TODAY, CALENDAR, WORDS, SETTINGS, ics)
        drawn, filled = fastest(
            lambda told=told: draw_digest(told, TODAY, CALENDAR, WORDS, ics=True),
            lambda told=told, ics=ics: compose_digest(told, TODAY, CALENDAR, WORDS, SETTINGS, ics),
        )
        ours, theirs = fastest(
            lambda mail=mail, ref=message_id: message_bytes(mail, ref, NOW),
            lambda mail=mail, ref=message_id: standard(mail, ref),
        )
        worst = min(worst, theirs / ours)
        sizes = f"{count:13}{len(mail.text.encode()) / 1000:13.1f}{len(mail.html.encode()) / 1000:13.1f}"
        print(sizes + "".join(f"{step:13.0f}" for step in (drawn, filled, ours, theirs)) + f"{theirs / ours:13.1f}")
    print(f"putting a mail together: at least {worst:.1f} times as fast as EmailMessage (limit {LEAST:.0f})")
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
