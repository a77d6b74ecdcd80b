"""A deadline: why it is on that date, who has answered, what was sent to whom, and who changed what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from actions.access import readable
from actions.chaining import Collected, chain_of
from actions.explaining import Explanation, why
from notifications.titles import title_of
from plans.access import Rights
from plans.deadlines import Basis, DeadlineKey
from plans.obligations import Obligation, Submission
from plans.periods import Period
from plans.plan import Kind
from plans.problems import UserError
from plans.status import State, Status
from plans.words import Words
from store.mail_log import Logged, LoggedItem, log, superseded_of
from store.marks import trail
from store.obligations import of_deadline
from store.submissions import latest_submissions
from store.units import unit_names
from web.access import READS_DEADLINE
from web.auditing import Told, tell_entry
from web.site import Site
from web.visits import Visit

_TRAIL = 500
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
class Sent:
    """A reminder to one person."""

    at: datetime
    address: str
    unit: str  # name
    state: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class StageLog:
    """What became of one stage."""

    stage: str
    first: datetime
    states: tuple[tuple[str, int], ...]  # state → number of reminders
    sent: tuple[Sent, ...]
    dropped: tuple[tuple[str, int], ...]  # reason → number of reminders that were not needed
    dropped_units: tuple[tuple[str, str], ...]  # unit name and reason


@dataclass(frozen=True, slots=True)
class DeadlinePage:
    """Everything that a deadline's page shows."""

    title: str
    why: Explanation
    lines: tuple[Line, ...]
    counts: tuple[tuple[str, int], ...]  # status in words → how many
    done: int
    total: int
    stages: tuple[StageLog, ...]
    trail: tuple[Told, ...]
    names: dict[str, str]  # unit slug → name
    collected: tuple[Collected, ...]  # what it sums up


def read_deadline(tx: Connection, site: Site, key: DeadlineKey, rights: Rights, now: datetime) -> DeadlinePage:
    """Why it is due then, and of the units that owe it those that the visitor may read, in rows and in numbers.

    Raises UserError for a deadline that the plan does not have.
    """
    explanation = why(tx, site.office, key)
    today = site.office.today(now)
    whole = rights.may_read_whole_plan(key.plan)
    owed = readable(rights, of_deadline(tx, key))
    told = [tell_entry(e, str(key), site.words) for e in trail(tx, str(key), _TRAIL)]
    numbers = [o.id for o in owed]
    handed_in = latest_submissions(tx, numbers)
    names = unit_names(tx)  # of units that owed it once, too
    counted = [o for o in owed if o.state not in (State.CANCELLED, State.WAIVED)]
    return DeadlinePage(
        title=title_of(Named(explanation.task.title, explanation.task.kind, key), site.words),
        why=explanation,
        lines=tuple(Line(o, handed_in.get(o.id)) for o in sorted(owed, key=lambda o: _rank(o.status(now, today)))),
        counts=tuple(_counts(owed, now, today, site.words)),
        done=sum(o.state in (State.SUBMITTED, State.ACCEPTED) for o in counted),
        total=len(counted),
        stages=tuple(_stages(log(tx, obligations_in=numbers), superseded_of(tx, numbers), set(numbers), names)),
        trail=tuple(e for e in told if whole or (e.unit and rights.may_read_item(key.plan, key.task, e.unit))),
        names=names,
        collected=tuple(chain_of(tx, site.office, key, explanation.task, explanation.dates)) if whole else (),
    )


def _counts(owed: Iterable[Obligation], now: datetime, today: date, words: Words) -> list[tuple[str, int]]:
    """Who was not heard of and who was asked to complete an answer are counted apart."""
    found = Counter((_rank(s := o.status(now, today)), words.status(s, o.kind, sent_back=o.sent_back)) for o in owed)
    return [(word, found[rank, word]) for rank, word in sorted(found)]


def _rank(status: Status) -> int:
    """Who still has to act stands first."""
    return _FIRST.index(status) if status in _FIRST else len(_FIRST)


def _stages(
    messages: Iterable[Logged], dropped: Sequence[tuple[LoggedItem, datetime]], shown: set[int], names: dict[str, str]
) -> list[StageLog]:
    """By stage, in the order in which they came; a message may hold more than the obligations to be `shown`."""
    sent: dict[str, list[Sent]] = {}
    for message in messages:
        at = message.sent_at or message.at
        for item in message.items:
            if item.obligation in shown and item.state != "superseded":
                row = Sent(at, message.address, names[item.unit], item.state, message.answer)
                sent.setdefault(item.stage, []).append(row)
    over: dict[str, list[tuple[LoggedItem, datetime]]] = {}
    for item, at in dropped:
        over.setdefault(item.stage, []).append((item, at))
    found = []
    for stage in {**sent, **over}:
        rows, gone = sent.get(stage, []), over.get(stage, [])
        reasons = Counter(item.reason or "nothing_to_say" for item, _ in gone)
        units = {(names[item.unit], item.reason or "nothing_to_say") for item, _ in gone}
        found.append(
            StageLog(
                stage=stage,
                first=min([*(r.at for r in rows), *(at for _, at in gone)]),
                states=tuple(Counter(r.state for r in rows).items()),
                sent=tuple(rows),
                dropped=tuple(reasons.items()),
                dropped_units=tuple(sorted(units)),
            )
        )
    return sorted(found, key=lambda s: s.first)


def deadline_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/deadlines/{plan}/{task}/{period}", methods=["GET", "HEAD"])
    def deadline(
        plan: str, task: str, period: str, visit: Annotated[Visit, Depends(READS_DEADLINE.guard)]
    ) -> HTMLResponse:
        now = site.clock()
        try:
            with site.office.database.read() as tx:
                found = read_deadline(tx, site, DeadlineKey(plan, task, Period(period)), visit.rights, now)
        except UserError as error:
            raise HTTPException(404) from error
        return site.page("deadline.html", now, visit=visit, page=found)

    return router
