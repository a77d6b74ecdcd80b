"""Several files at once: which of them are plans and which are unit files, and what is wrong between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plans.files.plan_file import PlanFile, plan_of_tree
from plans.files.reading import Reference
from plans.files.tree import Mapping, read_tree
from plans.files.unit_file import UnitFile, roster_of_tree
from plans.problems import Place, Problem
from plans.units import Roster

_PLAN_KEYS = frozenset(("plan", "tasks"))
_UNIT_KEYS = frozenset(("units", "groups", "audiences", "overseers", "leaders"))


@dataclass(frozen=True, slots=True)
class Documents:
    """What a set of files says."""

    units: tuple[UnitFile, ...] = ()
    plans: tuple[PlanFile, ...] = ()
    problems: tuple[Problem, ...] = ()  # of all files, in their order, those of each file included

    @property
    def rosters(self) -> tuple[Roster, ...]:
        return tuple(file.roster for file in self.units)


def read_documents(files: Iterable[tuple[str, bytes]]) -> Documents:
    """Read files by what they hold, whatever their names; a file that is neither a plan nor units is a problem."""
    units: list[UnitFile] = []
    plans: list[PlanFile] = []
    problems: list[Problem] = []
    seen: dict[str, Place] = {}
    for file, content in files:
        root, faults = read_tree(file, content)
        keys = set(root.keys()) if isinstance(root, Mapping) else set()
        if root is None:
            problems += faults
        elif keys & _PLAN_KEYS and keys & _UNIT_KEYS:
            problems += [*faults, Problem("file.both", {}, root.place)]
        elif keys & _UNIT_KEYS:
            units.append(roster_of_tree(file, root, faults))
            problems += units[-1].problems
        elif keys & _PLAN_KEYS:
            read = plan_of_tree(file, root, faults)
            plans.append(read)
            problems += read.problems
            if read.plan is None:
                continue
            place = read.places[Reference("", "id")]
            if read.plan.slug in seen:
                first = seen[read.plan.slug]
                problems.append(Problem("plan.duplicate", {"id": read.plan.slug, "first": str(first)}, place))
            seen.setdefault(read.plan.slug, place)
        else:
            problems += [*faults, Problem("file.neither", {}, root.place)]
    return Documents(tuple(units), tuple(plans), tuple(problems))
