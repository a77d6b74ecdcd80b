"""Who is written to today, of many stages at once: what `store.recipients.told` finds of one obligation at a time.

The tables that say it are small and read whole; which units a stage concerns comes with its row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, String, cast, func, select

from plans.people import OFFICERS
from store.schema import coordinations, obligations, recipients, task_recipients

OWING = func.aggregate_strings(cast(obligations.c.unit_id, String), ",").label("units")  # of a group of obligations


def units_of(row: Any) -> frozenset[int]:
    """The units in a row with `OWING`."""
    return frozenset(map(int, row.units.split(",")))


class Reached:
    """Answers for stages; a row has their `audience`, `task`, `deadline` and `acting_id`, the plan's coordinator."""

    def __init__(self, tx: Connection) -> None:
        self._of_unit: dict[tuple[int, str], set[int]] = {}
        self._of_task: dict[tuple[int, int], set[int]] = {}
        self._helping: dict[int, set[int]] = {}
        self._together: dict[tuple[int, frozenset[int], str], frozenset[int]] = {}
        self._tx = tx
        for r in tx.execute(select(recipients.c.unit_id, recipients.c.audience, recipients.c.person_id)):
            self._of_unit.setdefault((r.unit_id, r.audience), set()).add(r.person_id)
        for r in tx.execute(select(task_recipients.c.task_id, task_recipients.c.unit_id, task_recipients.c.person_id)):
            self._of_task.setdefault((r.task_id, r.unit_id), set()).add(r.person_id)
        self._named = {task for task, _ in self._of_task}

    def of(self, row: Any, owing: frozenset[int], only: frozenset[int] | None = None) -> frozenset[int]:
        """Whom a stage reaches; of these units alone where given."""
        if row.audience in ("coordinator", "coordinating"):
            some = {row.acting_id} if row.audience == "coordinator" else self._helpers(row.deadline)
            told = [self._of_unit.get((u, OFFICERS), set()) for u in some if only is None or u in only]
            return frozenset().union(*told)
        # Most stages concern the same units: a province's yearly plan has thousands of each.
        key = (row.task_id if row.task_id in self._named else 0, owing, row.audience)
        if key not in self._together:
            self._together[key] = frozenset().union(*(self.owing(row.task_id, u, row.audience) for u in owing))
        return self._together[key]

    def owing(self, task: int, unit: int, audience: str) -> set[int]:
        """Whom a stage for those who owe something reaches of one unit."""
        own = self._of_task.get((task, unit), set())
        if own and audience == OFFICERS:
            return own
        return self._of_unit.get((unit, audience), set()) - own

    def _helpers(self, deadline: int) -> set[int]:
        if deadline not in self._helping:
            query = select(coordinations.c.unit_id).where(coordinations.c.deadline_id == deadline)
            self._helping[deadline] = set(self._tx.scalars(query))
        return self._helping[deadline]
