"""The units and groups of a roster's sheets: which are listed under which codes, then what is said of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from plans.files import values
from plans.files.reading import Reading, Reference
from plans.files.roster_layout import TABLES, YES
from plans.files.roster_names import Names, kind_words, new_slug
from plans.files.sheet_rows import Row, SheetTable
from plans.naming import fold
from plans.units import Group, Membership, Roster, Unit

_YES = frozenset((fold(YES), "x", "v", "dung", "yes", "true", "1", "truong", "khoi truong", "cum truong"))
_NO = frozenset(("khong", "no", "false", "0", "thanh vien"))


class UnitSheets:
    """Units and groups as the sheets list them, over what is stored."""

    def __init__(self, reading: Reading, stored: Roster, today: date) -> None:
        self.reading, self.stored, self.today = reading, stored, today
        self.kinds = kind_words(stored)
        self.units: dict[str, Unit] = {}  # those that are listed, as they are to be
        self.groups: dict[str, Group] = {}
        self.rows: list[tuple[str, Row]] = []  # (unit, row) of the sheet of units
        self.names = Names((), {}, {}, today)

    def read_units(self, tables: Mapping[str, SheetTable]) -> None:
        """Both sheets; first who is listed, since either may name what the other says."""
        if "units" in tables:
            self._list_units(tables["units"])
        if "groups" in tables:
            self._list_groups(tables["groups"])
        self.names = Names(self.all_units.values(), self.all_groups, self.stored.audiences, self.today)
        self._complete_units()
        if "groups" in tables:
            self._read_members(tables["groups"])
        self._join_groups()

    @property
    def all_units(self) -> dict[str, Unit]:
        return {**self.stored.units, **self.units}

    @property
    def all_groups(self) -> dict[str, Group]:
        return {**self.stored.groups, **self.groups}

    # -- units -------------------------------------------------------------------------------------------------------

    def _list_units(self, table: SheetTable) -> None:
        """Who is listed, under which code; what else rows say is read once all names are known."""
        names = Names(self.stored.units.values(), {}, {}, self.today)
        new: dict[str, str] = {}  # name → code, of units that this file adds
        section: str | None = None  # kind that a row above says of those below it
        last: str | None = None
        added: dict[str, Row] = {}  # code → the first row, of units that are not stored
        for row in table:
            name = row.text("name")
            if name and not row.says(*(table.columns.keys() - {"name"})):
                title = self.kinds.get(fold(name.split(".", 1)[-1]))
                if title is not None:
                    section = title
                    continue
            slug = self._slug(row, name, names, new, last)
            if slug is None:
                last = None
                continue
            if slug in self.units:
                if row.says("code") and not row.says("person", "email"):
                    line = self.reading.places[Reference(slug, "")].line
                    self.reading.error("id.duplicate", row.at("code"), id=slug, line=line)
            else:
                self.reading.places[Reference(slug, "")] = row.at("code" if row.has("code") else "name")
                self.units[slug] = self._begun(row, slug, name, section)
                if slug not in self.stored.units:
                    added[slug] = row
            self.rows.append((slug, row))
            last = slug
        self._point_out(names, added)

    def _slug(self, row: Row, name: str | None, names: Names, new: dict[str, str], last: str | None) -> str | None:
        if row.says("code"):
            return row.typed("code", row.text("code"), values.slug)
        if name is None:
            if last is None or not row.says("person", "email"):
                self.reading.error("register.no_unit", row.at("name"))
                return None
            return last  # another person of the unit above
        if fold(name) in new:
            return new[fold(name)]
        found = names.unit(name)
        if len(found) > 1:
            params = {"name": name, "units": ", ".join(found)}
            self.reading.error("register.unit_ambiguous", row.at("name"), **params)
            return None
        if found:
            return found[0]
        taken = {*self.stored.units, *self.stored.groups, *self.stored.audiences, *self.units}
        slug = new_slug(name, taken)
        if not slug:
            self.reading.error("roster.unit_name", row.at("name"), name=name)
            return None
        new[fold(name)] = slug
        return slug

    def _point_out(self, names: Names, added: Mapping[str, Row]) -> None:
        """New units that are called like one that is there, or nearly so: perhaps they are that one."""
        for slug, near in names.likely({s: row for s, row in added.items() if self.units[s].name}, self.units).items():
            params = {"name": self.units[slug].name, "nearest": near.name, "slug": near.slug}
            self.reading.warning("roster.similar", added[slug].at("name"), **params)

    def _begun(self, row: Row, slug: str, name: str | None, section: str | None) -> Unit:
        """The unit with its name and kind: what is stored, and over it what the row says."""
        old = self.stored.units.get(slug)
        coded = row.says("code")
        if old is None and name is None:
            row.missing("name")
        # Found by its name, however that was written, it keeps the one it has.
        called = name if name and (coded or old is None) else old.name if old else ""
        kind = self._kind(row) or section or (old.kind if old else None)
        if kind is None:
            known = ", ".join(dict.fromkeys(u.kind for u in self.stored.units.values())) or "so-nganh, xa"
            self.reading.error("roster.kind_missing", row.at("kind"), name=called or slug, choices=known)
        return replace(old or Unit(slug, called, ""), name=called, kind=kind or "")

    def _kind(self, row: Row) -> str | None:
        text = row.text("kind")
        if text is None:
            return None
        known = self.kinds.get(fold(text)) or (text if values.SLUG.fullmatch(text) else None)
        if known is not None and len(known) <= values.LONGEST_SLUG:
            return known
        made = values.slugify(text)
        if not made:
            return row.typed("kind", text, values.slug)
        self.reading.warning("roster.kind_new", row.at("kind"), name=text, slug=made)
        self.kinds[fold(text)] = made
        return made

    def _complete_units(self) -> None:
        """Everything else that rows say of units; a blank cell beside a code says that there is nothing."""
        for slug, row in self.rows:
            unit = self.units[slug]
            if _speaks(row, "parent"):
                unit = replace(unit, parent=next(iter(self.names.units_in(row, "parent", slug)), None))
            if _speaks(row, "successors"):
                unit = replace(unit, successors=self.names.units_in(row, "successors", slug))
            if _speaks(row, "mailbox"):
                unit = replace(unit, mailbox=row.address("mailbox"))
            if _speaks(row, "since"):
                unit = replace(unit, since=row.day("since"))
            if _speaks(row, "until"):
                unit = replace(unit, until=row.day("until"))
            self.units[slug] = unit
            if unit.since and unit.until and unit.until < unit.since:
                self.reading.error("until_before_from", row.at("until"), start=unit.since, end=unit.until)

    # -- groups ------------------------------------------------------------------------------------------------------

    def _list_groups(self, table: SheetTable) -> None:
        names = {fold(g.name): s for s, g in self.stored.groups.items()}
        for row in table:
            name = row.text("name")
            slug = row.typed("code", row.text("code"), values.slug) if row.says("code") else names.get(fold(name or ""))
            if slug is None:
                if not row.says("code"):
                    row.missing("code")
            elif slug not in self.groups:
                old = self.stored.groups.get(slug)
                if old is None and name is None:
                    row.missing("name")
                self.note_id(slug, row)
                self.groups[slug] = Group(slug, name or (old.name if old else ""))
                names[fold(self.groups[slug].name)] = slug
            elif name and name != self.groups[slug].name:
                self.reading.error("roster.name_differs", row.at("name"), id=slug, name=self.groups[slug].name)

    def note_id(self, slug: str, row: Row) -> None:
        """Units, groups and audiences share one namespace of references."""
        mine = Reference(slug, "")
        if mine in self.reading.places:
            line = self.reading.places[mine].line
            self.reading.error("id.duplicate", row.at("code"), id=slug, line=line)
        elif any(slug in some for some in (self.stored.units, self.stored.groups, self.stored.audiences)):
            kinds = (("groups", self.stored.groups), ("audiences", self.stored.audiences), ("units", self.stored.units))
            held = next(kind for kind, some in kinds if slug in some)
            if TABLES[held].name != row.table.layout.name:
                self.reading.error("roster.code_taken", row.at("code"), id=slug)
        self.reading.places[mine] = row.at("code")

    def _read_members(self, table: SheetTable) -> None:
        members: dict[str, list[Membership]] = {slug: [] for slug in self.groups}
        for row in table:
            slug = self._group_of(row)
            said = "unit" if row.says("unit") else "unit_name"
            if slug is None or not row.says(said):
                continue
            for unit in self.names.units_in(row, said, slug, "members"):
                since, until = row.day("since"), row.day("until")
                if since and until and until < since:
                    self.reading.error("until_before_from", row.at("until"), start=since, end=until)
                members[slug].append(Membership(unit, self._is_head(row), since, until))
        self.groups = {slug: replace(g, members=tuple(members[slug])) for slug, g in self.groups.items()}

    def _group_of(self, row: Row) -> str | None:
        text = row.text("code") or row.text("name") or ""
        found = self.names.groups.get(text) or self.names.groups.get(fold(text))
        return found if found in self.groups else None

    def _is_head(self, row: Row) -> bool:
        text = row.text("head")
        if text is not None and fold(text) not in _YES | _NO:
            self.reading.error("roster.yes_or_no", row.at("head"), value=text, yes=YES)
        return text is not None and fold(text) in _YES

    def _join_groups(self) -> None:
        """The groups that rows of units name: joined, where the unit is in them no longer or never was."""
        for slug, row in self.rows:
            for item in self.names.groups_in(row, "groups", slug):
                name = item
                group = self.groups.get(name) or self.stored.groups.get(name)
                if group is None and not row.says("code"):  # an office's own list names new groups by their names
                    name = new_slug(item, {*self.stored.units, *self.units, *self.stored.audiences})
                    group = self.groups.get(name) or Group(name, item)
                    place = self.reading.places.pop(Reference(slug, "groups", item))
                    self.reading.places[Reference(slug, "groups", name)] = place
                if group is None or not name:
                    continue  # is found once all is known
                current = (m.until is None or m.until >= self.today for m in group.members if m.unit == slug)
                joined = group if any(current) else replace(group, members=(*group.members, Membership(slug)))
                if joined != self.stored.groups.get(name):
                    self.groups[name] = joined


def _speaks(row: Row, key: str) -> bool:
    """Whether a row says something of a column; a blank cell does where the row has a code, which is a whole unit."""
    return row.says(key) or (row.says("code") and row.has(key))
