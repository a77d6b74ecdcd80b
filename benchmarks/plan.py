"""A plan that everybody owes for years: time and memory to expand it into two million obligations.

Peer: plain SQLAlchemy Core inserts of as many obligations, deadline by deadline, into the same schema in the same run.
Then: what a change of the working calendar costs, and what writing nothing new costs.

    python benchmarks/plan.py [UNITS] [DEADLINES]
"""

from __future__ import annotations

import resource
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from actions.expanding import Expansion, Scope
from actions.office import Act, Office
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from plans.audiences import Resolver
from plans.files.documents import read_documents
from plans.plan import Plan
from plans.units import Audience, Roster, Unit
from store.database import Database
from store.plans import save_plan, save_tasks
from store.schema import obligations, stage_moments
from store.units import read_roster, save_roster, unit_ids
from store.upgrading import upgrade

LIMIT = 4.0  # times the peer's rows per second
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 1, 5, 9, tzinfo=ZONE)
PLAN = """
plan: {{id: ke-hoach, title: Bao cao, issued: 01/01/2026}}
tasks:
{tasks}
"""


def roster(count: int) -> Roster:
    units = {f"xa-{n}": Unit(f"xa-{n}", f"Xã {n}", "xa", mailbox=f"xa{n}@tinh.example") for n in range(count)}
    return Roster(units=units, audiences={"cac-xa": Audience("cac-xa", "Các xã", kinds=("xa",))})


def plan(count: int) -> Plan:
    """One report a task, each with its own date in the year to come."""
    days = (date(2026, 2, 1) + timedelta(days=n % 330) for n in range(count))
    lines = [f"  - {{id: viec-{n}, title: Viec {n}, owed_by: cac-xa, due: {{by: {d}}}}}" for n, d in enumerate(days)]
    (file,) = read_documents([("plan.yaml", PLAN.format(tasks="\n".join(lines)).encode())]).plans
    if file.plan is None:
        raise SystemExit(f"the plan cannot be read: {file.problems}")
    return file.plan


def prepared(folder: str, units: int) -> Database:
    database = Database(f"sqlite:///{folder}/bench.db")
    upgrade(database)
    with database.write() as tx:
        save_roster(tx, Roster(), roster(units))
    return database


def expand(folder: str, units: int, count: int) -> dict[str, float]:
    """The real expansion: dates, moments, obligations; then again with nothing to do; then a changed calendar."""
    database = prepared(folder, units)
    office = Office(database, WorkingCalendar(shipped_workdays()), ZONE, "http://127.0.0.1", "bench.example")
    wanted = plan(count)
    since = office.today(NOW)
    with database.write() as tx:
        plan_id = save_plan(tx, wanted, None, since, NOW, None)
        task_ids = save_tasks(tx, plan_id, wanted.tasks, since, NOW)
    found: dict[str, float] = {}
    for turn in ("first", "again"):
        begun = time.perf_counter()
        with database.write() as tx:
            scope = Scope(office, Act("bench", NOW), Resolver(read_roster(tx)), unit_ids(tx))
            done = Expansion()
            expand_all(scope, tx, wanted, task_ids, since, done)
        found[turn] = time.perf_counter() - begun
        found[f"{turn}_rows"] = done.obligations_added
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with database.read() as tx:
        found["stored"] = tx.scalar(select(func.count()).select_from(obligations)) or 0
        found["moments"] = tx.scalar(select(func.count()).select_from(stage_moments)) or 0
    database.close()
    return found
