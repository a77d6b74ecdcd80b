"""Plans: their tasks in the order of the document, each with its deadlines and how many units have answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import readable, readable_plans
from plans.access import Rights
from plans.audiences import UNDETERMINED
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.plan import Kind, Plan, Task
from plans.rules import Undetermined
from plans.status import State, Status
from plans.units import Roster, Unit
from store.coordinating import acting_of
from store.obligations import of_plan
from store.plans import PlanSummary, plan_summaries, read_plan
from store.units import read_roster
from web.access import READS_PLAN, SIGNED_IN
from web.site import Site
from web.visits import Visit

_RECENT = 2  # deadlines that lie behind and are shown without asking


@dataclass(frozen=True, slots=True)
class Turn:
    """One deadline of a task, and how far it is."""

    first: Obligation  # for what all of its units share
    done: int
    total: int
    overdue: int
    past: bool

    @property
    def complete(self) -> bool:
        return self.done == self.total


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task as the plan's page shows it."""

    task: Task
    owed_by: tuple[str, ...]  # names
    coordinating: tuple[str, ...]
    undetermined_units: bool
    undetermined_date: bool
    turns: tuple[Turn, ...]  # in order of date
    earlier: tuple[Turn, ...]  # what lies further back


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Everything that a plan's page shows."""

    plan: Plan
    coordinator: Unit | None  # today
    formerly: Unit | None  # the one its file names, where that has ended
    sections: tuple[tuple[str | None, tuple[TaskLine, ...]], ...]
    undecided: int  # tasks that wait for a person's decision


def read_plan_page(tx: Connection, site: Site, slug: str, rights: Rights, now: datetime) -> PlanPage | None:
    """The tasks are the document's, for all to read; the deadlines and their numbers are what the visitor may read."""
    stored, roster = read_plan(tx, slug), read_roster(tx)
    if stored is None:
        return None
    turns = _turns(readable(rights, of_plan(tx, slug)), site, now)
    lines = [_line(task, roster, turns.get(task.slug, [])) for task in stored.plan.tasks]
    named = roster.units.get(stored.plan.coordinator or "")
    coordinator = roster.units.get(acting_of(tx, stored.id) or "")
    # Tasks keep the order of the document, in which one heading may come back.
    sections = [(name, tuple(found)) for name, found in groupby(lines, key=lambda line: line.task.section)]
    return PlanPage(
        stored.plan,
        coordinator,
        named if named != coordinator else None,
        tuple(sections),
        sum(line.undetermined_date or line.undetermined_units for line in lines),
    )


def _turns(found: Iterable[Obligation], site: Site, now: datetime) -> dict[str, list[Turn]]:
    """Task → its deadlines in order of date."""
    today = site.office.today(now)
    deadlines: dict[DeadlineKey, list[Obligation]] = {}
    for o in found:
        if o.state not in (State.CANCELLED, State.WAIVED):
            deadlines.setdefault(o.key, []).append(o)
    tasks: dict[str, list[Turn]] = {}
    for key, owed in deadlines.items():
        done = sum(o.state in (State.SUBMITTED, State.ACCEPTED) for o in owed)
        late = sum(o.status(now, today) is Status.OVERDUE for o in owed)
        tasks.setdefault(key.task, []).append(Turn(owed[0], done, len(owed), late, owed[0].dates.late_on < today))
    return tasks


def _line(task: Task, roster: Roster, turns: list[Turn]) -> TaskLine:
    behind = [t for t in turns if t.past and not t.overdue]
    earlier = behind[:-_RECENT]
    undated = isinstance(task.due, Undetermined)
    return TaskLine(
        task=task,
        owed_by=tuple(_names(task.owed_by, roster)),
        coordinating=tuple(_names(task.coordinating, roster)),
        undetermined_units=not task.owed_by or UNDETERMINED in task.owed_by,
        undetermined_date=undated and task.kind is not Kind.STANDING,
        turns=tuple(t for t in turns if t not in earlier),
        earlier=tuple(earlier),
    )


def _names(references: Iterable[str], roster: Roster) -> list[str]:
    found = (roster.units.get(r) or roster.audiences.get(r) or roster.groups.get(r) for r in references)
    return [one.name for one in found if one is not None]


def plan_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/plans", methods=["GET", "HEAD"])
    def plans(visit: Annotated[Visit, Depends(SIGNED_IN.guard)]) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            reads = readable_plans(tx, visit.rights)
            found: list[PlanSummary] = [p for p in plan_summaries(tx) if reads is None or p.slug in reads]
            roster = read_roster(tx)
        return site.page("plans.html", now, visit=visit, plans=found, units=roster.units)

    @router.api_route("/plans/{slug}", methods=["GET", "HEAD"])
    def plan(slug: str, visit: Annotated[Visit, Depends(READS_PLAN.guard)]) -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = read_plan_page(tx, site, slug, visit.rights, now)
        if found is None:
            raise HTTPException(404)
        return site.page("plan.html", now, visit=visit, page=found)

    return router
