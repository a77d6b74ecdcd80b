"""People: addresses that are written to, what they prefer, and whether mail reaches them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, union, update

from store.schema import dues, obligations, officers, people, reminders, stage_moments, task_recipients, units

UPCOMING = ("all", "last")  # which reminders before a date a person wants


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who is written to: an address."""

    id: int
    address: str
    name: str
    link_version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A person as the list of people shows it."""

    id: int
    address: str
    name: str
    digest_at: time | None
    upcoming: str
    unreachable_at: datetime | None
    unreachable_answer: str | None
    confirmed_on: date | None
    asked_on: date | None


_PERSON = (people.c.id, people.c.address, people.c.name, people.c.link_version)
_STANDING = tuple(people.c[name] for name in Standing.__dataclass_fields__)


def ensure_people(tx: Connection, names: Mapping[str, str], *, rename: bool = True) -> dict[str, int]:
    """The numbers of these addresses, new ones added and, with `rename`, changed names kept; address → name."""
    if not names:
        return {}
    rows = {r.address: r for r in tx.execute(select(people).where(people.c.address.in_(names)))}
    missing = [{"address": a, "name": n} for a, n in names.items() if a not in rows]
    if missing:
        tx.execute(people.insert(), missing)
    for address, row in rows.items():
        if rename and row.name != names[address]:
            renamed = {"name": names[address], "revision": people.c.revision + 1}
            tx.execute(update(people).where(people.c.id == row.id).values(renamed))
    return people_ids(tx, names)


def people_ids(tx: Connection, addresses: Iterable[str]) -> dict[str, int]:
    """Address → number, of those that are on file."""
    found = select(people.c.address, people.c.id).where(people.c.address.in_(list(addresses)))
    return {address: number for address, number in tx.execute(found)}


def person_of(row: Any) -> Person:
    return Person(row.id, row.address, row.name, row.link_version)


def read_people(tx: Connection, numbers: Iterable[int]) -> dict[int, Person]:
    found = tx.execute(select(*_PERSON).where(people.c.id.in_(list(numbers))))
    return {r.id: person_of(r) for r in found}


def find_person(tx: Connection, address: str) -> Standing | None:
    """The person with this address, in lower case."""
    row = tx.execute(select(*_STANDING).where(people.c.address == address)).first()
    return Standing(**row._mapping) if row else None


def person_by_number(tx: Connection, number: int) -> Standing | None:
    """The person with this number."""
    row = tx.execute(select(*_STANDING).where(people.c.id == number)).first()
    return Standing(**row._mapping) if row else None


def on_file(tx: Connection) -> dict[str, Standing]:
    """Address → everyone who can be written to for a unit or a task: officers, mailboxes, a task's own officers."""
    own = union(
        select(officers.c.person_id),
        select(people.c.id).join(units, units.c.mailbox == people.c.address),
        select(task_recipients.c.person_id),
    )
    rows = tx.execute(select(*_STANDING).where(people.c.id.in_(own)))
    found = [Standing(**row._mapping) for row in rows]
    return {p.address: p for p in sorted(found, key=lambda p: p.address)}


def change_person(tx: Connection, number: int, **values: Any) -> None:
    tx.execute(update(people).where(people.c.id == number).values(revision=people.c.revision + 1, **values))


def unreachable_addresses(tx: Connection) -> set[str]:
    return set(tx.scalars(select(people.c.address).where(people.c.unreachable_at.is_not(None))))


def mark_unreachable(tx: Connection, number: int, now: datetime, answer: str) -> bool:
    """Note that a server refuses the address for good; False where that was known."""
    values = {"unreachable_at": now, "unreachable_answer": answer, "revision": people.c.revision + 1}
    marked = update(people).where(people.c.id == number, people.c.unreachable_at.is_(None)).values(values)
    return tx.execute(marked.returning(people.c.id)).first() is not None


def welcome(tx: Connection, addresses: Collection[str], today: date) -> None:
    """Addresses that someone has just entered: right as far as anyone knows, and tried again."""
    if addresses:
        fresh = {"confirmed_on": today, "unreachable_at": None, "unreachable_answer": None}
        tx.execute(update(people).where(people.c.address.in_(list(addresses))).values(fresh))


# -- the yearly question ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Post:
    """What a person is to a unit, as the yearly question names it."""

    unit: str  # name
    role: str  # of plans.units.Role, or `mailbox`


def ask(tx: Connection, numbers: Iterable[int], today: date) -> dict[int, tuple[Post, ...]]:
    """Person → the posts to confirm this year, noted as asked; those with nothing to be asked are left out."""
    january = date(today.year, 1, 1)
    open_ = and_(
        or_(people.c.asked_on.is_(None), people.c.asked_on < january),
        or_(people.c.confirmed_on.is_(None), people.c.confirmed_on < january),
    )
    asked = list(tx.scalars(select(people.c.id).where(people.c.id.in_(list(numbers)), open_)))
    if not asked:
        return {}
    posts = select(officers.c.person_id, units.c.name, officers.c.role).join(officers, officers.c.unit_id == units.c.id)
    boxes = select(people.c.id, units.c.name).join(people, people.c.address == units.c.mailbox)
    found: dict[int, list[Post]] = {}
    for person, name, role in tx.execute(posts.where(officers.c.person_id.in_(asked))):
        found.setdefault(person, []).append(Post(name, role))
    for person, name in tx.execute(boxes.where(people.c.id.in_(asked))):
        found.setdefault(person, []).append(Post(name, "mailbox"))
    tx.execute(update(people).where(people.c.id.in_(sorted(found))).values(asked_on=today))
    return {person: tuple(sorted(own, key=lambda p: (p.unit, p.role))) for person, own in found.items()}


def unask(tx: Connection, number: int) -> None:
    """The mail with the question was not accepted: the next one carries it."""
    tx.execute(update(people).where(people.c.id == number).values(asked_on=None))


# -- preferences, as the ledger asks for them ------------------------------------------------------------------------


def waits_for_digest(clock: time) -> ColumnElement[bool]:
    """Whether a reminder's person wants the digest later than this local time.

    What is urgent and has a time of day does not wait: it might be late by then.
    """
    later = (
        select(people.c.id)
        .select_from(people, dues)
        .where(
            people.c.id == reminders.c.person_id,
            dues.c.id == reminders.c.due_id,
            people.c.digest_at > clock,
            or_(reminders.c.urgent.is_(False), dues.c.at.is_(None)),
        )
    )
    return exists(later.correlate(reminders))


def digest_times(tx: Connection) -> list[time]:
    """The local times of day that people have chosen."""
    found = tx.scalars(select(people.c.digest_at).where(people.c.digest_at.is_not(None)).distinct())
    return sorted(t for t in found if t is not None)


def supersede_declined(tx: Connection) -> int:
    """Record as declined what was to be said early to people who want the last reminder before a date only."""
    early = (
        select(stage_moments.c.stage)
        .select_from(stage_moments)
        .join(obligations, obligations.c.variant == stage_moments.c.variant)
        .join(people, people.c.id == reminders.c.person_id)
        .where(
            obligations.c.id == reminders.c.obligation_id,
            stage_moments.c.due_id == reminders.c.due_id,
            stage_moments.c.stage == reminders.c.stage,
            stage_moments.c.early,
            people.c.upcoming == "last",
        )
    )
    which = and_(reminders.c.state == "waiting", exists(early.correlate(reminders)))
    declined = update(reminders).where(which).values(state="superseded", reason="declined")
    return len(tx.execute(declined.returning(reminders.c.id)).all())
