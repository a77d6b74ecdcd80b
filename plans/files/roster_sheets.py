"""A roster from a workbook or a CSV file: the program's own sheets, or the list that an office keeps by name.

What is read is laid over what is stored: units, groups and people that the file does not list stay as they are, unless
it is said to be complete; columns that it does not have say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TypeVar

from plans.files import values
from plans.files.reading import Reading, Reference
from plans.files.roster_checks import check_roster
from plans.files.roster_layout import GUIDE, LIST, STAMP, TABLES, role_by_post, role_of
from plans.files.roster_names import Names
from plans.files.roster_units import UnitSheets
from plans.files.sheet_rows import Row, SheetTable, find_list, find_table
from plans.files.workbooks import Sheet, read_sheets
from plans.naming import fold
from plans.problems import Place, Problem, UserError
from plans.succession import has_ended
from plans.units import Audience, Officer, Overseer, Role, Roster

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RosterFile:
    """What the store is to hold once this file is taken; incomplete where problems hold an error."""

    roster: Roster
    problems: tuple[Problem, ...] = ()
    places: Mapping[Reference, Place] = field(default_factory=dict)
    exported: str | None = None  # fingerprint of the roster that the workbook was written from


def read_roster_file(name: str, content: bytes, stored: Roster, today: date, *, complete: bool = False) -> RosterFile:
    """Lay a file over the roster `stored`; `complete`: whatever it has sheets for and does not list, ends.

    A unit that is not listed then ends with the day before `today`; nothing of it is deleted. Raises UserError for what
    can't be read at all; every other fault is among the problems, with its cell.
    """
    sheets = read_sheets(name, content)
    reading = Reading()
    tables = {kind: t for kind, layout in TABLES.items() if (t := _named(sheets, kind, reading))}
    if "units" not in tables and (listing := find_list(sheets, reading)) is not None and "people" not in tables:
        tables["units"] = listing
    if not tables:
        raise UserError(Problem("roster.no_table", {}, Place(name)))
    reader = _Sheets(reading, stored, today)
    roster = reader.read(tables)
    if complete:
        roster = _completed(roster, reader, tables, today)
    check_roster(roster, reading)
    order = {sheet.name: i for i, sheet in enumerate(sheets)}
    problems = sorted(reading.problems(), key=lambda p: _position(p, order))
    return RosterFile(roster, tuple(problems), reading.places, _stamp(sheets))


def _position(problem: Problem, order: Mapping[str, int]) -> tuple[int, int, int]:
    place = problem.place or Place("", 0, 0)
    return order.get(place.file, len(order)), place.line, place.column


def _named(sheets: Iterable[Sheet], kind: str, reading: Reading) -> SheetTable | None:
    layout = TABLES[kind]
    names = {fold(layout.name), *layout.also}
    for sheet in sheets:
        if fold(sheet.name) in names and (found := find_table(sheet, LIST if kind == "units" else layout, reading)):
            return found if layout.needed <= found.columns.keys() else None
    return None


def _stamp(sheets: Iterable[Sheet]) -> str | None:
    for sheet in sheets:
        for row in sheet.rows if sheet.name == GUIDE else ():
            if len(row) > 1 and row[0] == STAMP and isinstance(row[1], str):
                return row[1]
    return None


class _Sheets(UnitSheets):
    """Sheet after sheet; a later one may name what an earlier one says."""

    def __init__(self, reading: Reading, stored: Roster, today: date) -> None:
        super().__init__(reading, stored, today)
        self.audiences: dict[str, Audience] = {}
        self.overseers: dict[str, Overseer] = {}
        self.leaders: dict[str, Overseer] = {}
        self._people: dict[str, dict[tuple[str, Role], Officer]] = {}

    def read(self, tables: Mapping[str, SheetTable]) -> Roster:
        self.read_units(tables)
        if "people" in tables:
            self._read_people(tables["people"], whole=tuple(self.units))
        elif "units" in tables:
            self._take_people(tables["units"])
        if "audiences" in tables:
            self._read_audiences(tables["audiences"])
        if "overseers" in tables:
            self._read_overseers(tables["overseers"])
        if "leaders" in tables:
            self._read_leaders(tables["leaders"])
        stored = self.stored
        return Roster(
            units=_over(stored.units, self.units),
            groups=_over(stored.groups, self.groups),
            audiences=_over(stored.audiences, self.audiences),
            overseers=_over_people(stored.overseers, self.overseers),
            leaders=_over_people(stored.leaders, self.leaders),
        )

    # -- people ------------------------------------------------------------------------------------------------------

    def _read_people(self, table: SheetTable, whole: Iterable[str]) -> None:
        """Each unit that is listed has the people of this sheet, and no others."""
        for slug in whole:
            self._people[slug] = {}
        for row in table:
            key = "unit" if row.says("unit") else "unit_name"
            if not row.says(key):
                self.reading.error("register.no_unit", row.at("unit"))
                continue
            slugs = self.names.units_in(row, key, "people", "units")
            for slug in slugs:
                self._add(slug, row, self._role(row))
            if len(slugs) == 1 and key == "unit" and row.says("unit_name"):
                self._compare_names(row, slugs[0])
        for slug, people in self._people.items():
            unit = self.units.get(slug) or self.stored.units.get(slug)
            if unit is not None:
                self.units[slug] = replace(unit, officers=tuple(people.values()))

    def _compare_names(self, row: Row, slug: str) -> None:
        """The code counts; but a row moved to another unit by its name alone should not go unnoticed."""
        unit = self.units.get(slug) or self.stored.units.get(slug)
        name = row.text("unit_name")
        if unit is not None and name is not None:
            old = self.stored.units.get(slug, unit)
            if fold(name) not in (fold(unit.name), fold(old.name)) and slug not in self.names.unit(name):
                self.reading.warning("roster.code_and_name", row.at("unit"), id=slug, unit=unit.name, name=name)

    def _take_people(self, table: SheetTable) -> None:
        """Of an office's own list: in each role that it names somebody for, these instead of whoever was there."""
        if not {"person", "email"} & table.columns.keys():
            return
        for slug, row in self.rows:
            if not row.says("person", "email"):
                continue
            post = row.text("role")
            if row.says("person"):
                self._add(slug, row, role_by_post(post) if post else Role.OFFICER)
            elif (address := row.address("email")) is not None:
                self.units[slug] = replace(self.units[slug], mailbox=address)
        for slug, people in self._people.items():
            unit = self.units[slug]
            there = {o.address: o for o in unit.officers}
            named = {a: (replace(there[a], name=o.name) if a in there else o) for (a, _), o in people.items()}
            roles = {o.role for o in named.values()}
            kept = [named.pop(o.address, o) for o in unit.officers if o.address in named or o.role not in roles]
            self.units[slug] = replace(unit, officers=(*kept, *named.values()))

    def _add(self, slug: str, row: Row, role: Role) -> None:
        name, address = row.required("person"), row.address("email")
        if address is None:
            if not row.says("email"):
                row.missing("email")
            return
        held = self._people.setdefault(slug, {})
        if (address, role) in held:
            self.reading.warning("officer.twice", row.at("email"), address=address)
            return
        held[address, role] = Officer(name, address, role)
        self.reading.places.setdefault(Reference(slug, "officers", address), row.at("email"))

    def _role(self, row: Row) -> Role:
        text = row.text("role")
        found = Role.OFFICER if text is None else role_of(text)
        if found is None:
            self.reading.error("roster.role", row.at("role"), value=text or "")
        return found or Role.OFFICER

    # -- audiences, overseers, leaders -------------------------------------------------------------------------------

    def _read_audiences(self, table: SheetTable) -> None:
        rows: list[tuple[str, Row]] = []
        for row in table:
            slug = row.typed("code", row.text("code"), values.slug)
            if slug is None:
                if not row.says("code"):
                    row.missing("code")
                continue
            name = row.text("name")
            if slug not in self.audiences:
                old = self.stored.audiences.get(slug)
                if old is None and name is None:
                    row.missing("name")
                self.note_id(slug, row)
                self.audiences[slug] = Audience(slug, name or (old.name if old else ""))
            elif name and name != self.audiences[slug].name:
                self.reading.error("roster.name_differs", row.at("name"), id=slug, name=self.audiences[slug].name)
            rows.append((slug, row))
        audiences = {**self.stored.audiences, **self.audiences}
        self.names = Names(self.all_units.values(), self.all_groups, audiences, self.today)
        for slug, row in rows:  # a long list goes on in another row with the same code
            had = self.audiences[slug]
            self.audiences[slug] = replace(
                had,
                kinds=_joined(had.kinds, self._kinds_in(row, slug)),
                groups=_joined(had.groups, self.names.groups_in(row, "groups", slug)),
                heads=_joined(had.heads, self.names.groups_in(row, "heads", slug)),
                units=_joined(had.units, self.names.units_in(row, "units", slug)),
                audiences=_joined(had.audiences, self.names.audiences_in(row, "audiences", slug)),
                exceptions=_joined(had.exceptions, self.names.units_in(row, "exceptions", slug, "except")),
            )

    def _kinds_in(self, row: Row, owner: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for item in row.items("kinds"):
            for part in (
                [item] if self.kinds.get(fold(item)) else [p for p in (x.strip() for x in item.split(",")) if p]
            ):
                kind = self.kinds.get(fold(part), part)
                self.reading.places.setdefault(Reference(owner, "kinds", kind), row.at("kinds"))
                found[kind] = None
        return tuple(found)

    def _read_overseers(self, table: SheetTable) -> None:
        for row in table:
            name, address = row.required("person"), row.address("email")
            if address is None:
                if not row.says("email"):
                    row.missing("email")
                continue
            some = self.names.units_in(row, "units", f"overseers/{address}")
            if not some:
                # Without units it would be a leader, who reads everything.
                if not row.says("units"):
                    self.reading.error("roster.overseer_units", row.at("units"), name=name)
                continue
            had = self.overseers.get(address)
            self.overseers[address] = Overseer(
                had.name if had else name, address, _joined(had.units if had else (), some)
            )

    def _read_leaders(self, table: SheetTable) -> None:
        for row in table:
            name, address = row.required("person"), row.address("email")
            if address is not None:
                self.leaders.setdefault(address, Overseer(name, address))
            elif not row.says("email"):
                row.missing("email")


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _over(stored: Mapping[str, T], listed: Mapping[str, T]) -> dict[str, T]:
    """What is listed in the place of what is stored, and after it what is new."""
    return {**{s: listed.get(s, old) for s, old in stored.items()}, **listed}


def _over_people(stored: Iterable[Overseer], listed: Mapping[str, Overseer]) -> tuple[Overseer, ...]:
    kept = [listed.get(o.address, o) for o in stored]
    return tuple(dict.fromkeys((*kept, *listed.values())))


def _completed(roster: Roster, reader: _Sheets, tables: Mapping[str, SheetTable], today: date) -> Roster:
    """Without what the file has a sheet for and does not list; units end instead."""
    roster = replace(
        roster,
        groups=roster.groups if "groups" not in tables else _only(roster.groups, reader.groups),
        audiences=roster.audiences if "audiences" not in tables else _only(roster.audiences, reader.audiences),
        overseers=roster.overseers if "overseers" not in tables else tuple(reader.overseers.values()),
        leaders=roster.leaders if "leaders" not in tables else tuple(reader.leaders.values()),
    )
    if "units" not in tables:
        return roster
    yesterday = today - timedelta(days=1)
    units = {
        slug: unit
        if slug in reader.units or has_ended(unit, today)
        else replace(unit, until=max(yesterday, unit.since or yesterday))
        for slug, unit in roster.units.items()
    }
    return replace(roster, units=units)


def _only(roster: Mapping[str, T], listed: Mapping[str, T]) -> dict[str, T]:
    return {slug: one for slug, one in roster.items() if slug in listed}
