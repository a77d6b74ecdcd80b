"""Files named on the command line: folders are searched, and units are found beside the plans that name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actions.loading import merge
from config.settings import FILE, read_settings
from plans.files.documents import Documents, read_documents
from plans.files.encoding import LARGEST
from plans.files.plan_references import check_other_plans
from plans.files.references import check_policies, check_references
from plans.files.unit_file import read_units
from plans.plan import Plan
from plans.policies import PROGRAMS, PolicyBook
from plans.problems import Place, Problem, UserError, by_place
from plans.units import Roster
from store.database import Database
from store.plans import stored_plans
from store.policies import read_policies
from store.units import read_roster
from store.upgrading import HEAD, version_of

_ENDINGS = (".yaml", ".yml")
UNITS = "units.yaml"


@dataclass(frozen=True, slots=True)
class Found:
    """What the files say, and the units they may name."""

    documents: Documents
    roster: Roster
    roster_known: bool
    book: PolicyBook  # the policies that plans may name
    count: int
    stored: Mapping[str, Plan] = field(default_factory=dict)  # plans of the home, by slug
    home: Path | None = None  # whose units they are, where neither the files nor what lies beside them names any

    @property
    def known(self) -> dict[str, Plan]:
        """All plans that may be named: those of the files and, where they say nothing of them, of the home."""
        return {**self.stored, **{file.plan.slug: file.plan for file in self.documents.plans if file.plan}}

    def all_problems(self, others: Iterable[Problem] = ()) -> list[Problem]:
        """Those of the files, of what they refer to, and `others`, in the order of the files and of their lines."""
        problems = [*self.documents.problems, *others]
        if self.roster_known:
            for file in self.documents.plans:
                if file.plan is not None:
                    problems += check_references(file.plan, file.places, self.roster, self.book)
                    problems += check_other_plans(file.plan, file.places, self.known)
            for policies in self.documents.policies:
                problems += check_policies(policies.policies, policies.places, self.roster)
        return by_place(problems)


def read_files(names: Sequence[str], home: Path | None) -> Found:
    """Read files and folders. Raises UserError for every name that is none."""
    paths = _paths(names)
    documents = read_documents((str(p), _content(p)) for p in paths)
    in_store, plans, book = _stored(home) if home is not None else (Roster(), {}, PROGRAMS)
    roster, known, of_home = Roster(), False, False
    for beside in () if documents.rosters else _beside(paths):
        roster, known = read_units(str(beside), _content(beside)).roster, True
    if home is not None and not documents.rosters and not known:
        roster = in_store if in_store.units else _not_loaded(home)
        known = of_home = bool(roster.units)
    for one in documents.rosters:
        roster, known = merge(roster, one), True
    return Found(documents, roster, known, documents.book(book), len(paths), plans, home if of_home else None)


def _paths(names: Sequence[str]) -> list[Path]:
    found: list[Path] = []
    problems: list[Problem] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in _ENDINGS and p.is_file())
            found += inside
            if not inside:
                problems.append(Problem("file.none_inside", {"folder": name}))
        elif path.is_file():
            found.append(path)
        else:
            problems.append(Problem("file.missing", {}, Place(name)))
    if problems:
        raise UserError(problems)
    return list(dict.fromkeys(found))


def _content(path: Path) -> bytes:
    """No more than tells that a file is too large."""
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _beside(paths: Iterable[Path]) -> list[Path]:
    """The unit file in the folder of the first plan or in the one above."""
    for path in paths:
        for folder in (path.resolve().parent, path.resolve().parent.parent):
            if (folder / UNITS).is_file():
                return [folder / UNITS]
    return []


def _not_loaded(home: Path) -> Roster:
    """The units that the home's own file names, as long as none were loaded."""
    file = home / UNITS
    found = (home / FILE).exists() and file.is_file()
    return read_units(str(file), _content(file)).roster if found else Roster()


def _stored(home: Path) -> tuple[Roster, dict[str, Plan], PolicyBook]:
    """The units, plans and policies of a home; none where there is no home, or one of another version."""
    nothing: tuple[Roster, dict[str, Plan], PolicyBook] = (Roster(), {}, PROGRAMS)
    if not (home / FILE).exists():
        return nothing
    database = Database(read_settings(home).database_url)
    try:
        if database.is_sqlite and not Path(str(database.url.database)).exists():
            return nothing
        if version_of(database) != HEAD:
            return nothing
        with database.read() as tx:
            return read_roster(tx), stored_plans(tx), read_policies(tx)
    finally:
        database.close()
