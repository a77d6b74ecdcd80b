"""A later date, a duty lifted, a period closed and reopened: extend, waive, close, reopen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from actions.announcing import announce_cancelled, announce_moved
from actions.events import render_obligations
from actions.office import Act, Office
from actions.receiving import Changed, new_due
from actions.selecting import select_obligations
from actions.settling import settle
from calendars.due import dates_for
from plans import judging
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.obligations import Obligation, Submission
from plans.problems import Problem, UserError
from plans.requests import RequestKind, RequestState
from plans.rules import Operator
from plans.status import OPEN_STATES, State
from store import deadlines as stored_deadlines
from store import moments as stored_moments
from store import obligations as stored
from store import submissions as stored_submissions
from store.plans import plan_slugs

_GRANTED = (Basis.EXTENSION, Basis.RESUBMISSION)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a later date changes for one obligation."""

    obligation: Obligation
    deadline: bool  # the deadline itself is later: lateness is judged by it
    force: Basis | None = None  # what the dates in force then rest on; None: they stay


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

    Raises UserError for units that have as late a date already; where all are meant, only if nobody would gain by it.
    The same grant made again changes nothing.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        found = select_obligations(tx, key, units)
        return extend_in(tx, office, act, found, until, operator=operator, document=document, named=bool(units))


def extend_in(
    tx: Connection,
    office: Office,
    act: Act,
    found: Sequence[Obligation],
    until: date,
    *,
    operator: Operator = Operator.BY,
    document: str | None = None,
    named: bool = True,
) -> list[Changed]:
    """As `extend`, of locked obligations of one deadline; what their units asked for is answered with it."""
    dates = dates_for(until, operator, None, office.calendar, office.zone)
    judged = stored.judging_dates(tx, [o.id for o in found])
    handed_in = stored_submissions.submissions_by_obligation(tx, [o.id for o in found])
    decided = [grant(o, dates, judged[o.id], handed_in.get(o.id, ()), office.zone, named=named) for o in found]
    granted = [g for g in decided if isinstance(g, Granted)]
    refused = [o for o, g in zip(found, decided, strict=True) if g == "not_later" and o.state in OPEN_STATES]
    if refused and (named or not granted):
        raise UserError(
            Problem("extend.not_later", {"unit": o.unit_name, "until": until, "last_day": o.dates.last_day})
            for o in refused
        )
    if granted:
        _write_grants(tx, office, act, granted, dates, document)
    numbers = [g.obligation.id for g in granted]
    settle(tx, act, numbers, {RequestKind.EXTENSION: RequestState.GRANTED})
    details = [
        {"old": g.obligation.dates.stated.isoformat(), "new": until.isoformat(), "document": document} for g in granted
    ]
    act.note_all(tx, "extend", zip((_subject(g.obligation) for g in granted), details, strict=True))
    render_obligations(tx, office, act.now, numbers)
    return [
        Changed(o, o.state, last_day=dates.last_day) if isinstance(g, Granted) else Changed(o, o.state, skipped=g)
        for o, g in zip(found, decided, strict=True)
    ]


def grant(
    o: Obligation, dates: DueDates, judged: DueDates, handed_in: Sequence[Submission], zone: ZoneInfo, *, named: bool
) -> Granted | str:
    """What a grant of `dates` changes for an obligation; a code where it changes nothing.

    `judged` are the dates on which it is judged until now. For a unit that is `named` while it completes an answer,
    the grant is more time to complete it; for all units it moves the deadline, for those that have answered too.
    """
    if o.state in (State.MISSING, State.WAIVED, State.CANCELLED):
        return f"is_{o.state}"
    answered = any(s.returned_at is not None for s in handed_in)
    deadline = dates.late_at > judged.late_at and not (named and answered and o.state is State.RETURNED)
    if o.state is State.ACCEPTED:
        first = judging.first_received(handed_in, o.received_on) if o.received_on else None
        if not (o.late and deadline and first is not None and not judging.is_late(dates, first, zone)):
            return "is_accepted"
    force = None
    if dates.last_day > o.dates.last_day:
        if o.state is State.RETURNED or (o.state is State.OPEN and o.basis is Basis.RESUBMISSION):
            force = Basis.RESUBMISSION
        elif o.basis is not Basis.RESUBMISSION:  # completed already: what it was asked to do by then stays
            force = Basis.EXTENSION
    if force is None and (o.state is State.OPEN or not deadline):
        in_force = o.dates if o.state in OPEN_STATES else judged
        return "same_date" if _says(in_force, dates) and o.basis in _GRANTED else "not_later"
    return Granted(o, deadline or force is Basis.EXTENSION, force)


