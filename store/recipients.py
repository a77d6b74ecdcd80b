"""Who is written to today: two derived tables, brought to what `plans.people` decides and read by all that sends.

They are derived anew when a roster, an absence, a hand-over or an address changes, and on the day an absence begins or
ends. Only what differs is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, exists, literal, not_, or_, select

from plans.files.writing import task_from_mapping
from plans.people import HEAD, OFFICERS, addressees, leaning_on, named_addressees, posts_of
from plans.plan import TaskOfficer
from plans.units import Officer, Role, Unit
from store.absences import read_absences
from store.people import Person, ensure_people, person_of, unreachable_addresses
from store.schema import deadlines, obligations, officers, people, recipients, task_recipients, tasks, units

_absent, _own = people.alias("absent"), task_recipients.alias("own")
_MANY = 500  # units from which all are read


@dataclass(frozen=True, slots=True)
class Source:
    """A derived table and the condition on which its rows are those written to."""

    table: Table
    on: ColumnElement[bool]


def told(task: Any, unit: Any, audience: Any) -> tuple[Source, Source]:
    """Where those come from who are written to for a unit's task: the task's own officers, else the unit's.

    The arguments are columns of the query that joins these; no person comes from both.
    """
    named = (
        select(_own.c.person_id)
        .where(
            _own.c.task_id == task,
            _own.c.unit_id == unit,
            or_(recipients.c.audience == OFFICERS, _own.c.person_id == recipients.c.person_id),
        )
        .correlate_except(_own)
    )
    of_unit = and_(recipients.c.unit_id == unit, recipients.c.audience == audience, not_(exists(named)))
    of_task = and_(task_recipients.c.task_id == task, task_recipients.c.unit_id == unit, audience == OFFICERS)
    return Source(recipients, of_unit), Source(task_recipients, of_task)


def rebuild(tx: Connection, today: date, unit_numbers: Collection[int] | None = None) -> set[int]:
    """Derive who is written to for these units (None: all), and of them for tasks with officers of their own.

    Returns the units for which that is somebody else now.
    """
    absent, unreachable = read_absences(tx, today), unreachable_addresses(tx)
    found = read_posts(tx, unit_numbers)
    of_units = {
        (number, audience, a.address): a.instead_of
        for number, unit in found.items()
        for audience, some in addressees(unit, absent, unreachable, today).items()
        for a in some
    }
    named = named_officers(tx)
    strangers = {o.address: o.name or o.address for some in named.values() for o in some if o.unit}
    ensure_people(tx, strangers, rename=False)
    of_tasks = {
        (task, number, a.address): a.instead_of
        for task, some in named.items()
        for number, unit in found.items()
        for a in named_addressees(named_for(some, unit), absent, unreachable, today)
    }
    known = {address: number for address, number in tx.execute(select(people.c.address, people.c.id))}
    changed = _bring(tx, recipients, of_units, known, found)
    return changed | _bring(tx, task_recipients, of_tasks, known, found)


def units_leaning_on(tx: Connection, today: date, addresses: Iterable[str]) -> set[int]:
    """The units for which it matters whether these people are there, reachable or replaced, on this day or later."""
    concerned = leaning_on(addresses, read_absences(tx, today))
    strangers = {o.unit for some in named_officers(tx).values() for o in some if o.unit and o.address in concerned}
    return {n for n, u in read_posts(tx).items() if u.slug in strangers or not concerned.isdisjoint(posts_of(u))}


def named_for(named: Iterable[TaskOfficer], unit: Unit) -> list[str]:
    """Which of a task's own officers are a unit's: those with a post there, and those named for it."""
    posts = posts_of(unit)
    return [o.address for o in named if (o.unit == unit.slug if o.unit else o.address in posts)]


def read_posts(tx: Connection, unit_numbers: Collection[int] | None = None) -> dict[int, Unit]:
    """Number → unit with its officers and mailbox (all units where None); nothing else of it is read."""
    some = None if unit_numbers is None or len(unit_numbers) > _MANY else list(unit_numbers)
    query = select(units.c.id, units.c.slug, units.c.name, units.c.kind, units.c.mailbox)
    posts = select(officers.c.unit_id, officers.c.name, officers.c.role, people.c.address).join(people)
    if some is not None:
        query, posts = query.where(units.c.id.in_(some)), posts.where(officers.c.unit_id.in_(some))
    held: dict[int, list[Officer]] = defaultdict(list)
    for row in tx.execute(posts.order_by(officers.c.position)):
        held[row.unit_id].append(Officer(row.name, row.address, Role(row.role)))
    wanted = None if unit_numbers is None else set(unit_numbers)
    return {
        r.id: Unit(r.slug, r.name, r.kind, mailbox=r.mailbox, officers=tuple(held[r.id]))
        for r in tx.execute(query)
        if wanted is None or r.id in wanted
    }


def named_officers(tx: Connection) -> dict[int, tuple[TaskOfficer, ...]]:
    """Task → its own officers, of the tasks in force that have some."""
    some = tasks.c.body["officers"].as_string().is_not(None)
    query = select(tasks.c.id, tasks.c.body).where(tasks.c.removed_at.is_(None), some)
    return {number: task_from_mapping(body).officers for number, body in tx.execute(query.order_by(tasks.c.id))}


def _bring(
    tx: Connection,
    table: Table,
    wanted: Mapping[tuple[Any, ...], str | None],
    known: Mapping[str, int],
    found: Collection[int],
) -> set[int]:
    """Write what differs in the rows of these units; returns the units of which something does."""
    keys = [c.name for c in table.primary_key.columns]
    which = [table.c[k] for k in keys]
    query = select(*which, table.c.instead_of)
    if len(found) <= _MANY:
        query = query.where(table.c.unit_id.in_(list(found)))
    have = {tuple(row[:3]): row.instead_of for row in tx.execute(query) if row.unit_id in found}
    want = {(*key[:2], known[key[2]]): known[by] if by else None for key, by in wanted.items()}
    gone = [key for key, by in have.items() if want.get(key, -1) != by]
    new = [key for key, by in want.items() if have.get(key, -1) != by]
    if gone:
        one = and_(*(table.c[k] == bindparam(f"the_{k}") for k in keys))
        tx.execute(delete(table).where(one), [{f"the_{k}": v for k, v in zip(keys, key, strict=True)} for key in gone])
    if new:
        tx.execute(table.insert(), [{**dict(zip(keys, key, strict=True)), "instead_of": want[key]} for key in new])
    of_unit = keys.index("unit_id")
    return {key[of_unit] for key in (*gone, *new)}


# -- who that is -----------------------------------------------------------------------------------------------------

_PERSON = (people.c.id, people.c.address, people.c.name, people.c.link_version)


def recipients_of(tx: Connection, unit: str, audience: str = OFFICERS) -> list[Person]:
    """Who is written to for a unit, by address."""
    query = (
        select(*_PERSON)
        .join(recipients, recipients.c.person_id == people.c.id)
        .join(units, units.c.id == recipients.c.unit_id)
        .where(units.c.slug == unit, recipients.c.audience == audience)
    )
    return sorted((person_of(r) for r in tx.execute(query)), key=lambda p: p.address)


@dataclass(frozen=True, slots=True)
class Told:
    """Someone who is written to for a unit."""

    unit: str  # slug
    audience: str
    person: Person
    instead_of: str | None  # name of the absent one whose deputy the person is


def told_of_units(tx: Connection) -> list[Told]:
    """Everyone who is written to for a unit, in a fixed order."""
    query = (
        select(units.c.slug, recipients.c.audience, *_PERSON, _absent.c.name.label("instead_of"))
        .join(recipients, recipients.c.unit_id == units.c.id)
        .join(people, people.c.id == recipients.c.person_id)
        .outerjoin(_absent, _absent.c.id == recipients.c.instead_of)
    )
    found = [Told(r.slug, r.audience, person_of(r), r.instead_of) for r in tx.execute(query)]
    return sorted(found, key=lambda t: (t.unit, t.audience, t.person.address))


def is_told(tx: Connection, person: int, obligation: int) -> bool:
    """Whether a person is one of those written to about an obligation, the head of its unit included."""
    sources = [s for a in (OFFICERS, HEAD) for s in told(deadlines.c.task_id, obligations.c.unit_id, literal(a))]
    either = or_(
        *(
            exists(
                select(s.table.c.person_id).where(s.on, s.table.c.person_id == person).correlate(obligations, deadlines)
            )
            for s in sources
        )
    )
    query = select(obligations.c.id).join(deadlines, deadlines.c.id == obligations.c.deadline_id)
    return tx.scalar(query.where(obligations.c.id == obligation, either)) is not None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Someone whose address a server refuses."""

    address: str
    name: str
    since: datetime
    answer: str


