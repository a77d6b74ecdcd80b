"""What becomes of a claimed message: decided from what is true now, not from what was true when it was queued."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.outlets import Fault
from plans.announcements import News, news_of, still_true
from plans.status import OPEN_STATES
from plans.urging import urged_on
from store.held import Held
from store.outbox import Claimed

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
SPREAD = 0.25  # of the wait
FEWEST_TRIES = 10  # however long ago the first was: nothing is tried at night, at weekends and over Tết


@dataclass(frozen=True, slots=True)
class Verdict:
    """The reminders to send, and those no longer needed with the reason."""

    keep: tuple[Held, ...]
    drop: tuple[tuple[Held, str], ...] = ()

    @property
    def reasons(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for held, reason in self.drop:
            found.setdefault(reason, []).append(held.id)
        return found


def judge(claimed: Claimed, now: datetime) -> Verdict:
    """Which reminders of a message still hold: open, of the same date, in their time, for someone still responsible."""
    keep, drop = [], []
    for held in claimed.held:
        reason = _not_needed(held, now)
        if reason is None:
            keep.append(held)
        else:
            drop.append((held, reason))
    return Verdict(tuple(keep), tuple(drop))


def _not_needed(held: Held, now: datetime) -> str | None:
    o = held.obligation
    news = news_of(held.stage)
    if news is not None:
        return _not_news(news, held, now)
    if o.state not in OPEN_STATES:
        return o.state.value
    if not o.tracked:
        return "untracked"
    if held.last_day != o.dates.last_day:
        return "date_changed"
    if held.at < o.dates.late_at <= now and urged_on(held.stage) is None:
        return "overdue_by_now"  # overdue mail waits until receipts could be recorded
    if not held.still_told:
        return "reassigned"
    return None


def _not_news(news: News, held: Held, now: datetime) -> str | None:
    """An announcement is dropped when it is no longer so; the date it was made for may have moved on."""
    o = held.obligation
    if not o.tracked:
        return "untracked"
    if news is News.NEW and now >= o.dates.late_at:
        return "overdue_by_now"
    if still_true(news, o.state, told=held.still_told):
        return None
    if news in (News.CANCELLED, News.ENDED, News.GIVEN):
        return "undone"
    return o.state.value if o.state not in OPEN_STATES else "reassigned"


def outdated(held: Held) -> bool:
    """Whether the words written about a changed date are untrue by now: it has changed again."""
    return news_of(held.stage) is News.MOVED and held.last_day != held.obligation.dates.last_day


@dataclass(frozen=True, slots=True)
class Retry:
    """When to try again; None when it is time to give up."""

    at: datetime | None


def retry(attempts: int, since: datetime, now: datetime, ref: str) -> Retry:
    """1 minute, doubling to 6 hours, for 3 days after a mail server put the message off, and for ten tries.

    Up to a quarter is added, by the message and the try: what was put off together does not come back together.
    """
    if now - since >= GIVE_UP_AFTER and attempts + 1 >= FEWEST_TRIES:
        return Retry(None)
    wait = min(FIRST_RETRY * 2 ** min(attempts, 16), LONGEST_RETRY)
    spread = zlib.crc32(f"{ref} {attempts}".encode()) / 2**32
    return Retry(now + wait * (1 + SPREAD * spread))


@dataclass(frozen=True, slots=True)
class Tally:
    """What a pass of delivery did."""

    sent: int = 0
    again: int = 0
    failed: int = 0
    unknown: int = 0
    superseded: int = 0
    outlet_down: Fault | None = None  # why the outlet cannot be used
