"""A period (kỳ) names one turn of a task: the key that survives a correction of the due date."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

YEARS = range(1970, 2101)  # those in which dates are read and made
# Month keys have two digits and the number of one of several dates a year has none to pad, so that the two never meet.
_FORMS = re.compile(
    r"(?P<year>\d{4})"
    r"(?:-H(?P<half>[12])|-(?P<nine>9M)|-Q(?P<quarter>[1-4])|-W(?P<week>\d{2})|-(?P<month>\d{2})(?:-(?P<day>\d{2}))?|-(?P<nth>[1-9]))?"
)
ONCE = "once"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """`2026`, `2026-H1`, `2026-9M`, `2026-Q4`, `2026-11`, `2026-W47`, `2026-11-20`, `2026-1`, `once` or an event."""

    key: str

    def __str__(self) -> str:
        return self.key

    @classmethod
    def year(cls, year: int) -> Period:
        return cls(f"{year:04d}")

    @classmethod
    def half(cls, year: int, half: int) -> Period:
        return cls(f"{year:04d}-H{half}")

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        return cls(f"{year:04d}-Q{quarter}")

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        return cls(f"{year:04d}-{month:02d}")

    @classmethod
    def nine_months(cls, year: int) -> Period:
        return cls(f"{year:04d}-9M")

    @classmethod
    def week(cls, day: date) -> Period:
        """The week of ISO 8601 that `day` lies in; its year is the one that holds the week's Thursday."""
        year, number, _ = day.isocalendar()
        return cls(f"{year:04d}-W{number:02d}")

    @classmethod
    def day(cls, day: date) -> Period:
        return cls(day.isoformat())

    @classmethod
    def event(cls, slug: str) -> Period:
        """The one turn of a task that waits for an event. Raises ValueError for a slug that reads as another period."""
        if reads_as_period(slug):
            raise ValueError(f"reads as a period: {slug}")
        return cls(slug)

    @classmethod
    def nth(cls, year: int, number: int) -> Period:
        return cls(f"{year:04d}-{number}")

    def parts(self) -> dict[str, int | str]:
        """What the key says: `{"year": 2026, "quarter": 4}`; empty for `once` and event names."""
        found = _FORMS.fullmatch(self.key)
        if not found:
            return {}
        return {k: int(v) if v.isdigit() else v for k, v in found.groupdict().items() if v is not None}

    def span(self) -> tuple[date, date] | None:
        """First and last day of a year, half, quarter or month; None for every other period."""
        parts = self.parts()
        if not parts or any(k in parts for k in ("week", "day", "nth")):
            return None
        year = int(parts["year"])
        if "quarter" in parts:
            first, last = 3 * int(parts["quarter"]) - 2, 3 * int(parts["quarter"])
        elif "half" in parts:
            first, last = 6 * int(parts["half"]) - 5, 6 * int(parts["half"])
        elif "month" in parts:
            first = last = int(parts["month"])
            if not 1 <= first <= 12:
                return None
        elif "nine" in parts:
            first, last = 1, 9
        else:
            first, last = 1, 12
        return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def reads_as_period(slug: str) -> bool:
    """Whether a slug is, or could be taken for, the key of a period that no event may have: `2026-1`, `2026-q4`."""
    return slug == ONCE or _FORMS.fullmatch(slug.upper()) is not None
