"""Queue what is due: every wake-up runs this, and the ledger's key makes a second run do nothing."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from actions.office import Guard, Office
from actions.undeliverable import queue_undeliverable
from notifications.desk import Desk
from notifications.monday import monday_pages, week_of
from store import ledger
from store.announcements import share, supersede_spoken_for
from store.ledger import DIGEST, MONDAY, URGENT, DayMessage, NewMessage, Waiting
from store.marks import read_mark, write_mark
from store.people import supersede_declined


@dataclass(frozen=True, slots=True)
class Queued:
    """What one run did."""

    reminders: int = 0
    superseded: int = 0
    messages: int = 0


def queue_due(
    office: Office, desk: Desk, now: datetime, *, at_once: bool = False, guard: Guard | None = None
) -> Queued:
    """Put every stage whose moment has come into the ledger and each person's rows into one message.

    Outside working moments nothing is queued unless `at_once`: what came due at night leaves at the next opening, as
    one mail. With a `guard` that says no (another node schedules), nothing is done.
    """
    if not at_once and not office.is_working_moment(now):
        return Queued()
    today = office.today(now)
    with office.database.write() as tx:
        if guard is not None and not guard(tx):
            return Queued()
        ledger.lock_unsent(tx)
        added = ledger.insert_due(tx, now)
        older = ledger.supersede_older(tx) + ledger.supersede_overdue(tx, now) + supersede_declined(tx)
        supersede_spoken_for(tx)
        share(tx, now)
        afternoon = None if at_once else office.last_afternoon(now)
        clock = None if at_once else now.astimezone(office.zone).time()
        messages = decide_messages(
            office, ledger.waiting(tx, now, afternoon, clock), ledger.messages_of_day(tx, today), now
        )
        ledger.revive(tx, messages.revived, now)
        made = ledger.add_messages(tx, messages.new, now)
        ledger.attach(tx, today, now, afternoon, clock)
        ledger.absorb(tx, today)
        made_monday = _queue_monday(tx, office, desk, now)
        reports = queue_undeliverable(tx, office, now)
        return Queued(added, older, len(made) + len(messages.revived) + made_monday + reports)


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages to make for waiting reminders, and those of the day to use again."""

    new: tuple[NewMessage, ...] = ()
    revived: tuple[int, ...] = ()


def decide_messages(
    office: Office, waiting: Iterable[Waiting], of_day: Iterable[DayMessage], now: datetime
) -> Messages:
    """One message per person, kind and local day; after the day's digest has left, only T0 or later gets another."""
    today = office.today(now)
    day_start = office.start_of(today)
    sent: Mapping[tuple[int, str], list[DayMessage]] = defaultdict(list)
    for message in of_day:
        sent[message.person, message.kind].append(message)
    new, revived = [], []
    for w in waiting:
        kinds = (DIGEST, URGENT) if w.kind == DIGEST else (w.kind,)
        there = [m for kind in kinds for m in sent[w.person, kind]]
        if any(m.state == "queued" and (m.kind != URGENT or w.urgent) for m in there):
            continue
        first = next((m for m in there if m.kind == w.kind), None)
        # The moment a message is for: of its latest stage, unless that lies days back.
        at = w.at if w.at >= day_start else now
        if first is not None and first.state == "superseded":
            revived.append(first.id)
        elif first is None or (w.kind == DIGEST and w.urgent):
            kind = w.kind if first is None else URGENT
            part = 0 if first is None else 1 + max((m.part for m in there if m.kind == URGENT), default=0)
            new.append(NewMessage(w.person, kind, today, part, at, f"{uuid.uuid4().hex}@{office.domain}"))
    return Messages(tuple(new), tuple(revived))


def _queue_monday(tx: Connection, office: Office, desk: Desk, now: datetime) -> int:
    """Once, on the first working day of a week; a page that was missed is not made up for, the next one says it all."""
    monday = week_of(office.today(now))
    first = office.next_working_moment(office.start_of(monday))
    if office.today(now) != office.today(first) or read_mark(tx, "monday") == monday.isoformat():
        return 0
    write_mark(tx, "monday", monday.isoformat())
    new = [
        NewMessage(person, MONDAY, monday, 0, now, f"{uuid.uuid4().hex}@{office.domain}")
        for person in monday_pages(tx, desk, now)
    ]
    made = ledger.add_messages(tx, new, now)
    ledger.supersede_monday(tx, monday)
    return len(made)
