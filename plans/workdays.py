"""Rows of the working-day table: data, each with its source; never computed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Workday:
    """One day on which the table overrules weekends and public holidays, in either direction."""

    day: date
    working: bool
    name: str  # what people are told: "nghỉ hoán đổi dịp Tết Dương lịch"
    source: str | None = None
    confirmed: bool = True  # False: what the law makes likely, while the year's announcement is awaited
