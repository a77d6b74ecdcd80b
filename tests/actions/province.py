"""A small province, a mail server in memory, and time that passes when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

from sqlalchemy import Table, and_, exists, or_, select

from actions.daily import refresh_day
from actions.office import Act, Office
from actions.queueing import queue_due
from notifications.deciding import Tally
from notifications.delivery import deliver_due
from notifications.desk import Desk
from notifications.monday import week_of
from notifications.outlets import UNTRIED, Done, Fault, Kind, Letter, Outcome, OutletDown, Take
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from store.database import Database
from store.mail_log import Logged, log
from store.marks import read_mark
from store.obligations import of_deadline
from store.schema import messages, metadata, reminders, stage_moments
from tests.conftest import ZONE, local

UNITS = """
units:
  - {id: ubnd, name: UBND tỉnh, kind: uy-ban, mailbox: vanthu@ubnd.example}
  - id: so-noi-vu
    name: Sở Nội vụ
    kind: so
    officers:
      - {name: Chuyên viên Ban TĐKT, email: tdkt@snv.example}
      - {name: Giám đốc Sở Nội vụ, role: head, email: giamdoc@snv.example}
  - id: so-y-te
    name: Sở Y tế
    kind: so
    officers:
      - {name: Chuyên viên Sở Y tế, email: an@syt.example}
      - {name: Văn thư Sở Y tế, role: clerk, email: binh@syt.example}
      - {name: Giám đốc Sở Y tế, role: head, email: giamdoc@syt.example}
  - id: xa-a
    name: Xã A
    kind: xa
    officers:
      - {name: Văn thư ba xã, role: clerk, email: chi@xa.example}
      - {name: Chủ tịch xã A, role: head, email: chutich@xa-a.example}
  - id: xa-b
    name: Xã B
    kind: xa
    officers: [{name: Văn thư ba xã, role: clerk, email: chi@xa.example}]
  - id: xa-c
    name: Xã C
    kind: xa
    officers: [{name: Văn thư ba xã, role: clerk, email: chi@xa.example}]
  - {id: phuong-d, name: Phường D, kind: phuong, mailbox: vanthu@phuong-d.example}
audiences:
  - {id: moi-don-vi, name: Các đơn vị, kinds: [so, xa, phuong]}
  - {id: cac-xa, name: Các xã, kinds: [xa]}
"""

TWO_UNITS = """
units:
  - {id: ubnd, name: UBND tỉnh, kind: uy-ban, mailbox: vanthu@ubnd.example}
  - id: so-noi-vu
    name: Sở Nội vụ
    kind: so
    officers:
      - {name: Chuyên viên Ban TĐKT, email: tdkt@snv.example}
      - {name: Giám đốc Sở Nội vụ, role: head, email: giamdoc@snv.example}
  - id: so-y-te
    name: Sở Y tế
    kind: so
    officers:
      - {name: Chuyên viên Sở Y tế, email: an@syt.example}
      - {name: Giám đốc Sở Y tế, role: head, email: giamdoc@syt.example}
