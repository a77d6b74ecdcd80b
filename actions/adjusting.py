"""A later date, a duty lifted, a period closed: extend, waive, close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from actions.events import render_obligations
from actions.office import Act, Office
from actions.receiving import Changed, new_due
from actions.selecting import select_obligations
from calendars.due import dates_for
from plans.deadlines import Basis, DeadlineKey
from plans.problems import Problem, UserError
from plans.rules import Operator
from plans.status import OPEN_STATES, State
from store import obligations as stored
from store.plans import plan_slugs


def extend(
    office: Office,
    act: Act,
    key: DeadlineKey,
    units: Sequence[str],
    until: date,
    *,
    operator: Operator = Operator.BY,
    document: str | None = None,
    dry_run: bool = False,
) -> list[Changed]:
    """Grant units (all, where none is named) a later date; the original is kept and still shown.

    Raises UserError for a date that is not later than the one in force.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        found = select_obligations(tx, key, units)
        dates = dates_for(until, operator, None, office.calendar, office.zone)
        problems = [
            Problem("extend.not_later", {"unit": o.unit_name, "until": until, "last_day": o.dates.last_day})
            for o in found
            if o.state in OPEN_STATES and dates.last_day <= o.dates.last_day
        ]
        if problems:
            raise UserError(problems)
        done: list[Changed] = []
        made: dict[Basis, int] = {}
        for o in found:
            if o.state not in OPEN_STATES:
                done.append(Changed(o, o.state, skipped=f"is_{o.state.value}"))
                continue
            # More time to complete an answer is no more time to have answered: the verdict stays with the first date.
            basis = Basis.RESUBMISSION if o.state is State.RETURNED else Basis.EXTENSION
            if basis not in made:
                made[basis] = new_due(tx, office, act, stored.deadline_id_of(tx, o.id), basis, dates)
            if basis is Basis.EXTENSION:
                stored.add_extension(tx, o.id, made[basis], document, act.reason, act.now, act.actor)
            stored.set_due(tx, o.id, made[basis])
            act.note(
                tx,
                "extend",
                f"{o.key}/{o.unit}",
                old=o.dates.stated.isoformat(),
                new=until.isoformat(),
                document=document,
            )
            done.append(Changed(o, o.state))
        render_obligations(tx, office, act.now, [c.obligation.id for c in done if not c.skipped])
        return done


def waive(office: Office, act: Act, key: DeadlineKey, units: Sequence[str], *, dry_run: bool = False) -> list[Changed]:
    """Free units of an obligation ("không thuộc đối tượng"); a reason is required."""
    if not act.reason:
        raise UserError(Problem("waive.reason"))
    if not units:
        raise UserError(Problem("waive.units"))
    with office.database.trial() if dry_run else office.database.write() as tx:
        done = []
        for o in select_obligations(tx, key, units):
            if o.state not in OPEN_STATES:
                done.append(Changed(o, o.state, skipped=f"is_{o.state.value}"))
                continue
            stored.set_state(tx, [o.id], State.WAIVED, closed_at=act.now, reason=act.reason)
            act.note(tx, "waive", f"{o.key}/{o.unit}")
            done.append(Changed(o, o.state))
        render_obligations(tx, office, act.now, [c.obligation.id for c in done if not c.skipped])
        return done


def close(office: Office, act: Act, plan: str, period: str | None = None, *, dry_run: bool = False) -> list[Changed]:
    """Close a plan (or one period of it): what is late and open becomes `missing`, final and out of mail and feeds.

    Items whose time has not run out are left open. Raises UserError for a plan that isn't there.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        if plan not in plan_slugs(tx):
            raise UserError(Problem("plan.unknown", {"plan": plan, "known": ", ".join(plan_slugs(tx)) or "–"}))
        done = []
        for o in stored.of_plan(tx, plan, period, lock=True):
            if o.state not in OPEN_STATES or not o.tracked or not o.kind.can_be_late:
                continue
            if act.now < o.dates.late_at:
                done.append(Changed(o, o.state, skipped="not_late_yet"))
                continue
            done.append(Changed(o, o.state))
        closed = [c.obligation for c in done if not c.skipped]
        stored.set_state(tx, [o.id for o in closed], State.MISSING, closed_at=act.now, reason=act.reason)
        for key, some in groupby(sorted(closed, key=lambda o: o.key), key=lambda o: o.key):
            act.note(tx, "close", str(key), units=[o.unit for o in some])
        render_obligations(tx, office, act.now, [o.id for o in closed])
        return done
