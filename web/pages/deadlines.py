"""A deadline: why it is on that date, who has answered, what was sent to whom, and who changed what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import readable
from actions.chaining import Collected, chain_of
from actions.explaining import Explanation, why
from actions.proving import Which, proof_file, proven
from actions.selecting import require_deadline
from notifications.titles import title_of
from plans.access import Rights, Visitor
from plans.deadlines import Basis, DeadlineKey
from plans.obligations import Obligation, Submission
from plans.paging import Page
from plans.periods import Period
from plans.plan import Kind
from plans.problems import UserError
from plans.status import OPEN_STATES, State, Status
from plans.words import Words
from store.answering import answers_for
from store.marks import AuditEntry, trail
from store.obligations import of_deadline
from store.reminded import Reminded, StageCount, reminded, stage_counts
from store.submissions import latest_submissions
from store.trail import Sought, audit_page
from store.units import unit_names
from web.access import READS_DEADLINE
from web.auditing import Told, tell_entry
from web.downloads import CSV, download
from web.pages.events import AwaitedDay, awaited_day, open_event_page
from web.pages.links import link_of
from web.site import Site
from web.visits import Visit

_TRAIL = 20  # entries at a time
_MAILS = 50  # of one stage at a time
_OF_UNIT = 200  # more is never said to one unit about one deadline
_FIRST = (
    Status.OVERDUE,
    Status.MISSING,
    Status.DUE_TODAY,
    Status.RETURNED,
    Status.DUE_SOON,
    Status.PENDING,
    Status.SUBMITTED,
    Status.LATE,
    Status.ON_TIME,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A unit that owes it, and what it handed in last."""

    obligation: Obligation
    submission: Submission | None
    own: str | None = None  # path of the form on which the visitor may say that it was sent

    @property
    def moved(self) -> bool:
        return self.obligation.basis is not Basis.RULE

    @property
    def over(self) -> bool:
        """Whether its reason says why nothing is to be done, not why the date is another."""
        return self.obligation.state in (State.CANCELLED, State.WAIVED, State.MISSING)


@dataclass(frozen=True, slots=True)
class Named:
    """What a deadline is called by."""

    title: str
    kind: Kind
    key: DeadlineKey


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of its long lists are wanted, as an address says it."""

    unit: str = ""  # slug: what was sent about this one
    stage: str = ""
    after_mail: int = 0  # number of the last reminder shown
    after_entry: str = ""  # key of the last entry of the trail shown


@dataclass(frozen=True, slots=True)
class DeadlinePage:
    """Everything that a deadline's page shows."""

    title: str
    why: Explanation
    lines: tuple[Line, ...]
    counts: tuple[tuple[str, int], ...]  # status in words → how many
    done: int
    total: int
    stages: tuple[StageCount, ...]
    of_stage: tuple[Reminded, ...]
    more_of_stage: int | None  # number after which the rest follows
    unit: str | None  # name of the one asked for, where the visitor may read of it
    of_unit: tuple[Reminded, ...]
    trail: Page[Told]
    names: dict[str, str]  # unit slug → name
    collected: tuple[Collected, ...]  # what it sums up
    asked: Asked
    event: AwaitedDay | None  # from whose day it counts


def read_deadline(
    tx: Connection, site: Site, key: DeadlineKey, visitor: Visitor, now: datetime, asked: Asked
) -> DeadlinePage:
    """Why it is due then, and of the units that owe it those that the visitor may read, in rows and in numbers.

    Raises UserError for a deadline that the plan does not have.
    """
    explanation, rights = why(tx, site.office, key), visitor.rights
    today = site.office.today(now)
    whole = rights.may_read_whole_plan(key.plan)
    owed = readable(rights, of_deadline(tx, key))
    numbers = {o.id: o.unit for o in owed}
    handed_in = latest_submissions(tx, numbers)
    counted = [o for o in owed if o.state not in (State.CANCELLED, State.WAIVED)]
    mine = [n for n, unit in numbers.items() if unit == asked.unit]
    mails = (
        reminded(tx, list(numbers), stage=asked.stage, size=_MAILS + 1, after=asked.after_mail) if asked.stage else []
    )
    return DeadlinePage(
        title=title_of(Named(explanation.task.title, explanation.task.kind, key), site.words),
        why=explanation,
        lines=tuple(
            Line(o, handed_in.get(o.id), _own_form(tx, site, visitor, o))
            for o in sorted(owed, key=lambda o: _rank(o.status(now, today)))
        ),
        counts=tuple(_counts(owed, now, today, site.words)),
        done=sum(o.state in (State.SUBMITTED, State.ACCEPTED) for o in counted),
        total=len(counted),
        stages=tuple(stage_counts(tx, list(numbers))),
        of_stage=tuple(mails[:_MAILS]),
        more_of_stage=mails[_MAILS - 1].id if len(mails) > _MAILS else None,
        unit=next((o.unit_name for o in owed if o.unit == asked.unit), None),
        of_unit=tuple(reminded(tx, mine, size=_OF_UNIT)) if mine else (),
        trail=_trail(tx, site, key, rights, asked.after_entry),
        names=unit_names(tx),  # of units that owed it once, too
        collected=tuple(chain_of(tx, site.office, key, explanation.task, explanation.dates)) if whole else (),
        asked=asked,
        event=awaited_day(tx, explanation.task.due, rights),
    )


