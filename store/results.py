"""What becomes of messages: committed before a socket is opened, and after the server has answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, update

from plans.letters import Alike
from store import hot
from store.bodies import save_letters
from store.schema import messages, reminders

_AT_ONCE = 500  # numbers in one statement


def supersede(tx: Connection, reminder_ids: Sequence[int], reason: str) -> None:
    """Record that these reminders were not needed any more, and why."""
    for some in _batches(reminder_ids):
        which = reminders.c.id.in_(some)
        tx.execute(update(reminders).where(which).values(state="superseded", reason=reason))


def mark_superseded(tx: Connection, message_ids: Sequence[int], reason: str) -> None:
    for some in _batches(message_ids):
        tx.execute(update(messages).where(messages.c.id.in_(some)).values(state="superseded", reason=reason))


@dataclass(frozen=True, slots=True)
class Sending:
    """A message about to be handed to an outlet; None for both subject and letter: those stored before, again."""

    message: int
    address: str
    subject: str | None
    letter: bytes | Alike | None


def mark_sending(tx: Connection, rows: Iterable[Sending], lease_until: datetime) -> None:
    """Commit to sending these bytes before any socket is opened."""
    taken = list(rows)
    again = [(r.message, r.address) for r in taken if r.letter is None]
    hot.run(tx, _AGAIN, ("number", "to"), again, until=lease_until)
    save_letters(tx, [(r.message, r.letter) for r in taken if r.letter is not None])
    new = [(r.message, r.address, r.subject) for r in taken if r.letter is not None]
    hot.run(tx, _SENDING, ("number", "to", "said"), new, until=lease_until)


_NUMBERED = update(messages).where(messages.c.id == bindparam("number"))
_AGAIN = _NUMBERED.values(
    state="sending", attempts=messages.c.attempts + 1, lease_until=bindparam("until"), address=bindparam("to")
)
_SENDING = _AGAIN.values(subject=bindparam("said"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said of a message."""

    code: int | None = None  # of the SMTP reply
    text: str = ""
    enhanced: str | None = None  # RFC 3463


def mark_sent(tx: Connection, answers: Mapping[int, Answer], at: datetime) -> None:
    """Messages that a server has accepted, and their reminders with them."""
    rows = [(n, a.code, a.text, a.enhanced) for n, a in answers.items()]
    hot.run(tx, _SENT, ("number", "reply", "said", "status"), rows, moment=at)
    for some in _batches(answers):
        held = and_(reminders.c.message_id.in_(some), reminders.c.state == "queued")
        tx.execute(update(reminders).where(held).values(state="sent"))


_SENT = _NUMBERED.values(
    state="sent",
    lease_until=None,
    uncertain=False,
    sent_at=bindparam("moment"),
    code=bindparam("reply"),
    answer=bindparam("said"),
    enhanced=bindparam("status"),
)


def mark_failed(tx: Connection, message_id: int, answer: Answer, at: datetime) -> None:
    _finish(tx, message_id, "failed", {**_said(answer), "failed_at": at})


def mark_unknown(tx: Connection, message_id: int, answer: Answer | None = None) -> None:
    """It may have been accepted, and is not sent again: all it speaks of is done, or it was tried for too long."""
    _finish(tx, message_id, "unknown", {} if answer is None else _said(answer))


def mark_again(
    tx: Connection,
    message_id: int,
    next_at: datetime,
    answer: Answer,
    *,
    attempt: int,
    uncertain: bool,
    tried_since: datetime | None = None,
) -> None:
    """Not accepted (or not surely): try again at `next_at`, unless another node has taken it up meanwhile.

    `attempt` is the number of this try: a node that slept through its lease finds a higher one.
    """
    values = {
        "state": "queued",
        "next_at": next_at,
        "lease_until": None,
        "tried_since": tried_since,
        "uncertain": uncertain,
        **_said(answer),
    }
    tx.execute(update(messages).where(_tried(message_id, attempt)).values(values))


