"""Events as rows: what they are to say is compared with what is stored, and only what differs is rendered."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from actions.office import Office
from calendars.events import EventFacts
from calendars.shapes import render_many
from calendars.special_days import DayFacts, day_bytes
from calendars.withdrawing import crossed_out
from plans.status import Status
from plans.words import Words, words
from store import events as stored
from store.events import StoredEvent

# Facts are compared without the moment and number of their last change.
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_UNSEEN = -1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an event is to say."""

    owner_id: int
    facts: EventFacts | DayFacts
    scope: int = stored.SHARED
    component: str = stored.EVENT
    lasting: bool = False  # stays however long ago its day was
    withdrawn: bool = False  # crossed out; one that was never shown is not made
    above: int = _UNSEEN  # a sequence that subscribers have seen under its UID already

    @property
    def key(self) -> tuple[int, int, str]:
        return self.owner_id, self.scope, self.component


Known = dict[tuple[int, int, str], dict[str, StoredEvent]]  # key → language → event


def known_events(tx: Connection, owner: str, ids: Iterable[int], scopes: set[int] | None = None) -> Known:
    """What is stored of these owners."""
    found: Known = defaultdict(dict)
    for event in stored.events_of(tx, owner, ids, scopes):
        found[event.key][event.language] = event
    return found


def first_of(rows: dict[str, StoredEvent], language: str) -> StoredEvent | None:
    """The event in this language, else in another: they have UID and sequence in common."""
    return rows.get(language) or next((rows[name] for name in sorted(rows)), None)


def bring(
    tx: Connection, office: Office, now: datetime, owner: str, wanted: Sequence[Wanted], have: Known
) -> set[tuple[int, int]]:
    """Write what is new or says something else; returns (owner number, scope) of what did.

    What is marked to be compared, and has the same bytes as before, stays as it was.
    """
    stamp, today = now.replace(microsecond=0), office.today(now)
    rows: list[StoredEvent] = []
    changed: set[tuple[int, int]] = set()
    anew: list[tuple[Wanted, EventFacts | DayFacts, StoredEvent | None, str]] = []
    marked: list[tuple[Wanted, EventFacts | DayFacts, StoredEvent, str]] = []
    for want in wanted:
        old = first_of(have.get(want.key, {}), office.language)
        if old is None and want.withdrawn:
            continue
        facts = replace(want.facts, uid=old.uid) if old else want.facts  # fixed at creation
        said = hashlib.sha256(repr((facts, want.lasting, want.withdrawn)).encode()).hexdigest()
        there = have.get(want.key, {})
        if old is not None and old.sequence > want.above:
            if all(name in there and there[name].facts == said for name in office.languages):
                continue
            if old.facts in ("", said):
                marked.append((want, facts, old, said))
                continue
        anew.append((want, facts, old, said))
    again = _render(office, [replace(facts, stamp=old.stamp, sequence=old.sequence) for _, facts, old, _ in marked])
    for (want, facts, old, said), bodies in zip(marked, again, strict=True):
        there = have[want.key]
        same = all(name not in there or there[name].content == body for name, body in bodies.items())
        if same and bool(old.withdrawn_on) == want.withdrawn and old.lasting == want.lasting:
            on = old.withdrawn_on
            rows += [_row(want, facts, name, old.sequence, old.stamp, on, said, body) for name, body in bodies.items()]
            if any(name not in there for name in bodies):
                changed.add((want.owner_id, want.scope))
        else:
            anew.append((want, facts, old, said))
    numbers = [max(old.sequence if old else _UNSEEN, want.above) + 1 for want, _, old, _ in anew]
    dated = [replace(f, stamp=stamp, sequence=n) for (_, f, _, _), n in zip(anew, numbers, strict=True)]
    for (want, facts, old, said), number, bodies in zip(anew, numbers, _render(office, dated), strict=True):
        on = ((old.withdrawn_on if old else None) or today) if want.withdrawn else None
        rows += [_row(want, facts, name, number, stamp, on, said, body) for name, body in bodies.items()]
        changed.add((want.owner_id, want.scope))
    stored.save_events(tx, owner, rows)
    return changed


def cross_out(
    tx: Connection, office: Office, now: datetime, owner: str, events: Iterable[StoredEvent]
) -> set[tuple[int, int]]:
    """Withdraw stored events whose facts nobody knows any more; returns (owner number, scope) of them."""
    stamp = now.replace(microsecond=0)
    rows = [
        replace(
            e,
            sequence=e.sequence + 1,
            stamp=stamp,
            status=Status.CANCELLED.value,
            lasting=False,
            withdrawn_on=office.today(now),
            facts="withdrawn",
            content=crossed_out(e.content, stamp, e.sequence + 1, words(e.language)),
        )
        for e in events
        if e.withdrawn_on is None
    ]
    stored.save_events(tx, owner, rows)
    return {(row.owner_id, row.scope) for row in rows}


def _render(office: Office, facts: Sequence[EventFacts | DayFacts]) -> list[dict[str, bytes]]:
    """The bytes of each in every language that is kept."""
    found: list[dict[str, bytes]] = [{} for _ in facts]
    for name in office.languages:
        for bodies, body in zip(found, _bodies(facts, words(name)), strict=True):
            bodies[name] = body
    return found


def _bodies(facts: Sequence[EventFacts | DayFacts], say: Words) -> list[bytes]:
    of_deadlines = iter(render_many([f for f in facts if isinstance(f, EventFacts)], say))
    return [next(of_deadlines) if isinstance(f, EventFacts) else day_bytes(f, say) for f in facts]


def _row(
    want: Wanted,
    facts: EventFacts | DayFacts,
    language: str,
    sequence: int,
    stamp: datetime,
    withdrawn_on: date | None,
    said: str,
    body: bytes,
) -> StoredEvent:
    status = facts.status.value if isinstance(facts, EventFacts) else ""
    return StoredEvent(
        want.owner_id,
        want.scope,
        want.component,
        language,
        facts.uid,
        sequence,
        stamp,
        status,
        facts.day,
        want.lasting,
        withdrawn_on,
        said,
        body,
    )
