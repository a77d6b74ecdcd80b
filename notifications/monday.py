"""Bản tin thứ Hai: whom it concerns and what stands in it, read from the store as it is now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from notifications.desk import Desk
from notifications.items import Contact, Line, MondayPage, OpenPlan
from notifications.titles import plain, title_of, titled
from plans.obligations import Obligation
from plans.plan import Kind
from plans.requests import Request
from plans.status import State
from store.mail_log import log
from store.obligations import due_between, in_state, overdue_at
from store.plans import plans_to_confirm
from store.recipients import contact_of, silent_units, told_of_units, unconfirmed_people, unreachable_people
from store.requests import open_requests
from store.units import coordinating_units


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def monday_pages(tx: Connection, desk: Desk, now: datetime) -> dict[int, MondayPage]:
    """Person → page; empty pages are left out.

    A coordinator's officers read of the reports that all units owe under its plans; the head of any unit reads of its
    own overdue work, which nobody else is told of.
    """
    today = desk.today(now)
    monday = week_of(today)
    late = overdue_at(tx, now, today)
    due = due_between(tx, today, monday + timedelta(days=6))
    declared = [o for o in in_state(tx, State.SUBMITTED) if o.tracked]
    asked = open_requests(tx)
    failed = undeliverable(tx, desk, now)
    unconfirmed = open_plans(tx, desk, today)
    coordinators = coordinating_units(tx)
    unreachable = unreachable_lines(tx, desk, today)
    not_confirmed = unconfirmed_people(tx, today.year) if today.month == 1 else 0
    told = told_of_units(tx)
    own: dict[int, set[str]] = defaultdict(set)  # person → units they head
    whole: dict[int, set[str]] = defaultdict(set)  # person → units whose plans they coordinate
    people = {}
    absent: dict[int, dict[str | None, None]] = defaultdict(dict)  # person → in whose place, None: in no one's
    working = {o.unit for o in late if o.kind is Kind.WORK}
    headed = {t.unit for t in told if t.audience == "head"}
    for t in told:
        number = t.person.id
        people[number] = t.person
        # The officers of a unit without a head of its own on file read of its work.
        if t.unit in working and (t.audience == "head" or t.unit not in headed):
            own[number].add(t.unit)
            absent[number][t.instead_of] = None
        if t.unit in coordinators and t.audience != "head":
            whole[number].add(t.unit)
            absent[number][t.instead_of] = None
    pages = {}
    for number in sorted(own.keys() | whole.keys()):
        pick = _picker(own[number], whole[number])
        page = MondayPage(
            name=people[number].name,
            address=people[number].address,
            monday=monday,
            overdue=_lines(desk, filter(pick, late), today),
            due_this_week=_lines(desk, (o for o in due if _coordinated(o, whole[number])), today),
            to_confirm=_lines(desk, (o for o in declared if _coordinated(o, whole[number])), today),
            requests=requests_of(desk, (r for r in asked if r.coordinator is None or r.coordinator in whole[number]))
            if whole[number]
            else (),
            undeliverable=failed if whole[number] else (),
            unreachable=unreachable if whole[number] else (),
            unconfirmed=not_confirmed if whole[number] else 0,
            open_plans=tuple(plan for coordinator, plan in unconfirmed if coordinator in whole[number]),
            board=f"{desk.base_url}/",
            deputy_for=", ".join(name for name in absent[number] if name) or None,
            also_own=None in absent[number],
            contact=None if whole[number] else _coordinator(tx, filter(pick, late)),
        )
        if not page.empty:
            pages[number] = page
    return pages


def undeliverable(tx: Connection, desk: Desk, now: datetime) -> tuple[Line, ...]:
    """Mail of the last week that could not be delivered, for those who can set an address right."""
    since = now - timedelta(days=7)
    return tuple(
        Line(title=m.subject or "", unit_name=m.person, last_day=desk.today(m.at), note=m.address)
        for m in log(tx, state="failed", since=since)
    )


def requests_of(desk: Desk, found: Iterable[Request]) -> tuple[Line, ...]:
    """What units ask for, oldest first; of a contact, whose."""
    return tuple(
        Line(
            title=_title(r, desk),
            unit_name=r.unit_name,
            last_day=desk.today(r.asked_at),
            link=f"{desk.base_url}/deadlines/{r.key}" if r.key else None,
            kind=r.kind_of_task or Kind.REPORT,
            note=desk.words.request(r),
        )
        for r in found
    )


def _title(r: Request, desk: Desk) -> str:
    if r.title is None or r.key is None:
        return desk.words("request.of_contact")
    return titled(r.title, r.key.period, desk.words) if r.kind_of_task is Kind.REPORT else plain(r.title)


def unreachable_lines(tx: Connection, desk: Desk, today: date) -> tuple[Line, ...]:
    """Addresses that a server refuses, with the units they are on file for; then units for which none is left."""
    found = [
        Line(title=p.address, unit_name="; ".join(names) or p.name, last_day=today, note=p.answer)
        for p, names in unreachable_people(tx)
    ]
    title = desk.words("mail.silent_units")
    return (*found, *(Line(title=title, unit_name=name, last_day=today) for name in silent_units(tx, today)))


def open_plans(tx: Connection, desk: Desk, today: date) -> list[tuple[str | None, OpenPlan]]:
    """(coordinator, plan) of those that go on without an end, in November."""
    return [
        (
            plan.coordinator,
            OpenPlan(plan.slug, plan.title, plan.number, today.year + 1, f"{desk.base_url}/plans/{plan.slug}"),
        )
        for plan in plans_to_confirm(tx, today)
    ]


def _coordinator(tx: Connection, found: Iterable[Obligation]) -> Contact | None:
    """Whom to ask about the first of these that has a coordinator."""
    coordinator = next((o.coordinator for o in found if o.coordinator), None)
    named = contact_of(tx, coordinator) if coordinator else None
    return Contact(*named) if named else None


def _coordinated(o: Obligation, units: set[str]) -> bool:
    return o.kind is Kind.REPORT and o.coordinator in units


def _picker(own: set[str], whole: set[str]) -> Callable[[Obligation], bool]:
    return lambda o: _coordinated(o, whole) or (o.kind is Kind.WORK and o.unit in own)


def _lines(desk: Desk, found: Iterable[Obligation], today: date) -> tuple[Line, ...]:
    return tuple(
        Line(
            title=title_of(o, desk.words),
            unit_name=o.unit_name,
            last_day=o.dates.last_day,
            days_late=max(0, desk.calendar.count(o.dates.late_on, today)),
            link=f"{desk.base_url}/deadlines/{o.key}",
            document=o.document,
            kind=o.kind,
            sent_back=o.sent_back,
        )
        for o in found
    )
