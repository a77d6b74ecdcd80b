"""The board: who is late, what is due, what waits to be confirmed, and whether reminders leave at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from actions.access import readable, readable_mail, readable_plans
from actions.overdue import Overdue, overdue
from actions.workdays import awaited_year
from plans.access import Rights
from plans.deadlines import DeadlineKey
from plans.obligations import Obligation
from plans.status import State
from store.coordinating import Coordinated, uncoordinated
from store.mail_log import Logged, log
from store.obligations import due_between, in_state, of_deadline
from store.plans import PlanSummary, StandingPlan, plan_summaries, plans_to_confirm
from store.units import unit_ids
from web.access import SIGNED_IN
from web.health import Pulse, read_pulse
from web.site import Site
from web.visits import Visit

_SOON = 7  # days of the card
_AHEAD = 30  # days of the list
_FAILED = timedelta(days=30)  # how far back mail that failed is shown


@dataclass(frozen=True, slots=True)
class LateDeadline:
    """The units that are late with one deadline."""

    first: Obligation  # for what all of them share
    total: int  # units that owe it
    rows: tuple[Overdue, ...]


@dataclass(frozen=True, slots=True)
class LatePlan:
    """A plan's deadlines that some unit is late with."""

    slug: str
    title: str
    document: str | None
    deadlines: tuple[LateDeadline, ...]


@dataclass(frozen=True, slots=True)
class LateUnit:
    """What one unit is late with."""

    slug: str
    name: str
    rows: tuple[Overdue, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A day within the list's, and who has still to act by then; extensions make more than one of a deadline."""

    first: Obligation
    open: tuple[Obligation, ...]
    total: int  # units that owe it


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the board shows."""

    overdue: tuple[Overdue, ...]
    late_plans: tuple[LatePlan, ...]
    late_units: tuple[LateUnit, ...]
    due: tuple[Due, ...]
    due_soon: int  # obligations whose act-by lies within the card's days
    to_confirm: tuple[Obligation, ...]
    failed: tuple[Logged, ...]
    plans: tuple[PlanSummary, ...]
    uncoordinated: tuple[Coordinated, ...]  # plans whose coordinator ended and that nobody took over
    open_plans: tuple[StandingPlan, ...]  # to be confirmed in November
    units: int
    pulse: Pulse
    awaited_year: int | None  # whose days off should be in the working-day table by now


def read_board(tx: Connection, site: Site, rights: Rights, now: datetime) -> Board:
    """What one visitor may read: neither a row nor a number tells of anything else."""
    today = site.office.today(now)
    late = [x for x in overdue(tx, site.office, now) if readable(rights, [x.obligation])]
    ahead = readable(rights, due_between(tx, today, today + timedelta(days=_AHEAD)))
    shown = {str(o.key): o.key for o in [*(item.obligation for item in late), *ahead]}
    totals = {name: _owing(readable(rights, of_deadline(tx, key))) for name, key in shown.items()}
    failed = readable_mail(rights, log(tx, state="failed", since=now - _FAILED))
    reads = readable_plans(tx, rights)
    return Board(
        overdue=tuple(late),
        late_plans=tuple(_by_plan(late, totals)),
        late_units=tuple(_by_unit(late)),
        due=tuple(_due(ahead, totals)),
        due_soon=sum(o.dates.act_by <= today + timedelta(days=_SOON) for o in ahead),
        to_confirm=tuple(o for o in readable(rights, in_state(tx, State.SUBMITTED)) if o.tracked),
        failed=tuple(reversed(failed)),
        plans=tuple(p for p in plan_summaries(tx) if reads is None or p.slug in reads),
        uncoordinated=tuple(p for p in uncoordinated(tx) if rights.may_read_whole_plan(p.slug)),
        open_plans=tuple(p for p in plans_to_confirm(tx, today) if rights.may_read_whole_plan(p.slug)),
        units=len(unit_ids(tx)),
        pulse=read_pulse(tx, site, now),
        awaited_year=awaited_year(site.office, now),
    )


def _owing(found: Iterable[Obligation]) -> int:
    return sum(o.state not in (State.CANCELLED, State.WAIVED) for o in found)


def _by_plan(late: Iterable[Overdue], totals: dict[str, int]) -> list[LatePlan]:
    """In the order of `late`: the plan with the longest overdue deadline first."""
    plans: dict[str, dict[DeadlineKey, list[Overdue]]] = {}
    for item in late:
        key = item.obligation.key
        plans.setdefault(key.plan, {}).setdefault(key, []).append(item)
    found = []
    for slug, deadlines in plans.items():
        groups = [LateDeadline(r[0].obligation, totals[str(k)], tuple(r)) for k, r in deadlines.items()]
        first = groups[0].first
        found.append(LatePlan(slug, first.plan_title, first.document, tuple(groups)))
    return found


def _by_unit(late: Iterable[Overdue]) -> list[LateUnit]:
    """The unit that is late with most first."""
    units: dict[str, list[Overdue]] = {}
    for item in late:
        units.setdefault(item.obligation.unit, []).append(item)
    found = [LateUnit(slug, r[0].obligation.unit_name, tuple(r)) for slug, r in units.items()]
    return sorted(found, key=lambda u: -len(u.rows))


def _due(ahead: Iterable[Obligation], totals: dict[str, int]) -> list[Due]:
    days: dict[tuple[date, DeadlineKey], list[Obligation]] = {}
    for o in sorted(ahead, key=lambda o: (o.dates.act_by, o.key)):
        days.setdefault((o.dates.act_by, o.key), []).append(o)
    return [Due(rows[0], tuple(rows), totals[str(key)]) for (_, key), rows in days.items()]


def board_routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.api_route("/", methods=["GET", "HEAD"])
    def board(visit: Annotated[Visit, Depends(SIGNED_IN.guard)], theo: str = "") -> HTMLResponse:
        now = site.clock()
        with site.office.database.read() as tx:
            found = read_board(tx, site, visit.rights, now)
        by_unit = theo == "don-vi"
        return site.page("board.html", now, visit=visit, board=found, by_unit=by_unit, soon_days=_SOON, mail=site.mail)

    return router
