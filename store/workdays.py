"""The installation's own working-day table, which wins over the shipped one and over public holidays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, delete, select

from plans.workdays import Workday
from store.database import insert_or_ignore
from store.marks import write_mark
from store.schema import marks, workdays

_MARK = "workdays"  # rises with every change, so that who holds the table in memory notices


def read_workdays(tx: Connection) -> list[Workday]:
    """Every row, by day."""
    rows = tx.execute(select(workdays).order_by(workdays.c.day))
    return [Workday(r.day, r.working, r.name, r.source) for r in rows]


def workdays_revision(tx: Connection, *, lock: bool = False) -> str | None:
    """Counts the changes of the table; None before the first. `lock` keeps it as it is until the transaction ends."""
    query = select(marks.c.value).where(marks.c.name == _MARK)
    return tx.scalar(query.with_for_update(read=True) if lock else query)


def change_workdays(tx: Connection, rows: Iterable[Workday], cleared: Iterable[date] = ()) -> str:
    """Write these rows and take those of `cleared` away; returns the table's revision after it."""
    before = tx.scalar(select(marks.c.value).where(marks.c.name == _MARK).with_for_update())
    revision = str(int(before or "0") + 1)
    write_mark(tx, _MARK, revision)
    gone = list(cleared)
    if gone:
        tx.execute(delete(workdays).where(workdays.c.day.in_(gone)))
    values = [{"day": r.day, "working": r.working, "name": r.name, "source": r.source} for r in rows]
    if values:
        insert = insert_or_ignore(tx, workdays)
        changed = {name: insert.excluded[name] for name in ("working", "name", "source")}
        tx.execute(insert.on_conflict_do_update(index_elements=["day"], set_=changed), values)
    return revision
