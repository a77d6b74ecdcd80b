"""The forms of `due:` that fall due again and again."""

from __future__ import annotations

from itertools import pairwise

from plans import recurrences
from plans.files import values
from plans.files.due_parts import day_of, inner_form, missing, month_days, operator_key, stated
from plans.files.reading import Form
from plans.files.tree import Scalar, Sequence
from plans.rules import (
    HalfYearly,
    MonthDay,
    NineMonthly,
    Operator,
    Periodic,
    Recurrence,
    SeveralYearly,
    Unit,
    Weekly,
    Yearly,
)

_MOST_DATES = 9  # a year's: their numbers are one digit of the period's key


def yearly(form: Form, key: str) -> Yearly | SeveralYearly | None:
    """One date of every year, or a list of two to nine."""
    found = inner_form(form, key)
    if found is None:
        return None
    inner, at = found
    name = operator_key(inner)
    following = inner.choice("of", ["following_year"]) is not None
    if not name or not isinstance(inner.node(name), Sequence):
        on = inner.typed(node, name, values.month_day) if name and (node := inner.node(name)) else None
        inner.close()
        return None if on is None else Yearly(on, Operator(name), at, following)
    if following:
        inner.reading.error("due.several", inner.place_of("of"), first=name, second="of")
    days = month_days(inner, name)
    inner.close()
    if days is None or following:
        return None
    if not 2 <= len(days) <= _MOST_DATES:
        inner.reading.error("due.several_dates", inner.place_of(name), most=_MOST_DATES)
    elif any(_place(a) >= _place(b) for a, b in pairwise(days)):
        inner.reading.error("due.dates_order", inner.place_of(name))
    else:
        return SeveralYearly(tuple(days), Operator(name), at)
    return None


def half_yearly(form: Form, key: str) -> HalfYearly | None:
    found = inner_form(form, key)
    if found is None:
        return None
    inner, at = found
    name = operator_key(inner)
    days: list[MonthDay] | None = None
    if name and isinstance(inner.node(name), Sequence):
        days = month_days(inner, name)
        if days is not None and len(days) != 2:
            inner.reading.error("due.two_dates", inner.place_of(name))
            days = None
    elif name and (number := day_of(inner, name)):
        days = [MonthDay(6, number), MonthDay(12, number)]
    inner.close()
    if days is None:
        return None
    first, second = days
    if _place(first) >= _place(second) and not _halves_across_years(first, second):
        inner.reading.error("due.half_order", inner.place_of(name))
        return None
    return HalfYearly(first, second, Operator(name), at)


def nine_monthly(form: Form, key: str) -> NineMonthly | None:
    found = inner_form(form, key)
    if found is None:
        return None
    inner, at = found
    operator, on = stated(inner, values.month_day)
    inner.close()
    return None if on is None else NineMonthly(on, operator, at)


def periodic(form: Form, key: str) -> Periodic | None:
    found = inner_form(form, key)
    if found is None:
        return None
    inner, at = found
    name = operator_key(inner)
    number = day_of(inner, name) if name else None
    following = inner.choice("of", ["following_month"]) is not None
    inner.close()
    unit = Unit.QUARTER if key == "quarterly" else Unit.MONTH
    return None if number is None else Periodic(unit, number, Operator(name), at, following)


def weekly(form: Form, key: str) -> Weekly | None:
    found = inner_form(form, key)
    if found is None:
        return None
    inner, at = found
    operator, weekday = stated(inner, values.weekday)
    following = inner.choice("of", ["following_week"]) is not None
    inner.close()
    return None if weekday is None else Weekly(weekday, operator, at, following)


def recurrence(form: Form, key: str) -> Recurrence | None:
    """A recurrence of RFC 5545 as its text, counted from a day."""
    found = inner_form(form, key)
    if found is None:
        return None
    inner, at = found
    operator, text = stated(inner, recurrences.normalized)
    missing(inner, "from")
    start = inner.day("from")
    inner.close()
    if text is None:
        return None
    place = node.place if isinstance(node := inner.node(operator.value), Scalar) else inner.place
    faults = recurrences.faults_of(text)
    for fault in faults:
        inner.reading.error(f"due.rrule_{fault.code}", place, **fault.params)
    if faults or start is None:
        return None
    rule = Recurrence(text, start, operator, at)
    if next(recurrences.days_of(rule), None) is None:
        inner.reading.error("due.rrule_empty", place, start=start, last=recurrences.LAST_DAY.year)
        return None
    return rule


def _place(on: MonthDay) -> tuple[int, int]:
    return on.month, on.day


def _halves_across_years(first: MonthDay, second: MonthDay) -> bool:
    """Whether the second half is reported in the next year: "10/7 và 10/01"; any other order is a slip."""
    return 5 <= first.month <= 9 and second.month <= 3
