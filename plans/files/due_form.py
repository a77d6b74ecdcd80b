"""The `due:` of a task: each form of the file to its rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from plans.audiences import UNDETERMINED
from plans.files import values
from plans.files.reading import Form
from plans.files.tree import Scalar, Sequence
from plans.files.values import ValueFault
from plans.periods import Period
from plans.plan import Kind
from plans.rules import (
    LAST,
    DueRule,
    FromTo,
    HalfYearly,
    MonthDay,
    Once,
    Operator,
    Periodic,
    Standing,
    Undetermined,
    Unit,
    Within,
    Yearly,
    is_dated,
)

T = TypeVar("T")


def read_due(task: Form, kind: Kind) -> DueRule:
    """The rule of a task's `due`; Undetermined where it is absent or gives none (the problems are noted)."""
    rule = _rule(task, kind)
    place = task.place_of("due")
    if rule is None:
        return Undetermined()
    if kind is Kind.STANDING and is_dated(rule) and not isinstance(rule, Standing):
        task.reading.error("due.standing_dated", place)
    if kind is not Kind.STANDING and isinstance(rule, Standing):
        task.reading.error("due.standing_kind", place, kind=kind.value)
    if kind is not Kind.STANDING and isinstance(rule, Undetermined):
        task.reading.warning("due.undetermined", place)
    return rule


def _rule(task: Form, kind: Kind) -> DueRule | None:
    node = task.node("due")
    if node is None:
        return Standing() if kind is Kind.STANDING else Undetermined()
    if isinstance(node, Scalar):
        if node.text in ("standing", UNDETERMINED):
            return Standing() if node.text == "standing" else Undetermined()
        task.reading.error("due.bare", node.place, value=node.text)
        return None
    form = task.form("due")
    if form is None:
        return None
    named = [key for key in _FORMS if form.has(key)]
    if not named:
        form.reading.error("due.form", form.place, choices=", ".join(_FORMS))
        return None
    # `from` and `to` are one form; `before` and `by` together are a contradiction.
    if len({_FORMS[key] for key in named}) > 1 or {"before", "by"} <= set(named):
        form.reading.error("due.several", form.place_of(named[1]), first=named[0], second=named[1])
        return None
    rule = _FORMS[named[0]](form, named[0])
    form.close()
    return rule


def _once(form: Form, _: str) -> DueRule | None:
    operator, stated = _stated(form, _full_day)
    at = form.time("time")
    return None if stated is None else Once(stated, operator, at)


def _yearly(form: Form, key: str) -> DueRule | None:
    inner = form.form(key)
    at = form.time("time")
    if inner is None:
        return _blank(form, key)
    operator, on = _stated(inner, values.month_day)
    at = inner.time("time") or at
    following = inner.choice("of", ["following_year"]) is not None
    inner.close()
    return None if on is None else Yearly(on, operator, at, following)


def _half_yearly(form: Form, key: str) -> DueRule | None:
    inner = form.form(key)
    at = form.time("time")
    if inner is None:
        return _blank(form, key)
    name = _operator_key(inner)
    at = inner.time("time") or at
    days: list[MonthDay | None] = []
    if name and isinstance(inner.node(name), Sequence):
        items = inner.nodes(name)
        days = [inner.typed(item, name, values.month_day) for item in items]
        if len(items) != 2:
            inner.reading.error("due.two_dates", inner.place_of(name))
            days = []
    elif name and (number := _day_of(inner, name)):
        days = [MonthDay(6, number), MonthDay(12, number)]
    inner.close()
    if not days or days[0] is None or days[1] is None:
        return None
    if (days[0].month, days[0].day) >= (days[1].month, days[1].day):
        inner.reading.error("due.half_order", inner.place_of(name))
        return None
    return HalfYearly(days[0], days[1], Operator(name), at)


