"""Undeliverable mail reaches the coordinators: one mail to each officer, at most hourly, each failure once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from actions.office import Office
from notifications.undeliverable import LOOK_BACK, concerning, readers
from store.ledger import UNDELIVERABLE, NewMessage, add_messages
from store.marks import read_mark, write_mark
from store.undelivered import Report, extend_report, failures, reports

HOUR = timedelta(hours=1)
# What fails now may be written down a little later, by another process too: nothing so fresh is told of.
SETTLED = timedelta(minutes=1)
_MARK = "undeliverable"  # up to when everything that failed is in some report for everyone it concerns


def queue_undeliverable(tx: Connection, office: Office, now: datetime) -> int:
    """Queue reports for those who have not heard of something; returns how many messages are new."""
    until = now - SETTLED
    mark = read_mark(tx, _MARK)
    since = until - LOOK_BACK if mark is None else max(datetime.fromisoformat(mark), until - LOOK_BACK)
    fresh = failures(tx, since, until) if since < until else []
    if not fresh:
        return 0
    people = readers(tx)
    past = reports(tx, people, until - LOOK_BACK)
    new, all_told = [], True
    for person, reader in people.items():
        earlier = past.get(person, [])
        last = next((r for r in reversed(earlier) if r.state != "superseded"), None)
        untold = [f for f in concerning(fresh, person, reader.units) if last is None or f.at > last.until]
        if not untold:
            continue
        if last is not None and last.waits:
            extend_report(tx, last.id, until)
        elif last is not None and not _hour_over(last, now):
            all_told = False
        else:
            today, ref = office.today(now), f"{uuid.uuid4().hex}@{office.domain}"
            new.append(NewMessage(person, UNDELIVERABLE, today, _part(earlier, office, now), until, ref))
    made = add_messages(tx, new, now)
    if all_told:
        write_mark(tx, _MARK, until.isoformat())
    return len(made)


def _hour_over(last: Report, now: datetime) -> bool:
    """Counted from when the last report left; one that is in hand, or may go again, is waited for."""
    in_hand = last.state in ("queued", "sending")
    return not in_hand and now - max(last.until + SETTLED, last.sent_at or last.until) >= HOUR


def _part(earlier: Sequence[Report], office: Office, now: datetime) -> int:
    return 1 + max((r.part for r in earlier if r.day == office.today(now)), default=-1)
