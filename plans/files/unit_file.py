"""A unit file: bytes to the roster of units, groups and audiences, with its problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from plans.files import values
from plans.files.reading import Form, Reading, Reference
from plans.files.roster_checks import check_roster
from plans.files.tree import Mapping as MappingNode
from plans.files.tree import Node, read_tree
from plans.problems import Place, Problem
from plans.units import Audience, Group, Membership, Officer, Overseer, Role, Roster, Unit


@dataclass(frozen=True, slots=True)
class UnitFile:
    """What a unit file says; `roster` is incomplete where problems hold an error."""

    file: str
    roster: Roster
    problems: tuple[Problem, ...] = ()
    places: Mapping[Reference, Place] = field(default_factory=dict)


def read_units(file: str, content: bytes | str) -> UnitFile:
    """The roster of one file with every fault found; `file` is the name that places show."""
    root, problems = read_tree(file, content)
    return UnitFile(file, Roster(), tuple(problems)) if root is None else roster_of_tree(file, root, problems)


def roster_of_tree(file: str, root: Node, problems: list[Problem]) -> UnitFile:
    """The same for a file whose tree was read already."""
    reading = Reading(problems)
    roster = Roster()
    if top := Form.of(root, reading, file):
        roster = _roster(top)
        top.close()
        check_roster(roster, reading)
    return UnitFile(file, roster, reading.problems(), reading.places)


def _roster(top: Form) -> Roster:
    units: dict[str, Unit] = {}
    groups: dict[str, Group] = {}
    audiences: dict[str, Audience] = {}
    joined: dict[str, tuple[str, ...]] = {}
    for form in top.forms("units"):
        unit, memberships = _unit(form)
        if _is_new(form):
            units[unit.slug], joined[unit.slug] = unit, memberships
    for form in top.forms("groups"):
        group = _group(form)
        if _is_new(form):
            groups[group.slug] = group
    for form in top.forms("audiences"):
        audience = _audience(form)
        if _is_new(form):
            audiences[audience.slug] = audience
    for unit_slug, slugs in joined.items():
        for slug in slugs:
            joint = groups.get(slug)
            if joint and all(m.unit != unit_slug for m in joint.members):
                groups[slug] = replace(joint, members=(*joint.members, Membership(unit_slug)))
    overseers = tuple(_overseer(form) for form in top.forms("overseers"))
    leaders = tuple(_leader(form) for form in top.forms("leaders"))
    return Roster(units, groups, audiences, overseers, leaders)


def _is_new(form: Form) -> bool:
    """Whether its id is the first of that name; units, groups and audiences share one namespace of references."""
    form.close()
    places, mine = form.reading.places, Reference(form.owner, "")
    if not form.owner:
        return False
    if mine in places:
        line = places[mine].line
        form.reading.error("id.duplicate", form.place_of("id"), id=form.owner, line=line)
        return False
    places[mine] = form.place_of("id")
    return True


def _named(form: Form) -> tuple[str, str]:
    form.owner = form.required_slug("id")
    return form.owner, form.required("name")


def _unit(form: Form) -> tuple[Unit, tuple[str, ...]]:
    slug, name = _named(form)
    since, until = _span(form)
    unit = Unit(
        slug=slug,
        name=name,
        kind=form.required_slug("kind"),
        parent=form.reference("parent"),
        mailbox=form.address("mailbox"),
        officers=tuple(_officers(form)),
        since=since,
        until=until,
        successors=form.references("successors"),
    )
    memberships = form.references("groups")
    if not unit.officers and form.node("mailbox") is None:
        form.reading.warning("unit.unreachable", form.place_of("id"), name=name)
    return unit, memberships


def _officers(unit: Form) -> list[Officer]:
    officers: dict[str, Officer] = {}
    for form in unit.forms("officers"):
        address = form.required_address("email")
        role = Role(form.choice("role", list(Role)) or Role.OFFICER)
        officer = Officer(form.required("name"), address, role)
        form.close()
        if address in officers:
            form.reading.warning("officer.twice", form.place_of("email"), address=address)
        elif address:
            officers[address] = officer
            unit.note("officers", address, (form.node("email") or unit).place)
    return list(officers.values())


def _span(form: Form) -> tuple[date | None, date | None]:
    since, until = form.day("from"), form.day("until")
    if since and until and until < since:
        form.reading.error("until_before_from", form.place_of("until"), start=since, end=until)
    return since, until


def _group(form: Form) -> Group:
    slug, name = _named(form)
    members = _members(form, "members", head=False)
    for head in _members(form, "head", head=True):
        plain = replace(head, head=False)
        if plain in members:
            members[members.index(plain)] = head
        else:
            members.append(head)
    return Group(slug, name, tuple(members))


def _members(group: Form, key: str, *, head: bool) -> list[Membership]:
    """Each item is a unit's slug or a mapping of unit, from and until."""
    found: dict[Membership, None] = {}
    node = group.node(key)
    items: list[Node] = [node] if isinstance(node, MappingNode) else group.nodes(key)
    for item in items:
        if isinstance(item, MappingNode):
            form = Form(item, group.reading)
            unit, span = form.required_slug("unit"), _span(form)
            place = (form.node("unit") or item).place
            form.close()
        else:
            unit, span, place = group.typed(item, key, values.reference) or "", (None, None), item.place
        if unit:
            group.note("members", unit, place)
            found[Membership(unit, head, *span)] = None
    return list(found)


def _audience(form: Form) -> Audience:
    slug, name = _named(form)
    return Audience(
        slug=slug,
        name=name,
        kinds=form.references("kinds"),
        groups=form.references("groups"),
        heads=form.references("heads"),
        units=form.references("units"),
        audiences=form.references("audiences"),
        exceptions=form.references("except"),
    )


def _overseer(form: Form) -> Overseer:
    address = form.required_address("email")
    form.owner = f"overseers/{address}"
    overseer = Overseer(form.required("name"), address, form.references("units"))
    form.close()
    return overseer


def _leader(form: Form) -> Overseer:
    leader = Overseer(form.required("name"), form.required_address("email"))
    form.close()
    return leader
