"""Recording: what the outlet answered is committed for many letters at once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from notifications.claiming import Ready
from notifications.deciding import retry
from notifications.desk import Desk
from notifications.outlets import Outcome
from notifications.readdressing import readdress
from store import results
from store.database import Database, is_of_surroundings
from store.outlets import mark_accepted
from store.people import unask
from store.results import Answer

log = logging.getLogger(__name__)

Result = tuple[Ready, Outcome]


def record(database: Database, desk: Desk, outlet: str, found: Sequence[Result], now: datetime) -> Counter[str]:
    """Commit what became of these letters; returns how many were sent, failed, unknown, or are to go again.

    `outlet` names where they went: one that accepts is not down. What cannot be recorded of one stops nobody else; its
    row stays `sending` until its lease is over. Raises EnvironmentFault, and nothing is recorded then.
    """
    sent = {ready.message: answer_of(outcome) for ready, outcome in found if outcome.kind == "sent"}
    counts = Counter(sent=len(sent))
    with database.write() as tx:
        record_sent(tx, outlet, sent, now)
        for ready, outcome in found:
            if outcome.kind == "sent":
                continue
            try:
                with tx.begin_nested():
                    counts[_record(tx, desk, ready, outcome, now)] += 1
            except Exception as error:
                if is_of_surroundings(error):
                    raise
                log.exception("what became of message %s cannot be recorded: %s", ready.message, outcome)
    return +counts


def record_sent(tx: Connection, outlet: str, sent: Mapping[int, Answer], now: datetime) -> None:
    """Record that these messages were accepted; what cannot be recorded of one stops nobody else."""
    if not sent:
        return
    _mark_sent(tx, sent, now)
    mark_accepted(tx, outlet, now)


def _mark_sent(tx: Connection, sent: Mapping[int, Answer], now: datetime) -> None:
    try:
        with tx.begin_nested():
            results.mark_sent(tx, sent, now)
    except Exception as error:
        if is_of_surroundings(error):  # true of them all, and SQLite may have rolled back more than the savepoint
            raise
        log.exception("%s sent letters cannot be recorded together: one by one", len(sent))
        for message, answer in sent.items():
            try:
                with tx.begin_nested():
                    results.mark_sent(tx, {message: answer}, now)
            except Exception as error:
                if is_of_surroundings(error):
                    raise
                log.exception("that message %s was sent cannot be recorded", message)


def answer_of(outcome: Outcome) -> Answer:
    return Answer(outcome.code, outcome.answer, outcome.enhanced)


def _record(tx: Connection, desk: Desk, ready: Ready, outcome: Outcome, now: datetime) -> str:
    answer = answer_of(outcome)
    if ready.asked and (outcome.kind == "refused" or not (ready.uncertain or outcome.kind == "unknown")):
        unask(tx, ready.person)  # else the same bytes go again, or have arrived
    if outcome.kind == "refused":
        results.mark_failed(tx, ready.message, answer, now)
        if outcome.bad_address:
            readdress(tx, ready.person, ready.message, outcome.answer, desk.today(now), now)
        return "failed"
    since = ready.tried_since or now
    again = retry(ready.attempts, since, now, ready.letter.message_id)
    uncertain = ready.uncertain or outcome.kind == "unknown"
    if again.at is not None:
        results.mark_again(
            tx, ready.message, again.at, answer, attempt=ready.attempt, uncertain=uncertain, tried_since=since
        )
        return "again"
    if uncertain:
        results.mark_unknown(tx, ready.message, answer)
        return "unknown"
    results.mark_failed(tx, ready.message, answer, now)
    return "failed"
