"""Units (đơn vị), the people in them, groups (khối, cụm) and audiences (đối tượng thực hiện).

A person is an address: one person may serve several units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """What an officer of a unit is told of: officers and clerks of everything, a head of trouble."""

    OFFICER = "officer"  # chuyên viên
    CLERK = "clerk"  # văn thư
    HEAD = "head"  # thủ trưởng


def valid(since: date | None, until: date | None, on: date) -> bool:
    """Whether a life span that includes both its ends covers `on`."""
    return (since is None or since <= on) and (until is None or on <= until)


@dataclass(frozen=True, slots=True)
class Officer:
    """A person's place in a unit."""

    name: str  # a role or a person's name, as mails address it
    address: str  # e-mail, in lower case: the identity of the person
    role: Role = Role.OFFICER


@dataclass(frozen=True, slots=True)
class Unit:
    """An agency, department, locality, school or enterprise that owes or coordinates work."""

    slug: str
    name: str
    kind: str  # a word of the installation's own, used by audiences: "so-nganh", "huyen" …
    parent: str | None = None
    mailbox: str | None = None  # written to when no officer is named
    officers: tuple[Officer, ...] = ()
    since: date | None = None  # first day it exists
    until: date | None = None  # last day it exists
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """A unit in a group for a time: groups rotate their heads and change their members."""

    unit: str
    head: bool = False
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A cluster or block (cụm, khối thi đua)."""

    slug: str
    name: str
    members: tuple[Membership, ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """A named set of units, as documents address them; resolved by `plans.audiences`."""

    slug: str
    name: str
    kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()  # their members
    heads: tuple[str, ...] = ()  # the units that head these groups: "các cụm trưởng, khối trưởng"
    units: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()  # unit slugs taken out again


@dataclass(frozen=True, slots=True)
class Overseer:
    """A council member and the units assigned to that member; without units, a leader who reads all."""

    name: str
    address: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """Everything a unit file says; each mapping is keyed by slug."""

    units: dict[str, Unit] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    audiences: dict[str, Audience] = field(default_factory=dict)
    overseers: tuple[Overseer, ...] = ()
    leaders: tuple[Overseer, ...] = ()