def _tried(message: Any, attempt: Any) -> ColumnElement[bool]:
    """Whether this try of a message is still the one under way."""
    return and_(messages.c.id == message, messages.c.state == "sending", messages.c.attempts == attempt)


def release(tx: Connection, held: Mapping[int, int]) -> None:
    """Put back messages of which no server has heard in this try (message → its number): as if not claimed."""
    if held:
        values = {"state": "queued", "lease_until": None, "attempts": messages.c.attempts - 1}
        put_back = update(messages).where(_tried(bindparam("number"), bindparam("attempt"))).values(values)
        tx.execute(put_back, [{"number": n, "attempt": a} for n, a in sorted(held.items())])


def put_behind(tx: Connection, message_ids: Iterable[int], next_at: datetime) -> None:
    """Have queued messages tried after those that wait as well."""
    for some in _batches(message_ids):
        which = and_(messages.c.id.in_(some), messages.c.state == "queued")
        tx.execute(update(messages).where(which).values(next_at=next_at))


def renew(tx: Connection, held: Mapping[int, int], lease_until: datetime) -> set[int]:
    """Hold on to messages that are still to be sent (message → number of the try); returns those another has now."""
    kept: set[int] = set()
    for some in _batches(held):
        of = select(messages.c.id, messages.c.attempts).where(messages.c.id.in_(some), messages.c.state == "sending")
        mine = [number for number, attempt in tx.execute(of.with_for_update()) if held[number] == attempt]
        tx.execute(update(messages).where(messages.c.id.in_(mine)).values(lease_until=lease_until))
        kept.update(mine)
    return set(held) - kept


def retry(tx: Connection, message_ids: Sequence[int], now: datetime) -> list[int]:
    """Queue failed messages again, at once, and their reminders with them; returns the numbers of those that were."""
    return _back(tx, message_ids, "failed", {"next_at": now, "failed_at": None})


def retry_unknown(tx: Connection, message_ids: Sequence[int], now: datetime) -> list[int]:
    """The same of those that may have arrived: the bytes that were sent go again, with their Message-ID."""
    return _back(tx, message_ids, "unknown", {"next_at": now, "uncertain": True})


def _back(tx: Connection, message_ids: Sequence[int], state: str, values: dict[str, Any]) -> list[int]:
    anew = {"state": "queued", "attempts": 0, "tried_since": None, **values}
    found: list[int] = []
    for some in _batches(message_ids):
        ended = and_(messages.c.id.in_(some), messages.c.state == state)
        again = list(tx.scalars(update(messages).where(ended).values(anew).returning(messages.c.id)))
        held = and_(reminders.c.message_id.in_(again), reminders.c.state == state)
        tx.execute(update(reminders).where(held).values(state="queued"))
        found += again
    return sorted(found)


def hasten(tx: Connection, message_ids: Sequence[int], now: datetime) -> list[int]:
    """Have queued messages that a server put off tried at once; returns the numbers of those."""
    found: list[int] = []
    for some in _batches(message_ids):
        later = and_(messages.c.id.in_(some), messages.c.state == "queued", messages.c.next_at > now)
        found += tx.scalars(update(messages).where(later).values(next_at=now).returning(messages.c.id))
    return sorted(found)


def _said(answer: Answer) -> dict[str, Any]:
    return {"code": answer.code, "answer": answer.text, "enhanced": answer.enhanced}


def _finish(tx: Connection, message_id: int, state: str, values: dict[str, Any]) -> None:
    done = {"state": state, "lease_until": None, "uncertain": False, **values}
    # What another node has ended meanwhile stays as it is: a letter that was accepted did not fail.
    unended = and_(messages.c.id == message_id, messages.c.state.in_(("queued", "sending")))
    tx.execute(update(messages).where(unended).values(done))
    held = and_(reminders.c.message_id == message_id, reminders.c.state == "queued")
    tx.execute(update(reminders).where(held).values(state=state))


def _batches(numbers: Iterable[int]) -> Iterable[list[int]]:
    found = sorted(set(numbers))
    return (found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE))
