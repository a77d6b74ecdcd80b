"""What a unit does about its own declaration while it waits for the coordinator: set it right, or take it back."""

from __future__ import annotations

from sqlalchemy import Connection

from actions.events import render_obligations
from actions.office import Act, Office
from actions.receiving import Receipt, check_days
from plans.deadlines import Basis
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from plans.status import State
from store import obligations as stored
from store.submissions import latest_submissions, mark_latest_submissions


def correct_declaration(office: Office, act: Act, obligation: int, receipt: Receipt) -> None:
    """Put another number, day and note where a unit has declared it.

    Raises UserError where nothing waits to be confirmed any more, and for a day that cannot be.
    """
    with office.database.write() as tx:
        o = _waiting(tx, obligation)
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


def take_back(office: Office, act: Act, obligation: int) -> None:
    """Take back what a unit has declared by mistake: it is open again, or to be completed, with the reminders to come.

    Raises UserError where nothing waits to be confirmed any more.
    """
    with office.database.write() as tx:
        o = _waiting(tx, obligation)
        mark_latest_submissions(tx, {o.id: {"void": True}})
        stored.set_state(tx, [o.id], State.RETURNED if o.basis is Basis.RESUBMISSION else State.OPEN)
        act.note(tx, "take_back", f"{o.key}/{o.unit}")
        render_obligations(tx, office, act.now, [o.id])


def _waiting(tx: Connection, obligation: int) -> Obligation:
    """The obligation, locked. The coordinator's own receipts are accepted at once, so what waits is a declaration."""
    found = stored.by_ids(tx, [obligation], lock=True)
    if not found:
        raise UserError(Problem("obligation.unknown", {"id": obligation}))
    (o,) = found
    if o.state is not State.SUBMITTED:
        raise UserError(Problem("declaration.not_waiting", {"unit": o.unit_name, "deadline": str(o.key)}))
    return o
