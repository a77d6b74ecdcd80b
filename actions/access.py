"""Whose rights are which, and the questions about them that need rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from plans.access import Granted, Rights, Visitor
from plans.deadlines import DeadlineKey
from plans.files.documents import Documents
from plans.files.reading import Reference
from plans.obligations import Obligation
from plans.people import represented
from plans.problems import Place, Problem
from plans.units import Role
from store import access as stored
from store.absences import read_absences
from store.coordinating import coordinated
from store.mail_log import Logged, LoggedItem
from store.people import Standing, person_by_number


def rights_of(tx: Connection, address: str, today: date, granted: Granted) -> Rights:
    """What the person with this address may do today: by posts of one's own and of those one stands in for.

    Someone who is absent keeps what is one's own; an administrator's rights pass to nobody.
    """
    whose = represented(address, read_absences(tx, today), today)
    held = stored.posts_held(tx, whose)
    at_work = [h for h in held if h.until is None or h.until >= today]
    heads = frozenset(h.unit for h in at_work if h.role == Role.HEAD)
    acts_for = frozenset(h.unit for h in at_work if h.role != Role.HEAD)
    overseen = stored.units_overseen(tx, whose)
    mine = heads | acts_for
    led = stored.members_headed_by(tx, mine, today)
    ended = {h.unit for h in held} - mine  # what it once owed may still be read by those it has on file
    administers = address in granted.administrators
    return Rights(
        administers=administers,
        reads_all=administers or None in overseen or (granted.office is not None and granted.office in mine),
        coordinates=frozenset(stored.plans_coordinated(tx, mine)),
        acts_for=acts_for,
        heads=heads,
        oversees=frozenset({u for u in overseen if u is not None} | led | ended),
        named=frozenset(n for n in stored.tasks_named_for(tx, address) if n[2] not in mine),
    )


def may_read_unit(tx: Connection, rights: Rights, unit: str) -> bool:
    """Whether a unit's page may be opened: the whole of it, or what it owes in plans that one coordinates."""
    if rights.may_read_whole_unit(unit) or any(unit == u for _, _, u in rights.named):
        return True
    return bool(stored.units_concerned(tx, rights.coordinates, unit))


def readable_units(tx: Connection, rights: Rights) -> frozenset[str] | None:
    """The units whose page may be opened; None: all."""
    if rights.reads_all:
        return None
    return rights.units | {u for _, _, u in rights.named} | stored.units_concerned(tx, rights.coordinates)


def may_read_person(tx: Connection, visitor: Visitor, number: int) -> bool:
    """Whether a person's page may be opened: the own, and that of whoever has a place in a unit whose page one may."""
    if number == visitor.person_id:
        return True
    person = person_by_number(tx, number)
    if person is None or visitor.rights.reads_all:
        return person is not None
    reads = readable_units(tx, visitor.rights) or frozenset()
    return any(held.unit in reads for held in stored.posts_held(tx, [person.address]))


@dataclass(frozen=True, slots=True)
class PersonRights:
    """What a visitor may change of a person."""

    own: bool  # it is the visitor
    prefers: bool  # time of the digest, fewer reminders; sees the personal calendar
    absents: bool  # absence and return
    hands_over: frozenset[str] | None  # units of whose posts; None: of all
    confirms: bool  # that the address is right, and that it can be reached

    @property
    def any(self) -> bool:
        return self.prefers or self.absents or self.confirms or self.hands_over != frozenset()


def person_rights(tx: Connection, visitor: Visitor, person: Standing, today: date) -> PersonRights:
    """A person's own; an administrator's; a head's as far as it concerns the own unit, and gains the head nothing."""
    rights, own = visitor.rights, visitor.person_id == person.id
    if own or rights.administers:
        return PersonRights(own, True, True, None, True)
    theirs = rights_of(tx, person.address, today, Granted())
    headed = frozenset(h.unit for h in stored.posts_held(tx, [person.address]) if h.unit in rights.heads)
    return PersonRights(False, False, rights.may_stand_for(theirs), headed, bool(headed))