def unreachable_people(tx: Connection) -> list[tuple[Unreachable, list[str]]]:
    """Everyone whose address a server refuses, by address, with the names of the units that have it on file."""
    query = select(people).where(people.c.unreachable_at.is_not(None))
    rows = sorted(tx.execute(query), key=lambda r: r.address)
    held: dict[str, list[str]] = defaultdict(list)
    for unit in read_posts(tx).values() if rows else ():
        for address in posts_of(unit):
            held[address].append(unit.name)
    return [
        (Unreachable(r.address, r.name, r.unreachable_at, r.unreachable_answer or ""), sorted(held[r.address]))
        for r in rows
        if r.address in held
    ]


def silent_units(tx: Connection, today: date) -> list[str]:
    """Names of the units at work that have addresses on file, of which none can be written to."""
    heard = select(recipients.c.unit_id).where(recipients.c.audience == OFFICERS)
    ended = units.c.until.is_not(None) & (units.c.until < today)
    mute = set(tx.scalars(select(units.c.id).where(units.c.id.not_in(heard), not_(ended))))
    return sorted(u.name for u in read_posts(tx, mute).values() if posts_of(u)) if mute else []


def unconfirmed_people(tx: Connection, year: int) -> int:
    """How many contacts of units were not confirmed this year."""
    posts = {a for u in read_posts(tx).values() for a in posts_of(u)}
    confirmed = select(people.c.address).where(people.c.confirmed_on >= date(year, 1, 1))
    return len(posts - set(tx.scalars(confirmed)))


def contact_of(tx: Connection, unit: str) -> tuple[str, str] | None:
    """Name and address to write to with questions: the unit's mailbox, else whoever is written to for it first."""
    query = select(units.c.name, units.c.mailbox, people.c.unreachable_at).outerjoin(
        people, people.c.address == units.c.mailbox
    )
    row = tx.execute(query.where(units.c.slug == unit)).first()
    if row is None:
        return None
    if row.mailbox and row.unreachable_at is None:
        return row.name, row.mailbox
    found = recipients_of(tx, unit)
    return (found[0].name, found[0].address) if found else None
