"""An address that a server refuses for good: noted, and what it was to be told goes to whoever is responsible now."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection

from store import announcements, outbox
from store.marks import AuditEntry, record
from store.people import mark_unreachable, read_people
from store.recipients import rebuild, units_leaning_on

CLOCK = "clock"  # nobody but the server's answer did this


def readdress(tx: Connection, person: int, message: int, answer: str, today: date, now: datetime) -> None:
    """Mark the person of a failed message unreachable, and queue the message's stages for those written to instead.

    The failed reminders stay failed: the coordinator sees them. `today` is the local day.
    """
    address = read_people(tx, [person])[person].address
    if mark_unreachable(tx, person, now, answer):
        record(tx, [AuditEntry(now, CLOCK, "unreachable", f"people/{address}", None, {"answer": answer})])
        rebuild(tx, today, units_leaning_on(tx, today, [address]))
    failed = outbox.reminders_of(tx, message)
    outbox.requeue_stages(tx, failed)
    announcements.readdress(tx, failed, now)
