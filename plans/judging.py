"""Late or in time: which of several days counts, decided from what was handed in (`judging.rule` says it in words)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from plans.deadlines import DueDates
from plans.obligations import Submission


def first_received(handed_in: Iterable[Submission], confirmed: date) -> date:
    """The day on which an answer that counts first came in.

    `handed_in` is without what counts as not sent; of it, what was sent back had been received. `confirmed` is the day
    that the coordinator confirms for the latest, whatever its unit declared.
    """
    return min([*(s.received_on for s in handed_in if s.returned_at is not None), confirmed])


def is_late(dates: DueDates, received: date, zone: ZoneInfo) -> bool:
    """Whether a day of receipt is late for the dates in force.

    Of a receipt only the day is known: a deadline with a time of day is met on the whole of that day.
    """
    return datetime.combine(received, time.min, zone) >= dates.late_at
