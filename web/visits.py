"""A request of somebody who has signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from plans.access import Rights, Visitor


@dataclass(frozen=True, slots=True)
class Visit:
    """Who it is, and what the forms of the answer need."""

    visitor: Visitor
    session: int
    form_token: str = field(repr=False)  # to be in every form of the page
    seen_at: datetime  # the request before, as far as it was noted

    @property
    def rights(self) -> Rights:
        return self.visitor.rights


class SignInNeeded(Exception):
    """Nobody is signed in, or nobody any more."""
