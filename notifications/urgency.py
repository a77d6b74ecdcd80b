"""How an item stands on the day it is told: the real dates decide, not the stage that set it off.

A mail can leave days after its stage (a mail server that was down), and then "còn n ngày" would be untrue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from notifications.items import Item
from notifications.stages import Calendar
from notifications.titles import title_of
from plans.announcements import Before, News, news_of
from plans.deadlines import Basis
from plans.plan import Kind
from plans.status import Status
from plans.words import Words

_OPENING = ("open", "open-with")
# Which of several words about one item is told: a reminder first, "chuyển cho Ông/Bà" rather than "việc mới".
_NEWS_ORDER = (
    None,
    News.MOVED,
    News.REFUSED,
    News.TAKEN,
    News.RESTORED,
    News.NEW,
    News.CANCELLED,
    News.GIVEN,
    News.ENDED,
)


class Urgency(StrEnum):
    """In the order in which a mail tells them."""

    LATE = "late"  # after the lenient day
    PAST = "past"  # after the last day, not late yet: neither days left nor days late
    TODAY = "today"
    RETURNED = "returned"  # sent back, days left
    AHEAD = "ahead"
    REFUSED = "refused"  # what the reader asked for was not granted
    TAKEN = "taken"  # the reader has become responsible
    RESTORED = "restored"  # cancelled once, and required again
    NEW = "new"
    OPENING = "opening"  # its period begins
    COORDINATING = "coordinating"  # the unit only helps
    CANCELLED = "cancelled"
    GIVEN = "given"  # the reader is no longer responsible
    ENDED = "ended"  # its unit ended, and nobody succeeds


_ORDER = tuple(Urgency)
_OF_NEWS = {
    News.REFUSED: Urgency.REFUSED,
    News.TAKEN: Urgency.TAKEN,
    News.RESTORED: Urgency.RESTORED,
    News.NEW: Urgency.NEW,
    News.CANCELLED: Urgency.CANCELLED,
    News.GIVEN: Urgency.GIVEN,
    News.ENDED: Urgency.ENDED,
}
_OVER = (Urgency.CANCELLED, Urgency.GIVEN, Urgency.ENDED)


@dataclass(frozen=True, slots=True)
class Told:
    """An item with what is said of it today."""

    item: Item
    title: str  # with its period
    urgency: Urgency
    days: int | None  # working days left, or late; None where no number would be true
    ask_by: date  # the day that the request names: act by, or the last day once act by is over
    before: Before | None = None  # the dates until now, where their change is announced

    @property
    def returned(self) -> bool:
        return self.item.basis is Basis.RESUBMISSION or self.item.status is Status.RETURNED

    @property
    def extended(self) -> bool:
        return self.item.basis is Basis.EXTENSION

    @property
    def can_be_done(self) -> bool:
        """Whether its page has a button that says "done"."""
        return self.item.kind.can_be_late and not self.item.coordinating and self.urgency not in _OVER

    @property
    def asks(self) -> bool:
        """Whether it asks its reader for something now; what is only announced does not."""
        return self.urgency is not Urgency.COORDINATING and self.urgency not in _OF_NEWS.values()

    @property
    def stands(self) -> bool:
        """Whether it is said how the item stands today."""
        if self.urgency in (Urgency.REFUSED, Urgency.TAKEN, Urgency.RESTORED, Urgency.NEW):
            return self.days is not None
        return self.asks and self.urgency is not Urgency.OPENING

    @property
    def soon(self) -> bool:
        """One to three days left, or none: told in orange."""
        if self.urgency in (Urgency.PAST, Urgency.TODAY):
            return True
        ahead = self.urgency in (Urgency.AHEAD, Urgency.RETURNED)
        return ahead and (self.days is None or self.days <= 3)


def tell(items: tuple[Item, ...], today: date, calendar: Calendar, words: Words) -> tuple[Told, ...]:
    """What is said of `items` today, the most urgent first; an obligation that two stages brought is told once.

    A reminder is told rather than an announcement about the same item. Units of one deadline keep their order.
    """
    found: dict[tuple[int, bool], list[Item]] = {}
    for item in items:
        found.setdefault((item.obligation, item.coordinating), []).append(item)
    told = []
    for some in found.values():
        main = min(some, key=lambda i: _NEWS_ORDER.index(news_of(i.stage)))
        before = next((i.before for i in some if i.before is not None), None)
        main = replace(main, refusal=next((i.refusal for i in some if i.refusal is not None), None))
        told.append(replace(_told(main, today, calendar, words), before=before))
    return tuple(sorted(told, key=_rank))


def _told(item: Item, today: date, calendar: Calendar, words: Words) -> Told:
    dates, news = item.dates, news_of(item.stage)
    ask_by = dates.act_by if today <= dates.act_by else dates.last_day
    days: int | None = None
    if _late(item, today) and news is None:
        urgency = Urgency.LATE
        # 0 on the day of a deadline with a time of day: late, but by no whole day.
        days = max(calendar.count(dates.late_on, today), 0) or None if today > dates.late_on else None
    elif today > dates.last_day:
        urgency = Urgency.PAST
    elif today == ask_by:
        urgency = Urgency.TODAY
    else:
        urgency = Urgency.AHEAD
        days = calendar.count(today, dates.act_by) if today < dates.act_by else None
        if item.basis is Basis.RESUBMISSION or item.status is Status.RETURNED:
            urgency = Urgency.RETURNED
        elif item.stage in _OPENING:
            urgency = Urgency.OPENING
    if item.coordinating:
        urgency = Urgency.COORDINATING
    elif news in _OF_NEWS:
        urgency = _OF_NEWS[news]
    return Told(item, title_of(item, words), urgency, days, ask_by)


def _late(item: Item, today: date) -> bool:
    return item.kind in (Kind.REPORT, Kind.WORK) and (item.status is Status.OVERDUE or today > item.dates.late_on)


def _rank(told: Told) -> tuple[int, date, str]:
    # Of what is late, the oldest first: its act-by day is the earliest, as for what is still ahead.
    return _ORDER.index(told.urgency), told.item.dates.act_by, str(told.item.key)
