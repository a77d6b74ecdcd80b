"""A request of somebody who has signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from actions.office import Act
from plans.access import Rights, Visitor
from plans.paging import Count

_NOTHING = Count(0)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who it is, and what the forms of the answer need."""

    visitor: Visitor
    session: int
    form_token: str = field(repr=False)  # to be in every form of the page
    seen_at: datetime  # the request before, as far as it was noted
    waiting: Count = _NOTHING  # declarations and requests that wait for this coordinator

    def act(self, now: datetime) -> Act:
        """As whom it acts."""
        return Act(f"person:{self.visitor.address}", now)

    @property
    def rights(self) -> Rights:
        return self.visitor.rights


class SignInNeeded(Exception):
    """Nobody is signed in, or nobody any more."""
