"""Whose rights are which, and the questions about them that need rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from plans.access import Granted, Rights
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.people import represented
from plans.units import Role
from store import access as stored
from store.absences import read_absences
from store.mail_log import Logged, LoggedItem


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
