"""A due rule (thời hạn) says when a task is due, once or every period.

Each form is a value of its own; `calendars.due` makes dates of them. A day of the month is 1 to 31, or `LAST` for the
month's last day; a day that a month does not have means its last one.
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

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


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
    """The date for the first and for the second half of every year."""

    first: MonthDay
    second: MonthDay
    operator: Operator
    at: time | None = None


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
class Standing:
    """ "thường xuyên": no deadline."""


@dataclass(frozen=True, slots=True)
class Undetermined:
    """The document gives no date a machine may assume ("định kỳ tổng hợp, báo cáo"): a person decides."""


DueRule = Once | Yearly | HalfYearly | Periodic | Within | FromTo | Standing | Undetermined
RECURRING = (Yearly, HalfYearly, Periodic)
UNDATED = (Standing, Undetermined)
