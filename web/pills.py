"""A status as people see it: a word, a colour, and how many working days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from plans.obligations import Obligation
from plans.status import Status
from plans.words import Words

_SOON = 3  # working days left, or fewer, are told in orange
_COUNTED = 30  # more of them say nothing to anyone
_TONES = {
    Status.OVERDUE: "late",
    Status.MISSING: "late",
    Status.DUE_TODAY: "soon",
    Status.RETURNED: "soon",
    Status.ON_TIME: "done",
    Status.SUBMITTED: "sent",
    Status.LATE: "after",
}
_AHEAD = (Status.DUE_SOON, Status.PENDING, Status.RETURNED)


@dataclass(frozen=True, slots=True)
class Pill:
    """What is shown of a status; the word says it all, the tone only helps to find it."""

    word: str
    tone: str  # late | soon | done | sent | after | plain: a class of the style sheet
    left: int | None = None  # working days until act by
    late: int | None = None  # working days after late-after


def pill(o: Obligation, now: datetime, today: date, words: Words, count: Callable[[date, date], int]) -> Pill:
    """`count` gives the working days in (after, until]."""
    status = o.status(now, today)
    left = count(today, o.dates.act_by) if status in _AHEAD and today < o.dates.act_by else None
    if left is not None and left > _COUNTED:
        left = None
    # 0 on the day of a deadline with a time of day: late, but by no whole day.
    late = max(count(o.dates.late_on, today), 0) or None if status is Status.OVERDUE else None
    tone = _TONES.get(status, "plain")
    if left is not None:
        tone = "soon" if left <= _SOON else "plain"
    return Pill(words.status(status, o.kind, sent_back=o.sent_back), tone, left, late)
