"""Units for which a deadline has other dates than its rule gives, and why: an own event, an extension, a return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from actions.selecting import owes_not
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.obligations import Obligation
from plans.problems import UserError
from plans.status import State
from store.obligations import judging_dates, of_deadline
from store.origins import InForce, in_force

_GONE = (State.CANCELLED, State.WAIVED)


@dataclass(frozen=True, slots=True)
class UnitDates:
    """The dates in force for one unit, and what they rest on."""

    obligation: Obligation
    dates: DueDates  # with their explanation
    judged: DueDates  # on which lateness is judged: more time to complete an answer is no more time to send it
    document: str | None  # that approves the extension

    @property
    def event_day(self) -> date | None:
        """The unit's own day of the event that its dates count from."""
        if self.obligation.basis is not Basis.EVENT:
            return None
        days = (str(s.params["day"]) for s in self.dates.steps if s.code == "event")
        return next((date.fromisoformat(day) for day in days), None)


def units_with_own_dates(tx: Connection, key: DeadlineKey) -> list[UnitDates]:
    """By last day and name; of those that owe the deadline still, or have answered."""
    owing = of_deadline(tx, key)
    return _with_dates(tx, [o for o in owing if o.basis is not Basis.RULE and o.state not in _GONE])


def dates_of_unit(tx: Connection, key: DeadlineKey, unit: str) -> UnitDates:
    """The dates of one unit, whatever they rest on. Raises UserError for one that does not owe the deadline."""
    owing = {o.unit: o for o in of_deadline(tx, key)}
    if unit not in owing:
        raise UserError(owes_not(unit, key, owing))
    return _with_dates(tx, [owing[unit]])[0]


def _with_dates(tx: Connection, found: list[Obligation]) -> list[UnitDates]:
    numbers = [o.id for o in found]
    forces: dict[int, InForce] = in_force(tx, numbers)
    judged = judging_dates(tx, numbers)
    return [UnitDates(o, forces[o.id].dates, judged[o.id], forces[o.id].document) for o in found]
