"""What the forms of `due:` share: `before` or `by`, days, and the note that something is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import TypeVar

from plans.files import values
from plans.files.reading import Form
from plans.files.tree import Scalar
from plans.files.values import ValueFault
from plans.rules import LAST, MonthDay, Operator

T = TypeVar("T")


def inner_form(form: Form, key: str) -> tuple[Form, time | None] | None:
    """The mapping under `key` with the time of day, which may stand inside or beside it; None after it was noted."""
    inner = form.form(key)
    at = form.time("time")
    if inner is None:
        missing(form, key)
        return None
    inner.node("before"), inner.node("by")  # first among the keys that the fault of an unknown one lists
    return inner, inner.time("time") or at


def missing(form: Form, key: str) -> None:
    """Note that a key has no value, unless another fault of it was noted."""
    if form.node(key) is None:
        form.reading.error("key.missing", form.place_of(key), key=key)


def operator_key(form: Form) -> str:
    """`before` or `by`, whichever is there; empty after the problem was noted."""
    before, by = form.node("before"), form.node("by")
    if before is not None and by is not None:
        form.reading.error("due.several", form.place_of("by"), first="before", second="by")
        return ""
    if before is None and by is None:
        form.reading.error("due.operator", form.place)
        return ""
    return "by" if before is None else "before"


def stated(form: Form, convert: Callable[[str], T]) -> tuple[Operator, T | None]:
    """The operator and what it binds; None after the problem was noted."""
    name = operator_key(form)
    node = form.node(name) if name else None
    return Operator(name or "by"), None if node is None else form.typed(node, name, convert)


def month_days(form: Form, name: str) -> list[MonthDay] | None:
    """A list of days of the year; None after a fault in one was noted."""
    found = [form.typed(item, name, values.month_day) for item in form.nodes(name)]
    days = [day for day in found if day is not None]
    return days if len(days) == len(found) else None


def full_day(text: str) -> date:
    """A date with its year; the fault of one without it says what a yearly rule looks like."""
    try:
        return values.day(text)
    except ValueFault as fault:
        if fault.code == "value.date_without_year":
            raise ValueFault("due.year_missing", value=text) from None
        raise


def day_of(form: Form, name: str) -> int | None:
    """Day 1 to 31 of a month, or `last`."""
    node = form.node(name)
    if isinstance(node, Scalar) and node.text == "last":
        return LAST
    return form.integer(name, 1, 31)
