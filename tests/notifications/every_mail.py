"""Every kind of mail, each with whatever it can say: what a second language has to say too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from itertools import product
from typing import Any

from notifications.composing import compose_digest, compose_monday, compose_unrecorded
from notifications.items import Digest, Line, Mail, MondayPage, OpenPlan, Post
from notifications.undeliverable import UndeliverablePage, Undelivered, compose_undeliverable
from plans.announcements import Before, News, Refusal
from plans.deadlines import Basis
from plans.plan import Kind
from plans.requests import RequestKind
from plans.rules import Operator
from plans.status import Status
from plans.words import Words
from tests.notifications.samples import CALENDAR, SETTINGS, digest, due, item

TODAY = date(2026, 12, 4)  # a Friday
_DAYS = [date(2026, 12, d) for d in (1, 3, 4, 5, 6, 7, 12, 20)]  # late, past, today, before a weekend, near, far


def every_mail(words: Words) -> Iterator[tuple[str, Mail]]:
    """Name → mail in the language of `words`."""
    for name, told in {**_single(), **_several()}.items():
        yield (
            name,
            compose_digest(told, TODAY, CALENDAR, words, SETTINGS, b"BEGIN:VCALENDAR" if "ics" in name else None),
        )
    for name, told in _lists().items():
        yield name, compose_unrecorded(told, TODAY, CALENDAR, words, SETTINGS)
    for name, page in _pages().items():
        yield name, compose_monday(page, words, SETTINGS)
    for name, report in _reports().items():
        yield name, compose_undeliverable(report, words, SETTINGS)


def _single() -> dict[str, Digest]:
    found = {}
    for kind, day, operator, at, basis in product(
        (Kind.REPORT, Kind.WORK, Kind.MILESTONE, Kind.TARGET), _DAYS, Operator, (None, time(17), time(16, 30)), Basis
    ):
        one = item(
            kind=kind, dates=due(day, operator, at), basis=basis, reason=None if basis is Basis.RULE else "310/SNV"
        )
        found[f"digest {kind} {day} {operator} {at} {basis}"] = digest(one)
    for day, news in product(_DAYS, News):
        found[f"news {day} {news}"] = digest(item(dates=due(day), stage=news.value))
    for day, kind, basis in product(_DAYS, (Kind.REPORT, Kind.WORK), (Basis.RULE, Basis.RESUBMISSION)):
        one = item(kind=kind, dates=due(day), basis=basis, stage="urge-2026-12-04", note="310/SNV")
        found[f"urged {kind} {day} {basis}"] = digest(one)
        found[f"asked {kind} {day} {basis}"] = digest(item(kind=kind, dates=due(day), basis=basis, asked=TODAY))
    for day, kind, stage in product(_DAYS, RequestKind, (News.REFUSED.value, "T-3wd")):
        one = item(dates=due(day), stage=stage, refusal=Refusal((kind, RequestKind.CONTACT), "310/SNV"))
        found[f"refused {kind} {day} {stage}"] = digest(one)
    for before in (
        Before(date(2026, 12, 5), Operator.BEFORE, None, date(2026, 12, 4), date(2026, 12, 4)),
        Before(date(2026, 12, 20), Operator.BEFORE, None, date(2026, 12, 19), date(2026, 12, 19)),
        Before(date(2026, 12, 10), Operator.BY, time(9), date(2026, 12, 10), date(2026, 12, 10)),
    ):
        moved = item(dates=due(date(2026, 12, 20)), stage=News.MOVED.value, before=before)
        found[f"moved {before}"] = digest(moved)
    for stage, period, kind in product(
        ("open", "open-with"),
        ("2026", "2026-H1", "2026-H2", "2026-9M", "2026-Q4", "2026-11", "2026-W47", "2026-11-20", "2026-2", "once"),
        Kind,
    ):
        # A period that ends on the stated day reads "within it".
        one = item(period=period, kind=kind, dates=due(date(2026, 12, 31), Operator.WITHIN), stage=stage)
        found[f"opening {stage} {period} {kind}"] = digest(replace(one, coordinating=stage == "open-with"))
    return found


def _several() -> dict[str, Digest]:
    far = due(date(2026, 12, 20))
    late, ahead = item(1, dates=due(date(2026, 12, 1)), status=Status.OVERDUE), item(2, dates=far)
    returned = item(3, dates=far, basis=Basis.RESUBMISSION, status=Status.RETURNED, reason="310/SNV")
    coordinating = item(4, kind=Kind.WORK, coordinating=True, dates=far)
    news = [item(10 + n, dates=far, stage=one.value) for n, one in enumerate(News)]
    # More than a list shows.
    long = [item(100 + n, dates=far, stage=News.NEW.value) for n in range(13)]
    opening = [
        item(200 + n, period="2026-Q4", kind=Kind.WORK, dates=due(date(2026, 12, 31), Operator.WITHIN), stage="open")
        for n in range(3)
    ]
    helping = [replace(i, obligation=i.obligation + 50, coordinating=True, stage="open-with") for i in opening]
    own = tuple(opening)
    posts = tuple(Post("Sở Y tế", role) for role in ("officer", "clerk", "head", "mailbox"))
    return {
        "all ics": digest(late, ahead, returned, coordinating, *news),
        "two": digest(ahead, returned),
        "coordinating": digest(coordinating),
        "coordinating two": digest(coordinating, replace(coordinating, obligation=5)),
        "long": digest(*long),
        "opening own": digest(*own),
        "opening helping": digest(*helping),
        "opening both": digest(*own, *helping),
        "opening mixed": digest(own[0], replace(own[1], key=item(9, period="once").key)),
        "head": digest(replace(late, stage="T+3wd-head"), replace(ahead, stage="T0-head")),
        "head one": digest(replace(late, stage="T+3wd-head")),
        "deputy": digest(ahead, deputy_for="Trưởng phòng"),
        "deputy of one": digest(late, replace(ahead, instead_of="Trưởng phòng")),
        "question": digest(ahead, posts=posts),
        "many units": digest(ahead, units=("Sở Y tế", "Sở Nội vụ"), feed=None, contact=None),
        "no units": digest(ahead, units=(), feed=None, contact=None),
        "no document": digest(replace(ahead, document=None)),
        "no quote": digest(replace(ahead, quote=None, link=None)),
        "no product": digest(replace(ahead, product=None)),
        "formerly": digest(replace(ahead, formerly="Sở Nội vụ"), replace(news[-1], formerly="Trưởng phòng")),
        "unknown hour": digest(replace(late, dates=due(TODAY, Operator.BEFORE, time(9)))),
    }  # fmt: skip


def _lists() -> dict[str, Digest]:
    dates = due(date(2026, 12, 3))
    first = [replace(item(1, dates=dates), obligation=n, unit_name=f"UBND xã {n}") for n in range(1, 4)]
    other = item(9, dates=due(date(2026, 12, 2)), document=None, link=None)
    extended = replace(first[0], obligation=20, basis=Basis.EXTENSION)
    returned = replace(first[0], obligation=21, basis=Basis.RESUBMISSION)
    return {
        "unrecorded": digest(*first, other, extended, returned),
        "unrecorded one": digest(first[0], feed=None),
        "unrecorded deputy of one": digest(first[0], replace(other, instead_of="Trưởng phòng")),
        "unrecorded deputy": digest(first[0], deputy_for="Trưởng phòng"),
    }


def _pages() -> dict[str, MondayPage]:
    def line(title: str = "Báo cáo TĐKT", unit: str = "Sở Y tế", **more: Any) -> Line:
        return Line(title, unit, more.pop("last_day", date(2026, 12, 3)), **more)

    late = line(days_late=3, link="https://nhachan.dienbien.example/deadlines/a")
    plan = OpenPlan("dien-bien-2458", "Kế hoạch TĐKT", "2458/UBND-NC", 2027, "https://nhachan.dienbien.example/plans/a")
    empty = MondayPage("Văn thư đơn vị", "hoa@soyte.dienbien.example", date(2026, 12, 7))
    whole = {
        "overdue": (late, replace(late, unit_name="Sở Nội vụ", days_late=1),
                    line("Hội nghị", kind=Kind.WORK, days_late=2),
                    replace(late, sent_back=True), replace(late, unit_name="UBND xã 9", sent_back=True)),
        "due_this_week": (line(last_day=date(2026, 12, 10)),),
        "to_confirm": (line(), line(unit="Sở Nội vụ")),
        "requests": (line(note="310/SNV"), line(unit="Sở Nội vụ", note="310/SNV")),
        "undeliverable": (line(note="hoa@soyte.dienbien.example"),),
        "unreachable": (line("hoa@soyte.dienbien.example", note="550 5.1.1"),),
        "open_plans": (plan, replace(plan, slug="b", document=None)),
    }  # fmt: skip
    found = {f"monday {name}": replace(empty, **{name: rows}) for name, rows in whole.items()}
    found["monday supplements"] = replace(empty, overdue=whole["overdue"][-2:])
    found |= {f"monday one {name}": replace(empty, **{name: rows[:1]}) for name, rows in whole.items()}
    full = replace(empty, **whole, board="https://nhachan.dienbien.example/", unconfirmed=3)
    deputies = {
        "monday deputy": replace(full, deputy_for="Trưởng phòng"),
        "monday deputy too": replace(full, deputy_for="Trưởng phòng", also_own=True),
    }
    return {**found, "monday": full, "monday contacts": replace(full, unconfirmed=1), **deputies}


def _reports() -> dict[str, UndeliverablePage]:
    at = datetime(2026, 12, 4, 8, 5)  # noqa: DTZ001 - local
    one = Undelivered(
        7, "Văn thư đơn vị", "hoa@syt.example", "Sở Y tế", None, at, "address", "550 5.1.1", answered=True
    )
    reasons = ("address", "full", "too_long", "policy", "gave_up", "other", "unwritten")
    lines = tuple(replace(one, message=n, why=why, answered=n < 7) for n, why in enumerate(reasons, 1))
    page = UndeliverablePage("Trưởng phòng", "binh@snv.example", (one,), "https://nhachan.dienbien.example/")
    return {
        "undeliverable": page,
        "undeliverable all": replace(page, lines=lines, deputy_for="Văn thư đơn vị"),
        "undeliverable two": replace(page, lines=(one, replace(one, address="b@syt.example", units=""))),
        "undeliverable many": replace(page, lines=tuple(replace(one, address=f"a{n}@b.example") for n in range(120))),
    }


def without_data(text: str) -> str:
    """`text` without the names and titles of the samples, which stay as people wrote them."""
    for name in _DATA:
        text = text.replace(name, "").replace(name.upper(), "")
    return text


_DATA = (
    "Văn thư đơn vị",
    "Trưởng phòng",
    "Sở Y tế",
    "Sở Nội vụ",
    "UBND xã",
    "Ban Thi đua - Khen thưởng",
    "Báo cáo TĐKT",
    "Kế hoạch TĐKT",
    "Hội nghị",
    "trước ngày 05 tháng 12 hàng năm",
    "báo cáo",
)