def _own_form(tx: Connection, site: Site, visitor: Visitor, o: Obligation) -> str | None:
    """The same form as that of the mailed link, for whose it would be; None for everybody else."""
    may = visitor.rights.may_declare(o.key.plan, o.key.task, o.unit)
    if o.state not in OPEN_STATES or not o.tracked or not may or not answers_for(tx, visitor.person_id, o.id):
        return None
    return link_of(tx, site, visitor.person_id, o.id)


def _trail(tx: Connection, site: Site, key: DeadlineKey, rights: Rights, after: str) -> Page[Told]:
    """The newest entries first; whoever doesn't read the whole plan sees the latest of the own units."""
    name = str(key)

    def tell(some: Iterable[AuditEntry]) -> list[Told]:
        return [tell_entry(entry, name, site.words) for entry in some]

    if rights.may_read_whole_plan(key.plan):
        found = audit_page(tx, Sought(subjects=frozenset({name})), size=_TRAIL, after=after)
        return Page(tuple(tell(found.rows)), found.after)
    mine = [e for e in tell(trail(tx, name, 500)) if e.unit and rights.may_read_item(key.plan, key.task, e.unit)]
    return Page(tuple(mine[: 5 * _TRAIL]))


def _counts(owed: Iterable[Obligation], now: datetime, today: date, words: Words) -> list[tuple[str, int]]:
    """Who was not heard of and who was asked to complete an answer are counted apart."""
    found = Counter((_rank(s := o.status(now, today)), words.status(s, o.kind, sent_back=o.sent_back)) for o in owed)
    return [(word, found[rank, word]) for rank, word in sorted(found)]


def _rank(status: Status) -> int:
    """Who still has to act stands first."""
    return _FIRST.index(status) if status in _FIRST else len(_FIRST)


def deadline_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/deadlines/{plan}/{task}/{period}", methods=["GET", "HEAD"])
    def deadline(
        plan: str,
        task: str,
        period: str,
        visit: Annotated[Visit, Depends(READS_DEADLINE.guard)],
        sau: str = "",
        don_vi: Annotated[str, Query(alias="don-vi")] = "",
        moc: str = "",
        tu: str = "",
    ) -> HTMLResponse:
        """`don-vi`: what was sent about one unit; `moc`, `tu`: that of one stage; `sau`: older entries of the trail."""
        now, key = site.clock(), DeadlineKey(plan, task, Period(period))
        after = int(tu) if tu.isdecimal() and len(tu) < 10 else 0
        try:
            with site.office.database.read() as tx:
                found = read_deadline(tx, site, key, visit.visitor, now, Asked(don_vi, moc, after, sau))
        except UserError as error:
            if error.problems[0].code == "deadline.event_open":
                return open_event_page(site, visit, now, key)
            raise HTTPException(404) from error
        return site.page("deadline.html", now, visit=visit, page=found)

    @router.api_route("/deadlines/{plan}/{task}/{period}/nhac.csv", methods=["GET", "HEAD"])
    def reminders(
        plan: str, task: str, period: str, visit: Annotated[Visit, Depends(READS_DEADLINE.guard)]
    ) -> Response:
        """The proof of reminding, of what the visitor may read."""
        key = DeadlineKey(plan, task, Period(period))
        try:
            with site.office.database.read() as tx:
                require_deadline(tx, key)
                which = Which(key=key, shown=lambda o: visit.rights.may_read_item(plan, task, o.unit))
                rows = proven(tx, site.office, site.words, which)
        except UserError as error:
            raise HTTPException(404) from error
        return download(f"nhac-{plan}-{task}-{period}.csv", CSV, proof_file(rows, site.words))

    return router
