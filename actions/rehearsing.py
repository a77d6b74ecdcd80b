"""Rehearse: every mail that would be sent if nobody submitted, found by the real actions on a throwaway copy."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from actions.daily import refresh_day
from actions.office import Office
from actions.queueing import queue_due
from notifications.delivery import deliver_due
from notifications.desk import Desk
from notifications.outlets import Done, Outcome, Take
from plans.policies import AFTERNOON
from store.copying import copy_database
from store.database import Database
from store.ledger import UNDELIVERABLE
from store.mail_log import Logged, log
from store.moments import moments_between
from store.people import digest_times


class _Nowhere:
    """An outlet that accepts everything and sends nothing."""

    name = "rehearsal"
    lines = 1

    async def __aenter__(self) -> _Nowhere:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def deliver(self, take: Take, done: Done) -> None:
        while (letter := take()) is not None:
            done(letter, Outcome("sent", None, letter.message_id))


def rehearse(
    office: Office,
    desk: Desk,
    first: date,
    last: date,
    *,
    now: datetime | None = None,
    progress: Callable[[date], None] = lambda _: None,
) -> list[Logged]:
    """The mails of the local days from `first` to `last`, as ticking through them would write.

    Wakes at every moment at which something may come due: stages, and each working day's opening. With `now`, time goes
    on from there: what leaves before `first` is played but not told, and what lies behind `now` is not played again.
    Without it a past day is played as if it were to come; what was really sent is not told.
    """
    begin = office.start_of(first) if now is None else now
    with tempfile.TemporaryDirectory(prefix="nhachan-rehearsal-") as folder:
        url = f"sqlite:///{Path(folder) / 'copy.db'}"
        copy_database(office.database, url)
        copy = replace(office, database=Database(url, durable=False))
        try:
            with copy.database.read() as tx:
                before = {m.id for m in log(tx, state="sent")}
            asyncio.run(_play(copy, desk, begin, last, progress))
            since, until = max(begin, office.start_of(first)), office.end_of(last)
            with copy.database.read() as tx:
                found = [m for m in log(tx, state="sent") if m.id not in before]
            # What fails in earnest is no mail that would be sent if nobody submitted.
            return [m for m in found if m.sent_at and since <= m.sent_at <= until and m.kind != UNDELIVERABLE]
        finally:
            copy.database.close()


async def _play(office: Office, desk: Desk, begin: datetime, last: date, progress: Callable[[date], None]) -> None:
    day = office.today(begin)
    outlet = _Nowhere()
    while day <= last:
        progress(day)
        # Nothing leaves on a day off, and what such a day changes is found by the working day that follows.
        if office.calendar.is_working(day):
            refresh_day(office, max(begin, office.start_of(day) + timedelta(minutes=5)))
            for moment in _moments(office, day, begin):
                if office.is_working_moment(moment):
                    queue_due(office, desk, moment)
                    await deliver_due(office.database, desk, outlet, _stopped(moment))
        day += timedelta(days=1)


def _stopped(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: moment


def _moments(office: Office, day: date, begin: datetime) -> list[datetime]:
    """When the day wakes up, in order: `begin` itself on its own day, and all that comes after it."""
    with office.database.read() as tx:
        digests = digest_times(tx)
        stages = moments_between(tx, office.start_of(day) - timedelta(microseconds=1), office.end_of(day))
    chosen = {office.at(day, clock) for clock in digests}
    found = {begin, office.at(day, office.opens), office.at(day, AFTERNOON), *stages, *chosen}
    return sorted(moment for moment in found if moment >= begin and office.today(moment) == day)
