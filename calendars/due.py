"""The dates of a deadline and the words for how each was found: a pure function of rule, turn and working calendar.

Which turns a rule has is decided in `calendars.occurrences`, whose names are offered here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendars import leading
from calendars.naming import holidays_between, made_up
from calendars.occurrences import Occurrence, occurrences
from calendars.recurring import rrule
from calendars.working import WorkingCalendar
from plans.deadlines import DueDates, Step
from plans.rules import DueRule, FromTo, Operator, Standing, Undetermined, Within
from plans.unicode_forms import composed

__all__ = ["Occurrence", "dates_for", "due_dates", "mixes_readings", "occurrences", "rrule", "stated_step"]

_DAY = timedelta(days=1)
# A number between the two words belongs to another date: "chậm nhất ngày 05/12, trước khi họp".
_MIXED = re.compile(r"\b(?:(?:chậm|muộn) nhất|không quá|không muộn hơn)\b[^.;\d]{0,60}?\btrước (?:ngày|thứ|tháng|\d)")


def due_dates(
    rule: DueRule,
    occurrence: Occurrence,
    calendar: WorkingCalendar,
    zone: ZoneInfo,
    strict: bool = False,
    quote: str | None = None,
) -> DueDates:
    """The dates of one turn of `rule`; `quote` is the sentence of the document, read only for its flag.

    Raises ValueError for a rule without dates.
    """
    operator, at = _binding(rule)
    steps = tuple(leading.lead_steps(rule, occurrence, calendar))
    return dates_for(occurrence.stated, operator, at, calendar, zone, strict, occurrence.opens, quote, steps)


def dates_for(
    stated: date,
    operator: Operator,
    at: time | None,
    calendar: WorkingCalendar,
    zone: ZoneInfo,
    strict: bool = False,
    opens: date | None = None,
    quote: str | None = None,
    lead_steps: Sequence[Step] = (),
) -> DueDates:
    """The dates of a day that a rule, an extension or a request to resubmit names.

    `at` is a local time of day. `strict`: late after the last day itself. `lead_steps` come first in the explanation.
    A time of day ends the stated day itself, so that "trước 16:30 ngày X" leaves the morning of X.
    """
    if operator is Operator.BEFORE and at == time.min:  # "trước 0 giờ ngày X" leaves nothing of X
        at = None
    excluded = operator is Operator.BEFORE and at is None
    last_day = stated - _DAY if excluded else stated
    if strict:
        late_on = last_day
    elif excluded:
        late_on = stated
    else:  # Bộ luật Dân sự 2015, Điều 148 khoản 5
        late_on = calendar.following(stated)
    ends = datetime.combine(late_on + _DAY, time.min, zone) if at is None else datetime.combine(late_on, at, zone)
    act_by = calendar.preceding(last_day)
    steps = (
        *lead_steps,
        _stated(stated, operator, at, opens),
        *_flag(stated, excluded, at, quote),
        _last_day(last_day, excluded, at),
        *_act_by(last_day, act_by, calendar),
        *_late(stated, late_on, excluded, at, strict, calendar),
    )
    return DueDates(stated, operator, last_day, act_by, late_on, ends.astimezone(UTC), at, opens, steps)


def stated_step(dates: DueDates) -> Step:
    """What the document names, as one sentence: "Thời hạn: trước ngày 05/12/2026 (thứ Bảy)."."""
    return _stated(dates.stated, dates.operator, dates.at, dates.opens)


def mixes_readings(quote: str) -> bool:
    """Whether the words mix "chậm nhất" (the day counts) with "trước" (it does not)."""
    return bool(_MIXED.search(" ".join(composed(quote).casefold().split())))


def _binding(rule: DueRule) -> tuple[Operator, time | None]:
    if isinstance(rule, Standing) and rule.review is not None:
        rule = rule.review
    if isinstance(rule, Standing | Undetermined):
        raise ValueError(f"a rule without dates: {rule}")
    if isinstance(rule, Within):
        return Operator.WITHIN, None
    if isinstance(rule, FromTo):
        return Operator.BY, rule.at
    return rule.operator, rule.at


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _stated(stated: date, operator: Operator, at: time | None, opens: date | None) -> Step:
    day = stated.isoformat()
    suffix = "" if at is None else "_at"
    hour = {} if at is None else {"at": _clock(at)}
    if operator is Operator.BEFORE:
        return Step(f"stated_before{suffix}", {"day": day, **hour})
    if opens is not None:
        return Step(f"stated_within{suffix}", {"opens": opens.isoformat(), "day": day, **hour})
    return Step(f"stated_by{suffix}", {"day": day, **hour})


def _flag(stated: date, excluded: bool, at: time | None, quote: str | None) -> Iterator[Step]:
    if quote and mixes_readings(quote):
        code = "mixed_at" if at is not None else "mixed_before" if excluded else "mixed_by"
        yield Step(code, {"last_day": (stated - _DAY).isoformat(), "day": stated.isoformat()})


def _last_day(last_day: date, excluded: bool, at: time | None) -> Step:
    code = "last_day_before" if excluded else "last_day_by" if at is None else "last_day_at"
    return Step(code, {"day": last_day.isoformat()})


def _act_by(last_day: date, act_by: date, calendar: WorkingCalendar) -> Iterator[Step]:
    if act_by == last_day:
        yield Step("act_by_working", {"day": act_by.isoformat()})
    else:
        params = {"last_day": last_day.isoformat(), "day": act_by.isoformat()}
        name = calendar.name_of(last_day)
        yield Step("act_by_holiday", {**params, "name": name}) if name else Step("act_by_weekend", params)
        yield from holidays_between(act_by, last_day, calendar)
    yield from made_up(act_by, calendar)


def _late(
    stated: date, late_on: date, excluded: bool, at: time | None, strict: bool, calendar: WorkingCalendar
) -> Iterator[Step]:
    suffix = "" if at is None else "_at"
    params = {"day": late_on.isoformat(), **({} if at is None else {"at": _clock(at)})}
    if strict:
        yield Step(f"late_strict{suffix}", params)
    elif late_on == stated:
        yield Step("late_before" if excluded else f"late_by{suffix}", params)
    else:
        yield Step(f"late_rolled{suffix}", {**params, "stated": stated.isoformat()})
        yield from holidays_between(stated, late_on, calendar)
        yield from made_up(late_on, calendar)
