"""What units hand in: submit, accept, return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from sqlalchemy import Connection

from actions.dating import stages_of
from actions.events import render_obligations
from actions.expanding import SOON
from actions.office import Act, Office
from actions.selecting import select_obligations
from actions.succeeding import pass_on
from calendars.due import dates_for
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.obligations import Obligation, Submission
from plans.problems import Problem, UserError
from plans.rules import Operator
from plans.status import OPEN_STATES, State
from store import deadlines as stored_deadlines
from store import obligations as stored
from store.deadlines import Moment
from store.policies import read_policies
from store.units import read_roster

RESUBMIT_WITHIN = 3  # working days


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is recorded of a submission; the document itself stays where it is."""

    received_on: date
    number: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What an act made of one obligation, and what it was before."""

    obligation: Obligation
    before: State
    late: bool | None = None
    skipped: str | None = None  # why nothing was done: a code


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

    Lateness is judged by the date received against late-after. Raises UserError with every unit that does not owe it,
    and for a date received in the future.
    """
    with office.database.trial() if dry_run else office.database.write() as tx:
        found = select_obligations(tx, key, units)
        if receipt.received_on > office.today(act.now):
            raise UserError(Problem("submit.future", {"day": receipt.received_on}))
        return [_submit_one(tx, office, act, o, receipt, by_unit=by_unit) for o in found]


def _submit_one(tx: Connection, office: Office, act: Act, o: Obligation, receipt: Receipt, *, by_unit: bool) -> Changed:
    if by_unit and o.state not in OPEN_STATES:
        return Changed(o, o.state, skipped="already_done")
    if o.state in (State.ACCEPTED, State.CANCELLED, State.MISSING):
        return Changed(o, o.state, skipped=f"is_{o.state.value}")
    accepted = not by_unit
    stored.add_submission(
        tx,
        Submission(
            obligation=o.id,
            number=receipt.number,
            received_on=receipt.received_on,
            recorded_at=act.now,
            recorded_by=act.actor,
            accepted_at=act.now if accepted else None,
            note=receipt.note,
        ),
        by_unit=by_unit,
        accepted_by=act.actor if accepted else None,
    )
    late = is_late(tx, office, o, receipt.received_on) if accepted else None
    state = State.ACCEPTED if accepted else State.SUBMITTED
    stored.set_state(
        tx, [o.id], state, late=late, received_on=receipt.received_on, closed_at=act.now if accepted else None
    )
    act.note(
        tx,
        "submit",
        f"{o.key}/{o.unit}",
        number=receipt.number,
        received=receipt.received_on.isoformat(),
        by_unit=by_unit,
        late=late,
    )
    render_obligations(tx, office, act.now, [o.id])
    return Changed(o, o.state, late)


def is_late(tx: Connection, office: Office, o: Obligation, confirmed: date) -> bool | None:
    """Whether an obligation was met late: its first submission that counts, against the date in force.

    `confirmed` is the date that the coordinator confirms; it wins over what the unit declared for that submission. A
    later submission after a return does not make an answer late that had come in time. None for what can't be late.
    """
    if not o.kind.can_be_late:
        return None
    dates = stored.judged_by(tx, o.id)
    handed_in = stored.submissions_of(tx, o.id)
    returned = [s.received_on for s in handed_in if s.returned_at is not None]
    first = min([*returned, confirmed])
    return office.start_of(first) >= dates.late_at


def accept(
    office: Office, act: Act, key: DeadlineKey, units: Sequence[str], received_on: date | None = None
) -> list[Changed]:
    """Confirm what units declared; `received_on` corrects their date.

    Raises UserError as `submit` does.
    """
    if received_on is not None and received_on > office.today(act.now):
        raise UserError(Problem("submit.future", {"day": received_on}))
    with office.database.write() as tx:
        done = []
        for o in select_obligations(tx, key, units):
            if o.state is not State.SUBMITTED:
                done.append(Changed(o, o.state, skipped="not_submitted"))
                continue
            day = received_on or o.received_on or office.today(act.now)
            late = is_late(tx, office, o, day)
            stored.mark_latest_submission(tx, o.id, accepted_at=act.now, accepted_by=act.actor, received_on=day)
            stored.set_state(tx, [o.id], State.ACCEPTED, late=late, received_on=day, closed_at=act.now)
            act.note(tx, "accept", f"{o.key}/{o.unit}", received=day.isoformat(), late=late)
            done.append(Changed(o, o.state, late))
        render_obligations(tx, office, act.now, [c.obligation.id for c in done if not c.skipped])
        return done


def send_back(
    office: Office,
    act: Act,
    key: DeadlineKey,
    units: Sequence[str],
    resubmit_by: date | None = None,
    *,
    void: bool = False,
) -> list[Changed]:
    """Ask units to complete what they sent, by `resubmit_by` (default: three working days), with reminders of its own.

    `void`: "coi như chưa gửi", what was sent counts for nothing when lateness is judged.
    """
    today = office.today(act.now)
    day = resubmit_by or office.calendar.add(today, RESUBMIT_WITHIN)
    if day < today:
        raise UserError(Problem("return.past", {"day": day}))
    with office.database.write() as tx:
        done, dues = [], {}
        for o in select_obligations(tx, key, units):
            if o.state not in (State.SUBMITTED, State.ACCEPTED):
                done.append(Changed(o, o.state, skipped="not_submitted"))
                continue
            deadline_id = stored.deadline_id_of(tx, o.id)
            if deadline_id not in dues:
                dates = dates_for(day, Operator.BY, None, office.calendar, office.zone)
                dues[deadline_id] = new_due(tx, office, act, deadline_id, Basis.RESUBMISSION, dates)
            stored.mark_latest_submission(
                tx, o.id, returned_at=act.now, returned_by=act.actor, return_reason=act.reason
            )
            if void:
                stored.void_submissions(tx, o.id)
            stored.set_state(tx, [o.id], State.RETURNED, reason=act.reason)
            stored.set_due(tx, o.id, dues[deadline_id])
            act.note(tx, "return", f"{o.key}/{o.unit}", until=day.isoformat(), void=void)
            done.append(Changed(o, o.state))
        # What a unit that has ended since is to complete is its successor's to complete.
        pass_on(tx, office, act, read_roster(tx))
        render_obligations(tx, office, act.now, [c.obligation.id for c in done if not c.skipped])
        return done


def new_due(tx: Connection, office: Office, act: Act, deadline_id: int, basis: Basis, dates: DueDates) -> int:
    """Other dates than the rule's for some obligations of a deadline, with their reminders."""
    today = office.today(act.now)
    soon = office.calendar.add(dates.act_by, -SOON)
    due_id = stored_deadlines.add_due(tx, deadline_id, basis, dates, soon, act.reason, today)
    task = stored.task_of_deadline(tx, deadline_id)
    number = stored_deadlines.count_dues(tx, deadline_id, basis)
    coming = stages_of(office, read_policies(tx), task, basis, dates, today, number)
    stored_deadlines.set_moments(tx, due_id, [cast("Moment", m) for m in coming])
    return due_id
