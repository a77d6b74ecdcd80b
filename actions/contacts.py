"""The list of people: who is written to for what, who is away, whose address fails or was not confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from actions.access import readable_units
from plans.access import Visitor
from plans.people import Absence, leaning_on
from store.absences import read_absences
from store.people import Standing, on_file
from store.recipients import read_posts


@dataclass(frozen=True, slots=True)
class Contact:
    """A person with what the person is to which unit."""

    person: Standing
    posts: tuple[tuple[str, str, str], ...]  # unit, its name, role or `mailbox`
    absence: Absence | None  # the one in force, else the next
    stands_in_for: tuple[str, ...]  # addresses, today

    def confirmed_in(self, year: int) -> bool:
        confirmed = self.person.confirmed_on
        return confirmed is not None and confirmed.year >= year


def contacts(tx: Connection, today: date, unit: str | None = None, *, unconfirmed: bool = False) -> list[Contact]:
    """Everyone on file by address; of one unit only, or only those not confirmed this year."""
    posts: dict[str, list[tuple[str, str, str]]] = {}
    for found in read_posts(tx).values():
        for o in found.officers:
            posts.setdefault(o.address, []).append((found.slug, found.name, o.role.value))
        if found.mailbox:
            posts.setdefault(found.mailbox, []).append((found.slug, found.name, "mailbox"))
    coming = read_absences(tx, today)
    away = [a for a in coming if a.first <= today]
    made = []
    for address, person in on_file(tx).items():
        mine = tuple(sorted(posts.get(address, ())))
        contact = Contact(
            person,
            mine,
            next((a for a in coming if a.address == address), None),
            tuple(sorted(leaning_on([address], away) - {address})),
        )
        of_unit = unit is None or any(slug == unit for slug, _, _ in mine)
        if of_unit and not (unconfirmed and (not mine or contact.confirmed_in(today.year))):
            made.append(contact)
    return made


def readable_contacts(tx: Connection, visitor: Visitor, found: Iterable[Contact]) -> list[Contact]:
    """Those whom a visitor may see, oneself among them, with their posts in the units whose page may be opened.

    So a coordinator knows whom to call in every unit that owes something, and a head reads the own unit.
    """
    reads, everyone = readable_units(tx, visitor.rights), list(found)
    if reads is None:
        return everyone
    seen = []
    for contact in everyone:
        posts = tuple(post for post in contact.posts if post[0] in reads)
        if contact.person.id == visitor.person_id:
            seen.append(contact)
        elif posts:
            seen.append(replace(contact, posts=posts))
    known = {contact.person.address for contact in seen}
    return [replace(c, stands_in_for=tuple(a for a in c.stands_in_for if a in known)) for c in seen]
