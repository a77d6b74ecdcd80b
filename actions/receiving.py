"""What units hand in: submit, accept, return."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import Connection

from actions.dating import stages_of
from actions.events import render_obligations
from actions.office import Act, Office
from actions.selecting import select_obligations
from actions.succeeding import pass_on
from actions.wanted import SOON
from calendars.due import dates_for
from plans import judging
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.obligations import Obligation, Submission
from plans.problems import Place, Problem, UserError
from plans.rules import Operator
from plans.status import OPEN_STATES, State
from store import deadlines as stored_deadlines
from store import moments as stored_moments
from store import obligations as stored
from store import submissions as stored_submissions
from store.moments import Moment
from store.policies import read_policies
from store.units import read_roster

_LONGEST_AHEAD = timedelta(days=366)  # before its date that an answer can have come in
RESUBMIT_WITHIN = 3  # working days
_HANDED_IN = (State.SUBMITTED, State.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is recorded of a submission; the document itself stays where it is."""

    received_on: date
    number: str | None = None
    note: str | None = None
    declared_by: str | None = None  # the name typed by whoever used the link of another


@dataclass(frozen=True, slots=True)
class Changed:
    """What an act made of one obligation, and what it was before."""

    obligation: Obligation
    before: State
    late: bool | None = None
    skipped: str | None = None  # why nothing was done: a code
    last_day: date | None = None  # that a later date gives it


def submit(
    office: Office,
    act: Act,
    key: DeadlineKey,
    units: Sequence[str],
    receipt: Receipt,
    *,
    by_unit: bool = False,
    dry_run: bool = False,
) -> list[Changed]:
    """Record that units handed in what they owe. A coordinator's receipt counts as accepted; a unit's own waits.

    Lateness is judged by the date received against late-after. Raises UserError with every unit that does not owe it
    or whose period is closed, and for a date received in the future.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        found = select_obligations(tx, key, units)
        _not_in_future(office, act, receipt.received_on)
        _not_long_before(found, receipt.received_on)
        if not by_unit and (problems := [closed(o) for o in found if o.state is State.MISSING]):
            raise UserError(problems)
        return take_in(tx, office, act, [(o, receipt) for o in found], by_unit=by_unit)


def closed(o: Obligation, place: Place | None = None) -> Problem:
    """That a period is closed, and how to reopen it."""
    params = {"unit": o.unit_name, "deadline": str(o.key), "plan": o.key.plan, "period": o.key.period.key}
    return Problem("submit.closed", params, place)


def take_in(
    tx: Connection, office: Office, act: Act, receipts: Sequence[tuple[Obligation, Receipt]], *, by_unit: bool = False
) -> list[Changed]:
    """Record these receipts, at most one for an obligation; what a unit had declared is confirmed by the coordinator's.

    What is done already is left as it is.
    """
    taken = [(o, r) for o, r in receipts if _done(o, by_unit=by_unit) is None]
    late = {} if by_unit else verdicts(tx, office, [(o, r.received_on) for o, r in taken])
    declared = [(o, r) for o, r in taken if o.state is State.SUBMITTED]
    stored_submissions.mark_latest_submissions(tx, {o.id: _confirmed(act, r) for o, r in declared})
    stored_submissions.add_submissions(
        tx,
        [
            Submission(
                obligation=o.id,
                number=r.number,
                received_on=r.received_on,
                recorded_at=act.now,
                recorded_by=act.actor,
                accepted_at=None if by_unit else act.now,
                note=r.note,
                declared_by=r.declared_by,
            )
            for o, r in taken
            if o.state is not State.SUBMITTED
        ],
        by_unit=by_unit,
        accepted_by=None if by_unit else act.actor,
    )
    alike: dict[tuple[bool | None, date], list[int]] = defaultdict(list)
    for o, r in taken:
        alike[late.get(o.id), r.received_on].append(o.id)
    state, closed_at = (State.SUBMITTED, None) if by_unit else (State.ACCEPTED, act.now)
    for (verdict, day), numbers in alike.items():
        stored.set_state(tx, numbers, state, late=verdict, received_on=day, closed_at=closed_at)
    details = [
        {"number": r.number, "received": r.received_on.isoformat(), "by_unit": by_unit, "late": late.get(o.id)}
        | ({"declared_by": r.declared_by} if r.declared_by else {})
        for o, r in taken
    ]
    act.note_all(tx, "submit", zip((_subject(o) for o, _ in taken), details, strict=True))
    render_obligations(tx, office, act.now, [o.id for o, _ in taken])
    return [Changed(o, o.state, late.get(o.id), _done(o, by_unit=by_unit)) for o, _ in receipts]


def _done(o: Obligation, *, by_unit: bool) -> str | None:
    """Why a receipt of what is done changes nothing."""
    if by_unit:
        return None if o.state in OPEN_STATES else "already_done"
    return f"is_{o.state}" if o.state in (State.ACCEPTED, State.CANCELLED, State.MISSING, State.WAIVED) else None


def _confirmed(act: Act, receipt: Receipt) -> dict[str, Any]:
    """What a coordinator's receipt makes of a declaration that waits: the date is the coordinator's."""
    values = {"accepted_at": act.now, "accepted_by": act.actor, "received_on": receipt.received_on}
    said = {"number": receipt.number, "note": receipt.note}
    return {**values, **{name: value for name, value in said.items() if value is not None}}


def judge_again(tx: Connection, office: Office, act: Act, deadline_ids: Iterable[int]) -> list[int]:
    """Correct the verdicts that rest on dates of these deadlines; returns the obligations that have another one now.

    Nobody stays late by a slip of the pen, or by a day off that was entered afterwards.
    """
    accepted = stored.accepted_in(tx, deadline_ids)
    late = verdicts(tx, office, [(o, o.received_on) for o in accepted if o.received_on is not None])
    changed = [o for o in accepted if o.id in late and late[o.id] != o.late]
    for verdict in (True, False, None):
        stored.set_late(tx, [o.id for o in changed if late[o.id] is verdict], verdict)
    act.note_all(tx, "judge", [(_subject(o), {"late": late[o.id]}) for o in changed])
    return [o.id for o in changed]


def verdicts(tx: Connection, office: Office, confirmed: Sequence[tuple[Obligation, date]]) -> dict[int, bool | None]:
    """Obligation → whether it was met late, if these dates are confirmed; None for what can't be late.

    The first submission that counts decides, against the dates that `judging_dates` gives; a later one after a return
    does not make an answer late that had come in time.
    """
    numbers = [o.id for o, _ in confirmed]
    dates = stored.judging_dates(tx, numbers)
    handed_in = stored_submissions.submissions_by_obligation(tx, numbers)
    return {
        o.id: judging.is_late(dates[o.id], judging.first_received(handed_in.get(o.id, ()), day), office.zone)
        if o.kind.can_be_late
        else None
        for o, day in confirmed
    }


def is_late(tx: Connection, office: Office, o: Obligation, confirmed: date) -> bool | None:
    """As `verdicts`, of one obligation."""
    return verdicts(tx, office, [(o, confirmed)])[o.id]


def accept(
    office: Office,
    act: Act,
    key: DeadlineKey,
    units: Sequence[str],
    received_on: date | None = None,
    *,
    dry_run: bool = False,
) -> list[Changed]:
    """Confirm what units declared; `received_on` corrects their date, and one that was confirmed before.

    Raises UserError as `submit` does.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        return accept_in(tx, office, act, select_obligations(tx, key, units), received_on)


