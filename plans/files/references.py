"""Whether a plan's references mean something in a roster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from plans.audiences import UNDETERMINED, resolve
from plans.files.reading import Reading, Reference
from plans.people import posts_of
from plans.plan import Kind, Plan, Task
from plans.policies import PROGRAMS, Policy, PolicyBook
from plans.problems import Place, Problem
from plans.succession import line_of
from plans.units import Membership, Roster, Unit

_ANY_DAY = date(2000, 1, 1)


def check_references(
    plan: Plan, places: Mapping[Reference, Place], roster: Roster, book: PolicyBook = PROGRAMS
) -> list[Problem]:
    """Faults of everything the plan names in the roster and among the policies.

    `places` may lack some: a plan from the store has none.
    """
    check = _Check(places, roster)
    check.unit("", "coordinator", plan.coordinator)
    for task in plan.tasks:
        excluding = [name for name in (plan.coordinator, task.to, task.via) if name]
        check.unit(task.slug, "to", task.to)
        check.unit(task.slug, "via", task.via)
        check.units(task.slug, "owed_by", task.owed_by, excluding)
        check.units(task.slug, "with", task.coordinating, excluding)
        check.officers(task, excluding)
        check.undecided(task)
        check.policy(task, book)
    return list(check.reading.problems())


def check_policies(policies: Iterable[Policy], places: Mapping[Reference, Place], roster: Roster) -> list[Problem]:
    """Faults of the audiences that policies name."""
    check = _Check(places, roster)
    for policy in policies:
        check.units(policy.name, "audience", policy.variants, [])
    return list(check.reading.problems())


def timeless(roster: Roster) -> Roster:
    """The roster without dates: what resolves to nobody in it does so on every day."""
    units = {s: replace(u, since=None, until=None) for s, u in roster.units.items() if _lives(u, u)}
    groups = {
        slug: replace(group, members=tuple(_undated(m) for m in group.members if _belongs(m, roster)))
        for slug, group in roster.groups.items()
    }
    return replace(roster, units=units, groups=groups)


def _belongs(member: Membership, roster: Roster) -> bool:
    unit = roster.units.get(member.unit)
    return unit is not None and all(_lives(one, other) for one in (unit, member) for other in (unit, member))


def _lives(one: Unit | Membership, other: Unit | Membership) -> bool:
    return one.since is None or other.until is None or one.since <= other.until


def _undated(member: Membership) -> Membership:
    return replace(member, since=None, until=None)


class _Check:
    def __init__(self, places: Mapping[Reference, Place], roster: Roster) -> None:
        self.reading = Reading()
        self.places = places
        self.roster = roster
        self.timeless = timeless(roster)

    def place(self, owner: str, key: str, name: str = "") -> Place | None:
        return self.places.get(Reference(owner, key, name)) or self.places.get(Reference(owner, ""))

    def unit(self, owner: str, key: str, name: str | None) -> None:
        """One that has to be a single unit."""
        if name is None or name in self.roster.units:
            return
        place = self.place(owner, key, name)
        if name in self.roster.audiences or name in self.roster.groups:
            self.reading.error("reference.not_unit", place, name=name, key=key)
        else:
            self.reading.unknown("unknown.unit", place, name, self.roster.units)

    def units(self, owner: str, key: str, names: Iterable[str], excluding: list[str]) -> None:
        known = [*self.roster.units, *self.roster.groups, *self.roster.audiences]
        for name in names:
            place = self.place(owner, key, name)
            if name == UNDETERMINED:
                self.reading.warning("reference.undetermined", place, key=key)
            elif name not in known:
                self.reading.unknown("unknown.reference", place, name, known)
            elif not resolve([name], self.timeless, _ANY_DAY, excluding):
                self.reading.error("reference.nobody", place, name=name)

    def policy(self, task: Task, book: PolicyBook) -> None:
        """One that there is, and says nothing of lateness to what can't be late."""
        if task.policy is None:
            return
        place = self.place(task.slug, "policy", task.policy)
        found = book.get(task.policy) if task.policy in book.for_tasks else None
        if found is None:
            known = book.for_tasks
            self.reading.unknown("policy.unknown_name", place, task.policy, known, choices=", ".join(known))
        elif not task.kind.can_be_late and any(stage.overdue for stage in found.stages):
            self.reading.warning("policy.late_unused", place, policy=task.policy, kind=task.kind.value)

    def officers(self, task: Task, excluding: list[str]) -> None:
        """Its own officers belong to units that owe it, or their successors, or say for which of them they are told."""
        if not task.officers:
            return
        known = [name for name in task.owed_by if name != UNDETERMINED and self.known(name)]
        owing = line_of(self.roster, resolve(known, self.timeless, _ANY_DAY, excluding))
        posts = {address: slug for slug in owing for address in posts_of(self.roster.units[slug])}
        for officer in task.officers:
            if officer.unit is None and officer.address not in posts:
                place = self.place(task.slug, "officers", officer.address)
                self.reading.unknown("task.officer_unknown", place, officer.address, sorted(posts))
            elif officer.unit is not None and officer.unit not in self.roster.units:
                place = self.place(task.slug, "officers.unit", officer.unit)
                self.reading.unknown("unknown.unit", place, officer.unit, self.roster.units)
            elif officer.unit is not None and officer.unit not in owing:
                place = self.place(task.slug, "officers.unit", officer.unit)
                self.reading.unknown("task.officer_unit", place, officer.unit, sorted(owing))

    def known(self, name: str) -> bool:
        return name in self.roster.units or name in self.roster.groups or name in self.roster.audiences

    def undecided(self, task: Task) -> None:
        """A blank cell of a table inherits nothing: a person decides who."""
        if not task.owed_by and task.kind is not Kind.STANDING:
            self.reading.warning("task.nobody", self.place(task.slug, "owed_by"), id=task.slug)
        with_blank = Reference(task.slug, "with") in self.places and not task.coordinating
        if with_blank and task.kind is Kind.WORK:
            self.reading.warning("task.with_blank", self.place(task.slug, "with"), id=task.slug)
