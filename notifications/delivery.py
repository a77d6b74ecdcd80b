"""Delivery: claim, render and commit "sending"; hand to the outlet; commit what it answered. One message at a time.

The row is the truth: what a crash leaves in `sending` is taken up again with the same bytes and the same Message-ID.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from notifications.deciding import Retry, Tally, judge, outdated, retry
from notifications.desk import Desk
from notifications.outlets import Letter, Outcome, Outlet
from notifications.readdressing import readdress
from notifications.writing import write
from store import announcements, outbox
from store.database import Database
from store.outbox import Claimed
from store.people import unask

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
BATCH = 20


@dataclass(frozen=True, slots=True)
class Ready:
    """A letter whose row says `sending`."""

    message: int
    person: int
    letter: Letter
    attempts: int
    tried_since: datetime | None  # when a mail server first put it off
    uncertain: bool  # an earlier attempt may have been accepted
    asked: bool = False  # it carries the yearly question about the person's address


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim took up."""

    ready: tuple[Ready, ...]
    looked_at: int
    counts: Counter[str]


def claim_batch(database: Database, desk: Desk, now: datetime, limit: int = BATCH) -> Batch:
    """Take up to `limit` messages whose turn has come: drop what is done, render the rest, commit `sending`."""
    ready: list[Ready] = []
    counts: Counter[str] = Counter()
    with database.write() as tx:
        outbox.recover_expired(tx, now)
        claimed = outbox.claim(tx, now, limit)
        for message in claimed:
            try:
                with tx.begin_nested():
                    found = _take(tx, desk, message, now, counts)
            except Exception as error:  # one that cannot be written is set aside; the rest goes on
                log.exception("message %s cannot be written", message.id)
                outbox.mark_failed(tx, message.id, None, f"{type(error).__name__}: {error}"[:500])
                counts["failed"] += 1
            else:
                ready += [found] if found else []
    return Batch(tuple(ready), len(claimed), counts)


def _take(tx: Connection, desk: Desk, message: Claimed, now: datetime, counts: Counter[str]) -> Ready | None:
    verdict = judge(message, now)
    outbox.requeue_stages(tx, verdict.reasons.get("reassigned", ()))
    if message.uncertain and message.content is not None:
        # Its words are those of the day it was written: what a later mail says better is not said again.
        if message.held and all(h.overtaken or outdated(h) for h in verdict.keep):
            outbox.mark_unknown(tx, message.id)
            counts["unknown"] += 1
            return None
        outbox.mark_sending(tx, message.id, message.address, None, None, now + LEASE)
        return _ready(desk, message, message.content)
    for reason, ids in verdict.reasons.items():
        outbox.supersede(tx, ids, reason)
    announcements.keep_for_return(tx, verdict.reasons.get("reassigned", ()), now)
    done = bool(message.held) and not verdict.keep
    written = None if done else write(tx, desk, message, verdict.keep, now)
    if written is None:
        reasons = Counter({reason: len(ids) for reason, ids in verdict.reasons.items()})
        outbox.mark_superseded(tx, message.id, reasons.most_common(1)[0][0] if reasons else "nothing_to_say")
        counts["superseded"] += 1
        return None
    outbox.mark_sending(tx, message.id, message.address, written.subject, written.content, now + LEASE)
    return _ready(desk, message, written.content, asked=written.asked)


def _ready(desk: Desk, message: Claimed, content: bytes, *, asked: bool = False) -> Ready:
    letter = Letter(message.ref, desk.mail.sender, message.address, content)
    return Ready(message.id, message.person, letter, message.attempts, message.tried_since, message.uncertain, asked)


def record(database: Database, desk: Desk, ready: Ready, outcome: Outcome, now: datetime) -> str:
    """Commit what the outlet answered; returns what became of the message: sent, again, failed or unknown."""
    with database.write() as tx:
        if outcome.kind == "sent":
            outbox.mark_sent(tx, ready.message, now, outcome.code, outcome.answer)
            return "sent"
        if ready.asked and outcome.kind != "unknown":
            unask(tx, ready.person)
        if outcome.kind == "refused":
            outbox.mark_failed(tx, ready.message, outcome.code, outcome.answer)
            if outcome.bad_address:
                readdress(tx, ready.person, ready.message, outcome.answer, desk.today(now), now)
            return "failed"
        # A fault of the outlet is not the message's: it waits, however long it lasts.
        again, since = Retry(now + timedelta(minutes=1)), ready.tried_since
        if outcome.kind != "outlet_down":
            since = since or now
            again = retry(ready.attempts, since, now)
        uncertain = ready.uncertain or outcome.kind == "unknown"
        if again.at is None and uncertain:
            outbox.mark_unknown(tx, ready.message, outcome.code, outcome.answer)
            return "unknown"
        if again.at is None:
            outbox.mark_failed(tx, ready.message, outcome.code, outcome.answer)
            return "failed"
        outbox.mark_again(
            tx, ready.message, again.at, outcome.code, outcome.answer, uncertain=uncertain, tried_since=since
        )
        return "again"


async def deliver_due(
    database: Database,
    desk: Desk,
    outlet: Outlet,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
    may_send: Callable[[datetime], bool] = lambda _: True,
) -> Tally:
    """Send everything whose turn has come; ends early when the outlet is down, or after the letter in hand on stop.

    Nothing is taken up while `may_send` says no: another try must not reach people at night either.
    """
    counts: Counter[str] = Counter()
    down: str | None = None
    while not stopping() and down is None and may_send(clock()):
        batch = await asyncio.to_thread(claim_batch, database, desk, clock())
        counts += batch.counts
        for ready in batch.ready:
            if down is not None or stopping():
                # Nothing has been said of this one to the server: it goes back as it was.
                outcome = Outcome("outlet_down", None, down or "")
            else:
                outcome = await outlet.deliver(ready.letter)
                if outcome.kind == "outlet_down":
                    down = outcome.answer
                    log.error("the mail server cannot be used: %s", outcome.answer)
            counts[await asyncio.to_thread(record, database, desk, ready, outcome, clock())] += 1
        if not batch.looked_at:
            break
    return Tally(
        sent=counts["sent"],
        again=counts["again"],
        failed=counts["failed"],
        unknown=counts["unknown"],
        superseded=counts["superseded"],
        outlet_down=down,
    )
