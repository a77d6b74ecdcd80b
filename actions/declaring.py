"""What a unit declares by its mailed link, and does about it while it waits for the coordinator.

Whose link still holds is asked in the transaction that records anything: it leaves with the responsibility.
"""

from __future__ import annotations

from sqlalchemy import Connection

from actions.events import render_obligations
from actions.office import Act, Office
from actions.receiving import Receipt, check_days, take_in
from plans.deadlines import Basis
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from plans.status import State
from store import obligations as stored
from store.answering import answers_for
from store.submissions import latest_submissions, mark_latest_submissions


def declare(office: Office, act: Act, obligation: int, person: int, receipt: Receipt) -> bool:
    """Record what whoever answers for an obligation says was sent; it waits for the coordinator.

    False: it was done already. Raises UserError for a day that cannot be, and for somebody not responsible any more.
    """
    with office.database.write() as tx:
        o = answered_by(tx, obligation, person)
        if problems := check_days(office, act, o, receipt.received_on):
            raise UserError(problems)
        (changed,) = take_in(tx, office, act, [(o, receipt)], by_unit=True)
        return changed.skipped is None


def correct_declaration(office: Office, act: Act, obligation: int, person: int, receipt: Receipt) -> None:
    """Put another number, day and note where a unit has declared it.

    Raises UserError where nothing waits to be confirmed any more, and as `declare` does.
    """
    with office.database.write() as tx:
        o = _waiting(tx, obligation, person)
        if problems := check_days(office, act, o, receipt.received_on):
            raise UserError(problems)
        before = latest_submissions(tx, [o.id])[o.id]
        said = {"number": receipt.number, "received_on": receipt.received_on, "note": receipt.note}
        if receipt.declared_by:
            said["declared_by"] = receipt.declared_by
        if all(getattr(before, name) == value for name, value in said.items()):
            return
        mark_latest_submissions(tx, {o.id: said})
        stored.set_state(tx, [o.id], State.SUBMITTED, received_on=receipt.received_on)
        act.note(
            tx,
            "correct_declaration",
            f"{o.key}/{o.unit}",
            number=receipt.number,
            received=receipt.received_on.isoformat(),
            note=receipt.note,
            declared_by=receipt.declared_by,
            before={"number": before.number, "received": before.received_on.isoformat()},
        )
        render_obligations(tx, office, act.now, [o.id])


def take_back(office: Office, act: Act, obligation: int, person: int) -> None:
    """Take back what a unit has declared by mistake: it is open again, or to be completed, with the reminders to come.

    Raises UserError where nothing waits to be confirmed any more, and for somebody not responsible any more.
    """
    with office.database.write() as tx:
        o = _waiting(tx, obligation, person)
        mark_latest_submissions(tx, {o.id: {"void": True}})
        stored.set_state(tx, [o.id], State.RETURNED if o.basis is Basis.RESUBMISSION else State.OPEN)
        act.note(tx, "take_back", f"{o.key}/{o.unit}")
        render_obligations(tx, office, act.now, [o.id])


def answered_by(tx: Connection, obligation: int, person: int) -> Obligation:
    """The obligation, locked. Raises UserError where there is none, and where it is not this person's to act on."""
    found = stored.by_ids(tx, [obligation], lock=True)
    if not found:
        raise UserError(Problem("obligation.unknown", {"id": obligation}))
    (o,) = found
    if not answers_for(tx, person, o.id):
        raise UserError(Problem("request.not_responsible", {"unit": o.unit_name, "deadline": str(o.key)}))
    return o


def _waiting(tx: Connection, obligation: int, person: int) -> Obligation:
    """As `answered_by`. The coordinator's own receipts are accepted at once, so what waits is a declaration."""
    o = answered_by(tx, obligation, person)
    if o.state is not State.SUBMITTED:
        raise UserError(Problem("declaration.not_waiting", {"unit": o.unit_name, "deadline": str(o.key)}))
    return o
