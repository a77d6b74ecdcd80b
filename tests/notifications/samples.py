"""Values that several tests of mails build on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from calendars.working import WorkingCalendar
from notifications.items import Contact, Digest, Item
from notifications.settings import MailSettings
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.periods import Period
from plans.plan import Kind
from plans.rules import Operator
from plans.status import Status
from plans.words import words
from plans.workdays import Workday

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkingCalendar([Workday(date(2026, 11, 24), False, "Ngày Văn hóa Việt Nam")])
WORDS = words("vi")
SETTINGS = MailSettings(
    outlet="maildir",
    maildir=Path("mail"),
    sender_name="Nhắc hạn tỉnh Điện Biên",
    sender="nhac-han@dienbien.example",
    domain="dienbien.example",
)


def due(
    stated: date, operator: Operator = Operator.BEFORE, at: time | None = None, opens: date | None = None
) -> DueDates:
    """The dates of a rule, as `calendars.due` finds them."""
    before = operator is Operator.BEFORE and at is None
    last_day = stated - timedelta(days=1) if before else stated
    late_on = stated if before or at else CALENDAR.following(stated)
    late_at = (
        datetime.combine(late_on, at, ZONE) if at else datetime.combine(late_on + timedelta(days=1), time(0), ZONE)
    )
    return DueDates(
        stated, operator, last_day, CALENDAR.preceding(last_day), late_on, late_at.astimezone(UTC), at=at, opens=opens
    )


ITEM = Item(
    obligation=1,
    key=DeadlineKey("dien-bien-2458", "bao-cao-nam", Period("2026")),
    unit="so-y-te",
    unit_name="Sở Y tế",
    title="Báo cáo TĐKT",
    kind=Kind.REPORT,
    product="báo cáo",
    document="2458/UBND-NC",
    quote="trước ngày 05 tháng 12 hàng năm",
    dates=due(date(2026, 12, 5)),
    basis=Basis.RULE,
    stage="T-15",
    status=Status.PENDING,
    link="https://nhachan.dienbien.example/l/1-7-abc",
)


def item(number: int = 1, period: str = "2026", **changes: Any) -> Item:
    """An item; each number is an obligation and a task of its own."""
    key = DeadlineKey("dien-bien-2458", f"viec-{number}", Period(period))
    return replace(ITEM, obligation=number, key=key, **changes)


def digest(*items: Item, **changes: Any) -> Digest:
    found = Digest(
        name="Văn thư đơn vị",
        address="hoa@soyte.dienbien.example",
        units=("Sở Y tế",),
        items=items,
        contact=Contact("Ban Thi đua - Khen thưởng", "tdkt@dienbien.example"),
        feed="https://nhachan.dienbien.example/feeds/so-y-te/abc/",
    )
    return replace(found, **changes)
