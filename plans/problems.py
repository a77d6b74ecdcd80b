"""What is wrong with an input: a code with parameters and a place. Words are chosen at the edge (`plans.words`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # the input is refused
    WARNING = "warning"  # the input is taken; a person should look


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an input: line and column count from 1; 0 where they mean nothing (a missing file, a command line)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `code` names a sentence of the catalogue (`problem.<code>`) that says what to do about it."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    place: Place | None = None
    severity: Severity = Severity.ERROR


class NhachanError(Exception):
    """Base of every error this project raises on purpose."""


class UserError(NhachanError):
    """The input can't be taken; carries *all* its problems."""

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(f"{p.place or ''} {p.code} {dict(p.params)}" for p in self.problems))


class EnvironmentFault(NhachanError):
    """The database, the mail server or the disk failed, not the input; `code` and `params` as in `Problem`."""

    def __init__(self, code: str, **params: object) -> None:
        self.problem = Problem(code, params)
        super().__init__(f"{code} {params}")


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those that make an input refused."""
    return [p for p in problems if p.severity is Severity.ERROR]


def by_place(problems: Iterable[Problem]) -> list[Problem]:
    """Each once, in the order in which their files come up, then of lines and columns; last what has no place."""
    found = list({repr(p): p for p in problems}.values())  # parameters have no hash
    order = {name: i for i, name in enumerate(dict.fromkeys(p.place.file for p in found if p.place))}

    def position(problem: Problem) -> tuple[int, int, int]:
        place = problem.place
        return (order[place.file], place.line, place.column) if place else (len(order), 0, 0)

    return sorted(found, key=position)
