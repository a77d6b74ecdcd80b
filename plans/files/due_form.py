"""The `due:` of a task: each form of the file to its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from plans.audiences import UNDETERMINED
from plans.files.due_event_form import relative
from plans.files.due_parts import full_day, missing, stated
from plans.files.due_recurring_form import half_yearly, nine_monthly, periodic, recurrence, weekly, yearly
from plans.files.reading import Form
from plans.files.tree import Mapping, Scalar
from plans.periods import YEARS, Period
from plans.plan import Kind
from plans.rules import DueRule, FromTo, Once, Review, Standing, Undetermined, Within, is_dated


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
    return None if form is None else _one_of(form, _FORMS)


def _one_of(form: Form, forms: _Forms) -> DueRule | None:
    """The rule of the one form that the keys of a mapping name."""
    named = [key for key in forms if form.has(key)]
    if not named:
        form.reading.error("due.form", form.place, choices=", ".join(forms))
        return None
    if len(named) > 1 and named != ["from", "to"]:
        form.reading.error("due.several", form.place_of(named[1]), first=named[0], second=named[1])
        return None
    rule = forms[named[0]](form, named[0])
    form.close()
    return rule


def _once(form: Form, _: str) -> DueRule | None:
    operator, day = stated(form, full_day)
    at = form.time("time")
    return None if day is None else Once(day, operator, at)


def _within(form: Form, key: str) -> DueRule | None:
    inner = form.form(key)
    if inner is None:
        missing(form, key)
        return None
    year = inner.integer("year", YEARS[0], YEARS[-1])
    missing(inner, "year")
    numbers = {
        "quarter": inner.integer("quarter", 1, 4),
        "month": inner.integer("month", 1, 12),
        "half": inner.integer("half", 1, 2),
        "nine_months": 9 if inner.choice("nine_months", ["true"]) else None,
    }
    inner.close()
    parts = [part for part in numbers if inner.has(part)]
    if len(parts) > 1:
        inner.reading.error("due.several", inner.place_of(parts[1]), first=parts[0], second=parts[1])
        return None
    if parts:
        missing(inner, parts[0])
    number = numbers[parts[0]] if parts else 0
    if year is None or number is None:
        return None
    match parts:
        case ["quarter"]:
            return Within(Period.quarter(year, number))
        case ["month"]:
            return Within(Period.month(year, number))
        case ["half"]:
            return Within(Period.half(year, number))
        case ["nine_months"]:
            return Within(Period.nine_months(year))
    return Within(Period.year(year))


def _from_to(form: Form, _: str) -> DueRule | None:
    start_node = form.node("from")
    unknown = isinstance(start_node, Scalar) and start_node.text == UNDETERMINED
    start = None if unknown else form.day("from")
    end = form.day("to")
    at = form.time("time")
    missing(form, "to")
    if end is None or (start_node is not None and start is None and not unknown):
        return None
    if start is not None and end < start:
        form.reading.error("due.to_before_from", form.place_of("to"), start=start, end=end)
        return None
    return FromTo(start, end, at)


def _standing(form: Form, key: str) -> DueRule | None:
    if not isinstance(form.node(key), Mapping):
        if form.choice(key, ["true"]):
            return Standing()
        missing(form, key)
        return None
    inner = form.form(key)
    review = inner.form("review") if inner else None
    if inner is None or review is None:
        if inner:
            missing(inner, "review")
        return None
    rule = _one_of(review, _REVIEWS)
    inner.close()
    return None if rule is None else Standing(cast("Review", rule))  # _REVIEWS makes no other


_Forms = dict[str, Callable[[Form, str], DueRule | None]]

# The forms by the keys that mark them, in the order in which the documentation has them.
_FORMS: _Forms = {
    "before": _once,
    "by": _once,
    "yearly": yearly,
    "half_yearly": half_yearly,
    "nine_monthly": nine_monthly,
    "quarterly": periodic,
    "monthly": periodic,
    "weekly": weekly,
    "within": _within,
    "from": _from_to,
    "to": _from_to,
    "after": relative,
    "before_event": relative,
    "rrule": recurrence,
    "standing": _standing,
}
_REVIEWS: _Forms = {"yearly": yearly, "half_yearly": half_yearly, "quarterly": periodic, "monthly": periodic}