def _says(one: DueDates, other: DueDates) -> bool:
    return (one.stated, one.operator, one.at) == (other.stated, other.operator, other.at)


def _write_grants(
    tx: Connection, office: Office, act: Act, granted: Sequence[Granted], dates: DueDates, document: str | None
) -> None:
    deadline_id = stored.deadline_id_of(tx, granted[0].obligation.id)
    moved: dict[int, list[int]] = defaultdict(list)  # dates → obligations for which they are in force from now on
    recorded: dict[int, list[int]] = defaultdict(list)  # dates → obligations that were granted them
    resubmissions: dict[str | None, int] = {}
    extension: int | None = None
    for g in granted:
        o = g.obligation
        if g.deadline:
            extension = extension or _shared_due(tx, office, act, deadline_id, dates)
            recorded[extension].append(o.id)
            if g.force is Basis.EXTENSION:
                moved[extension].append(o.id)
        if g.force is Basis.RESUBMISSION:
            # What is to be completed stays said; why there is more time for it stands in the trail.
            if o.reason not in resubmissions:
                told = replace(act, reason=o.reason)
                resubmissions[o.reason] = new_due(tx, office, told, deadline_id, Basis.RESUBMISSION, dates)
            recorded[resubmissions[o.reason]].append(o.id)
            moved[resubmissions[o.reason]].append(o.id)
    for due_id, numbers in recorded.items():
        stored_submissions.add_extensions(tx, numbers, due_id, document, act.reason, act.now, act.actor)
    for due_id, numbers in moved.items():
        stored.set_dues(tx, numbers, due_id)
    stored.set_late(tx, [g.obligation.id for g in granted if g.obligation.state is State.ACCEPTED], late=False)
    still_open = [g.obligation for g in granted if g.force is not None and g.obligation.state in OPEN_STATES]
    announce_moved(tx, office, act.now, {o.id: o.dates for o in still_open})


def _shared_due(tx: Connection, office: Office, act: Act, deadline_id: int, dates: DueDates) -> int:
    """One set of dates for all who are granted them for the same reason, together or one after the other."""
    due_id = stored_deadlines.find_due(tx, deadline_id, Basis.EXTENSION, dates, act.reason)
    if due_id is None:
        return new_due(tx, office, act, deadline_id, Basis.EXTENSION, dates)
    stored_moments.reopen_moments_of_due(tx, due_id)
    return due_id


def waive(office: Office, act: Act, key: DeadlineKey, units: Sequence[str], *, dry_run: bool = False) -> list[Changed]:
    """Free units of an obligation ("không thuộc đối tượng"); a reason is required."""
    if not act.reason:
        raise UserError(Problem("waive.reason"))
    if not units:
        raise UserError(Problem("waive.units"))
    with office.database.trial() if dry_run else office.database.write() as tx:
        return waive_in(tx, office, act, select_obligations(tx, key, units))


def waive_in(tx: Connection, office: Office, act: Act, found: Sequence[Obligation]) -> list[Changed]:
    """As `waive`, of locked obligations; what their units asked for is answered with it."""
    waived = [o for o in found if o.state in OPEN_STATES]
    numbers = [o.id for o in waived]
    stored.set_state(tx, numbers, State.WAIVED, closed_at=act.now, reason=act.reason)
    act.note_all(tx, "waive", [(_subject(o), {}) for o in waived])
    announce_cancelled(tx, act.now, numbers)
    needless = {RequestKind.NOT_CONCERNED: RequestState.GRANTED, RequestKind.EXTENSION: RequestState.WITHDRAWN}
    settle(tx, act, numbers, needless)
    render_obligations(tx, office, act.now, numbers)
    return [Changed(o, o.state, skipped=None if o.state in OPEN_STATES else f"is_{o.state}") for o in found]


