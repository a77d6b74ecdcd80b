"""Events are rendered here, once, when what they say changes; a feed only joins them.

Whoever changes an event touches the feeds that show it. What is too much for one action waits (`actions.feeds`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection

from actions.event_rows import EPOCH, Known, Wanted, bring, cross_out, known_events
from actions.office import Office
from calendars.events import FORMAT, EventFacts, Progress, start_of, uid
from calendars.special_days import special_days
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.feeds import FeedKind
from plans.obligations import Obligation
from plans.plan import Kind
from plans.status import OPEN_STATES, State, Status, status
from store import events as stored
from store import feeds
from store.deadlines import DeadlineFacts, deadline_facts
from store.events import COORDINATION, DEADLINE, OBLIGATION, SHARED, START, WORKDAY, Edges, StoredEvent
from store.feed_contents import Window
from store.feed_members import settle_feeds
from store.marks import read_mark, write_mark
from store.obligations import by_ids, ids_of_deadlines
from store.progress import (
    Standing,
    leads_of,
    of_units,
    owners_of,
    scopes_of_units,
    spans_of,
    standings,
    turning,
)
from store.successions import ended_between

MOST = 2000  # events that an action renders itself
MOST_COUNTED = 4000  # the same of deadlines, once for each feed that counts them
_BATCH = 500
_RENDERED = "events"  # the mark of what events were rendered by: format, languages, address
_ENDED = (State.CANCELLED, State.WAIVED)
_PAST = timedelta(days=730)
_SHOWN_CROSSED_OUT = timedelta(days=30)


def deadline_link(office: Office, key: DeadlineKey) -> str:
    return f"{office.base_url}/deadlines/{key}"


# -- what units owe --------------------------------------------------------------------------------------------------


def render_obligations(
    tx: Connection, office: Office, now: datetime, ids: Iterable[int], left: Iterable[int] = ()
) -> int:
    """Render anew the events of these obligations and of their deadlines that say something else; returns how many.

    `left` are units that owed some of them until now: feeds that counted those count them no more. Very many are left
    for `actions.feeds.render_waiting`.
    """
    numbers = sorted(set(ids))
    if len(numbers) > MOST:
        stored.wait(tx, OBLIGATION, numbers)
        deadlines = {deadline for deadline, _ in stored.places_of(tx, numbers).values()}
        stored.wait(tx, DEADLINE, deadlines)
        stored.wait(tx, COORDINATION, deadlines)
        return len(numbers)
    places = stored.places_of(tx, numbers)
    rendered = render_owed(tx, office, now, numbers)
    deadlines = {deadline for deadline, _ in places.values()}
    rendered += render_coordinations(tx, office, now, deadlines)
    scopes = scopes_of_units(tx, {unit for _, unit in places.values()}.union(left))
    return rendered + recount(tx, office, now, deadlines, scopes)


def render_owed(tx: Connection, office: Office, now: datetime, ids: Collection[int]) -> int:
    """The same of the obligations alone."""
    today, numbers, rendered = office.today(now), sorted(ids), 0
    for start in range(0, len(numbers), _BATCH):
        some = numbers[start : start + _BATCH]
        places, have = stored.places_of(tx, some), known_events(tx, OBLIGATION, some)
        spans = spans_of(tx, {deadline for deadline, _ in places.values()})
        wanted: list[Wanted] = []
        for o in by_ids(tx, some):
            out = o.state in _ENDED or not o.tracked
            lasting = o.state in OPEN_STATES and not out
            facts = _of_obligation(office, o, o.status(now, today), out=out)
            wanted += _with_start(Wanted(o.id, facts, lasting=lasting, withdrawn=out), have, spans.get(places[o.id][0]))
        changed = {number for number, _ in bring(tx, office, now, OBLIGATION, wanted, have)}
        changed |= {number for number, _ in _end_starts(tx, office, now, OBLIGATION, wanted, have)}
        feeds.touch_units(tx, {places[number][1] for number in changed}, now)
        rendered += len(changed)
    return rendered


def _of_obligation(office: Office, o: Obligation, shown: Status, *, out: bool) -> EventFacts:
    return EventFacts(
        uid=uid(office.domain, OBLIGATION, str(o.key), o.unit),
        title=o.title,
        kind=o.kind,
        status=shown,
        dates=o.dates,
        stamp=EPOCH,
        unit_name=o.unit_name,
        formerly=o.formerly,
        document=o.document,
        quote=o.quote,
        link=deadline_link(office, o.key),
        sent_back=o.sent_back,
        cancelled=out,
    )


def _with_start(want: Wanted, have: Known, span: DueDates | None) -> Iterator[Wanted]:
    """An event and, in a campaign, that of its first day, which no extension moves."""
    yield want
    if span is None or not isinstance(want.facts, EventFacts):
        return
    rows = have.get(want.key)
    old = next(iter(rows.values())) if rows else None
    begins = start_of(replace(want.facts, dates=span, uid=old.uid if old else want.facts.uid))
    if begins is not None:
        yield replace(want, facts=begins, component=START, lasting=False)


def _end_starts(
    tx: Connection, office: Office, now: datetime, owner: str, wanted: Iterable[Wanted], have: Known
) -> set[tuple[int, int]]:
    """Withdraw the first days of what is no campaign any more."""
    there = {want.key for want in wanted}
    gone = [e for key, rows in have.items() if key[2] == START and key not in there for e in rows.values()]
    return cross_out(tx, office, now, owner, gone)


# -- what units help with --------------------------------------------------------------------------------------------


def render_coordinations(tx: Connection, office: Office, now: datetime, deadline_ids: Iterable[int]) -> int:
    """Render anew the event that all coordinating units of a deadline share."""
    numbers = sorted(set(deadline_ids))
    helpers = stored.coordinated_deadlines(tx, numbers)
    have = known_events(tx, COORDINATION, helpers)
    leads, spans = leads_of(tx, helpers), spans_of(tx, helpers)
    wanted: list[Wanted] = []
    for d in deadline_facts(tx, helpers) if helpers else ():
        out = d.cancelled or not d.tracked
        facts = _of_help(office, d, leads.get(d.id, ()), out=out)
        above = _take_back(tx, d.id, helpers[d.id], have)
        wanted += _with_start(Wanted(d.id, facts, withdrawn=out, above=above), have, spans.get(d.id))
    changed = {number for number, _ in bring(tx, office, now, COORDINATION, wanted, have)}
    shared = {key: rows for key, rows in have.items() if key[1] == SHARED}
    changed |= {number for number, _ in _end_starts(tx, office, now, COORDINATION, wanted, shared)}
    feeds.touch_units(tx, {unit for number in changed for unit in helpers[number]}, now)
    return len(changed)


def _take_back(tx: Connection, deadline: int, helpers: set[int], have: Known) -> int:
    """Forget the crossed-out copies of units that help again; returns the highest sequence they were shown with."""
    copies = {
        key: max(e.sequence for e in rows.values()) for key, rows in have.items() if key[0] == deadline and key[1]
    }
    again = feeds.unit_feeds(tx, helpers) & {scope for _, scope, _ in copies}
    stored.drop_copies(tx, deadline, sorted(again))
    return max((sequence for (_, scope, _), sequence in copies.items() if scope in again), default=-1)


def withdraw_coordinations(tx: Connection, office: Office, now: datetime, left: Iterable[tuple[int, int]]) -> None:
    """Leave in the feeds of units that help with a deadline no more (as deadline, unit) a crossed-out copy of it."""
    pairs = sorted(set(left))
    have = known_events(tx, COORDINATION, {deadline for deadline, _ in pairs}, set())
    by_deadline: dict[int, list[StoredEvent]] = defaultdict(list)
    for (deadline, scope, _), rows in have.items():
        by_deadline[deadline] += rows.values() if scope == SHARED else ()
    own = {unit: feeds.unit_feeds(tx, {unit}) for _, unit in pairs}
    copies = [
        replace(event, scope=scope)
        for deadline, unit in pairs
        for scope in own[unit]
        for event in by_deadline[deadline]
    ]
    cross_out(tx, office, now, COORDINATION, copies)
    feeds.touch_units(tx, {unit for _, unit in pairs}, now)


def _of_help(office: Office, d: DeadlineFacts, leads: tuple[str, ...], *, out: bool) -> EventFacts:
    return EventFacts(
        uid=uid(office.domain, COORDINATION, str(d.key)),
        title=d.title,
        kind=d.kind if d.kind is not Kind.REPORT else Kind.WORK,
        status=Status.PENDING,
        dates=replace(d.dates, steps=()),
        stamp=EPOCH,
        coordinating=True,
        leads=leads,
        document=d.document,
        quote=d.quote,
        link=deadline_link(office, d.key),
        cancelled=out,
    )


# -- deadlines with their counts -------------------------------------------------------------------------------------


def render_deadlines(
    tx: Connection, office: Office, now: datetime, ids: Iterable[int], scopes: set[int] | None = None
) -> int:
    """Render anew the events of deadlines, "12/45 chưa gửi": over all units, and over those that single feeds count.

    `scopes`: only of these feeds; None: of all.
    """
    numbers = sorted(set(ids))
    stored.lock_deadlines(tx, numbers)
    found, have = standings(tx, numbers, scopes), known_events(tx, DEADLINE, numbers, scopes)
    if scopes is not None:
        have = {key: rows for key, rows in have.items() if key[1] == SHARED or key[1] in scopes}
    spans, leads = spans_of(tx, numbers), leads_of(tx, numbers)
    of_deadline: dict[int, set[int]] = defaultdict(set)
    for number, scope in (*found, *((key[0], key[1]) for key in have)):
        of_deadline[number].add(scope)
    owners = owners_of(tx, {scope for some in of_deadline.values() for scope in some if scope})
    wanted: list[Wanted] = []
    for d in deadline_facts(tx, numbers) if numbers else ():
        by_date = _by_date(office, d, now)
        for scope in sorted(of_deadline[d.id]):
            counted = [] if d.cancelled or not d.tracked else found.get((d.id, scope), [])
            progress = _progress(counted, d.kind, now)
            named = (owners[scope],) if scope else ()
            facts = EventFacts(
                uid=uid(office.domain, DEADLINE, str(d.key), *named),
                title=d.title,
                kind=d.kind,
                status=progress.status(by_date) if progress else Status.CANCELLED,
                dates=replace(d.dates, steps=()),
                stamp=EPOCH,
                leads=leads.get(d.id, ()) if not scope else (),
                document=d.document,
                quote=d.quote,
                link=deadline_link(office, d.key),
                sent_back=[s.basis for s in counted if s.number] == [Basis.RESUBMISSION] and progress.total == 1
                if progress
                else False,
                cancelled=progress is None,
                progress=progress,
            )
            lasting = progress is not None and bool(progress.open)
            want = Wanted(d.id, facts, scope, lasting=lasting, withdrawn=progress is None)
            wanted += _with_start(want, have, spans.get(d.id))
    changed = bring(tx, office, now, DEADLINE, wanted, have)
    changed |= _end_starts(tx, office, now, DEADLINE, wanted, have)
    feeds.touch_deadlines(tx, changed, now)
    return len(changed)


def _by_date(office: Office, d: DeadlineFacts, now: datetime) -> Status:
    """The status of an open item with the deadline's own date."""
    return status(State.OPEN, d.kind, d.dates, d.soon, tracked=True, late=None, now=now, today=office.today(now))


