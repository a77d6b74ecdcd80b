"""A rule to the `due:` that reads back as the same rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from plans.audiences import UNDETERMINED
from plans.rules import (
    LAST,
    Count,
    DueRule,
    FromTo,
    HalfYearly,
    MonthDay,
    NineMonthly,
    Once,
    Operator,
    Periodic,
    Recurrence,
    Relative,
    SeveralYearly,
    Standing,
    Undetermined,
    Unit,
    Weekly,
    Within,
    Yearly,
)

WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "chủ nhật")


def due_mapping(rule: DueRule) -> dict[str, Any] | str:
    """The value of `due:`; plain text, numbers, lists and dicts."""
    return _WRITERS[type(rule)](rule)


def written_day(day: date) -> str:
    return f"{day:%d/%m}/{day.year:04d}"


def _once(rule: Once) -> dict[str, Any]:
    return {rule.operator.value: written_day(rule.stated), **_time(rule.at)}


def _yearly(rule: Yearly) -> dict[str, Any]:
    inner = {rule.operator.value: _month_day(rule.on), **_time(rule.at)}
    return {"yearly": inner | ({"of": "following_year"} if rule.following else {})}


def _several_yearly(rule: SeveralYearly) -> dict[str, Any]:
    return {"yearly": {rule.operator.value: [_month_day(on) for on in rule.on], **_time(rule.at)}}


def _nine_monthly(rule: NineMonthly) -> dict[str, Any]:
    return {"nine_monthly": {rule.operator.value: _month_day(rule.on), **_time(rule.at)}}


def _half_yearly(rule: HalfYearly) -> dict[str, Any]:
    first, second = rule.first, rule.second
    same = (first.month, second.month) == (6, 12) and first.day == second.day
    days = _day(first.day) if same else [_month_day(first), _month_day(second)]
    return {"half_yearly": {rule.operator.value: days, **_time(rule.at)}}


def _periodic(rule: Periodic) -> dict[str, Any]:
    inner = {rule.operator.value: _day(rule.day), **_time(rule.at)}
    if rule.following:
        inner["of"] = "following_month"
    return {"quarterly" if rule.every is Unit.QUARTER else "monthly": inner}


def _weekly(rule: Weekly) -> dict[str, Any]:
    inner = {rule.operator.value: WEEKDAYS[rule.weekday - 1], **_time(rule.at)}
    return {"weekly": inner | ({"of": "following_week"} if rule.following else {})}


def _within(rule: Within) -> dict[str, Any]:
    parts = rule.period.parts()
    inner: dict[str, Any] = {key: parts[key] for key in ("month", "quarter", "half", "year") if key in parts}
    return {"within": {"nine_months": True, **inner} if "nine" in parts else inner}


def _from_to(rule: FromTo) -> dict[str, Any]:
    start = UNDETERMINED if rule.start is None else written_day(rule.start)
    return {"from": start, "to": written_day(rule.end), **_time(rule.at)}


def _relative(rule: Relative) -> dict[str, Any]:
    inner: dict[str, Any] = {"event": rule.event}
    if rule.name is not None:
        inner["name"] = rule.name
    inner["days" if rule.count is Count.DAYS else "working_days"] = rule.days
    if rule.operator is Operator.BEFORE:
        inner["operator"] = rule.operator.value
    return {"before_event" if rule.before else "after": inner | _time(rule.at)}


def _recurrence(rule: Recurrence) -> dict[str, Any]:
    return {"rrule": {rule.operator.value: rule.rrule, "from": written_day(rule.start), **_time(rule.at)}}


def _standing(rule: Standing) -> dict[str, Any] | str:
    return "standing" if rule.review is None else {"standing": {"review": due_mapping(rule.review)}}


_WRITERS: dict[type, Callable[[Any], dict[str, Any] | str]] = {
    Once: _once,
    Yearly: _yearly,
    SeveralYearly: _several_yearly,
    HalfYearly: _half_yearly,
    NineMonthly: _nine_monthly,
    Periodic: _periodic,
    Weekly: _weekly,
    Within: _within,
    FromTo: _from_to,
    Relative: _relative,
    Recurrence: _recurrence,
    Standing: _standing,
    Undetermined: lambda _: UNDETERMINED,
}


def _time(at: time | None) -> dict[str, str]:
    return {} if at is None else {"time": f"{at:%H:%M}"}


def _month_day(on: MonthDay) -> str:
    return f"{on.day:02d}/{on.month:02d}"


def _day(day: int) -> int | str:
    return "last" if day == LAST else day