def accept_in(
    tx: Connection, office: Office, act: Act, found: Sequence[Obligation], received_on: date | None = None
) -> list[Changed]:
    """As `accept`, of locked obligations."""
    if received_on is not None:
        _not_in_future(office, act, received_on)
    days: dict[int, date] = {}
    for o in found:
        if o.state is State.SUBMITTED:
            days[o.id] = received_on or o.received_on or office.today(act.now)
        elif o.state is State.ACCEPTED and received_on is not None and received_on != o.received_on:
            days[o.id] = received_on
    taken = [o for o in found if o.id in days]
    late = verdicts(tx, office, [(o, days[o.id]) for o in taken])
    said = {"accepted_at": act.now, "accepted_by": act.actor}
    stored_submissions.mark_latest_submissions(tx, {i: {**said, "received_on": d} for i, d in days.items()})
    alike: dict[tuple[bool | None, date], list[int]] = defaultdict(list)
    for o in taken:
        alike[late[o.id], days[o.id]].append(o.id)
    for (verdict, day), numbers in alike.items():
        stored.set_state(tx, numbers, State.ACCEPTED, late=verdict, received_on=day, closed_at=act.now)
    details = [{"received": days[o.id].isoformat(), "late": late[o.id]} for o in taken]
    act.note_all(tx, "accept", zip(map(_subject, taken), details, strict=True))
    render_obligations(tx, office, act.now, days)
    return [Changed(o, o.state, late.get(o.id), None if o.id in days else _not_declared(o)) for o in found]


