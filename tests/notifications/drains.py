"""Whole deliveries: queued rows, a real server on loopback, and what the rows say afterwards."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import select

from notifications.claiming_apart import WORTH_IT
from notifications.deciding import Tally
from notifications.delivery import deliver_due
from notifications.outlets.smtp import SmtpOutlet
from notifications.settings import SmtpSettings
from store.mail_log import content_of
from store.outlets import OutletState, read_outlet
from store.schema import messages, people, reminders
from tests.actions.province import UNITS, Town, plan, yearly
from tests.conftest import load_text, local
from tests.smtp_server import Scripted

MORNING = "2026-12-01 08:00"  # when the letters of `queue` are due
PIPELINING = "250-hello\r\n250 PIPELINING"
EMPTY = b".\r\n"  # what follows 354 to a refused envelope (RFC 2920, 3.1): no letter


_queued: dict[tuple[int, str], bytes] = {}  # loading costs more than all the rest of a test


def queue(town: Town, letters: int, at: str = MORNING) -> None:
    """Have one letter waiting for each of so many villages, to xa-1@…, xa-2@… in the order in which they leave."""
    path = town.office.database.url.database
    if not town.office.database.is_sqlite or path is None or rows(town):
        _queue(town, letters, at)
        return
    beside = Path(f"{path}.queued")
    known = _queued.get((letters, at))
    if known is None:
        _queue(town, letters, at)
    else:
        beside.write_bytes(known)
    with closing(sqlite3.connect(path)) as own, closing(sqlite3.connect(beside)) as copy:
        if known is None:
            own.backup(copy)
        else:
            copy.backup(own)
    if known is None:
        _queued[letters, at] = beside.read_bytes()


def _queue(town: Town, letters: int, at: str) -> None:
    villages = "".join(
        f"  - {{id: x-{n:03}, name: Xã số {n}, kind: xa-so, mailbox: xa-{n}@xa.example}}\n"
        for n in range(1, letters + 1)
    )
    audience = "audiences:\n  - {id: cac-xa-so, name: Các xã, kinds: [xa-so]}\n"
    units = UNITS.replace("audiences:\n", f"{villages}{audience}")
    load_text(town.office, local("2026-10-01 09:00"), units, plan(yearly("[cac-xa-so]")))
    town.queue(at)


@dataclass(frozen=True)
class Row:
    """A message as it is stored."""

    id: int
    to: str
    ref: str
    state: str
    attempts: int
    code: int | None
    enhanced: str | None
    answer: str | None
    uncertain: bool
    tried_since: datetime | None
    next_at: datetime


def rows(town: Town) -> list[Row]:
    """Every message, in the order in which they are sent."""
    m = messages.c
    query = select(
        m.id, people.c.address.label("to"), m.message_ref.label("ref"), m.state, m.attempts, m.code, m.enhanced,
        m.answer, m.uncertain, m.tried_since, m.next_at,
    )  # fmt: skip
    with town.office.database.read() as tx:
        found = tx.execute(query.join(people, people.c.id == m.person_id).order_by(m.id))
        return [Row(**r._mapping) for r in found]


def states(town: Town) -> Counter[str]:
    """How many messages there are of each state; their reminders must say the same."""
    with town.office.database.read() as tx:
        found = Counter(tx.scalars(select(messages.c.state)))
        held = Counter(tx.scalars(select(reminders.c.state).where(reminders.c.message_id.is_not(None))))
    expected = Counter("queued" if state == "sending" else state for state in found.elements())
    assert held == expected
    return found


def stored(town: Town, message: int) -> bytes:
    """The bytes of a message as the wire carries them."""
    with town.office.database.read() as tx:
        content = content_of(tx, message)
    assert content is not None
    return re.sub(rb"(?m)^\.", b"..", content) + EMPTY


def message_id(body: bytes) -> str:
    found = re.search(rb"(?mi)^Message-ID:\s*<([^>]+)>", body)
    assert found is not None
    return found[1].decode()


def arrived(*servers: Scripted) -> Counter[str]:
    """Message-IDs of the letters that came in whole."""
    return Counter(message_id(body) for server in servers for body in server.bodies if body != EMPTY)


def once_each(town: Town) -> dict[str, int]:
    return {row.ref: 1 for row in rows(town)}


class Secure(Protocol):
    """What serves with its own protocol, as an aiosmtpd does."""

    def protocol(self) -> asyncio.BaseProtocol: ...


class Route:
    """A town's way to a mail server; who answers there may change from one pass to the next."""

    def __init__(self, town: Town, **settings: Any) -> None:
        self.town = town
        self._settings = settings
        # Held without listening: refused for now, and nobody else's between two passes.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self.port = int(self._held.getsockname()[1])

    def close(self) -> None:
        self._held.close()

    def outlet(self, **settings: Any) -> SmtpOutlet:
        given = {
            "host": "127.0.0.1",
            "security": "none",
            "timeout": 10.0,
            "connections": 1,
            **self._settings,
            **settings,
        }
        return SmtpOutlet(SmtpSettings(port=self.port, **given), "n.example")

    def state(self) -> OutletState:
        with self.town.office.database.read() as tx:
            return read_outlet(tx, self.outlet().name)

    def drain(
        self,
        server: Scripted | Secure | None,
        at: str | datetime | Callable[[], datetime] = MORNING,
        stopping: Callable[[], bool] = lambda: False,
        apart: int = WORTH_IT,
        patience: float | None = None,
        **settings: Any,
    ) -> Tally:
        """One pass at a moment, or with a clock that goes; None: nobody listens."""

        async def main() -> Tally:
            async with AsyncExitStack() as stack:
                if isinstance(server, Scripted):
                    serving = await asyncio.start_server(server.serve, "127.0.0.1", self.port, reuse_address=True)
                    await stack.enter_async_context(serving)
                elif server is not None:
                    loop = asyncio.get_running_loop()
                    serving = await loop.create_server(server.protocol, "127.0.0.1", self.port, reuse_address=True)
                    await stack.enter_async_context(serving)
                outlet = await stack.enter_async_context(self.outlet(**settings))
                town = self.town
                return await deliver_due(
                    town.office.database, town.desk, outlet, clock_of(at), stopping, apart=apart, patience=patience
                )

        return asyncio.run(main())


def clock_of(at: str | datetime | Callable[[], datetime]) -> Callable[[], datetime]:
    if callable(at):
        return at
    moment = local(at) if isinstance(at, str) else at
    return lambda: moment


def recipients(server: Scripted) -> list[str]:
    """Who was named to a server, in order."""
    return [line[9:-1] for line in server.heard if line.startswith("RCPT TO:<")]


def addresses(numbers: Iterable[int]) -> list[str]:
    return [f"xa-{n}@xa.example" for n in numbers]


def has_ended(process: int) -> bool:
    """Whether a process is over, or would be if somebody took note of it."""
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"
