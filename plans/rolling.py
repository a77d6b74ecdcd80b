"""Next year's plan from this year's: dates and periods move on, and what needs a person's eye is marked.

A pure function of the plan. It changes no rule that recurs, no span of years, no number or date of a document. A plan
that is of the wanted year already stays as it is.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from plans.periods import Period
from plans.plan import Plan, Source, Task
from plans.problems import Problem, UserError
from plans.rolling_marks import Mark, marks_of_plan, marks_of_task
from plans.rolling_texts import shifted_text, years_named
from plans.rules import DueRule, FromTo, Once, Recurrence, Within
from plans.words import Words

LONGEST_SLUG = 80
_YEARS = range(1970, 2101)
_UNTIL = re.compile(r"(?<=UNTIL=)(\d{4})(\d{2})(\d{2})")


@dataclass(frozen=True, slots=True)
class Rolled:
    """The plan of another year; `marks` by task, those of the plan itself under an empty slug."""

    plan: Plan
    year: int
    marks: dict[str, tuple[Mark, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many places a person has to look at."""
        return sum(mark.review for marks in self.marks.values() for mark in marks)


def roll_over(plan: Plan, year: int, name_of_day_off: Callable[[date], str | None]) -> Rolled:
    """The plan for `year`; `name_of_day_off` says why nobody works on a day, None where it is a working day.

    Raises UserError for a plan that shows no year, and for dates that would leave the years nhachan knows.
    """
    own = own_year(plan)
    if own is None:
        raise UserError(Problem("roll_over.no_year", {"plan": plan.slug}))
    by = year - own
    rolled = plan if by == 0 else _rolled(plan, own, by)
    last = max((_last_year(task.due) for task in rolled.tasks), default=year)
    if last not in _YEARS or year not in _YEARS:
        raise UserError(Problem("roll_over.years", {"year": year, "first": _YEARS[0], "last": _YEARS[-1]}))
    before = {task.slug: task for task in plan.tasks} if by else {}
    marks = {"": marks_of_plan(rolled)}
    for task in rolled.tasks:
        marks[task.slug] = marks_of_task(task, before.get(task.slug), name_of_day_off)
    return Rolled(rolled, year, {slug: found for slug, found in marks.items() if found})


def own_year(plan: Plan) -> int | None:
    """The year a plan is for: that of most of its dates (the earlier of two), else of its issue, else one it names."""
    years = Counter(year for task in plan.tasks if (year := _year_of(task.due)))
    if years:
        return min(years, key=lambda y: (-years[y], y))
    if plan.issued:
        return plan.issued.year
    named = [int(part) for part in plan.slug.split("-") if part.isdigit() and len(part) == 4]
    named += years_named(plan.title)
    return next((y for y in named if y in _YEARS), None)


def _year_of(rule: DueRule) -> int | None:
    if isinstance(rule, Once):
        return rule.stated.year
    if isinstance(rule, FromTo):
        return rule.end.year
    if isinstance(rule, Within):
        return int(rule.period.parts()["year"])
    return None


def _last_year(rule: DueRule) -> int:
    return _year_of(rule) or (rule.start.year if isinstance(rule, Recurrence) else _YEARS[0])


def _rolled(plan: Plan, own: int, by: int) -> Plan:
    return replace(
        plan,
        slug=_slug(plan.slug, own, own + by),
        title=shifted_text(plan.title, own, by),
        number=None,
        issued=None,
        revision=None,
        replaced_by=None,
        until=plan.until and shifted(plan.until, by),
        tasks=tuple(_task(task, own, by) for task in plan.tasks),
    )


def _task(task: Task, own: int, by: int) -> Task:
    """The words of the old document are no source of the new one."""
    return replace(
        task,
        title=shifted_text(task.title, own, by),
        section=task.section and shifted_text(task.section, own, by),
        due=_rule(task.due, by),
        source=Source(),
    )


def _rule(rule: DueRule, by: int) -> DueRule:
    if isinstance(rule, Once):
        return replace(rule, stated=shifted(rule.stated, by))
    if isinstance(rule, FromTo):
        return replace(rule, start=rule.start and shifted(rule.start, by), end=shifted(rule.end, by))
    if isinstance(rule, Within):
        year = int(rule.period.parts()["year"])
        return Within(Period(f"{year + by:04d}{rule.period.key[4:]}"))
    if isinstance(rule, Recurrence):
        until = _UNTIL.sub(lambda m: f"{shifted(date(*map(int, m.groups())), by):%Y%m%d}", rule.rrule)
        return replace(rule, rrule=until, start=shifted(rule.start, by))
    return rule


def shifted(day: date, by: int) -> date:
    """The same day of another year; 29/02 is the last of February. The day of the week is not kept."""
    year = day.year + by
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def _slug(slug: str, own: int, year: int) -> str:
    parts = slug.split("-")
    if str(own) in parts:
        return "-".join(str(year) if part == str(own) else part for part in parts)
    return f"{slug[: LONGEST_SLUG - 5].rstrip('-')}-{year}"


def remarks(rolled: Rolled, say: Words) -> dict[str, list[str]]:
    """The marks in words, by task, as comments of the file."""
    review = say("roll.review")
    said: dict[str, list[str]] = {}
    for slug, marks in rolled.marks.items():
        sentences = [(mark.review, say(f"roll.{mark.code}", **mark.params)) for mark in marks]
        said[slug] = [f"{review}: {sentence}" if to_review else sentence for to_review, sentence in sentences]
    return said
