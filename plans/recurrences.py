"""Recurrences of RFC 5545 (§3.3.10) as days: what of their grammar is accepted, and the days they name.

A rule here names days, so that parts of the clock (BYHOUR, FREQ=HOURLY …) are refused; evaluating is python-dateutil's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice, takewhile

from dateutil.rrule import rrulestr

from plans.periods import YEARS
from plans.rules import Recurrence

# Days and weekdays repeat every 400 years. python-dateutil seeks what never comes ("30 February") up to the year 9999,
# for seconds; 7600 years ahead that is near.
_AHEAD = 7600
LAST_DAY = date(YEARS[-1], 12, 31)
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
# Each numeric part with its highest number; those that count from the end too may be negative.
_COUNTED = {"INTERVAL": 1000, "COUNT": 99_999, "BYMONTH": 12}
_SIGNED = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
PARTS = (
    *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"),
    *("BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS"),
)
_WEEKDAY = re.compile(r"([+-]?)(\d{0,2})(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,5}", re.ASCII)
_SELECTING = ("BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the text of a recurrence: a code of `problem.due.rrule_…` with its parameters."""

    code: str
    params: dict[str, object]


def normalized(text: str) -> str:
    """The value alone, in capitals and without blanks: people paste whole lines of a calendar."""
    return "".join(text.upper().split()).removeprefix("RRULE:").strip(";")


def faults_of(text: str) -> list[Fault]:
    """Everything that is wrong with a normalized text."""
    parts: dict[str, str] = {}
    found: list[Fault] = []
    for piece in text.split(";"):
        name, equals, value = piece.partition("=")
        if not equals or not value:
            found.append(Fault("form", {"value": piece}))
        elif name not in PARTS:
            found.append(Fault("part", {"name": name, "choices": ", ".join(PARTS)}))
        elif name in parts:
            found.append(Fault("repeated", {"name": name}))
        else:
            parts[name] = value
            found.extend(_faults_of_part(name, value))
    return [*found, *_faults_together(parts)]


def days_of(rule: Recurrence, last: date = LAST_DAY) -> Iterator[date]:
    """The days of a recurrence up to `last`, in order; its start only where the rule names it.

    Never names a day beyond the year 2100. Raises ValueError for a text that `faults_of` refuses.
    """
    parts = dict(piece.split("=", 1) for piece in rule.rrule.split(";"))
    count = parts.pop("COUNT", None)
    end = min(last, LAST_DAY)
    if "UNTIL" in parts:
        end = min(end, _until(parts.pop("UNTIL")) or end)
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    start = datetime.combine(rule.start.replace(year=rule.start.year + _AHEAD), time.min)
    turns = islice(rrulestr(text, dtstart=start), None if count is None else int(count))
    days = (turn.date().replace(year=turn.year - _AHEAD) for turn in turns)
    return takewhile(lambda day: day <= end, days)


def _faults_of_part(name: str, value: str) -> Iterator[Fault]:
    if name == "FREQ" and value not in FREQUENCIES:
        yield Fault("freq", {"value": value, "choices": ", ".join(FREQUENCIES)})
    elif name == "UNTIL" and _until(value) is None:
        yield Fault("until", {"value": value})
    elif name == "WKST" and not re.fullmatch("MO|TU|WE|TH|FR|SA|SU", value):
        yield Fault("byday", {"name": name, "value": value})
    elif name == "BYDAY":
        for one in value.split(","):
            found = _WEEKDAY.fullmatch(one)
            if not found or (found[1] and not found[2]) or (found[2] and not 1 <= int(found[2]) <= 53):
                yield Fault("byday", {"name": name, "value": one})
    elif (highest := {**_COUNTED, **_SIGNED}.get(name)) is not None:
        several = [value] if name in ("INTERVAL", "COUNT") else value.split(",")
        for one in several:
            number = int(one) if _NUMBER.fullmatch(one) else 0
            if not 1 <= (abs(number) if name in _SIGNED else number) <= highest:
                yield Fault("number", {"name": name, "value": one, "highest": highest})


def _faults_together(parts: dict[str, str]) -> Iterator[Fault]:
    """What RFC 5545 forbids of parts beside each other."""
    frequency = parts.get("FREQ")
    if frequency is None:
        yield Fault("freq", {"value": "", "choices": ", ".join(FREQUENCIES)})
    if "COUNT" in parts and "UNTIL" in parts:
        yield Fault("together", {"name": "UNTIL", "other": "COUNT"})
    forbidden = {
        "BYWEEKNO": ("DAILY", "WEEKLY", "MONTHLY"),
        "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
        "BYMONTHDAY": ("WEEKLY",),
    }
    for name, frequencies in forbidden.items():
        if name in parts and frequency in frequencies:
            yield Fault("together", {"name": name, "other": f"FREQ={frequency}"})
    if re.search(r"\d[A-Z]", parts.get("BYDAY", "")):  # "the second Monday" is one of a month or of a year
        if frequency in ("DAILY", "WEEKLY"):
            yield Fault("together", {"name": f"BYDAY={parts['BYDAY']}", "other": f"FREQ={frequency}"})
        if "BYWEEKNO" in parts:
            yield Fault("together", {"name": f"BYDAY={parts['BYDAY']}", "other": "BYWEEKNO"})
    if "BYSETPOS" in parts and not any(name in parts for name in _SELECTING):
        yield Fault("needs", {"name": "BYSETPOS", "other": ", ".join(_SELECTING)})
    # Which day of the week is meant RFC 5545 takes from the start, python-dateutil takes all seven.
    if "BYWEEKNO" in parts and "BYDAY" not in parts:
        yield Fault("needs", {"name": "BYWEEKNO", "other": "BYDAY"})


def _until(text: str) -> date | None:
    """RFC 5545 wants UNTIL in the form of the start, and that is a date."""
    if not re.fullmatch(r"\d{8}", text, re.ASCII):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