def _progress(counted: Iterable[Standing], kind: Kind, now: datetime) -> Progress | None:
    """None where it concerns nobody."""
    n: dict[str, int] = defaultdict(int)
    for s in counted:
        n["total"] += s.number
        if s.state in OPEN_STATES:
            n["returned" if s.state is State.RETURNED else "left"] += s.number
            n["overdue"] += s.number if kind.can_be_late and s.late_at <= now else 0
            n["extended"] += s.number if s.basis is Basis.EXTENSION else 0
        elif s.state is State.SUBMITTED:
            n["waiting"] += s.number
        elif s.state is State.MISSING:
            n["missing"] += s.number
    return Progress(left=n.pop("left", 0), **n) if n else None


def recount_units(
    tx: Connection, office: Office, now: datetime, units: Collection[int], made: Collection[int] = ()
) -> None:
    """Some feeds count these units now that did not, or do no more: their deadlines say other numbers.

    Those that were just `made` are rendered elsewhere.
    """
    if units:
        recount(tx, office, now, set(of_units(tx, units)).difference(made))


def recount(tx: Connection, office: Office, now: datetime, ids: Collection[int], scopes: set[int] | None = None) -> int:
    """`render_deadlines`; very many are left for `actions.feeds.render_waiting`."""
    each = 1 + (feeds.count_counting(tx) if scopes is None else len(scopes))
    if len(ids) * each <= MOST_COUNTED:
        return render_deadlines(tx, office, now, ids, scopes)
    stored.wait(tx, DEADLINE, ids)
    return len(ids)


