"""Claiming in a process of its own: a wave is judged and written on one core while another speaks to the mail server.

The process claims when it is asked, and nothing by itself. Whoever asked answers for what was claimed: the numbers of
the messages come before they are committed, so that those of a process that died meanwhile are known.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Connection as Tx

from notifications.claiming import LEASE, Batch, Ready, claim_batch
from notifications.desk import Desk
from notifications.outlets import Letter
from notifications.recording import record_sent
from notifications.rendering import load_templates
from plans.letters import Alike, Stem
from plans.problems import EnvironmentFault
from store import outbox
from store.database import Database
from store.results import Answer

log = logging.getLogger(__name__)

WORTH_IT = 1500  # letters: fewer are gone before the process has loaded the program
_PATIENCE = 90.0  # seconds for a claim: longer than a locked database is waited for
_RARELY = (100_000, 20, 100)
_LOOK_BACK = 10.0  # seconds between two looks for what others died with


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ClaimingProcess:
    """A process that claims from `database` as `desk` stands now. Ended by `close`, and by the end of this process."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        here, there = socket.socketpair()
        with here, there:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(there.fileno())],
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
            self._connection = Connection(here.detach())
        self._asking = threading.Lock()
        self._closing = False
        self._ready = False
        # How mail leaves is none of its business, and a password less in its memory.
        own = replace(desk, mail=replace(desk.mail, outlet="maildir", smtp=None))
        try:
            self._connection.send((database.url.render_as_string(hide_password=False), own))
        except OSError:
            log.warning("the process that claims ended as it began")

    @property
    def ready(self) -> bool:
        """Whether it has loaded the program; one that died is found out by asking it."""
        if not self._ready and self._connection.poll():
            self._ready = True
            with suppress(EOFError, OSError):
                self._connection.recv()
                log.info("letters are claimed by a process of its own, %s", self._process.pid)
        return self._ready

    async def claim(
        self, now: datetime, limit: int, outlet: str = "", sent: Mapping[int, Answer] | None = None
    ) -> Batch | None:
        """As `claim_batch` does, once it has recorded that `outlet` took the messages in `sent`.

        None when the process is dead: what it had claimed is queued again, and what was sent may not be recorded.
        """
        told = {number: (a.code, a.text, a.enhanced) for number, a in (sent or {}).items()}
        return await asyncio.to_thread(self._claim, now, limit, outlet, told)

    async def close(self) -> None:
        """End the process; what it is about to claim for a caller who has gone is queued again."""
        await asyncio.to_thread(self._close)

    def _claim(self, now: datetime, limit: int, outlet: str, sent: _Sent) -> Batch | None:
        with self._asking:
            announced: list[int] = []
            try:
                self._connection.send((now, limit, outlet, sent))
                while self._connection.poll(_PATIENCE):
                    kind, said, records = self._connection.recv()
                    for record in records:
                        logging.getLogger(record.name).handle(record)
                    if kind == "announced":
                        announced = said
                    elif kind == "fault":
                        raise EnvironmentFault(said[0], **said[1])
                    elif kind == "error":
                        raise RuntimeError(said)
                    else:
                        return _unpacked(*said)
                log.error("the process that claims has not answered for %g seconds", _PATIENCE)
            except (EOFError, OSError):
                if not self._closing:
                    log.error("the process that claims has died: this one claims for itself")
            self._process.kill()
            self._process.wait()
            self._connection.close()
            if announced:
                with self._database.write() as tx:
                    outbox.recover(tx, announced, now + LEASE)
            return None

    def _close(self) -> None:
        # Between two claims it holds nothing; where one is under way, the thread that waits for it sees its end.
        self._closing = True
        self._process.kill()
        with self._asking:
            self._connection.close()
        self._process.wait()


_Sent = dict[int, tuple[int | None, str, str | None]]  # message → what was answered
_Packed = tuple[list[tuple[Any, ...]], list[Stem], int, Counter[str]]


def _packed(batch: Batch) -> _Packed:
    """Plain tuples: values of our own take three times as long to pickle; of what is alike, its own words."""
    ready, stems = [], dict[Stem, int]()
    for r in batch.ready:
        a = r.letter
        body = (stems.setdefault(a.body.stem, len(stems)), a.body.values) if isinstance(a.body, Alike) else a.body
        letter = (a.message_id, a.sender, a.recipient, body)
        ready.append((letter, r.message, r.person, r.attempts, r.tried_since, r.uncertain, r.asked))
    return ready, list(stems), batch.looked_at, batch.counts


def _unpacked(rows: list[tuple[Any, ...]], stems: list[Stem], looked_at: int, counts: Counter[str]) -> Batch:
    ready = []
    for (number, sender, to, body), message, person, attempts, since, uncertain, asked in rows:
        whole = body if isinstance(body, bytes) else Alike(stems[body[0]], body[1])
        letter = Letter(number, sender, to, whole)
        ready.append(Ready(message, person, letter, attempts, since, uncertain, asked))
    return Batch(tuple(ready), looked_at, counts)


# -- the process ------------------------------------------------------------------------------------------------------


def _serve(connection: Connection) -> None:
    url, desk = connection.recv()
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    logging.basicConfig(level=logging.INFO, handlers=[QueueHandler(records)])
    database = Database(url)
    # Of what waves are made: the first batch would else take eight times as long as the others.
    load_templates(desk.words, "digest", "items")
    desk.calendar.is_working(desk.today(datetime.now(UTC)))
    # A batch makes many values and no circles: looking for some took a tenth of the time.
    gc.freeze()
    gc.set_threshold(*_RARELY)
    connection.send("ready")

    def answer(kind: str, said: object) -> None:
        told = [records.get() for _ in range(records.qsize())]
        try:
            connection.send((kind, said, told))
        except OSError:
            # Nobody waits for it: what is not committed yet is rolled back, and nothing else may catch this.
            raise SystemExit(1) from None

    looked = -_LOOK_BACK
    while True:
        request = connection.recv()
        look_back = time.monotonic() - looked >= _LOOK_BACK
        looked = time.monotonic() if look_back else looked
        try:
            batch = _claimed(database, desk, lambda numbers: answer("announced", list(numbers)), look_back, *request)
        except EnvironmentFault as fault:
            answer("fault", (fault.problem.code, dict(fault.problem.params)))
        except Exception as error:
            log.exception("nothing can be claimed")
            answer("error", f"{type(error).__name__}: {error}")
        else:
            answer("batch", _packed(batch))


def _claimed(
    database: Database,
    desk: Desk,
    announce: Callable[[Sequence[int]], None],
    look_back: bool,
    now: datetime,
    limit: int,
    outlet: str,
    sent: _Sent,
) -> Batch:
    answers = {number: Answer(*answer) for number, answer in sent.items()}

    def record(tx: Tx) -> None:
        record_sent(tx, outlet, answers, now)

    return claim_batch(database, desk, now, limit, announce, record, look_back=look_back)


def main(descriptor: int) -> None:
    # A terminal and a service manager tell a whole group of processes to end; this one ends after whoever asks it.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    try:
        _serve(Connection(descriptor))
    except (EOFError, OSError):
        return  # nobody asks any more


if __name__ == "__main__":
    main(int(sys.argv[1]))
