"""One report that some units owe, written straight into the store, and the moments of its reminders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, select

from plans.deadlines import Basis, DueDates, Step
from plans.plan import Kind, Plan, Task
from plans.rules import MonthDay, Operator, Yearly
from plans.units import Officer, Role, Roster, Unit
from store.database import Database
from store.deadlines import add_due
from store.feed_members import settle_feeds
from store.ledger import NewMessage
from store.moments import set_moments
from store.obligations import add_obligations
from store.plans import save_plan, save_tasks
from store.schema import deadlines, messages, people, reminders
from store.units import save_roster, unit_ids

NOW = datetime(2026, 12, 4, 2, tzinfo=UTC)
TODAY = date(2026, 12, 4)
DATES = DueDates(
    stated=date(2026, 12, 5),
    operator=Operator.BEFORE,
    last_day=date(2026, 12, 4),
    act_by=date(2026, 12, 4),
    late_on=date(2026, 12, 5),
    late_at=datetime(2026, 12, 5, 17, tzinfo=UTC),
    steps=(Step("stated_before", {"day": "2026-12-05"}), Step("last_day_before", {"day": "2026-12-04"})),
)
LATER = DueDates(
    stated=date(2026, 12, 20),
    operator=Operator.BY,
    last_day=date(2026, 12, 20),
    act_by=date(2026, 12, 18),
    late_on=date(2026, 12, 21),
    late_at=datetime(2026, 12, 21, 17, tzinfo=UTC),
)
SOON = date(2026, 11, 27)


@dataclass(frozen=True)
class At:
    """A stage at a moment."""

    code: str
    at: datetime
    position: int = 0
    to: str = "officers"
    kind: str = "digest"
    urgent: bool = False
    variant: str = ""
    early: bool = False


T_15, T_3, T0 = (
    At("T-15", NOW - timedelta(days=15), 0),
    At("T-3wd", NOW - timedelta(days=3), 1),
    At("T0", NOW, 2, urgent=True),
)
TASK = Task("bao-cao", "Báo cáo năm", Kind.REPORT, ("xa-a",), Yearly(MonthDay(12, 5), Operator.BEFORE))


def unit(slug: str, *officers: Officer, **more: object) -> Unit:
    return Unit(slug, slug.title(), "xa", officers=officers, **more)  # type: ignore[arg-type]


def officer(name: str, role: Role = Role.OFFICER) -> Officer:
    return Officer(name, f"{name}@xa.example", role)


ROSTER = Roster(
    {
        u.slug: u
        for u in (
            unit("so-noi-vu", officer("dieu-phoi")),
            unit("xa-a", officer("an"), officer("chu-tich", Role.HEAD)),
            unit("xa-b", officer("binh")),
        )
    }
)


@dataclass(frozen=True)
class Estate:
    """Numbers of what was written."""

    database: Database
    units: dict[str, int]
    task: int
    deadline: int
    due: int
    obligations: dict[str, int]  # by unit

    def insert(self, number: int, person: str, **more: object) -> int:
        """A reminder for xa-a as the ledger would hold it; `number` tells stages apart."""
        values = {
            "obligation_id": self.obligations["xa-a"],
            "last_day": DATES.last_day,
            "stage": f"S{number}",
            "for_unit_id": self.units["xa-a"],
            "due_id": self.due,
            "at": NOW + timedelta(hours=number),
            "position": number,
            "audience": "officers",
            "kind": "digest",
            "urgent": False,
            "state": "waiting",
            "created_at": NOW,
            **more,
        }
        with self.database.write() as tx:
            values["person_id"] = person_id(tx, person)
            return int(tx.execute(reminders.insert().values(values).returning(reminders.c.id)).scalar_one())


def settle(database: Database, moments: Iterable[At] = (), owing: Sequence[str] = ("xa-a", "xa-b")) -> Estate:
    """Sở Nội vụ coordinates a report that these units owe before 05/12/2026."""
    with database.write() as tx:
        save_roster(tx, Roster(), ROSTER, TODAY)
        ids = unit_ids(tx)
        plan = Plan("ke-hoach", "Kế hoạch", coordinator="so-noi-vu", tasks=(TASK,))
        plan_id = save_plan(tx, plan, ids["so-noi-vu"], date(2026, 1, 1), NOW, None)
        task_id = save_tasks(tx, plan_id, plan.tasks, date(2026, 1, 1), NOW)["bao-cao"]
        made = deadlines.insert().values(task_id=task_id, period="2026", tracked=True).returning(deadlines.c.id)
        deadline_id = int(tx.execute(made).scalar_one())
        due_id = add_due(tx, deadline_id, Basis.RULE, DATES, SOON)
        set_moments(tx, due_id, moments)
        made = add_obligations(tx, deadline_id, due_id, [ids[u] for u in owing])
        settle_feeds(tx, NOW)
        return Estate(database, ids, task_id, deadline_id, due_id, dict(zip(owing, made, strict=True)))


def person_id(tx: Connection, name: str) -> int:
    found = select(people.c.id).where(people.c.address == f"{name}@xa.example")
    return int(tx.execute(found).scalar_one())


def ledger(database: Database) -> list[tuple[str, str, str, str | None]]:
    """(person, stage, state, reason) of every row of the ledger."""
    query = select(people.c.address, reminders.c.stage, reminders.c.state, reminders.c.reason).join(
        people, people.c.id == reminders.c.person_id
    )
    with database.read() as tx:
        return sorted((a.partition("@")[0], s, state, why) for a, s, state, why in tx.execute(query))


def message(tx: Connection, name: str, day: date = TODAY, kind: str = "digest", part: int = 0) -> NewMessage:
    ref = f"{name}.{day}.{kind}.{part}@nhachan.example"
    return NewMessage(person_id(tx, name), kind, day, part, NOW, ref)


def outbox(database: Database) -> list[tuple[str, str, date, str, str | None]]:
    """(person, kind, day, state, reason) of every message."""
    m = messages.c
    query = select(people.c.address, m.kind, m.local_day, m.state, m.reason).join(people, people.c.id == m.person_id)
    with database.read() as tx:
        return sorted((a.partition("@")[0], k, d, s, why) for a, k, d, s, why in tx.execute(query))
