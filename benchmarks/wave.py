"""A wave: one deadline of many units falls due. Time to load it, to queue it, and to write every mail into a Maildir.

Peer: plain SQLAlchemy Core inserts of as many ledger rows, one executemany, in the same run on the same disk.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from actions.daily import refresh_day
from actions.loading import load
from actions.office import Act, Office
from actions.queueing import queue_due
from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications.deciding import Tally
from notifications.delivery import deliver_due
from notifications.desk import Desk
from notifications.outlets.maildir import MaildirOutlet
from notifications.settings import MailSettings
from plans.files.documents import read_documents
from plans.words import words
from store.database import Database
from store.marks import secret
from store.schema import reminders
from store.upgrading import upgrade

UNITS = 3_000
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LOADED, WAVE = datetime(2026, 11, 2, 9, tzinfo=ZONE), datetime(2026, 11, 19, 8, tzinfo=ZONE)
PLAN = b"""
plan: {id: ke-hoach, title: Bao cao, coordinator: so-noi-vu}
tasks:
  - {id: bao-cao, title: Bao cao nam, owed_by: [moi-don-vi], due: {before: 05/12/2026}}
"""


def roster() -> bytes:
    lines = ["units:", "  - {id: so-noi-vu, name: SNV, kind: co-quan, mailbox: snv@tinh.example}"]
    lines += [f"  - {{id: xa-{n}, name: Xa {n}, kind: xa, mailbox: xa{n}@tinh.example}}" for n in range(UNITS)]
    lines += ["audiences:", "  - {id: moi-don-vi, name: Moi don vi, kinds: [xa]}"]
    return "\n".join(lines).encode()


def timed(label: str, begun: float, rows: int) -> float:
    took = time.perf_counter() - begun
    print(f"{label:<44}{took:8.2f} s {rows / took:12,.0f} rows/s")
    return took


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        upgrade(database)
        office = Office(database, WorkingCalendar(shipped_workdays()), ZONE, "http://127.0.0.1", "tinh.example")
        documents = read_documents([("units.yaml", roster()), ("plan.yaml", PLAN)])
        begun = time.perf_counter()
        load(office, Act("bench", LOADED), documents.rosters, documents.plans)
        timed(f"load {UNITS:,} units and obligations", begun, UNITS)
        with database.write() as tx:
            key = secret(tx)
        mail = MailSettings("maildir", Path(folder) / "maildir", "Nhac han", "nhac-han@tinh.example", "tinh.example")
        desk = Desk(office.calendar, ZONE, words("vi"), mail, office.base_url, key)
        refresh_day(office, WAVE)
        begun = time.perf_counter()
        queued = queue_due(office, desk, WAVE)
        ours = timed(f"queue {queued.messages:,} messages", begun, queued.reminders)
        begun = time.perf_counter()
        tally = asyncio.run(_deliver(database, desk))
        timed(f"render and deliver {tally.sent:,} mails (Maildir)", begun, tally.sent)
        plain = _plain(database)
        print(f"queueing against plain inserts of the ledger rows alone: {plain / ours:.2f} times their speed")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        database.close()
    return 0


async def _deliver(database: Database, desk: Desk) -> Tally:
    async with MaildirOutlet(desk.mail.maildir) as outlet:
        return await deliver_due(database, desk, outlet, lambda: WAVE)


def _plain(database: Database) -> float:
    with database.read() as tx:
        rows = [dict(r) for r in tx.execute(reminders.select()).mappings()]
    with database.write() as tx:
        tx.execute(reminders.delete())
    begun = time.perf_counter()
    with database.write() as tx:
        tx.execute(reminders.insert(), rows)
    return timed("plain inserts", begun, len(rows))


if __name__ == "__main__":
    sys.exit(main())
