"""Announcements: who is told of a change inside the next digest, and when that can no longer wait.

Whoever was never told of an item needs no correction of it; who knows the old date learns of the new one before acting
on the old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from actions.office import Office
from plans.announcements import News, before_detail
from plans.deadlines import DueDates
from plans.policies import MORNING
from store import announcements as stored
from store.announcements import Concerned
from store.obligations import by_ids

NEAR = timedelta(days=92)  # a quarter: what lies further ahead comes with its own reminders


def announce_moved(tx: Connection, office: Office, now: datetime, before: Mapping[int, DueDates]) -> int:
    """Another date for obligations (number → their dates until now); call it once the new ones are written.

    A correction that is itself corrected before it left is told once, from what each person knew: one may have been
    told of it already, another not.
    """
    known = stored.take_back_moves(tx, before)
    coming = stored.next_stages(tx, before)
    concerned = []
    for o in by_ids(tx, before):
        of_persons = known.get(o.id, {})
        beliefs: list[tuple[dict[str, Any], int | None]] = [(before_detail(before[o.id]), None)]
        beliefs += [(dict(detail), person) for person, detail in sorted(of_persons.items())]
        for detail, person in beliefs:
            if detail == before_detail(o.dates):
                continue
            believed = min(date.fromisoformat(detail["act_by"]), o.dates.act_by)
            following = coming.get(o.id)
            in_time = following is not None and following <= office.at(believed, MORNING)
            at = following if in_time and following is not None else now
            others = frozenset(of_persons) if person is None else frozenset()
            concerned.append(Concerned(o.id, at, detail, person, others))
    return stored.announce(tx, News.MOVED, concerned, now, only_told=True)


def announce_cancelled(tx: Connection, now: datetime, numbers: Iterable[int]) -> int:
    """These obligations need not be done any more."""
    return stored.announce(tx, News.CANCELLED, [Concerned(i, now) for i in sorted(set(numbers))], now, only_told=True)


def announce_restored(tx: Connection, now: datetime, numbers: Iterable[int]) -> int:
    """These obligations must be done after all: whoever was told that they need not be learns of it at once."""
    some = [Concerned(i, now) for i in sorted(set(numbers))]
    return stored.announce(tx, News.RESTORED, some, now, only_told=True)


def announce_new(tx: Connection, now: datetime, numbers: Iterable[int]) -> int:
    """These obligations are new to their units: told with another mail, or by their own first reminder."""
    return stored.announce(tx, News.NEW, [Concerned(i, now) for i in sorted(set(numbers))], now)


def announce_taken(
    tx: Connection, office: Office, now: datetime, numbers: Iterable[int], persons: Sequence[int]
) -> int:
    """These people have become responsible for these obligations."""
    return _to_persons(tx, office, News.TAKEN, now, numbers, persons)


def announce_passed(tx: Connection, office: Office, now: datetime, since: Mapping[int, date | None]) -> int:
    """Other units have become responsible for these obligations: their people learn of it, once since the day given.

    The day keeps a clock that was set back over it from telling it again; None: whoever was told may be told again.
    """
    known = stored.taken_since(tx, {number: office.start_of(day) for number, day in since.items() if day is not None})
    near = [replace(one, others=known.get(one.obligation, frozenset())) for one in _near(tx, office, now, since)]
    return stored.announce(tx, News.TAKEN, near, now)


def announce_given(
    tx: Connection, office: Office, now: datetime, numbers: Iterable[int], persons: Sequence[int]
) -> int:
    """These people no longer are."""
    return _to_persons(tx, office, News.GIVEN, now, numbers, persons)


def announce_ended(tx: Connection, now: datetime, numbers: Iterable[int]) -> int:
    """The coordinators learn that these obligations closed because their unit ended and nobody succeeds."""
    return stored.announce(tx, News.ENDED, [Concerned(i, now) for i in sorted(set(numbers))], now)


def _to_persons(
    tx: Connection, office: Office, news: News, now: datetime, numbers: Iterable[int], persons: Sequence[int]
) -> int:
    near = _near(tx, office, now, numbers)
    return stored.announce(tx, news, near, now, persons=persons) if persons else 0


def _near(tx: Connection, office: Office, now: datetime, numbers: Iterable[int]) -> list[Concerned]:
    last = office.today(now) + NEAR
    return [Concerned(o.id, now) for o in by_ids(tx, numbers) if o.dates.act_by <= last]