# -- the working calendar --------------------------------------------------------------------------------------------


def render_workdays(tx: Connection, office: Office, now: datetime) -> int:
    """Render anew the days off and the working Saturdays of all years that feeds reach."""
    today = office.today(now)
    first, last = date((today - _PAST).year, 1, 1), date((today + relativedelta(months=18)).year, 12, 31)
    days = [(d.day.toordinal(), d) for d in special_days(office.calendar, first, last, office.domain, EPOCH)]
    have = known_events(tx, WORKDAY, range(first.toordinal(), last.toordinal() + 1))
    changed = bring(tx, office, now, WORKDAY, [Wanted(number, d) for number, d in days], have)
    there = {number for number, _ in days}
    gone = [e for key, rows in have.items() if key[0] not in there for e in rows.values()]
    changed |= cross_out(tx, office, now, WORKDAY, gone)
    if changed:
        feeds.touch_all(tx, now, (FeedKind.WORKDAYS,))
    return len(changed)


# -- what the date and the program change ----------------------------------------------------------------------------


def window_on(today: date) -> Window:
    """What stands in feeds on a local day: two years back, 18 months ahead; what was crossed out, for 30 days."""
    return Window(today - _PAST, today + relativedelta(months=18), today - _SHOWN_CROSSED_OUT)