def may_read_plan(tx: Connection, rights: Rights, plan: str) -> bool:
    """Whether a plan's page may be opened: as its coordinator, or because it asks something of a unit one reads."""
    return rights.may_read_whole_plan(plan) or plan in readable_plans_of(tx, rights)


def readable_plans(tx: Connection, rights: Rights) -> frozenset[str] | None:
    """The plans whose page may be opened; None: all."""
    return None if rights.reads_all else rights.coordinates | readable_plans_of(tx, rights)


def readable_plans_of(tx: Connection, rights: Rights) -> frozenset[str]:
    """Plans that ask something of units one reads, or of oneself by name."""
    return frozenset(stored.plans_concerning(tx, rights.units)) | {plan for plan, _, _ in rights.named}


def may_read_deadline(tx: Connection, rights: Rights, key: DeadlineKey) -> bool:
    """Whether a deadline's page may be opened; what it says of each unit is judged item by item."""
    if rights.may_read_whole_plan(key.plan) or any((p, t) == (key.plan, key.task) for p, t, _ in rights.named):
        return True
    return stored.concerns_deadline(tx, key, rights.units)


def readable(rights: Rights, found: Iterable[Obligation]) -> list[Obligation]:
    """Those of some obligations that may be read, in their order."""
    return [o for o in found if rights.may_read_item(o.key.plan, o.key.task, o.unit)]


def readable_mail(rights: Rights, found: Iterable[Logged]) -> list[Logged]:
    """Mail of which some item may be read; its subject only where all may. Lists and reports are for who reads all."""
    shown = []
    for mail in found:
        if rights.reads_all or may_read_letter(rights, mail):
            shown.append(mail)
        elif any(_may_read(rights, item) for item in mail.items):
            shown.append(replace(mail, subject=None))
    return shown


def readable_items(rights: Rights, mail: Logged) -> list[LoggedItem]:
    """What of a mail concerns something that may be read."""
    return [item for item in mail.items if _may_read(rights, item)]


def may_read_letter(rights: Rights, mail: Logged) -> bool:
    """Whether the words of a mail may be read: where nothing in it is about anything that may not."""
    return rights.reads_all or (bool(mail.items) and all(_may_read(rights, item) for item in mail.items))


def may_send_again(rights: Rights, mail: Logged) -> bool:
    """Whether a mail may be sent once more: as whoever coordinates all that is in it."""
    plans = {item.deadline.split("/", 1)[0] for item in mail.items}
    return rights.administers or (bool(plans) and all(rights.may_change_plan(plan) for plan in plans))


def _may_read(rights: Rights, item: LoggedItem) -> bool:
    plan, task, _period = item.deadline.split("/", 2)
    return rights.may_read_item(plan, task, item.unit)


def units_to_coordinate(tx: Connection, rights: Rights) -> frozenset[str] | None:
    """The units of which somebody may add a plan that they coordinate; None: all."""
    if rights.administers:
        return None
    return frozenset(p.acting for p in coordinated(tx) if p.slug in rights.coordinates and p.acting is not None)


def not_loadable(tx: Connection, rights: Rights, documents: Documents) -> list[Problem]:
    """What somebody may not load of these files.

    Coordinators load the plans that they may change, and new ones of the units as which they coordinate others; who
    the units are is for administrators.
    """
    if rights.administers:
        return []
    others = [*(file.file for file in documents.units), *(file.file for file in documents.policies)]
    problems = [Problem("upload.only_administrators", {}, Place(name)) for name in others]
    known, mine = {p.slug for p in coordinated(tx)}, units_to_coordinate(tx, rights) or frozenset()
    for file in documents.plans:
        plan = file.plan
        if plan is None:
            continue
        may = rights.may_change_plan(plan.slug) if plan.slug in known else plan.coordinator in mine
        if not may:
            place = file.places.get(Reference("", "id")) or Place(file.file)
            problems.append(Problem("plan.not_yours", {"plan": plan.slug}, place))
    return problems
