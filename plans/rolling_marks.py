"""What of a plan that was rolled over a person has to look at; `Mark.code` names its sentence (`roll.<code>`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from plans.plan import Plan, Task
from plans.rolling_texts import SPAN, years_left_alone, years_named
from plans.rules import ANCHORS, FromTo, Once, Recurrence, Relative, recurs

_CONGRESS = re.compile(r"\bđại hội\b|\bhội nghị (?:điển hình|biểu dương)", re.IGNORECASE)
_ANNIVERSARY = re.compile(r"\bkỷ niệm\b|\bngày sinh\b|\bngày thành lập\b|\blần thứ\b|\b\d{2,3} năm\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to look at; `review` is False for what only says how it was."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    review: bool = True


def marks_of_plan(plan: Plan) -> tuple[Mark, ...]:
    """Of the plan itself, as it is now."""
    found = [Mark("head", {})] if plan.number is None or plan.issued is None else []
    if plan.until is not None:
        found.append(Mark("until", {"until": plan.until}))
    if any(recurs(task.due) for task in plan.tasks):
        found.append(Mark("recurring"))
    return (*found, *_of_text(plan.title))


def marks_of_task(task: Task, old: Task | None, name_of_day_off: Callable[[date], str | None]) -> tuple[Mark, ...]:
    """Of a task as it is now; `old` as it was in the plan rolled over, None where that was of the same year."""
    return (*_of_text(task.title), *_of_dates(task, name_of_day_off), *_of_change(task, old))


def _of_text(text: str) -> Iterator[Mark]:
    if _CONGRESS.search(text):
        yield Mark("congress")
    if found := _ANNIVERSARY.search(text):
        yield Mark("anniversary", {"words": found[0]})
    spans = [m[0] for m in SPAN.finditer(text)]
    if spans:
        yield Mark("span", {"spans": ", ".join(spans)})
    if not spans and years_left_alone(text):
        yield Mark("document_year")
    named = sorted(set(years_named(text)))
    if len(named) > 1:
        yield Mark("several_years", {"years": ", ".join(map(str, named))})


def _of_dates(task: Task, name_of_day_off: Callable[[date], str | None]) -> Iterator[Mark]:
    rule = task.due
    days = (rule.stated,) if isinstance(rule, Once) else (rule.start, rule.end) if isinstance(rule, FromTo) else ()
    for day in days:
        name = name_of_day_off(day) if day else None
        if day and name is not None:
            yield Mark("day_off", {"day": day, "name": name})
    if isinstance(rule, Relative) and rule.event not in ANCHORS:
        yield Mark("event", {"event": rule.name or rule.event})
    if isinstance(rule, Recurrence):
        yield Mark("recurrence", {"rrule": rule.rrule})
    for name in task.collects:
        if "/" in name:
            yield Mark("collects", {"name": name})


def _of_change(task: Task, old: Task | None) -> Iterator[Mark]:
    if old is None:
        return
    rule, before = task.due, old.due
    if isinstance(before, Once) and isinstance(rule, Once) and before.stated.day != rule.stated.day:
        yield Mark("leap_day", {"old": before.stated, "day": rule.stated})
    if old.note:
        yield Mark("note")
    if old.source.quote and isinstance(before, Once | FromTo):
        yield Mark("old_quote", {"quote": old.source.quote}, review=False)
