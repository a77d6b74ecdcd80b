"""The days of events that due rules count from; entered when they are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from plans.rules import DueRule, Relative


@dataclass(frozen=True, slots=True)
class Happening:
    """An event has its day: for all units, or for one that has a day of its own."""

    event: str  # slug
    day: date
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """What is known of the days of events."""

    of_all: dict[str, date]
    of_units: dict[str, dict[str, date]]  # event → unit → day

    @classmethod
    def of(cls, happenings: Iterable[Happening]) -> Events:
        """From rows in any order."""
        found = cls({}, {})
        for h in happenings:
            if h.unit is None:
                found.of_all[h.event] = h.day
            else:
                found.of_units.setdefault(h.event, {})[h.unit] = h.day
        return found

    def earliest(self, rule: DueRule) -> dict[str, date]:
        """The earliest day that some unit has for the event a rule counts from: that of the deadline itself, then."""
        days = self.of_units.get(rule.event, {}).values() if isinstance(rule, Relative) else ()
        return {rule.event: min(days)} if isinstance(rule, Relative) and days else {}


NO_EVENTS = Events({}, {})
