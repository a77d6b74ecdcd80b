"""Begin a plan from the fields of its document: they become a plan without tasks, read just as its file would be.

A fault has the sentence that the same fault has in a file; its place is the key of the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from plans.editing import free_slug
from plans.files import tree
from plans.files.plan_file import PlanFile, plan_of_tree
from plans.files.tree import Node, Scalar, node_of
from plans.naming import fold
from plans.plan import Plan
from plans.problems import Place, Problem, Severity

_RESERVED = ("moi",)  # the page on which plans are begun has the address /plans/moi


def begun(slug: str, fields: Mapping[str, str | None]) -> PlanFile:
    """The plan that a document of these fields makes, as a file of it would be read."""
    placed = {key: node_of(value, Place(key)) for key, value in {"id": slug, **fields}.items()}
    nowhere, title = Place("plan"), Place("title")
    root = _mapping({"plan": _mapping(placed, title), "tasks": tree.Sequence((), nowhere)}, nowhere)
    return plan_of_tree("", root, [])


def plan_slug(title: str, number: str, issued: date | None, taken: Iterable[str]) -> str:
    """An identifier that no plan has: of number and year, since numbers begin anew each year, else of the title."""
    said = title
    if has_digits(number):
        said = f"{number} {issued.year}" if issued else number
    return free_slug(said, {*taken, *_RESERVED}, "ke-hoach")


def has_digits(number: str | None) -> bool:
    """Whether a number is one: "…/KH-UBND" waits for it still."""
    return any(c.isdecimal() for c in number or "")


def alike(plan: Plan, others: Iterable[Plan]) -> list[Problem]:
    """Plans that look like the same document; of one with the same number, issuer and year it surely is.

    A problem names the other by its identifier, which says nothing to those who may not read it.
    """
    for other in others:
        if has_digits(plan.number) and fold(plan.number or "") == fold(other.number or ""):
            years = {p.issued.year if p.issued else None for p in (plan, other)}
            if len(years - {None}) == 2:  # numbers begin anew each year
                continue
            sure = len(years) == 1 and fold(plan.issuer or "") == fold(other.issuer or "")
            code = "plan.number_taken" if sure else "plan.number_alike"
            severity = Severity.ERROR if sure else Severity.WARNING
            return [Problem(code, {"number": plan.number, "plan": other.slug}, Place("number"), severity)]
        if fold(plan.title) == fold(other.title) and plan.issued == other.issued:
            return [Problem("plan.title_alike", {"plan": other.slug}, Place("title"), Severity.WARNING)]
    return []


def _mapping(entries: Mapping[str, Node], place: Place) -> tree.Mapping:
    return tree.Mapping(tuple((Scalar(key, value.place), value) for key, value in entries.items()), place)
