"""Edit a plan: a task added, changed or cancelled, or the plan's own fields, reconciled just as its file would be.

An edit says from which revision of the plan it was made. Where somebody else was first nothing is written, and who
edits learns field by field what the other has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from actions.loading import LoadReport
from actions.office import Act, Office
from actions.plan_checks import check_between
from actions.reconciling import PlanLoad, mails_by_day, reconcile
from actions.responsibility import Responsibility
from calendars.due import due_dates, occurrences
from plans import editing
from plans.deadlines import DueDates
from plans.editing import Change, Clash, DropTask, Edit, Edited, PutTask
from plans.files.plan_file import PlanFile
from plans.files.references import check_references
from plans.periods import Period
from plans.plan import Plan, Task
from plans.policies import PolicyBook
from plans.problems import Problem, UserError, errors
from plans.rules import is_dated
from plans.units import Roster
from store import plans as stored_plans
from store.announcements import announced_since, last_announced
from store.happenings import read_events
from store.marks import AuditEntry, trail
from store.plans import StoredPlan
from store.policies import read_policies
from store.units import RosterChange, read_roster

_SAME_UNITS = RosterChange((), (), ())
_YEARS_AHEAD = 5  # in which the next turns of a task are looked for
_CHANGES = 200  # entries of the trail that are looked through for those since a revision


@dataclass(frozen=True, slots=True)
class PlanEdited:
    """What an edit did, or would do."""

    report: LoadReport
    mails_before: tuple[tuple[date, int], ...]  # as `PlanLoad.mails`, without the edit
    revision: int  # of the plan after it
    plan: Plan  # after it

    @property
    def load(self) -> PlanLoad:
        """Of the plan itself; `report.plans` has others whose end depends on it."""
        return self.report.plans[0]

    @property
    def empty(self) -> bool:
        return self.report.empty


@dataclass(frozen=True, slots=True)
class Since:
    """One change by somebody else, as the trail tells of it."""

    entry: AuditEntry
    change: Change


class EditConflict(UserError):
    """The plan has moved on since the edit was begun; nothing was written."""

    def __init__(
        self,
        slug: str,
        revision: int,
        stored: int,
        since: Sequence[Since],
        clashes: Sequence[Clash],
        merged: Mapping[str, Any],
        *,
        gone: bool,
    ) -> None:
        super().__init__(Problem("edit.conflict", {"plan": slug, "revision": revision, "stored": stored}))
        self.revision = stored  # from which what was typed can be saved again
        self.since = tuple(since)  # the earliest first
        self.clashes = tuple(clashes)
        self.merged = merged  # what was typed, on top of what is there now
        self.gone = gone  # the task is not in the plan any more


@dataclass(frozen=True, slots=True)
class Editing:
    """What a form for an edit begins with."""

    plan: Plan
    revision: int
    roster: Roster
    book: PolicyBook
    taken: frozenset[str]  # identifiers that tasks of the plan have or had


def begin_edit(tx: Connection, slug: str) -> Editing:
    """A plan as it is to be edited. Raises UserError for one that isn't there."""
    stored = _plan(tx, slug)
    taken = frozenset(stored_plans.task_slugs(tx, slug))
    return Editing(stored.plan, stored.revision, read_roster(tx), read_policies(tx), taken)


