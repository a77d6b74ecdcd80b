"""Events are rendered here, once, when what they say changes; a feed only joins them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from actions.office import Office
from calendars.events import EventFacts, event_bytes, uid
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.plan import Kind
from plans.status import State, Status
from plans.words import words
from store import events as stored
from store.deadlines import DeadlineFacts, deadline_facts
from store.events import COORDINATION, OBLIGATION, StoredEvent
from store.marks import read_mark, write_mark
from store.obligations import by_ids

_BATCH = 500
_LANGUAGE = "language"  # the mark of the language that events are in
_ENDED = (State.CANCELLED, State.WAIVED)


def deadline_link(office: Office, key: DeadlineKey) -> str:
    return f"{office.base_url}/deadlines/{key}"


def render_obligations(tx: Connection, office: Office, now: datetime, ids: Iterable[int]) -> int:
    """Render anew the events of these obligations that say something else than before; returns how many."""
    today, numbers, rendered = office.today(now), sorted(set(ids)), 0
    for start in range(0, len(numbers), _BATCH):
        some = by_ids(tx, numbers[start : start + _BATCH])
        shown = [o for o in some if o.tracked]
        stored.drop_events(tx, OBLIGATION, [o.id for o in some if not o.tracked])
        facts = [(o.id, _of_obligation(office, o, o.status(now, today)), o.dates.act_by) for o in shown]
        rendered += _save(tx, office, now, OBLIGATION, facts)
    return rendered


def render_coordinations(tx: Connection, office: Office, now: datetime, deadline_ids: Iterable[int]) -> int:
    """The same for the event that all coordinating units of a deadline share."""
    wanted = set(deadline_ids)
    live = stored.coordinated_deadlines(tx, wanted)
    stored.drop_events(tx, COORDINATION, sorted(wanted - live))
    facts = [(d.id, _of_deadline(office, d), d.dates.act_by) for d in deadline_facts(tx, live)]
    return _save(tx, office, now, COORDINATION, facts)


def _of_obligation(office: Office, o: Obligation, status: Status) -> EventFacts:
    return EventFacts(
        uid=uid(office.domain, OBLIGATION, str(o.key), o.unit),
        title=o.title,
        kind=o.kind,
        status=status,
        dates=o.dates,
        stamp=_EPOCH,
        unit_name=o.unit_name,
        formerly=o.formerly,
        document=o.document,
        quote=o.quote,
        link=deadline_link(office, o.key),
        sent_back=o.sent_back,
        cancelled=o.state in _ENDED,
    )


def _of_deadline(office: Office, d: DeadlineFacts) -> EventFacts:
    return EventFacts(
        uid=uid(office.domain, COORDINATION, str(d.key)),
        title=d.title,
        kind=d.kind if d.kind is not Kind.REPORT else Kind.WORK,
        status=Status.PENDING,
        dates=replace(d.dates, steps=()),
        stamp=_EPOCH,
        coordinating=True,
        document=d.document,
        quote=d.quote,
        link=deadline_link(office, d.key),
    )


# Facts are compared without the moment and number of their last change.
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _save(
    tx: Connection, office: Office, now: datetime, owner: str, wanted: Iterable[tuple[int, EventFacts, date]]
) -> int:
    wanted = list(wanted)
    have = stored.events_of(tx, owner, [i for i, _, _ in wanted], office.language)
    rows = []
    for owner_id, facts, day in wanted:
        old = have.get(owner_id)
        if old is not None:
            facts = replace(facts, uid=old.uid)  # fixed at creation, whatever the thing is called since
        said = hashlib.sha256(repr(facts).encode()).hexdigest()
        if old is not None and old.facts == said:
            continue
        stamp = now.replace(microsecond=0)
        facts = replace(facts, stamp=stamp, sequence=old.sequence + 1 if old else 0)
        event = StoredEvent(owner_id, facts.uid, facts.sequence, stamp, facts.status.value, said)
        rows.append((event, day, event_bytes(facts, words(office.language))))
    stored.save_events(tx, owner, office.language, rows)
    return len(rows)


def refresh_events(tx: Connection, office: Office, now: datetime) -> int:
    """Render anew what the clock alone has changed: an item became due soon, due today, overdue."""
    shown = stored.event_statuses(tx, office.language)
    return render_obligations(tx, office, now, [i for i, _ in shown])


def language_changed(tx: Connection, office: Office) -> bool:
    """Whether the events are in another language than the office's; Vietnamese until one was ever marked."""
    return (read_mark(tx, _LANGUAGE) or "vi") != office.language


def change_language(tx: Connection, office: Office, now: datetime) -> int:
    """Render every event anew in the office's language, UIDs unchanged; returns how many."""
    taken = stored.take_over(tx, office.language)
    write_mark(tx, _LANGUAGE, office.language)
    done = render_obligations(tx, office, now, taken[OBLIGATION])
    return done + render_coordinations(tx, office, now, taken[COORDINATION])


def feed_window(office: Office, now: datetime) -> tuple[date, date]:
    """First and last day on which events stand in a feed: two years back, to the horizon."""
    today = office.today(now)
    return today - timedelta(days=730), office.horizon(now)
