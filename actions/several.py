"""What is done to several obligations at once, of any deadlines: all or nothing, with one reason.

Of a selection on a board each item was meant, so that what cannot be done is told and nothing is half done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby

from sqlalchemy import Connection

from actions.adjusting import extend_in, waive_in
from actions.office import Act, Office
from actions.receiving import Changed, accept_in, send_back_in
from actions.requesting import cannot
from plans.obligations import Obligation
from plans.problems import Problem, UserError
from store.obligations import by_ids

_Step = Callable[[Connection, Sequence[Obligation]], list[Changed]]


def accept_several(office: Office, act: Act, numbers: Iterable[int], *, dry_run: bool = False) -> list[Changed]:
    """Confirm what these units declared, each on its day. Raises UserError with all that cannot be confirmed."""
    return _each(office, numbers, lambda tx, some: accept_in(tx, office, act, some), dry_run=dry_run)


def return_several(
    office: Office, act: Act, numbers: Iterable[int], resubmit_by: date | None = None, *, dry_run: bool = False
) -> list[Changed]:
    """Ask these units to complete what they sent. Raises UserError as `send_back`, and with all that is not to be."""
    return _each(office, numbers, lambda tx, some: send_back_in(tx, office, act, some, resubmit_by), dry_run=dry_run)


def extend_several(
    office: Office,
    act: Act,
    numbers: Iterable[int],
    until: date,
    *,
    document: str | None = None,
    dry_run: bool = False,
) -> list[Changed]:
    """Grant these units a later date. Raises UserError with all for whom it is none, or who need none."""

    def step(tx: Connection, some: Sequence[Obligation]) -> list[Changed]:
        return extend_in(tx, office, act, some, until, document=document)

    return _each(office, numbers, step, dry_run=dry_run)


def waive_several(office: Office, act: Act, numbers: Iterable[int], *, dry_run: bool = False) -> list[Changed]:
    """Free these units; a reason is required. Raises UserError without one and with all that cannot be waived."""
    if not act.reason:
        raise UserError(Problem("waive.reason"))
    return _each(office, numbers, lambda tx, some: waive_in(tx, office, act, some), dry_run=dry_run)


def _each(office: Office, numbers: Iterable[int], step: _Step, *, dry_run: bool) -> list[Changed]:
    """Take the step for each deadline of these obligations, in one transaction."""
    wanted = sorted(set(numbers))
    with office.database.trial() if dry_run else office.database.write() as tx:
        found = by_ids(tx, wanted, lock=True)
        missing = sorted(set(wanted) - {o.id for o in found})
        problems = [Problem("obligation.unknown", {"id": number}) for number in missing]
        done: list[Changed] = []
        for _, some in groupby(sorted(found, key=lambda o: o.key), key=lambda o: o.key):
            try:
                changed = step(tx, list(some))
            except UserError as error:
                problems += [p for p in error.problems if p not in problems]
                continue
            problems += cannot(changed)
            done += changed
        if problems:
            raise UserError(problems)
        return done
