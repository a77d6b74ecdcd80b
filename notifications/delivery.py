"""Delivery: letters are claimed, go out over several lines at once, and what became of them is written by one hand.

The row is the truth: what a crash leaves in `sending` is taken up again with the same bytes and the same Message-ID.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from notifications.claiming import BATCH, LEASE, Batch, Ready, claim_batch
from notifications.claiming_apart import WORTH_IT, ClaimingProcess, cores
from notifications.deciding import Tally
from notifications.desk import Desk
from notifications.outlets import Fault, Letter, Outcome, Outlet, OutletDown
from notifications.outlets.replies import is_policy
from notifications.recording import Result, answer_of, record
from notifications.settling import settle, shut_for_long
from notifications.tray import Pace, Tray
from plans.problems import EnvironmentFault
from store import results
from store.database import Database
from store.outbox import count_due
from store.outlets import OutletState, read_outlet

log = logging.getLogger(__name__)

_AHEAD = 10.0  # seconds of letters claimed ahead where their pace is limited: what is claimed is not judged again
_SHUT = 3  # recipients refused by a rule of the server, none accepted: it is the server that is shut
_WORKED = timedelta(days=1)  # a server that took a letter within this is not shut for one refusal
_RENEW = LEASE / timedelta(seconds=4)
_GATHER = 0.02  # seconds at least between two commits of results: what a crash would repeat is kept small
_LOOK = 0.2  # seconds at most between two looks around
_AGAIN = 5.0  # seconds until a line that cannot be opened is tried again while others work
_DATABASE_AGAIN, _DATABASE_PATIENCE = 1.0, 30  # seconds; tries once the pass is to end


async def deliver_due(
    database: Database,
    desk: Desk,
    outlet: Outlet,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
    may_send: Callable[[datetime], bool] = lambda _: True,
    enough: Callable[[], bool] = lambda: False,
    *,
    at_once: bool = False,
    progress: Callable[[int], None] = lambda _: None,
    apart: int = WORTH_IT,
    patience: float | None = None,
) -> Tally:
    """Send everything whose turn has come; ends early when the outlet is down, or after the letters in hand on stop.

    Nothing leaves while `may_send` says no: another try must not reach people at night either. While the outlet is
    paused nothing is claimed, unless it is to be tried `at_once`; nor is anything more once it is `enough`, and what is
    in hand is sent. `progress` is told how many letters are done. Where `apart` letters or more are due, and nothing
    slows them down, a process of its own claims them. A database that does not take what servers have answered is tried
    for `patience` seconds (None: while the pass may go on). Raises EnvironmentFault.
    """
    with database.read() as tx:
        state = read_outlet(tx, outlet.name)
    if not may_send(clock()):
        return Tally()
    if state.paused(clock()) and not at_once:
        return Tally(outlet_down=Fault(state.fault, state.answer, state.code))

    def may_go_on() -> bool:
        return not stopping() and may_send(clock())

    return await _Pass(
        database, desk, outlet, clock, may_go_on, enough, state, progress, apart=apart, patience=patience
    ).run()


class _Pass:
    """One pass: lines take letters from the tray, and one loop writes to the database."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        outlet: Outlet,
        clock: Callable[[], datetime],
        may_go_on: Callable[[], bool],
        enough: Callable[[], bool],
        state: OutletState,
        progress: Callable[[int], None],
        *,
        apart: int,
        patience: float | None,
    ) -> None:
        self._database = database
        self._desk = desk
        self._outlet = outlet
        self._clock = clock
        self._enough = enough
        self._state = state
        self._progress = progress
        self._apart = apart
        self._patience = patience
        self._claiming: ClaimingProcess | None = None
        self._called = asyncio.Event()  # there is something to write or to claim
        paces = desk.mail.per_minute, desk.mail.per_line and desk.mail.per_line * outlet.lines
        slowest = min((n for n in paces if n), default=None)
        self._most = max(1, min(BATCH, int(slowest * _AHEAD / 60))) if slowest else BATCH  # to claim at once
        self._tray = Tray(Pace(desk.mail.per_minute), may_go_on)
        self._results: list[Result] = []
        self._recorded = 0.0  # when some were last committed
        self._suspects: list[Result] = []  # refused by a rule of the server, which may be shut to everyone
        self._counts: Counter[str] = Counter()
        self._accepted = False  # some letter was
        self._answered = False  # the server has said something of a letter
        self._fault: Fault | None = None
        self._working = 0  # lines that may still send
        self._renewed = asyncio.get_running_loop().time()
        self._error: Exception | None = None  # of a claim: what is in hand is still sent and recorded

    async def run(self) -> Tally:
        lines = [asyncio.create_task(self._line()) for _ in range(self._outlet.lines)]
        self._working = len(lines)
        try:
            await self._write()
        finally:
            for line in lines:
                line.cancel()
            await asyncio.gather(*lines, return_exceptions=True)
            if self._claiming is not None:
                await self._claiming.close()
                self._claiming = None
        await self._end()
        if self._error is not None:
            raise self._error
        c = self._counts
        return Tally(c["sent"], c["again"], c["failed"], c["unknown"], c["superseded"], self._fault)

    # -- a line ------------------------------------------------------------------------------------------------------

    async def _line(self) -> None:
        pace = Pace(self._desk.mail.per_line)
        try:
            while await self._tray.ready(pace):
                try:
                    await self._outlet.deliver(lambda: self._tray.take(pace), self._done)
                except OutletDown as down:
                    if self._working == 1:
                        self._shut(down.fault)
                        return
                    # The others go on: a server may allow fewer connections than are wanted.
                    log.info("a line to the mail server is down: %s", down)
                    self._working -= 1
                    await self._others(_AGAIN)
                    self._working += 1
        except Exception as error:
            log.exception("a line has failed")
            self._error = self._error or error
            self._tray.close()
        finally:
            self._working -= 1
            self._called.set()
            self._tray.announce()

    async def _others(self, seconds: float) -> None:
        """Leave the tray to other lines for a while."""
        end = asyncio.get_running_loop().time() + seconds
        while self._tray.open and self._working and (left := end - asyncio.get_running_loop().time()) > 0:
            await self._tray.change(min(left, _LOOK))

    def _done(self, letter: Letter, outcome: Outcome) -> None:
        if outcome.kind == "untried":
            self._tray.give_back(letter)
            return
        ready = self._tray.told(letter)
        if ready is None:
            return
        self._answered = self._answered or outcome.code is not None
        if is_policy(outcome) and not self._accepted:
            self._suspects.append((ready, outcome))
            if len({r.letter.recipient for r, _ in self._suspects}) >= _SHUT:
                self._shut(Fault("relay_denied", outcome.answer, outcome.code))
            return
        if outcome.kind == "sent" and not self._accepted:
            self._accepted = True
            self._results += self._suspects
            self._suspects = []
        self._results.append((ready, outcome))
        if len(self._results) == 1 or len(self._results) >= BATCH or self._wants_more():
            self._called.set()

    def _shut(self, fault: Fault) -> None:
        self._fault = self._fault or fault
        self._tray.close()

    # -- the one that writes -----------------------------------------------------------------------------------------

    async def _write(self) -> None:
        """Record first, hold on to what is claimed, claim then, until every line has ended."""
        while True:
            if self._results and self._is_time_to_record():
                await self._record()
            elif self._now() - self._renewed > _RENEW and self._held:
                await self._renew()
            elif self._wants_more():
                await self._claim()
            elif not self._working and not self._results:
                return
            else:
                await self._wait(_GATHER if self._results else _LOOK)

    async def _wait(self, seconds: float) -> None:
        """Until called, or for so long: letters come in one by one, and each wake costs as much as recording one."""
        self._called.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._called.wait(), seconds)

    def _is_time_to_record(self) -> bool:
        """The first result at once, what follows together, for the sake of the disk, or along with the next claim."""
        if self._apart_ready and self._wants_more():
            return False
        return len(self._results) >= BATCH or not self._working or self._now() - self._recorded >= _GATHER

    @property
    def _apart_ready(self) -> bool:
        return self._claiming is not None and self._claiming.ready

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _wants_more(self) -> bool:
        few = self._batch() / (1 if self._apart_ready else 2)
        return self._tray.open and not self._tray.last and not self._tray.held and len(self._tray) < few

    def _batch(self) -> int:
        """How many to claim: one while nobody knows whether the outlet is up again, few where they leave slowly."""
        if self._state.down_since is not None and not self._answered:
            return 1
        # Of a claim of 200, a seventh is what any claim costs: in a wave that matters.
        return 2 * BATCH if self._most == BATCH and self._apart_ready else self._most

    async def _claim(self) -> None:
        if self._enough():
            self._tray.last = True
            self._tray.announce()
            return
        limit = self._batch()
        if limit == 1 and self._tray.in_hand:
            await self._wait(_LOOK)
            return
        try:
            batch = await self._claimed(limit)
        except Exception as error:
            self._error, self._tray.last = error, True
            self._tray.announce()
            return
        self._counts += batch.counts
        self._tray.last = not batch.looked_at
        # A lease that ended all the same, after a jump of the clock: what this node holds is not sent twice by it.
        held = {ready.message for ready in self._held}
        self._tray.put(ready for ready in batch.ready if ready.message not in held)

    async def _claimed(self, limit: int) -> Batch:
        """By the process that claims once it can, by this one until then, and again when that has died."""
        if self._apart and limit == BATCH and self._outlet.lines > 1 and cores() > 1:
            if await asyncio.to_thread(self._due) >= self._apart:
                try:
                    self._claiming = ClaimingProcess(self._database, self._desk)
                except OSError as error:  # of memory, of processes: the wave leaves all the same
                    log.warning("no process of its own can claim letters: %s", error)
            self._apart = 0  # decided
        if self._apart_ready:
            batch = await self._ask(limit)
            if batch is not None:
                return batch
            if self._results:
                await self._record()
        return await asyncio.to_thread(claim_batch, self._database, self._desk, self._clock(), limit)

    async def _ask(self, limit: int) -> Batch | None:
        """Have the other process record what was sent and claim then; None when it is dead, and nothing is lost."""
        assert self._claiming is not None
        found, self._results = self._results, []
        sent = {ready.message: answer_of(outcome) for ready, outcome in found if outcome.kind == "sent"}
        try:
            batch = await self._claiming.claim(self._clock(), limit, self._outlet.name, sent)
        except Exception:
            self._results = found + self._results
            raise
        if batch is None:
            self._claiming = None
            self._results = found + self._results
        else:
            self._results = [result for result in found if result[1].kind != "sent"] + self._results
            self._counts["sent"] += len(sent)
            self._recorded = self._now()
            self._progress(len(sent))
        return batch

    def _due(self) -> int:
        with self._database.read() as tx:
            return count_due(tx, self._clock())

    @property
    def _held(self) -> list[Ready]:
        """Letters whose rows say `sending`: in hand, or told of and not yet recorded."""
        return [*self._tray.in_hand.values(), *(ready for ready, _ in (*self._suspects, *self._results))]

    async def _record(self) -> None:
        if self._apart_ready and await self._recorded_apart():
            return
        found, self._results = self._results, []
        tries, began = 0, self._now()
        while True:
            try:
                counts = await asyncio.to_thread(
                    record, self._database, self._desk, self._outlet.name, found, self._clock()
                )
            except EnvironmentFault as fault:
                # A full disk, a locked database: what servers have answered is kept in hand, and nothing more leaves.
                if not self._tray.held:
                    log.error("what became of letters cannot be recorded, nothing more leaves: %s", fault)
                self._tray.held = True
                tries += 1
                lasted = self._patience is not None and self._now() - began >= self._patience
                if lasted or (not self._tray.open and tries >= _DATABASE_PATIENCE):
                    raise
                await asyncio.sleep(_DATABASE_AGAIN)
            else:
                self._counts += counts
                self._recorded = self._now()
                if tries and self._now() - self._renewed > LEASE / timedelta(seconds=1):
                    self._tray.drop()  # the leases ended meanwhile, and another node may have sent what waits
                self._tray.held = False
                self._tray.announce()
                self._progress(len(found))
                return

    async def _recorded_apart(self) -> bool:
        """Have the other process record what was sent; whether that is all there was to record."""
        with suppress(EnvironmentFault, RuntimeError):  # it is tried again here, and waited for
            await self._ask(0)
        return all(outcome.kind == "sent" for _, outcome in self._results)

    async def _renew(self) -> None:
        held = {ready.message: ready.attempt for ready in self._held}
        lost = await asyncio.to_thread(self._hold, held, self._clock())
        if lost:
            log.warning("%s letters were taken up by another node: this one was away for too long", len(lost))
            self._tray.forget(lost)
        self._renewed = self._now()

    def _hold(self, held: dict[int, int], now: datetime) -> set[int]:
        with suppress(EnvironmentFault), self._database.write() as tx:
            return results.renew(tx, held, now + LEASE)
        return set()

    # -- the end -----------------------------------------------------------------------------------------------------

    async def _end(self) -> None:
        """Judge what was refused by a rule, put back what nobody has sent, note how the outlet is."""
        suspects, self._suspects = self._suspects, []
        if suspects and self._fault is None:
            self._fault = shut_for_long(suspects, self._state, self._clock())
        if suspects and self._fault is None:
            worked = self._state.accepted_at
            final = worked is not None and self._clock() - worked < _WORKED
            self._results = [(r, o if final else replace(o, kind="deferred")) for r, o in suspects]
            suspects = []
            await self._record()
        refused = [ready for ready, _ in suspects]
        back = [*self._tray.in_hand.values(), *refused]
        outlet, state, now = self._outlet.name, self._state, self._clock()
        await asyncio.to_thread(
            settle, self._database, outlet, state, self._fault, back, refused, now, answered=self._answered
        )
