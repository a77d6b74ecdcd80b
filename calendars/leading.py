"""The steps from a rule to the day that the document names, which come before those from that day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from calendars.naming import uncounted
from calendars.occurrences import Occurrence, follows, named_day
from calendars.working import WorkingCalendar
from plans.deadlines import Step
from plans.rules import ANCHORS, LAST, Count, DueRule, Recurrence, Relative, Standing, Weekly, Yearly

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


def lead_steps(rule: DueRule, turn: Occurrence, calendar: WorkingCalendar) -> Iterator[Step]:
    """How the stated day of a turn was found; nothing where the document names it outright.

    Raises ValueError for a rule that counts from an event in a turn without one.
    """
    if isinstance(rule, Standing) and rule.review is not None:
        yield Step("review")
        rule = rule.review
    if isinstance(rule, Relative):
        yield from _counting(rule, turn, calendar)
    elif isinstance(rule, Recurrence):
        yield Step("recurrence", {"start": rule.start.isoformat(), "day": turn.stated.isoformat()})
    elif isinstance(rule, Weekly):
        yield _week(rule, turn)
    elif follows(rule, turn.period):
        code = "following_year" if isinstance(rule, Yearly) or "half" in turn.period.parts() else "following_month"
        yield Step(code, {"day": turn.stated.isoformat()})
    wanted = named_day(rule, turn.period)
    if wanted is not None and wanted != turn.stated.day:
        code = "month_end" if wanted == LAST else "short_month"
        yield Step(code, {"wanted": wanted, "day": turn.stated.isoformat()})


def _week(rule: Weekly, turn: Occurrence) -> Step:
    monday = turn.stated - (rule.weekday - 1) * _DAY - (_WEEK if rule.following else 0 * _DAY)
    days = {"first": monday.isoformat(), "last": (monday + 6 * _DAY).isoformat(), "day": turn.stated.isoformat()}
    return Step("following_week" if rule.following else "week", {"week": monday.isocalendar().week, **days})


def _counting(rule: Relative, turn: Occurrence, calendar: WorkingCalendar) -> Iterator[Step]:
    event = turn.anchor
    if event is None:
        raise ValueError(f"a rule that counts from an event without a day: {rule}")
    if rule.event in ANCHORS:
        yield Step(f"event_{rule.event.replace('-', '_')}", {"day": event.isoformat()})
    else:
        yield Step("event", {"name": rule.name or rule.event, "day": event.isoformat()})
    code = f"{'before' if rule.before else 'after'}_{rule.count.value}"
    yield Step(code, {"count": rule.days, "event": event.isoformat(), "day": turn.stated.isoformat()})
    if rule.count is Count.WORKDAYS:
        first, last = (turn.stated, event - _DAY) if rule.before else (event + _DAY, turn.stated)
        yield from uncounted(first, last, calendar)
