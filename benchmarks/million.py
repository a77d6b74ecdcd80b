"""A home with a million obligations, a quarter of them overdue: what the pages are measured on. Built once, then kept.

Years of plans that 300 units owe: the oldest part is finished, then comes one in which most units are late, then what
is still to come; with a reminder of each that is late, its mail, and an entry of the audit trail for each that is done.

    python benchmarks/million.py [--small]        # builds it below .cache/
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, String, and_, case, cast, insert, literal, null, or_, select, text, true

from plans.plan import Kind, Plan, Task
from plans.rules import MonthDay, Operator, Yearly
from plans.units import Audience, Group, Membership, Officer, Role, Roster, Unit
from store.database import Database
from store.obligations import in_force
from store.ordered_joins import InOrder
from store.plans import save_plan, save_tasks
from store.schema import audit, deadlines, dues, messages, obligations, plans, recipients, reminders, submissions, tasks
from store.schema import units as unit_table
from store.settling import settle
from store.units import save_roster, unit_ids
from store.upgrading import upgrade

UNITS, TASKS, GROUPS = 300, 60, 12
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 7, 1, 9, tzinfo=ZONE)
TODAY = NOW.date()
FINISHED = date(2024, 12, 31)  # by then everything is in
CACHE = Path(__file__).parent.parent / ".cache" / "benchmarks"


@dataclass(frozen=True)
class Size:
    """Plans × years × TASKS deadlines, each owed by all units; of those after FINISHED so many of 100 are open."""

    name: str
    plans: int
    first_year: int
    open_percent: int

    @property
    def years(self) -> range:
        return range(self.first_year, 2027)


MILLION = Size("million", 14, 2023, 66)  # 1,008,000 obligations
TENTH = Size("tenth", 2, 2024, 50)  # 108,000
OLD = Size("old", 2, 1999, 50)  # 1,008,000: the smaller one with what 25 further years have left behind


def home(size: Size, url: str | None = None) -> Database:
    """The database of a size: on SQLite one that is kept, else the empty one at `url`."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{size.name}-{_recipe()}.db"
    if url is None and path.exists():
        return Database(f"sqlite:///{path}")
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    database = Database(url or f"sqlite:///{unfinished}", durable=url is not None)
    begun = time.perf_counter()
    upgrade(database)
    with database.write() as tx:
        _fill(tx, size)
    _settle(database)
    print(f"built the home '{size.name}' in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    if url is not None:
        return database
    database.close()
    unfinished.rename(path)
    return Database(f"sqlite:///{path}")


def _recipe() -> str:
    """Another program or schema makes another home."""
    folder = Path(__file__).parent.parent / "store"
    texts = [Path(__file__), folder / "schema.py", folder / "upgrading.py"]
    return f"{crc32(b''.join(p.read_bytes() for p in texts)):08x}"


def _settle(database: Database) -> None:
    """Everything in its place: no log left to read through, and PostgreSQL knows its tables."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.is_sqlite:
            connection.rollback()
            connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.execute(text("VACUUM ANALYZE"))


def roster() -> Roster:
    found = {}
    for n in range(UNITS):
        kind, name = (
            ("so", f"Sở số {n}") if n < 20 else ("phuong", f"Phường số {n}") if n < 60 else ("xa", f"Xã số {n}")
        )
        posts = (
            Officer(f"Chuyên viên đơn vị {n}", f"cv{n}@tinh.example"),
            Officer(f"Thủ trưởng đơn vị {n}", f"tt{n}@tinh.example", Role.HEAD),
        )
        found[f"don-vi-{n}"] = Unit(f"don-vi-{n}", name, kind, officers=posts)
    groups = {
        f"khoi-{g}": Group(f"khoi-{g}", f"Khối thi đua {g}", tuple(Membership(s) for s in list(found)[g::GROUPS]))
        for g in range(GROUPS)
    }
    audiences = {"moi-don-vi": Audience("moi-don-vi", "Mọi đơn vị", kinds=("so", "phuong", "xa"))}
    return Roster(found, groups, audiences)


def _fill(tx: Connection, size: Size) -> None:
    save_roster(tx, Roster(), roster(), TODAY)
    since = date(size.first_year, 1, 1)
    for p in range(size.plans):
        wanted = Plan(f"ke-hoach-{p}", f"Kế hoạch số {p}", number=f"{100 + p}/KH-UBND", tasks=tuple(_tasks(p)))
        number = save_plan(tx, wanted, unit_ids(tx)["don-vi-0"], since, NOW, None)
        save_tasks(tx, number, wanted.tasks, since, NOW)
    _deadlines(tx, size)
    _obligations(tx, size)
    settle(tx, NOW)
    _reminders(tx)
    _trail(tx)


def _tasks(plan: int) -> list[Task]:
    found = []
    for n in range(TASKS):
        day = date(2025, 1, 2) + timedelta(days=6 * n + plan % 6)
        rule = Yearly(MonthDay(day.month, day.day), Operator.BY)
        found.append(Task(f"bao-cao-{n}", f"Báo cáo chuyên đề {n}", Kind.REPORT, ("moi-don-vi",), rule))
    return found


def _deadlines(tx: Connection, size: Size) -> None:
    """Each task once a year, on its day, by which it must be in: late from the midnight after."""
    rows = list(tx.execute(select(tasks.c.id, tasks.c.slug, tasks.c.plan_id)))
    turns = [(number, year, _day(slug, plan, year)) for year in size.years for number, slug, plan in rows]
    values = [{"task_id": t, "period": str(year), "tracked": True} for t, year, _ in turns]
    made = deadlines.insert().returning(deadlines.c.id, deadlines.c.task_id, deadlines.c.period)
    numbers = {(t, period): i for i, t, period in tx.execute(made, values)}
    dated = []
    for task, year, day in turns:
        dated.append(
            {
                "deadline_id": numbers[task, str(year)],
                "basis": "rule",
                "operator": "by",
                "steps": [],
                **dict.fromkeys(("stated", "last_day", "act_by", "late_on"), day),
                "soon": day - timedelta(days=7),
                "late_at": datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE),
            }
        )
    tx.execute(dues.insert(), dated)


def _day(slug: str, plan: int, year: int) -> date:
    return date(year, 1, 2) + timedelta(days=6 * int(slug.rpartition("-")[2]) + plan % 6)


def _obligations(tx: Connection, size: Size) -> None:
    mixed = (unit_table.c.id * 37 + dues.c.id * 61) % 100
    is_open = case(
        (dues.c.late_at > NOW, true()), (dues.c.late_on <= FINISHED, mixed < 0), else_=mixed < size.open_percent
    )
    waits = and_(dues.c.late_on > FINISHED, mixed == 99)
    state = case((is_open, "open"), (waits, "submitted"), else_="accepted")
    done = state == "accepted"
    query = (
        select(
            dues.c.deadline_id,
            unit_table.c.id,
            dues.c.id,
            state,
            case((done, mixed % 10 == 0), else_=null()),
            case((is_open, null()), else_=dues.c.last_day),
            case((done, dues.c.late_at), else_=null()),
        )
        .select_from(dues)
        .join(unit_table, true())
        .order_by(dues.c.deadline_id, unit_table.c.id)
    )
    names = ["deadline_id", "unit_id", "due_id", "state", "late", "received_on", "closed_at"]
    tx.execute(insert(obligations).from_select(names, query))
    o = obligations.c
    received = (
        select(o.id, o.received_on, dues.c.late_at, literal("van-thu"), true(), o.closed_at, literal("1/BC"))
        .join(dues, dues.c.id == o.due_id)
        .where(o.state != "open")
    )
    handed = ["obligation_id", "received_on", "recorded_at", "recorded_by", "by_unit", "accepted_at", "number"]
    tx.execute(insert(submissions).from_select(handed, received))


def _reminders(tx: Connection) -> None:
    """A mail to each person for each late day, with a reminder of each that is late, or was before it came in."""
    o = obligations.c
    told_of = and_(dues.c.late_at <= NOW, or_(o.state == "open", dues.c.late_on <= FINISHED))
    answers = and_(recipients.c.unit_id == o.unit_id, recipients.c.audience == "officers")
    mail = and_(
        messages.c.person_id == recipients.c.person_id,
        messages.c.kind == "digest",
        messages.c.local_day == dues.c.late_on,
    )
    late = (
        select(dues.c.late_on, dues.c.late_at, recipients.c.person_id)
        .select_from(InOrder(InOrder(dues, obligations, in_force), recipients, answers))
        .where(told_of)
        .distinct()
        .subquery()
    )
    ref = cast(late.c.late_on, String) + "." + cast(late.c.person_id, String)
    names = ["person_id", "kind", "local_day", "state", "at", "next_at", "message_ref", "sent_at"]
    at = late.c.late_at
    mails = select(late.c.person_id, literal("digest"), late.c.late_on, literal("sent"), at, at, ref, at)
    tx.execute(insert(messages).from_select(names, mails))
    told = (
        select(
            o.id, dues.c.last_day, literal("T+1wd"), messages.c.person_id, o.unit_id, dues.c.id, messages.c.at,
            literal(9), literal("officers"), literal("digest"), true(), literal("sent"), messages.c.id, messages.c.at,
        )
        .select_from(InOrder(InOrder(InOrder(dues, obligations, in_force), recipients, answers), messages, mail))
        .where(told_of)
    )  # fmt: skip
    names = ["obligation_id", "last_day", "stage", "person_id", "for_unit_id", "due_id", "at", "position", "audience",
             "kind", "urgent", "state", "message_id", "created_at"]  # fmt: skip
    tx.execute(insert(reminders).from_select(names, told))


def _trail(tx: Connection) -> None:
    o = obligations.c
    slash = literal("/")
    subject = plans.c.slug + slash + tasks.c.slug + slash + deadlines.c.period + slash + unit_table.c.slug
    query = (
        select(o.closed_at, literal("van-thu"), literal("submit"), subject, literal({}, audit.c.detail.type))
        .join(deadlines, deadlines.c.id == o.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .join(unit_table, unit_table.c.id == o.unit_id)
        .where(o.closed_at.is_not(None))
        .order_by(o.closed_at, o.id)
    )
    tx.execute(insert(audit).from_select(["at", "actor", "action", "subject", "detail"], query))


if __name__ == "__main__":
    home(TENTH if "--small" in sys.argv[1:] else MILLION).close()
