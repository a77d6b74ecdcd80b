"""The installation's own working-day table, which wins over the shipped one and over public holidays."""

from __future__ import annotations

from sqlalchemy import Connection, select

from plans.workdays import Workday
from store.schema import workdays


def read_workdays(tx: Connection) -> list[Workday]:
    """Every row, by day."""
    rows = tx.execute(select(workdays).order_by(workdays.c.day))
    return [Workday(r.day, r.working, r.name, r.source) for r in rows]
