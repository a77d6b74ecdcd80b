"""A contact of a unit set right: another address or name for the same post, or for the unit's mailbox."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from actions.events import recount_units
from actions.office import Act, Office
from actions.people import Coming, coming_items, hand_over_in, kept_name
from actions.responsibility import duty_on
from plans.files import values
from plans.files.values import ValueFault
from plans.people import posts_of
from plans.problems import Problem, UserError
from plans.units import Unit
from store.feed_members import settle_feeds
from store.forecast import items_of_units
from store.units import read_roster, save_roster, unit_ids


def set_right(
    office: Office, act: Act, unit: str, *, old: str, new: str = "", name: str = "", dry_run: bool = False
) -> list[Coming]:
    """As `correct_contact`, with its own transaction; the open items that were the contact's, and who gets them now.

    Raises UserError for an address that is none, and where nothing would change.
    """
    address, called = None, " ".join(name.split()) or None
    if new.strip():
        try:
            address = values.address(new.strip())
        except ValueFault as fault:
            raise UserError(Problem(fault.code, {"key": "E-mail", **fault.params})) from fault
    with office.database.trial() if dry_run else office.database.write() as tx:
        today = office.today(act.now)
        found = read_roster(tx).units[unit]
        if (
            old in posts_of(found)
            and _corrected(found, old, address or old, called) == found
            and address in (None, old)
        ):
            raise UserError(Problem("contact.nothing", {"unit": found.name}))
        before = duty_on(tx, today)
        correct_contact(tx, office, act, unit, old=old, new=address, name=called)
        items = items_of_units(tx, [unit_ids(tx)[unit]], act.now)
        return coming_items(items, before, duty_on(tx, today), old)


def correct_contact(
    tx: Connection,
    office: Office,
    act: Act,
    unit: str,
    *,
    old: str | None,
    new: str | None = None,
    name: str | None = None,
) -> None:
    """Put `new` (and `name`) where the unit has `old`; an officer's place goes over as in a hand-over.

    Raises UserError where the unit has no such contact any more.
    """
    roster = read_roster(tx)
    found = roster.units[unit]
    if old is None or old not in posts_of(found):
        raise UserError(Problem("request.no_contact", {"address": old or "–", "unit": found.name}))
    if new and new != old:
        name = kept_name(roster, new) or name
    if new and new != old and any(o.address == old for o in found.officers):
        hand_over_in(tx, office, act, old, new, name=name, unit=unit)
        roster = read_roster(tx)
        found = roster.units[unit]
    right = _corrected(found, old, new or old, name)
    if right != found:
        after = replace(roster, units={**roster.units, unit: right})
        save_roster(tx, roster, after, office.today(act.now))
        recount_units(tx, office, act.now, settle_feeds(tx, act.now))
    act.note(tx, "correct_contact", f"people/{old}", unit=unit, to=new or old, name=name)


def _corrected(unit: Unit, old: str, new: str, name: str | None) -> Unit:
    """The unit with the right mailbox, and the right name of the officer with this address."""
    officers = tuple(replace(o, name=name) if name and o.address == new else o for o in unit.officers)
    return replace(unit, officers=officers, mailbox=new if unit.mailbox == old else unit.mailbox)