def edit_plan(office: Office, act: Act, slug: str, revision: int, edit: Edit, *, dry_run: bool = False) -> PlanEdited:
    """Bring a plan to its next state; `revision` is the one that the edit was made from.

    The same edit made again does nothing. Raises EditConflict where the plan has moved on since, UserError with
    everything that is wrong with what was typed; the place of a problem is the name of its field.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        stored_plans.one_at_a_time(tx)
        office.follow_table(tx, lock=True)
        stored = _plan(tx, slug)
        if isinstance(edit, DropTask) and not act.reason:
            raise UserError(Problem("edit.reason"))
        found = editing.edited(stored.plan, edit)
        if _says(stored.plan, edit):
            found = Edited(stored.plan, ())
        elif stored.revision != revision:
            raise _conflict(tx, stored, revision, edit, found)
        roster, book = read_roster(tx), read_policies(tx)
        problems = [*found.problems, *_between(tx, office, act.now, stored.plan, found, roster, book)]
        if errors(problems) or found.plan is None:
            raise UserError(problems)
        before, last = mails_by_day(tx, office, act.now, slug), last_announced(tx)
        responsible = Responsibility(tx, office.today(act.now))
        done = reconcile(tx, office, act, responsible, (roster, roster), {slug: found.plan})
        told = announced_since(tx, last, act.now)
        report = LoadReport(_SAME_UNITS, done.plans, tuple(problems), succeeded=done.succeeded, told=told)
        return PlanEdited(report, before, _plan(tx, slug).revision, found.plan)


def coming_turns(
    tx: Connection, office: Office, plan: Plan, task: Task, today: date, most: int = 4
) -> list[tuple[Period, DueDates]]:
    """The next turns of a task as the plan says it, stored or not, with the steps that led to their dates."""
    if not is_dated(task.due):
        return []
    known, calendar = read_events(tx), office.calendar
    last = min(date(today.year + _YEARS_AHEAD, 12, 31), plan.until or date.max)
    events = {**known.earliest(task.due), **known.of_all}
    turns = occurrences(task.due, since=plan.issued, first=today, last=last, calendar=calendar, events=events)
    return [
        (turn.period, due_dates(task.due, turn, calendar, office.zone, task.strict, task.source.quote))
        for turn in turns[:most]
    ]


def _plan(tx: Connection, slug: str) -> StoredPlan:
    found = stored_plans.read_plan(tx, slug)
    if found is None:
        known = ", ".join(stored_plans.plan_slugs(tx)) or "–"
        raise UserError(Problem("plan.unknown", {"plan": slug, "known": known}))
    return found


def _says(plan: Plan, edit: Edit) -> bool:
    """Whether the plan says already what an edit asks for: it was sent twice."""
    if isinstance(edit, DropTask):
        return plan.task(edit.slug) is None
    if isinstance(edit, PutTask) and plan.task(edit.slug) is not None:
        edit = replace(edit, new=False)
    found = editing.edited(plan, edit)
    return found.plan == plan and not errors(found.problems)


def _between(
    tx: Connection, office: Office, now: datetime, before: Plan, found: Edited, roster: Roster, book: PolicyBook
) -> list[Problem]:
    """What is wrong with what the plan names elsewhere, as far as the edit has brought it."""
    if found.plan is None:
        return []
    old, new = PlanFile(before.slug, before), PlanFile(before.slug, found.plan, (), found.places)
    named = _brought(
        check_references(before, {}, roster, book), check_references(found.plan, found.places, roster, book)
    )
    others = check_between(tx, office, now, [new], replace=True)
    if others:  # looked up a second time only then: every plan is read for it
        others = _brought(check_between(tx, office, now, [old], replace=True), others)
    return [*named, *others]


def _brought(before: Sequence[Problem], after: Sequence[Problem]) -> list[Problem]:
    """The problems that were not there before, wherever they stand."""
    known = {(p.code, repr(p.params)) for p in before}
    return [p for p in after if (p.code, repr(p.params)) not in known]


def _conflict(tx: Connection, stored: StoredPlan, revision: int, edit: Edit, found: Edited) -> EditConflict:
    since = changes_since(tx, stored.plan.slug, revision)
    theirs = editing.fields_of(stored.plan, edit)
    yours: Mapping[str, Any] = {} if isinstance(edit, DropTask) else edit.fields
    if found.plan is not None and not errors(found.problems):
        read = editing.fields_of(found.plan, edit) or {}
        yours = {name: read.get(name) for name in yours}
    base = editing.base_of(theirs, edit, [one.change for one in since])
    gone = theirs is None and isinstance(edit, PutTask) and not edit.new
    return EditConflict(
        stored.plan.slug,
        revision,
        stored.revision,
        since,
        editing.clashes(base, theirs or {}, yours),
        editing.merged(base, (base if gone else theirs) or {}, yours),
        gone=gone,
    )


def changes_since(tx: Connection, slug: str, revision: int) -> list[Since]:
    """The changes of a plan after a revision, the earliest first, as far as the trail tells of them."""
    found = []
    for entry in reversed(trail(tx, slug, _CHANGES, exact=True)):
        change = _change(entry)
        if change is not None and change.revision > revision:
            found.append(Since(entry, change))
    return found


def _change(entry: AuditEntry) -> Change | None:
    detail = entry.detail
    if entry.action != "change" or "revision" not in detail:
        return None
    return Change(
        revision=detail["revision"],
        fields=tuple((name, old, new) for name, old, new in detail["fields"]),
        tasks={slug: {f: (old, new) for f, (old, new) in of.items()} for slug, of in detail["values"].items()},
        added=tuple(detail["added"]),
        removed=tuple(detail["removed"]),
    )