def refresh_events(tx: Connection, office: Office, now: datetime, before: date | None) -> int:
    """Render anew what the clock alone has changed since the local day `before`, and touch what comes into view.

    An item became due soon, due today, overdue; an event comes within 18 months, or has been crossed out long enough.
    """
    today = office.today(now)
    since = before or office.today(stored.first_stamp(tx) or now)  # never refreshed: what is there was said since then
    days = (min(since, today), max(since, today))
    settled = settle_feeds(tx, now)
    if before is None:
        feeds.touch_all(tx, now)
    else:
        _touch_edges(tx, window_on(days[0]), window_on(days[1]), now)
        feeds.touch_units(tx, ended_between(tx, *days), now)
    found = turning(tx, days, (office.start_of(days[0]), office.end_of(days[1])))
    rendered = render_obligations(tx, office, now, found.obligations)
    rendered += recount(tx, office, now, found.deadlines)
    recount_units(tx, office, now, settled)
    return rendered + render_workdays(tx, office, now)


def _touch_edges(tx: Connection, old: Window, new: Window, now: datetime) -> None:
    edges = Edges((old.first, new.first), (old.last, new.last), (old.withdrawn_after, new.withdrawn_after))
    found = stored.crossing(tx, edges)
    if sum(map(len, found.values())) > MOST:
        feeds.touch_all(tx, now)
        return
    units = {unit for _, unit in stored.places_of(tx, (n for n, _ in found[OBLIGATION])).values()}
    shared = {number for number, scope in found[COORDINATION] if not scope}
    units |= {unit for some in stored.coordinated_deadlines(tx, shared).values() for unit in some}
    units |= feeds.subjects(tx, {scope for _, scope in found[COORDINATION] if scope})
    feeds.touch_units(tx, units, now)
    feeds.touch_deadlines(tx, found[DEADLINE], now)
    if found[WORKDAY]:
        feeds.touch_all(tx, now, (FeedKind.WORKDAYS,))


def rendered_by(office: Office) -> str:
    """What the bytes of events depend on beside their facts; with another one all are rendered anew."""
    return f"{FORMAT} {','.join(office.languages)} {office.base_url}"


def outdated(tx: Connection, office: Office) -> bool:
    """Whether the events are in another language or form than this program gives them."""
    return read_mark(tx, _RENDERED) != rendered_by(office)


def begin_rendering(tx: Connection, office: Office, now: datetime) -> None:
    """In a new installation nothing is outdated, and there is the working calendar."""
    if read_mark(tx, _RENDERED) is None and not stored.stored_owners(tx):
        write_mark(tx, _RENDERED, rendered_by(office))
        render_workdays(tx, office, now)


def render_all(tx: Connection, office: Office, now: datetime) -> int:
    """Have every event compared with what it would say now, UIDs unchanged; what differs is rendered anew.

    Returns how many were at once; the others wait.
    """
    stored.take_over(tx, office.language, office.languages)
    write_mark(tx, _RENDERED, rendered_by(office))
    settle_feeds(tx, now)
    stored.wait_for_all(tx)
    feeds.touch_all(tx, now)
    return render_workdays(tx, office, now)


def render_deadlines_made(tx: Connection, office: Office, now: datetime, made: Collection[int]) -> None:
    """The events of deadlines that were just made: all that is owed by them, and they themselves."""
    if len(made) > MOST or count_owed(tx, made) > MOST:
        stored.wait_for_deadlines(tx, made)
        return
    render_obligations(tx, office, now, ids_of_deadlines(tx, made) if made else ())


def count_owed(tx: Connection, deadline_ids: Collection[int]) -> int:
    return sum(s.number for some in standings(tx, deadline_ids, set()).values() for s in some)


def render_some(tx: Connection, office: Office, now: datetime, some: Mapping[str, list[int]]) -> int:
    """Render what waited and says something else than before; returns how many."""
    stored.lock_obligations(tx, some.get(OBLIGATION, ()))
    rendered = render_owed(tx, office, now, some.get(OBLIGATION, ()))
    rendered += render_coordinations(tx, office, now, some.get(COORDINATION, ()))
    return rendered + render_deadlines(tx, office, now, some.get(DEADLINE, ()))
