"""Claiming: messages whose turn has come are judged anew, written, and marked `sending`, in one transaction."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from notifications.deciding import Verdict, judge, outdated
from notifications.desk import Desk
from notifications.outlets import Letter
from notifications.writing import gather, write
from plans.letters import Alike
from plans.problems import EnvironmentFault
from store import announcements, outbox, results
from store.database import Database, is_of_surroundings
from store.ledger import LEDGER_KINDS
from store.outbox import Claimed
from store.people import unask
from store.results import Answer, Sending

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
BATCH = 200


@dataclass(frozen=True, slots=True)
class Ready:
    """A letter whose row says `sending`."""

    message: int
    person: int
    letter: Letter
    attempts: int  # before this one
    tried_since: datetime | None  # when a mail server first put it off
    uncertain: bool  # an earlier attempt may have been accepted
    asked: bool = False  # it carries the yearly question about the person's address

    @property
    def attempt(self) -> int:
        """The number of this try: another node's has a higher one."""
        return self.attempts + 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim took up."""

    ready: tuple[Ready, ...]
    looked_at: int
    counts: Counter[str]


def _tell_nobody(_: Sequence[int]) -> None:
    """Who claims for itself knows what it has."""


def _nothing(_: Connection) -> None:
    """Who claims for itself has recorded what it knew."""


def claim_batch(
    database: Database,
    desk: Desk,
    now: datetime,
    limit: int = BATCH,
    announce: Callable[[Sequence[int]], None] = _tell_nobody,
    record: Callable[[Connection], None] = _nothing,
    *,
    look_back: bool = True,
) -> Batch:
    """Take up to `limit` messages whose turn has come: drop what is done, write the rest, commit `sending`.

    One that cannot be written is set aside; the rest goes on. `announce` is told of the messages before they are
    committed. What `record` writes first is committed with them, or by itself where nothing can be claimed. Messages
    whose sender died with them are taken back first, unless somebody has just done so: then not to `look_back`.
    """
    try:
        with database.write() as tx:
            record(tx)
            if not limit:
                return Batch((), 0, Counter())
            if look_back:
                outbox.recover_expired(tx, now)
            batch = _claim(tx, desk, now, limit)
            announce([ready.message for ready in batch.ready])
            return batch
    except EnvironmentFault:
        raise
    except Exception as error:
        if limit > 1:
            log.exception("%s messages cannot be claimed together: one by one", limit)
        why = error
    with database.write() as tx:
        record(tx)
    return _claim_first(database, desk, now, why, announce)


def _claim_first(
    database: Database, desk: Desk, now: datetime, why: Exception, announce: Callable[[Sequence[int]], None]
) -> Batch:
    """Take up the message whose turn comes first; set it aside when it is the one that cannot be claimed."""
    with database.write() as tx:
        first = outbox.first_due(tx, now)
        if first is None:
            raise why
        try:
            with tx.begin_nested():
                batch = _claim(tx, desk, now, 1)
        except Exception as error:
            if is_of_surroundings(error):
                raise
            return Batch((), 1, _set_aside(tx, {first: error}, now))
        announce([ready.message for ready in batch.ready])
        return batch


def _claim(tx: Connection, desk: Desk, now: datetime, limit: int) -> Batch:
    taken = outbox.claim(tx, now, limit)
    counts = _set_aside(tx, taken.spoiled, now)
    verdicts = {message.id: judge(message, now) for message in taken.claimed}
    repeated = [m for m in taken.claimed if m.uncertain and m.content is not None]
    anew = [m for m in taken.claimed if not (m.uncertain and m.content is not None)]
    _drop(tx, anew, repeated, verdicts, now)
    ready: list[Ready] = []
    sending: list[Sending] = []
    for message in repeated:
        keep = verdicts[message.id].keep
        # Its words are those of the day it was written: what a later mail says better is not said again.
        if message.held and all(h.overtaken or outdated(h) for h in keep):
            results.mark_unknown(tx, message.id)
            counts["unknown"] += 1
        elif message.content is not None:
            sending.append(Sending(message.id, message.address, None, None))
            ready.append(_ready(desk, message, message.content, asked=message.asked))
    over: dict[str, list[int]] = defaultdict(list)
    spoiled: dict[int, Exception] = {}
    wanted = [(m, verdicts[m.id].keep) for m in anew if verdicts[m.id].keep or m.kind not in LEDGER_KINDS]
    facts = gather(tx, desk, wanted, now)
    for message, keep in wanted:
        try:
            written = write(desk, message, keep, facts, now)
        except Exception as error:
            spoiled[message.id] = error
            if facts.posts.get(message.person):
                unask(tx, message.person)
            continue
        if written is None:
            over["nothing_to_say"].append(message.id)
        else:
            sending.append(Sending(message.id, message.address, written.subject, written.body))
            ready.append(_ready(desk, message, written.body, asked=written.asked))
    for message in anew:
        if message.kind in LEDGER_KINDS and not verdicts[message.id].keep:
            over[_most_common(verdicts[message.id])].append(message.id)
    for reason, ids in over.items():
        results.mark_superseded(tx, ids, reason)
        counts["superseded"] += len(ids)
    results.mark_sending(tx, sending, now + LEASE)
    counts += _set_aside(tx, spoiled, now)
    return Batch(tuple(ready), len(taken), counts)


def _drop(
    tx: Connection, anew: list[Claimed], repeated: list[Claimed], verdicts: dict[int, Verdict], now: datetime
) -> None:
    """Record what is no longer needed, and have what is another's now queued for that one."""
    reassigned = [i for m in (*anew, *repeated) for i in verdicts[m.id].reasons.get("reassigned", ())]
    outbox.requeue_stages(tx, reassigned)
    reasons: dict[str, list[int]] = defaultdict(list)
    for message in anew:
        for reason, ids in verdicts[message.id].reasons.items():
            reasons[reason] += ids
    for reason, ids in reasons.items():
        results.supersede(tx, ids, reason)
    if reasons.get("reassigned"):
        announcements.keep_for_return(tx, reasons["reassigned"], now)


def _most_common(verdict: Verdict) -> str:
    found = Counter({reason: len(ids) for reason, ids in verdict.reasons.items()}).most_common(1)
    return found[0][0] if found else "nothing_to_say"  # all it held was taken back before its turn came


def _set_aside(tx: Connection, spoiled: Mapping[int, Exception], now: datetime) -> Counter[str]:
    counts: Counter[str] = Counter()
    for number, error in spoiled.items():
        log.error("message %s cannot be written", number, exc_info=error)
        results.mark_failed(tx, number, Answer(text=f"{type(error).__name__}: {error}"[:500]), now)
        counts["failed"] += 1
    return counts


def _ready(desk: Desk, message: Claimed, body: bytes | Alike, *, asked: bool = False) -> Ready:
    letter = Letter(message.ref, desk.mail.sender, message.address, body)
    return Ready(message.id, message.person, letter, message.attempts, message.tried_since, message.uncertain, asked)
