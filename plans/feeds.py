"""The calendars that people can subscribe to: what kinds there are, and what each is called by in its address."""

from __future__ import annotations

from enum import StrEnum


class FeedKind(StrEnum):
    """What a feed holds: the first three obligations, the others one event per deadline, the last days of the year."""

    UNIT = "unit"
    PERSON = "person"  # all that is theirs, of every unit they serve
    BRANCH = "branch"  # a unit with those under it
    GROUP = "group"
    OVERSEER = "overseer"  # the units that a council member watches
    PLAN = "plan"
    ALL = "all"
    WORKDAYS = "workdays"

    @property
    def of_obligations(self) -> bool:
        """Whether it holds what somebody owes, and not one event per deadline."""
        return self in (FeedKind.UNIT, FeedKind.PERSON)

    @property
    def counts(self) -> bool:
        """Whether its deadlines are counted over some units only."""
        return self in (FeedKind.BRANCH, FeedKind.GROUP, FeedKind.OVERSEER)


ALL_OWNER, WORKDAYS_OWNER = "office.all", "office.workdays"


def owner_of(kind: FeedKind, key: str | int) -> str:
    """The segment of an address that names a feed; a unit's is its slug, which holds no full stop."""
    if kind is FeedKind.UNIT:
        return str(key)
    if kind in (FeedKind.ALL, FeedKind.WORKDAYS):
        return f"office.{kind}"
    return f"{kind}.{key}"
