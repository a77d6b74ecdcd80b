"""A due rule (thời hạn) says when a task is due, once or every period.

Each form is a value of its own; `calendars.due` makes dates of them. A day of the month is 1 to 31, or `LAST` for the
month's last day; a day that a month does not have means its last one. A day of the week is ISO's: 1 Monday, 7 Sunday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from plans.periods import Period

LAST = 31


class Operator(StrEnum):
    """How the document binds the day it names."""

    BEFORE = "before"  # "trước ngày X": X itself is too late
    BY = "by"  # "chậm nhất / hết / đến / không quá ngày X": X still counts
    WITHIN = "within"  # "trong quý I": the last day of the period still counts


class Unit(StrEnum):
    """The length of a recurring rule's period."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    NINE_MONTHS = "nine_months"
    YEAR = "year"


class Count(StrEnum):
    """What an offset counts."""

    DAYS = "days"
    WORKDAYS = "workdays"


@dataclass(frozen=True, slots=True)
class MonthDay:
    """A day of every year, as in "05/12"."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Once:
    """One date: "chậm nhất ngày 31/3/2020"."""

    stated: date
    operator: Operator
    at: time | None = None


@dataclass(frozen=True, slots=True)
class Yearly:
    """A date of every year: "trước ngày 05/12 hằng năm"; `following`: in the year after the one reported on."""

    on: MonthDay
    operator: Operator
    at: time | None = None
    following: bool = False


@dataclass(frozen=True, slots=True)
class HalfYearly:
    """The date for the first and for the second half of every year.

    A second date early in the year stands in the next one: "10/7 và 10/01 năm sau".
    """

    first: MonthDay
    second: MonthDay
    operator: Operator
    at: time | None = None


@dataclass(frozen=True, slots=True)
class NineMonthly:
    """A date of every year on which nine months are reported: "báo cáo 9 tháng trước ngày 05/10"."""

    on: MonthDay
    operator: Operator
    at: time | None = None


@dataclass(frozen=True, slots=True)
class SeveralYearly:
    """Two to nine dates of every year, in their order, that are numbered and stand for no part of it."""

    on: tuple[MonthDay, ...]
    operator: Operator
    at: time | None = None


@dataclass(frozen=True, slots=True)
class Weekly:
    """A day of every week, or of the week after the one reported on: "trước 15h00 thứ Năm hằng tuần"."""

    weekday: int  # 1 Monday to 7 Sunday
    operator: Operator
    at: time | None = None
    following: bool = False


@dataclass(frozen=True, slots=True)
class Periodic:
    """Day `day` of the last month of every month or quarter, or of the first month after it (`following`)."""

    every: Unit  # MONTH or QUARTER
    day: int
    operator: Operator
    at: time | None = None
    following: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """In one month, quarter, half or year, due on its last day: "thực hiện trong Quý I"."""

    period: Period


@dataclass(frozen=True, slots=True)
class FromTo:
    """A span with an inclusive end: "từ nay đến ngày 30/10/2023"; a start not known yet is None."""

    start: date | None
    end: date
    at: time | None = None


@dataclass(frozen=True, slots=True)
class Relative:
    """`days` before or after an event: "trong 10 ngày làm việc kể từ ngày kết thúc", "trước Tết 10 ngày".

    The first day is not counted (Bộ luật Dân sự 2015, Điều 147). The event's date is entered later, for all or for one
    unit; those of `ANCHORS` are known to the calendar and come every year.
    """

    event: str  # slug
    days: int  # at least 1
    count: Count
    before: bool
    operator: Operator = Operator.BY  # how the document binds the day found
    at: time | None = None
    name: str | None = None  # of the event, as people are told it


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The days of any recurrence of RFC 5545 (§3.3.10), counted from `start` (its DTSTART)."""

    rrule: str  # the value alone: "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10"
    start: date
    operator: Operator
    at: time | None = None


Review = Yearly | HalfYearly | SeveralYearly | Periodic


@dataclass(frozen=True, slots=True)
class Standing:
    """ "thường xuyên": no deadline; `review` is the rhythm in which those responsible are asked to look at it."""

    review: Review | None = None


@dataclass(frozen=True, slots=True)
class Undetermined:
    """The document gives no date a machine may assume ("định kỳ tổng hợp, báo cáo"): a person decides."""


DueRule = (
    Once
    | Yearly
    | HalfYearly
    | NineMonthly
    | SeveralYearly
    | Periodic
    | Weekly
    | Within
    | FromTo
    | Relative
    | Recurrence
    | Standing
    | Undetermined
)
TET, HUNG_KINGS = "tet-nguyen-dan", "gio-to-hung-vuong"
ANCHORS = (TET, HUNG_KINGS)  # events of every year whose days the calendar knows


def recurs(rule: DueRule) -> bool:
    """Whether a rule falls due again and again, without an end of its own."""
    if isinstance(rule, Standing):
        return rule.review is not None
    if isinstance(rule, Relative):
        return rule.event in ANCHORS
    return isinstance(rule, Yearly | HalfYearly | NineMonthly | SeveralYearly | Periodic | Weekly | Recurrence)


def is_dated(rule: DueRule) -> bool:
    """Whether a rule can have dates at all; that of an event has them once its day is entered."""
    return not isinstance(rule, Undetermined) and rule != Standing()


def rhythm(rule: DueRule) -> Unit | None:
    """How long a turn of a recurring rule lasts, which decides how often people are reminded; None where it has none.

    A recurrence every other month is as frequent as a monthly one; dates that are only numbered have no length.
    """
    match rule:
        case Weekly():
            return Unit.WEEK
        case Periodic():
            return rule.every
        case HalfYearly():
            return Unit.HALF
        case NineMonthly():
            return Unit.NINE_MONTHS
        case Yearly():
            return Unit.YEAR
        case Relative() if rule.event in ANCHORS:
            return Unit.YEAR
        case Standing(review) if review is not None:
            return rhythm(review)
        case Recurrence():
            return _rhythm_of(dict(part.split("=", 1) for part in rule.rrule.split(";")))
    return None


def _rhythm_of(parts: dict[str, str]) -> Unit:
    months = int(parts.get("INTERVAL", "1")) * (12 if parts["FREQ"] == "YEARLY" else 1)
    if parts["FREQ"] in ("DAILY", "WEEKLY"):
        return Unit.WEEK
    if months < 3:
        return Unit.MONTH
    return Unit.QUARTER if months < 6 else Unit.HALF if months < 12 else Unit.YEAR
