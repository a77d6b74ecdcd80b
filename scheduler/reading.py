"""Files named on the command line: folders are searched, and units are found beside the plans that name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from actions.loading import merge
from config.settings import FILE, read_settings
from plans.files.documents import Documents, read_documents
from plans.files.encoding import LARGEST
from plans.files.references import check_references
from plans.files.unit_file import read_units
from plans.problems import Place, Problem, UserError
from plans.units import Roster
from store.database import Database
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
    count: int

    def all_problems(self) -> list[Problem]:
        """Those of the files and of what they refer to, in the order of the files and of their lines."""
        problems = list(self.documents.problems)
        if self.roster_known:
            for file in self.documents.plans:
                if file.plan is not None:
                    problems += check_references(file.plan, file.places, self.roster)
        order = {name: i for i, name in enumerate(dict.fromkeys(p.place.file for p in problems if p.place))}
        return sorted(problems, key=lambda p: _place(p, order))


def _place(problem: Problem, order: dict[str, int]) -> tuple[int, int, int]:
    place = problem.place
    return (order[place.file], place.line, place.column) if place else (len(order), 0, 0)


def read_files(names: Sequence[str], home: Path | None) -> Found:
    """Read files and folders. Raises UserError for every name that is none."""
    paths = _paths(names)
    documents = read_documents((str(p), _content(p)) for p in paths)
    roster, known = Roster(), False
    for beside in () if documents.rosters else _beside(paths):
        roster, known = read_units(str(beside), _content(beside)).roster, True
    if not documents.rosters and not known and home is not None:
        stored = _stored_roster(home)
        roster, known = stored, bool(stored.units)
    for one in documents.rosters:
        roster, known = merge(roster, one), True
    return Found(documents, roster, known, len(paths))


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


def _stored_roster(home: Path) -> Roster:
    if not (home / FILE).exists():
        return Roster()
    database = Database(read_settings(home).database_url)
    try:
        if database.is_sqlite and not Path(str(database.url.database)).exists():
            return Roster()
        if version_of(database) != HEAD:
            return Roster()
        with database.read() as tx:
            return read_roster(tx)
    finally:
        database.close()