def close(office: Office, act: Act, plan: str, period: str | None = None, *, dry_run: bool = False) -> list[Changed]:
    """Close a plan (or one period of it): what is late and open becomes `missing`, final and out of mail and feeds.

    Items that nobody could be late with yet, and those that wait to be confirmed, are left as they are, and told.
    Raises UserError for a plan or a period that isn't there.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        found = [o for o in _of_plan(tx, plan, period) if o.tracked and o.kind.can_be_late]
        done = []
        for o in found:
            if o.state is State.SUBMITTED:
                done.append(Changed(o, o.state, skipped="is_submitted"))
            elif o.state in OPEN_STATES:
                done.append(Changed(o, o.state, skipped="not_late_yet" if act.now < o.dates.late_at else None))
        closed = [c.obligation for c in done if not c.skipped]
        stored.set_state(tx, [o.id for o in closed], State.MISSING, closed_at=act.now, reason=act.reason)
        _note_by_deadline(tx, act, "close", closed)
        render_obligations(tx, office, act.now, [o.id for o in closed])
        return done


def reopen(office: Office, act: Act, plan: str, period: str | None = None, *, dry_run: bool = False) -> list[Changed]:
    """Undo the closing of a plan (or of one period): what it made `missing` is open, or to be completed, as before.

    The dates stay, and no stage of before or meanwhile is sent (again). A reason is required. Raises UserError without
    one, where nothing is closed, and where the plan was closed more than once and no period says which is meant.
    """
    if not act.reason:
        raise UserError(Problem("reopen.reason"))
    with office.database.trial() if dry_run else office.database.write() as tx:
        missing = [o for o in _of_plan(tx, plan, period) if o.state is State.MISSING]
        if not missing:
            raise UserError(Problem("reopen.nothing", {"plan": plan if period is None else f"{plan}, {period}"}))
        periods = sorted({o.key.period.key for o in missing})
        if period is None and len(set(stored.closed_at(tx, [o.id for o in missing]).values())) > 1:
            raise UserError(Problem("reopen.which", {"plan": plan, "periods": ", ".join(periods)}))
        keys = sorted({o.key for o in missing})
        ended = {d.key for key in keys for d in stored_deadlines.deadline_facts(tx, key=key) if d.cancelled}
        back = [o for o in missing if o.key not in ended]
        for state in OPEN_STATES:
            numbers = [o.id for o in back if (o.basis is Basis.RESUBMISSION) == (state is State.RETURNED)]
            stored.set_state(tx, numbers, state)
        _note_by_deadline(tx, act, "reopen", back)
        render_obligations(tx, office, act.now, [o.id for o in back])
        return [Changed(o, o.state, skipped="is_cancelled" if o.key in ended else None) for o in missing]


def _of_plan(tx: Connection, plan: str, period: str | None) -> list[Obligation]:
    """A plan's obligations, or those of a period. Raises UserError, naming those there are, for what isn't there."""
    if plan not in plan_slugs(tx):
        raise UserError(Problem("plan.unknown", {"plan": plan, "known": ", ".join(plan_slugs(tx)) or "–"}))
    found = stored.of_plan(tx, plan, period, lock=True)
    if period is not None and not found:
        known = sorted({o.key.period.key for o in stored.of_plan(tx, plan)})
        raise UserError(Problem("period.unknown", {"plan": plan, "period": period, "known": ", ".join(known) or "–"}))
    return found


def _note_by_deadline(tx: Connection, act: Act, action: str, changed: Iterable[Obligation]) -> None:
    """One entry for each deadline, with its units."""
    by_key = groupby(sorted(changed, key=lambda o: o.key), key=lambda o: o.key)
    act.note_all(tx, action, [(str(key), {"units": [o.unit for o in some]}) for key, some in by_key])


def _subject(o: Obligation) -> str:
    return f"{o.key}/{o.unit}"
