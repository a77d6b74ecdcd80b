"""The forms of `due:` that count from an event: its day is entered later, or known to the calendar."""

from __future__ import annotations

from plans.files import values
from plans.files.due_parts import missing
from plans.files.reading import Form
from plans.rules import Count, Operator, Relative

_MOST = 999  # days of an offset
_COUNTS = {"days": Count.DAYS, "working_days": Count.WORKDAYS}


def relative(form: Form, key: str) -> Relative | None:
    """`after` or `before_event`: N days or working days from an event."""
    at = form.time("time")
    inner = form.form(key)
    if inner is None:
        missing(form, key)
        return None
    event = None if (node := inner.node("event")) is None else inner.typed(node, "event", values.event)
    missing(inner, "event")
    name = inner.text("name")
    days, workdays = inner.integer("days", 1, _MOST), inner.integer("working_days", 1, _MOST)
    operator = Operator(inner.choice("operator", ["before", "by"]) or "by")
    at = inner.time("time") or at
    inner.close()
    given = [count for count in _COUNTS if inner.node(count) is not None]
    if len(given) > 1:
        inner.reading.error("due.several", inner.place_of(given[1]), first=given[0], second=given[1])
        return None
    if not given:
        inner.reading.error("due.offset", inner.place)
        return None
    number = days or workdays
    if event is None or number is None:
        return None
    return Relative(event, number, _COUNTS[given[0]], key == "before_event", operator, at, name)
