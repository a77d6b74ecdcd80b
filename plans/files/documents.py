"""Several files at once: which of them hold plans, units or policies, and what is wrong between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plans.files.plan_file import PlanFile, plan_of_tree
from plans.files.policy_file import KEYS as _POLICY_KEYS
from plans.files.policy_file import PolicyFile, policies_of_tree
from plans.files.reading import Reference
from plans.files.tree import Mapping, read_tree
from plans.files.unit_file import UnitFile, roster_of_tree
from plans.policies import PolicyBook
from plans.problems import Place, Problem
from plans.units import Roster

_PLAN_KEYS = frozenset(("plan", "tasks"))
_UNIT_KEYS = frozenset(("units", "groups", "audiences", "overseers", "leaders"))


@dataclass(frozen=True, slots=True)
class Documents:
    """What a set of files says."""

    units: tuple[UnitFile, ...] = ()
    plans: tuple[PlanFile, ...] = ()
    policies: tuple[PolicyFile, ...] = ()
    problems: tuple[Problem, ...] = ()  # of all files, in their order, those of each file included

    @property
    def rosters(self) -> tuple[Roster, ...]:
        return tuple(file.roster for file in self.units)

    def book(self, stored: PolicyBook) -> PolicyBook:
        """The policies in force once these files are loaded over those `stored`."""
        for file in self.policies:
            stored = stored.with_own(file.policies, file.quiet)
        return stored


def read_documents(files: Iterable[tuple[str, bytes]]) -> Documents:
    """Read files by what they hold, whatever their names; a file that is none of the three kinds is a problem."""
    units: list[UnitFile] = []
    plans: list[PlanFile] = []
    policies: list[PolicyFile] = []
    problems: list[Problem] = []
    first: dict[tuple[str, str], Place] = {}  # of a plan or a policy
    for file, content in files:
        root, faults = read_tree(file, content)
        keys = set(root.keys()) if isinstance(root, Mapping) else set()
        kinds = [kind for kind in (_PLAN_KEYS, _UNIT_KEYS, _POLICY_KEYS) if keys & kind]
        if root is None:
            problems += faults
        elif len(kinds) > 1:
            problems += [*faults, Problem("file.both", {}, root.place)]
        elif _UNIT_KEYS in kinds:
            units.append(roster_of_tree(file, root, faults))
            problems += units[-1].problems
        elif _PLAN_KEYS in kinds:
            read = plan_of_tree(file, root, faults)
            plans.append(read)
            problems += read.problems
            if read.plan is not None:
                problems += _again(first, "plan.duplicate", read.plan.slug, read.places[Reference("", "id")])
        elif _POLICY_KEYS in kinds:
            policies.append(policies_of_tree(file, root, faults))
            problems += policies[-1].problems
            for policy in policies[-1].policies:
                place = policies[-1].places[Reference(policy.name, "id")]
                problems += _again(first, "policy.duplicate", policy.name, place)
        else:
            problems += [*faults, Problem("file.neither", {}, root.place)]
    return Documents(tuple(units), tuple(plans), tuple(policies), tuple(problems))


def _again(first: dict[tuple[str, str], Place], code: str, slug: str, place: Place) -> list[Problem]:
    """The problem of an id that another file has already."""
    seen = first.setdefault((code, slug), place)
    return [] if seen is place else [Problem(code, {"id": slug, "first": str(seen)}, place)]
