"""A plan that everybody owes for years: time and memory to expand it into two million obligations.

Peer: plain SQLAlchemy Core inserts of as many obligations, deadline by deadline, into the same schema in the same run.
Then: what expanding again costs when nothing is new, and what a changed working day costs (only what moves is written).
Last: a plan of very many tasks that few units owe, where each task must cost little.

    python benchmarks/plan.py [UNITS] [DEADLINES]
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from actions.expanding import Expansion
from actions.office import Act, Office
from actions.reconciling import expand_plan, scope_of
from actions.redating import redate
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.deadlines import Basis
from plans.files.documents import read_documents
from plans.plan import Plan
from plans.units import Audience, Roster, Unit
from plans.workdays import Workday
from store.database import Database
from store.plans import read_plan, save_plan, save_tasks
from store.schema import deadlines, dues, obligations, stage_moments
from store.units import read_roster, save_roster
from store.upgrading import upgrade

LIMIT = 4.0  # times the peer's rows per second
UNITS, DEADLINES = 2_000, 1_000
FEW_UNITS, TASKS = 5, 10_000
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 1, 5, 9, tzinfo=ZONE)
OFF = date(2026, 6, 4)  # a Thursday that becomes a day off
Figures = dict[str, float]


def roster(count: int) -> Roster:
    units = {f"xa-{n}": Unit(f"xa-{n}", f"Xã {n}", "xa", mailbox=f"xa{n}@tinh.example") for n in range(count)}
    return Roster(units=units, audiences={"cac-xa": Audience("cac-xa", "Các xã", kinds=("xa",))})


def plan(count: int) -> Plan:
    """One report a task, each with its own day in the year to come."""
    days = (date(2026, 2, 1) + timedelta(days=n % 330) for n in range(count))
    lines = [f"  - {{id: viec-{n}, title: Viec {n}, owed_by: cac-xa, due: {{by: {d}}}}}" for n, d in enumerate(days)]
    text = "\n".join(["plan: {id: ke-hoach, title: Bao cao, issued: 01/01/2026}", "tasks:", *lines])
    (file,) = read_documents([("plan.yaml", text.encode())]).plans
    if file.plan is None:
        raise SystemExit(f"the plan cannot be read: {file.problems}")
    return file.plan


def prepared(folder: str, units: int) -> Database:
    database = Database(f"sqlite:///{folder}/bench.db")
    upgrade(database)
    with database.write() as tx:
        save_roster(tx, Roster(), roster(units), OFF)
    return database


def expand(folder: str, units: int, count: int) -> Figures:
    """The real expansion: dates, moments, obligations; then again with nothing to do; then a changed calendar."""
    database = prepared(folder, units)
    calendar = WorkingCalendar(shipped_workdays())
    office = Office(database, calendar, ZONE, "http://127.0.0.1", "bench.example")
    wanted, act, since = plan(count), Act("bench", NOW), office.today(NOW)
    with database.write() as tx:
        save_tasks(tx, save_plan(tx, wanted, None, since, NOW, None), wanted.tasks, since, NOW)
    found: Figures = {}
    for turn in ("first", "again"):
        begun = time.perf_counter()
        with database.write() as tx:
            stored, done = read_plan(tx, wanted.slug), Expansion()
            if stored is None:
                raise SystemExit("the plan was not stored")
            expand_plan(tx, scope_of(tx, office, act, read_roster(tx)), stored, set(), done, fresh=turn == "first")
        found[turn] = time.perf_counter() - begun
        found[f"{turn}_rows"] = done.obligations_added
    found["expanded_mib"] = peak()
    with database.read() as tx:
        found["stored"] = tx.scalar(select(func.count()).select_from(obligations)) or 0
        found["moments"] = tx.scalar(select(func.count()).select_from(stage_moments)) or 0
    rows = (*shipped_workdays(), Workday(OFF, working=False, name="Nghỉ"))
    begun = time.perf_counter()
    with database.write() as tx:
        found["moved"] = len(redate(tx, office, WorkingCalendar(rows), [OFF]))
    found["redate"] = time.perf_counter() - begun
    found["peak_mib"] = peak()
    database.close()
    return found


def insert(folder: str, units: int, count: int) -> Figures:
    """The peer: deadlines with their dates first, then every obligation as a row of its own."""
    database = prepared(folder, units)
    with database.write() as tx:
        task_ids = save_tasks(tx, save_plan(tx, plan(1), None, OFF, NOW, None), plan(1).tasks, OFF, NOW)
        (task,) = task_ids.values()
        tx.execute(deadlines.insert(), [{"task_id": task, "period": f"p-{n}", "tracked": True} for n in range(count)])
        same = {"basis": Basis.RULE.value, "operator": "by", "steps": [], "late_at": NOW.astimezone(UTC)}
        days = dict.fromkeys(("stated", "last_day", "act_by", "soon", "late_on"), OFF)
        tx.execute(dues.insert(), [{"deadline_id": n, **same, **days} for n in range(1, count + 1)])
    begun = time.perf_counter()
    with database.write() as tx:
        for n in range(1, count + 1):
            rows = [{"deadline_id": n, "unit_id": u, "due_id": n, "state": "open"} for u in range(1, units + 1)]
            tx.execute(obligations.insert(), rows)
    took = time.perf_counter() - begun
    database.close()
    return {"took": took, "peak_mib": peak()}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def apart(work: Callable[[str, int, int], Figures], units: int, count: int) -> Figures:
    """In a process of its own, so that neither's memory counts for the other."""
    with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (folder, units, count))


def main() -> int:
    units, count = (int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (UNITS, DEADLINES)
    ours, peer = apart(expand, units, count), apart(insert, units, count)
    many = apart(expand, FEW_UNITS, TASKS)
    rows = units * count
    if ours["stored"] != rows or ours["again_rows"]:
        print(
            f"{ours['stored']:,.0f} obligations stored instead of {rows:,}, {ours['again_rows']:,.0f} the second time"
        )
        return 1
    print(f"{rows:,} obligations: {units:,} units, {count:,} deadlines, {ours['moments']:,.0f} moments of reminders")
    print(f"{'expand the plan':<44}{ours['first']:8.2f} s {rows / ours['first']:12,.0f} rows/s")
    print(f"{'peer: plain Core inserts':<44}{peer['took']:8.2f} s {rows / peer['took']:12,.0f} rows/s")
    ratio = peer["took"] / ours["first"]
    print(f"{'ratio':<44}{ratio:8.2f}   (limit: at least {LIMIT:g})")
    print(f"{'expand again, nothing new':<44}{ours['again']:8.2f} s")
    print(f"{'a working day becomes a day off':<44}{ours['redate']:8.2f} s {ours['moved']:12,.0f} deadlines written")
    print(f"{'peak memory: expanding, with the rest':<44}{ours['expanded_mib']:8.0f} MiB {ours['peak_mib']:10.0f} MiB")
    print(f"{'peak memory: peer':<44}{peer['peak_mib']:8.0f} MiB")
    print(f"\n{TASKS:,} tasks owed by {FEW_UNITS} units: {many['stored']:,.0f} obligations")
    for turn, name in (("first", "expand the plan"), ("again", "expand again, nothing new")):
        print(f"{name:<44}{many[turn]:8.2f} s {many[turn] / TASKS * 1000:12.2f} ms a task")
    return 0 if ratio >= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
