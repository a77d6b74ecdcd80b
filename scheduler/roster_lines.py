"""What a roster file changes, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from actions.importing import Imported
from plans.units import Membership, Officer, Roster, Unit
from plans.words import Words

_LINES = 200  # that are printed


def lines_of(done: Imported, say: Words) -> list[str]:
    """The sentences of a difference, and to whom mail goes from now on; of very many the first and a count."""
    found = [*_difference(done, say), *_told(done, say)]
    if not found:
        return [say("cli.roster.same")]
    more = len(found) - _LINES
    return found if more <= 0 else [*found[:_LINES], say("cli.roster.more", n=more)]


def _difference(done: Imported, say: Words) -> Iterator[str]:
    d = done.difference
    for unit in d.added:
        yield say("cli.roster.added", unit=unit.name, slug=unit.slug, kind=unit.kind)
        for officer in unit.officers:
            yield _person("person_added", unit, officer, say)
    for unit in d.ended:
        yield say("cli.roster.ended", unit=unit.name, until=unit.until)
    for change in d.changed:
        for field, old, new in change.fields:
            said = say(f"unit.field.{field}")
            yield say("cli.roster.field", unit=change.unit.name, field=said, old=_value(old), new=_value(new))
    for moved in d.people_moved:
        params = {"name": moved.person.name, "address": moved.person.address}
        yield say("cli.roster.person_moved", **params, old=moved.old.name, unit=moved.new.name)
    for unit, officer in d.people_added:
        yield _person("person_added", unit, officer, say)
    for unit, officer in d.people_removed:
        yield _person("person_removed", unit, officer, say)
    for renamed in d.people_renamed:
        old, new = (f"{o.name} ({say(f'role.{o.role}')})" for o in (renamed.old, renamed.new))
        yield say("cli.roster.person_renamed", unit=renamed.unit.name, old=old, new=new, address=renamed.new.address)
    for group in d.groups:
        joined, left = _members(group.joined, done.new), _members(group.left, done.old)
        yield say(f"cli.roster.group_{group.what}", name=group.name, joined=joined, left=left)
    for other in d.others:
        yield say(f"cli.roster.{other.kind}_{other.what}", name=other.name)


def _told(done: Imported, say: Words) -> Iterator[str]:
    for told in done.told:
        units = ", ".join(done.new.units[slug].name for slug in told.who.units)
        yield say("cli.roster.told", address=told.who.address, units=units, items=told.items)


def _person(what: str, unit: Unit, officer: Officer, say: Words) -> str:
    params = {"name": officer.name, "address": officer.address, "role": say(f"role.{officer.role}")}
    return say(f"cli.roster.{what}", unit=unit.name, **params)


def _members(some: Iterable[Membership], roster: Roster) -> str:
    return ", ".join(dict.fromkeys(roster.units[m.unit].name for m in some)) or "–"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "–"
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value) if value else "–"