"""

AN, HEAD, COORDINATOR, CHI = "an@syt.example", "giamdoc@syt.example", "tdkt@snv.example", "chi@xa.example"
YEARLY = DeadlineKey.parse("ke-hoach/bao-cao-nam/2026")
ONCE = DeadlineKey.parse("ke-hoach/mot-lan/once")
assert YEARLY is not None
assert ONCE is not None


def task(slug: str, due: str, owed_by: str = "[so-y-te]", **more: str) -> str:
    """A task of a plan file; a report unless `more` says otherwise."""
    fields = {"id": slug, "title": f"Việc {slug}", "kind": "report", "owed_by": owed_by, "due": due, **more}
    return "  - {" + ", ".join(f"{k.rstrip('_')}: {v}" for k, v in fields.items()) + "}\n"


def yearly(owed_by: str = "[so-y-te]", due: str = "{yearly: {before: 05/12}}", **more: str) -> str:
    return task("bao-cao-nam", due, owed_by, **{"to": "ubnd", **more})


def once(due: str, owed_by: str = "[so-y-te]", **more: str) -> str:
    return task("mot-lan", due, owed_by, **more)


def plan(*tasks: str, slug: str = "ke-hoach", **more: str) -> str:
    """A plan file that Sở Nội vụ coordinates."""
    fields = {"id": slug, "title": f"Kế hoạch {slug}", "coordinator": "so-noi-vu", "issued": "01/01/2020", **more}
    return "plan:\n" + "".join(f"  {k}: {v}\n" for k, v in fields.items()) + "tasks:\n" + "".join(tasks)


Mood = Kind | Literal["down"]


@dataclass
class Box:
    """An outlet in memory; answers `next` once each, then `always`. "down": it cannot be used."""

    always: Mood = "sent"
    next: list[Mood] = field(default_factory=list)
    tried: list[Letter] = field(default_factory=list)
    accepted: list[Letter] = field(default_factory=list)
    name: str = "box"
    lines: int = 1

    async def __aenter__(self) -> Box:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def deliver(self, take: Take, done: Done) -> None:
        while (letter := take()) is not None:
            try:
                done(letter, self.answer(letter))
            except OutletDown:
                done(letter, UNTRIED)
                raise

    def answer(self, letter: Letter) -> Outcome:
        self.tried.append(letter)
        kind = self.next.pop(0) if self.next else self.always
        if kind == "down":
            raise OutletDown(Fault("connection", "said down"))
        if kind == "sent":
            self.accepted.append(letter)
        return Outcome(kind, {"sent": 250, "deferred": 451, "refused": 550}.get(kind), f"said {kind}")


def _stage(code: str) -> str:
    """Announcements without the moment of their act."""
    return code.partition(".")[0] if code.startswith("n-") else code


@dataclass
class Town:
    """An office with its mail server; everything happens at a local time given as text."""

    office: Office
    desk: Desk
    box: Box = field(default_factory=Box)

    def queue(self, at: str) -> None:
        queue_due(self.office, self.desk, local(at))

    def deliver(self, at: str) -> Tally:
        """Puts the letters of one pass through the box, whatever it said at the last one."""
        moment = local(at)
        return asyncio.run(deliver_due(self.office.database, self.desk, self.box, lambda: moment))

    def tick(self, at: str) -> Tally:
        refresh_day(self.office, local(at))
        self.queue(at)
        return self.deliver(at)

    def ticks(self, *moments: str) -> None:
        for moment in moments:
            self.tick(moment)

    def walk(self, first: str, last: str, *clocks: str, idle: bool = False) -> None:
        """Tick through the days at these times of day; `idle`: also where a pass has nothing to do."""
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            for clock in clocks or ("08:00", "14:00"):
                at = f"{day} {clock}"
                refresh_day(self.office, local(at))
                if idle or self._has_work(local(at)):
                    self.queue(at)
                    self.deliver(at)
            day += timedelta(days=1)

    def _has_work(self, now: datetime) -> bool:
        """Whether a stage's moment has come, something waits, is in hand or has failed, or the Monday page is due."""
        come = and_(stage_moments.c.queued_at.is_(None), stage_moments.c.at <= now)
        in_hand = messages.c.state.not_in(("sent", "superseded"))
        work = or_(exists().where(come), exists().where(reminders.c.state == "waiting"), exists().where(in_hand))
        with self.office.database.read() as tx:
            return read_mark(tx, "monday") != week_of(self.office.today(now)).isoformat() or bool(
                tx.scalar(select(work))
            )

    def log(self, state: str | None = None) -> list[Logged]:
        with self.office.database.read() as tx:
            return log(tx, state=state)

    def sent(self, address: str | None = None) -> list[tuple[str, str, str, list[str]]]:
        """(local time, address, kind, stages) of what was sent, in order; to one address where given."""
        return [
            (at_text(m.sent_at), m.address, m.kind, [_stage(i.stage) for i in m.items if i.state == "sent"])
            for m in sorted(self.log("sent"), key=lambda m: (m.sent_at, m.address, m.kind))
            if m.sent_at is not None and address in (None, m.address)
        ]

    def items(self, address: str) -> list[tuple[str, str, str, str | None]]:
        """(deadline or task, unit, stage, reason or state) of every reminder in a person's messages."""
        found = [m for m in self.log() if m.address == address]
        return [(i.deadline, i.unit, i.stage, i.reason or i.state) for m in found for i in m.items]

    def one(self, key: DeadlineKey | None = YEARLY, unit: str = "so-y-te") -> Obligation:
        assert key is not None
        with self.office.database.read() as tx:
            (found,) = of_deadline(tx, key, [unit])
        return found


def at_text(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}"


def act(at: str, reason: str | None = None, actor: str = "tester") -> Act:
    return Act(actor, local(at), reason)


def mail_of(letter: Letter) -> EmailMessage:
    parsed = message_from_bytes(letter.content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def rows(database: Database, table: Table) -> list[tuple[object, ...]]:
    """All of a table, in the order of its primary key."""
    with database.read() as tx:
        return [tuple(r) for r in tx.execute(select(table).order_by(*table.primary_key.columns))]


def everything(database: Database, leaving_out: Iterable[str] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the store, by table."""
    skipped = set(leaving_out)
    return {t.name: rows(database, t) for t in metadata.sorted_tables if t.name not in skipped}
