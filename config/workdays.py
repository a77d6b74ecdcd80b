"""The working-day table that is shipped: days off and days worked of each year, as data with their sources."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import yaml

from plans.workdays import Workday

TABLE = Path(__file__).parent / "workdays.yaml"


@cache
def shipped_workdays() -> tuple[Workday, ...]:
    """Every row of the shipped table, in its order."""
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return tuple(
        Workday(
            day=_day(row["day"]),
            working=bool(row["working"]),
            name=str(row["name"]),
            source=str(row["source"]),
            confirmed=bool(row.get("confirmed", True)),
        )
        for row in rows
    )


def _day(text: str) -> date:
    day, month, year = (int(part) for part in text.split("/"))
    return date(year, month, day)
