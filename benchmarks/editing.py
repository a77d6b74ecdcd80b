"""An edit of a large plan as its page previews it, and the trial load of its file, beside the load that made the plan.

300 units owe 60 yearly tasks over six years. Ends with 1 when a preview takes half as long again as that load.

    python benchmarks/editing.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from million import NOW, ZONE, _tasks, roster

from actions.loading import load
from actions.office import Act, Office
from actions.planning import edit_plan
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.editing import PutTask
from plans.files.plan_file import PlanFile
from plans.plan import Plan
from store.database import Database
from store.upgrading import upgrade

MOST = 1.5  # of the processor time of the load


def seconds(step: Callable[[], object]) -> float:
    """Of processor time: other programs run too."""
    begun = time.process_time()
    step()
    return time.process_time() - begun


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'home.db'}", durable=False)
        upgrade(database)
        calendar = WorkingCalendar(shipped_workdays())
        calendar.day_off(NOW.date(), str)  # the package of public holidays takes a second to import
        office, act = Office(database, calendar, ZONE, "http://127.0.0.1:8088", "nhachan.example"), Act("bench", NOW)
        plan = Plan("ke-hoach", "Kế hoạch", coordinator="don-vi-0", tasks=tuple(_tasks(0)))
        other = replace(plan, tasks=(replace(plan.tasks[0], title="Báo cáo khác"), *plan.tasks[1:]))
        first = PlanFile("p.yaml", plan)
        made = seconds(lambda: load(office, act, [roster()], [first], track_from=date(2024, 1, 1)))
        found = {}
        for said, fields in (("a title", {"title": "Báo cáo khác"}), ("a date", {"due": {"yearly": {"by": "20/12"}}})):
            edit = PutTask("bao-cao-40", fields)
            found[f"edit of {said}"] = seconds(partial(edit_plan, office, act, "ke-hoach", 1, edit, dry_run=True))
        found["trial load"] = seconds(lambda: load(office, act, (), [PlanFile("p.yaml", other)], dry_run=True))
        database.close()
    print(f"load of the plan {made:.1f} s")
    for said, took in found.items():
        print(f"{said:15} {took:4.1f} s, {took / made:.2f} of it ({MOST:g} set)")
    return max(found.values()) > MOST * made


if __name__ == "__main__":
    sys.exit(main())