def _periodic(form: Form, key: str) -> DueRule | None:
    inner = form.form(key)
    at = form.time("time")
    if inner is None:
        return _blank(form, key)
    name = _operator_key(inner)
    number = _day_of(inner, name) if name else None
    at = inner.time("time") or at
    following = inner.choice("of", ["following_month"]) is not None
    inner.close()
    unit = Unit.QUARTER if key == "quarterly" else Unit.MONTH
    return None if number is None else Periodic(unit, number, Operator(name), at, following)


def _within(form: Form, key: str) -> DueRule | None:
    inner = form.form(key)
    if inner is None:
        return _blank(form, key)
    parts = [part for part in ("quarter", "month", "half") if inner.has(part)]
    year = inner.integer("year", values.YEARS[0], values.YEARS[-1])
    if inner.node("year") is None:
        inner.reading.error("key.missing", inner.place_of("year"), key="year")
    numbers = {
        "quarter": inner.integer("quarter", 1, 4),
        "month": inner.integer("month", 1, 12),
        "half": inner.integer("half", 1, 2),
    }
    inner.close()
    if len(parts) > 1:
        inner.reading.error("due.several", inner.place_of(parts[1]), first=parts[0], second=parts[1])
        return None
    if year is None:
        return None
    if not parts:
        return Within(Period.year(year))
    number = numbers[parts[0]]
    if number is None:
        if inner.node(parts[0]) is None:
            inner.reading.error("key.missing", inner.place_of(parts[0]), key=parts[0])
        return None
    make = {"quarter": Period.quarter, "month": Period.month, "half": Period.half}[parts[0]]
    return Within(make(year, number))


def _from_to(form: Form, _: str) -> DueRule | None:
    start_node = form.node("from")
    unknown = isinstance(start_node, Scalar) and start_node.text == UNDETERMINED
    start = None if unknown else form.day("from")
    end = form.day("to")
    at = form.time("time")
    if form.node("to") is None:
        form.reading.error("key.missing", form.place_of("to"), key="to")
    if end is None or (start_node is not None and start is None and not unknown):
        return None
    if start is not None and end < start:
        form.reading.error("due.to_before_from", form.place_of("to"), start=start, end=end)
        return None
    return FromTo(start, end, at)


def _standing(form: Form, key: str) -> DueRule | None:
    return Standing() if form.choice(key, ["true"]) else _blank(form, key)


# The forms by the keys that mark them, in the order in which the documentation has them.
_FORMS: dict[str, Callable[[Form, str], DueRule | None]] = {
    "before": _once,
    "by": _once,
    "yearly": _yearly,
    "half_yearly": _half_yearly,
    "quarterly": _periodic,
    "monthly": _periodic,
    "within": _within,
    "from": _from_to,
    "to": _from_to,
    "standing": _standing,
}


def _blank(form: Form, key: str) -> DueRule | None:
    """No rule; notes that the key has no value, unless another fault of it was noted."""
    if form.node(key) is None:
        form.reading.error("key.missing", form.place_of(key), key=key)
    return None


def _operator_key(form: Form) -> str:
    """`before` or `by`, whichever is there; empty after the problem was noted."""
    before, by = form.node("before"), form.node("by")
    if before is not None and by is not None:
        form.reading.error("due.several", form.place_of("by"), first="before", second="by")
        return ""
    if before is None and by is None:
        form.reading.error("due.operator", form.place)
        return ""
    return "by" if before is None else "before"


def _stated(form: Form, convert: Callable[[str], T]) -> tuple[Operator, T | None]:
    name = _operator_key(form)
    node = form.node(name) if name else None
    return Operator(name or "by"), None if node is None else form.typed(node, name, convert)


def _full_day(text: str) -> date:
    try:
        return values.day(text)
    except ValueFault as fault:
        if fault.code == "value.date_without_year":
            raise ValueFault("due.year_missing", value=text) from None
        raise


def _day_of(form: Form, name: str) -> int | None:
    """Day 1 to 31 of a month, or `last`."""
    node = form.node(name)
    if isinstance(node, Scalar) and node.text == "last":
        return LAST
    return form.integer(name, 1, 31)
