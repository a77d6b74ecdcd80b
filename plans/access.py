"""Who may read and do what. Rights come from the data: from posts, groups, assignments and plans, as of one day.

What a right covers that only rows can tell (whether a unit owes something in a plan) is asked in `actions.access`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Granted:
    """What the settings file grants, because no row of the data says it."""

    administrators: frozenset[str] = _NONE  # addresses, in lower case
    office: str | None = None  # the unit that runs this installation: its people read everything


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person may do on a day; without any of them, the person is a stranger."""

    administers: bool = False
    reads_all: bool = False  # administrators, leaders, the people of the office
    coordinates: frozenset[str] = _NONE  # plans
    acts_for: frozenset[str] = _NONE  # units, as an officer, a clerk or the mailbox
    heads: frozenset[str] = _NONE  # units, as their head
    oversees: frozenset[str] = _NONE  # units assigned to a council member, members of a group that one's unit heads
    named: frozenset[tuple[str, str, str]] = frozenset()  # plan, task and unit of tasks that name officers of their own

    @property
    def any(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))

    @property
    def units(self) -> frozenset[str]:
        """The units of which everything may be read."""
        return self.acts_for | self.heads | self.oversees

    @property
    def coordinating(self) -> Rights:
        """The part of it that lets plans be changed: who reads by it reads what `may_change_plan` and no more."""
        return Rights(self.administers, self.administers, self.coordinates)

    # One function per question. -------------------------------------------------------------------------------------

    def may_read_whole_unit(self, unit: str) -> bool:
        """Whether everything of a unit may be read, the address of its calendar included."""
        return self.reads_all or unit in self.acts_for or unit in self.heads or unit in self.oversees

    def may_read_item(self, plan: str, task: str, unit: str) -> bool:
        """Whether what a unit owes for a task may be read."""
        return plan in self.coordinates or self.may_read_whole_unit(unit) or (plan, task, unit) in self.named

    def may_read_whole_plan(self, plan: str) -> bool:
        """Whether what every unit owes in a plan may be read."""
        return self.reads_all or plan in self.coordinates

    def may_change_plan(self, plan: str) -> bool:
        """Whether receipts, extensions, exemptions and closings of a plan may be recorded."""
        return self.administers or plan in self.coordinates

    @property
    def may_add_plans(self) -> bool:
        """Whether plans may be loaded: of any unit as an administrator, else such as one's own unit coordinates."""
        return self.administers or bool(self.coordinates)

    def may_declare(self, plan: str, task: str, unit: str) -> bool:
        """Whether a unit's item may be declared sent, and more time or another officer be asked for, in its name."""
        return unit in self.acts_for or unit in self.heads or (plan, task, unit) in self.named

    def may_change_unit(self, unit: str) -> bool:
        """Whether the contacts of a unit may be set right, and its people's posts handed over, in its name."""
        return self.administers or unit in self.heads

    def may_stand_for(self, other: Rights) -> bool:
        """Whether an absence of somebody with these rights may be recorded, which passes them to a deputy.

        A head may where all of them are rights in the own units: nobody gains any by naming oneself.
        """
        units = other.acts_for | other.heads | {unit for _, _, unit in other.named}
        within = bool(units) and units <= self.heads and other.oversees <= self.units
        return self.administers or (within and not other.reads_all and other.coordinates <= self.coordinates)

    def covers(self, other: Rights) -> bool:
        """Whether somebody with these gains nothing as the deputy of somebody with the `other` ones."""
        mine = self.acts_for | self.heads
        return (
            (self.reads_all or not other.reads_all)
            and other.coordinates <= self.coordinates
            and other.acts_for <= mine
            and other.heads <= self.heads
            and (self.reads_all or other.oversees <= self.units)
            and all(one in self.named or one[2] in mine for one in other.named)
        )

    @property
    def may_change_plans(self) -> bool:
        """Whether there may be a plan to change."""
        return self.administers or bool(self.coordinates)

    @property
    def may_see_operations(self) -> bool:
        """Whether to be told how the program itself does: mail that fails, a scheduler that is silent."""
        return self.reads_all or bool(self.coordinates)

    @property
    def may_administer(self) -> bool:
        """Whether people, units and everybody's sessions may be changed."""
        return self.administers


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone who has signed in."""

    person_id: int
    address: str
    name: str
    rights: Rights
