"""A node that delivers what is queued, as often as it is told to: `python -m tests.delivering_node DATABASE PORT`.

For each line it reads, a child takes up what the last one left, as the daemon does, and sends all that is due. Its
process id is printed, and in the end how it ended. So the program is loaded once, however often it is killed. Where the
line is "apart", a process of its own claims for the child: what the child logs of it is printed as well.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from calendars.working import WorkingCalendar
from config.workdays import shipped_workdays
from notifications import delivery
from notifications.claiming_apart import WORTH_IT
from notifications.delivery import deliver_due
from notifications.outlets.smtp import SmtpOutlet
from notifications.settings import SmtpSettings
from store import outbox
from store.database import Database
from tests.conftest import local, make_desk, make_office
from tests.notifications.drains import MORNING

LINES = 3


async def deliver(path: str, port: int, *, apart: bool) -> None:
    if apart:
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
        delivery.BATCH, delivery.cores = 20, lambda: 2
    database = Database(f"sqlite:///{path}")
    desk = make_desk(make_office(database, WorkingCalendar(shipped_workdays())), Path(path).parent)
    with database.write() as tx:
        outbox.recover_all(tx)
    async with SmtpOutlet(SmtpSettings("127.0.0.1", port, "none", connections=LINES), "n.example") as outlet:
        await deliver_due(database, desk, outlet, lambda: local(MORNING), apart=1 if apart else WORTH_IT)
    database.close()


def main(path: str, port: str) -> None:
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            asyncio.run(deliver(path, int(port), apart=line == "apart\n"))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