def send_back(
    office: Office,
    act: Act,
    key: DeadlineKey,
    units: Sequence[str],
    resubmit_by: date | None = None,
    *,
    received_on: date | None = None,
    void: bool = False,
    dry_run: bool = False,
) -> list[Changed]:
    """Ask units to complete what they sent, by `resubmit_by` (default: three working days), with reminders of its own.

    `received_on` is the coordinator's date for what was sent: lateness is judged by it, and not by what the unit
    declared. `void`: "coi như chưa gửi", what was sent counts for nothing. The reason tells units what to complete.
    Raises UserError without one, for a day to resubmit that is over, and as `submit` does.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        return send_back_in(
            tx, office, act, select_obligations(tx, key, units), resubmit_by, received_on=received_on, void=void
        )


def send_back_in(
    tx: Connection,
    office: Office,
    act: Act,
    found: Sequence[Obligation],
    resubmit_by: date | None = None,
    *,
    received_on: date | None = None,
    void: bool = False,
) -> list[Changed]:
    """As `send_back`, of locked obligations of one deadline."""
    today = office.today(act.now)
    day = resubmit_by or office.calendar.add(today, RESUBMIT_WITHIN)
    problems = [] if act.reason else [Problem("return.reason")]
    if day < today:
        problems.append(Problem("return.past", {"day": day}))
    if received_on is not None and received_on > today:
        problems.append(Problem("submit.future", {"day": received_on}))
    if problems:
        raise UserError(problems)
    back = [o for o in found if o.state in _HANDED_IN]
    numbers = [o.id for o in back]
    if back:
        dates = dates_for(day, Operator.BY, None, office.calendar, office.zone)
        due_id = new_due(tx, office, act, stored.deadline_id_of(tx, back[0].id), Basis.RESUBMISSION, dates)
        said: dict[str, Any] = {"returned_at": act.now, "returned_by": act.actor, "return_reason": act.reason}
        if received_on is not None:
            said["received_on"] = received_on
        stored_submissions.mark_latest_submissions(tx, dict.fromkeys(numbers, said))
        if void:
            stored_submissions.void_submissions(tx, numbers)
        stored.set_state(tx, numbers, State.RETURNED, reason=act.reason)
        stored.set_dues(tx, numbers, due_id)
    detail = {"until": day.isoformat(), "received": received_on and received_on.isoformat(), "void": void}
    act.note_all(tx, "return", [(_subject(o), detail) for o in back])
    # What a unit that has ended since is to complete is its successor's to complete.
    pass_on(tx, office, act, read_roster(tx))
    render_obligations(tx, office, act.now, numbers)
    return [
        Changed(o, o.state, last_day=day) if o.state in _HANDED_IN else Changed(o, o.state, skipped=_not_declared(o))
        for o in found
    ]


def _not_declared(o: Obligation) -> str:
    """Why there is nothing to confirm or to send back: nothing was sent, or it is settled otherwise."""
    return "not_submitted" if o.state is State.OPEN else f"is_{o.state}"


def _not_in_future(office: Office, act: Act, day: date) -> None:
    if day > office.today(act.now):
        raise UserError(Problem("submit.future", {"day": day}))


def _not_long_before(found: Sequence[Obligation], day: date) -> None:
    """A slip in the year must not pass for an answer in time."""
    early = [o for o in found if day < o.dates.stated - _LONGEST_AHEAD]
    if early:
        raise UserError(Problem("submit.long_before", {"day": day, "stated": early[0].dates.stated}))


def check_days(office: Office, act: Act, o: Obligation, day: date) -> list[Problem]:
    """What is wrong with the day of a receipt of one unit among others."""
    if day > office.today(act.now):
        return [Problem("receipts.future", {"unit": o.unit_name, "day": day})]
    if day < o.dates.stated - _LONGEST_AHEAD:
        return [Problem("receipts.long_before", {"unit": o.unit_name, "day": day, "stated": o.dates.stated})]
    return []


def _subject(o: Obligation) -> str:
    return f"{o.key}/{o.unit}"


def new_due(tx: Connection, office: Office, act: Act, deadline_id: int, basis: Basis, dates: DueDates) -> int:
    """Other dates than the rule's for some obligations of a deadline, with their reminders."""
    today = office.today(act.now)
    soon = office.calendar.add(dates.act_by, -SOON)
    due_id = stored_deadlines.add_due(tx, deadline_id, basis, dates, soon, act.reason, today)
    task = stored.task_of_deadline(tx, deadline_id)
    number = stored_deadlines.count_dues(tx, deadline_id, basis)
    coming = stages_of(office, read_policies(tx), task, basis, dates, today, number)
    stored_moments.set_moments(tx, due_id, [cast("Moment", m) for m in coming])
    return due_id
