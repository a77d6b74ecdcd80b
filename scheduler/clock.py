"""The one place that reads the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, or a pretended one: standing still for a command, running on for a daemon."""

    pretended: datetime | None = None
    begun: datetime | None = None  # real time at which a running pretended clock was started

    def __call__(self) -> datetime:
        real = datetime.now(UTC)
        if self.pretended is None:
            return real
        return self.pretended if self.begun is None else self.pretended + (real - self.begun)

    @property
    def ahead(self) -> timedelta:
        """How far a running pretended time is ahead of the real one; negative for one in the past."""
        return timedelta() if self.pretended is None or self.begun is None else self.pretended - self.begun

    def running(self) -> Clock:
        """The same time, going on from now."""
        return self if self.pretended is None else Clock(self.pretended, datetime.now(UTC))
