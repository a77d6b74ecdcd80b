"""When the stages of a policy fall: the moments of one set of due dates. Knows nobody and nothing sent before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from plans.deadlines import DueDates
from plans.policies import Anchor, MessageKind, Policy, Stage, To
from plans.rules import Count

_DAY = timedelta(days=1)
_FIRST_WORDS = (Anchor.OPENS, Anchor.SET)


class Calendar(Protocol):
    """What reminders ask of the working calendar."""

    @property
    def revision(self) -> object:
        """Another one as soon as any of its days has changed."""

    def is_working(self, day: date) -> bool: ...

    def preceding(self, day: date) -> date:
        """The last working day ≤ `day`."""

    def following(self, day: date) -> date:
        """The first working day ≥ `day`."""

    def add(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before, for n < 0), which is not counted itself."""

    def count(self, after: date, until: date) -> int:
        """Working days in (after, until]."""

    def is_quiet(self, day: date) -> bool:
        """The first working day after Tết, on which nobody is written to."""


@dataclass(frozen=True, slots=True)
class StageMoment:
    """A stage that has become an instant."""

    code: str
    at: datetime  # aware, UTC
    position: int  # place in time among the stages of these dates: of two that fell due, the higher one counts
    to: To
    kind: MessageKind
    urgent: bool
    variant: str = ""  # of the policy, for an audience of its own
    early: bool = False  # another one comes before the date: a person may decline it


def moments(
    dates: DueDates, policy: Policy, calendar: Calendar, zone: ZoneInfo, set_on: date | None = None
) -> tuple[StageMoment, ...]:
    """The moments of `policy` and of each of its variants for `dates`: variant by variant, the earliest first.

    `set_on` is the local day on which an act set these dates (a return, an extension): stages that count from it don't
    occur without it, and an opening before it is not announced again. Past moments are given too. Of two stages that
    fall on one day for the same recipients the later one is left.
    """
    found = list(_moments(dates, policy.stages, "", calendar, zone, set_on))
    for variant, stages in policy.variants.items():
        found += _moments(dates, stages, variant, calendar, zone, set_on)
    return tuple(found)


def _moments(
    dates: DueDates, stages: Sequence[Stage], variant: str, calendar: Calendar, zone: ZoneInfo, set_on: date | None
) -> Iterator[StageMoment]:
    dated = _merged(_dated(dates, stages, calendar, zone, set_on))
    last_word = max((at for at, _, stage in dated if _may_be_declined(stage)), default=None)
    for position, (at, _, stage) in enumerate(dated):
        early = _may_be_declined(stage) and at != last_word
        yield StageMoment(stage.code, at, position, stage.to, stage.kind, stage.urgent, variant, early)


def _may_be_declined(stage: Stage) -> bool:
    """Whether an officer may do without it where another such stage follows."""
    return stage.to is To.OFFICERS and stage.anchor in (Anchor.OPENS, Anchor.ACT_BY)


_Dated = tuple[datetime, date, Stage]


def _dated(
    dates: DueDates, stages: Sequence[Stage], calendar: Calendar, zone: ZoneInfo, set_on: date | None
) -> list[_Dated]:
    """Each stage that occurs with its instant and its local day, the earliest first."""
    days = [_day(stage, dates, calendar, set_on) for stage in stages]
    # The first word about it names the date anyway; on the same day an earlier stage would only take its place.
    first = min(
        (day for stage, day in zip(stages, days, strict=True) if day and stage.anchor in _FIRST_WORDS),
        default=date.min,
    )
    found = []
    for stage, day in zip(stages, days, strict=True):
        if day is None:
            continue
        at = _instant(day, stage, zone)
        if stage.anchor is Anchor.ACT_BY:
            if at >= dates.late_at:  # a time of day in the document, earlier than the stage's own
                day = _working_before(day - _DAY, calendar)
                at = _instant(day, stage, zone)
            if day <= first:
                continue
        found.append((at, day, stage))
    return sorted(found, key=lambda one: one[0])  # stable: stages of one instant keep the order of the policy


def _merged(dated: Sequence[_Dated]) -> list[_Dated]:
    """Without those after which the same recipients are told something later on the same day, in the same mail."""
    last = {(day, stage.to, stage.kind): stage for _, day, stage in dated}
    return [one for one in dated if last[one[1], one[2].to, one[2].kind] is one[2]]


def _day(stage: Stage, dates: DueDates, calendar: Calendar, set_on: date | None) -> date | None:
    """The working day of a stage; None where it does not occur."""
    anchors: dict[Anchor, date | None] = {
        Anchor.OPENS: dates.opens,
        Anchor.ACT_BY: dates.act_by,
        Anchor.LATE_AFTER: dates.late_on,
        Anchor.SET: set_on,
    }
    day = anchors[stage.anchor]
    if day is None:
        return None
    if stage.offset:
        in_workdays = stage.unit is Count.WORKDAYS
        day = calendar.add(day, stage.offset) if in_workdays else day + stage.offset * _DAY
    if stage.anchor is Anchor.ACT_BY:
        return _working_before(day, calendar)
    day = _working_after(day, calendar)
    if stage.anchor is Anchor.OPENS and (day > dates.act_by or (set_on is not None and day < set_on)):
        return None
    return day


def _instant(day: date, stage: Stage, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, stage.at, zone).astimezone(UTC)


def _working_before(day: date, calendar: Calendar) -> date:
    while calendar.is_quiet(day := calendar.preceding(day)):
        day -= _DAY
    return day


def _working_after(day: date, calendar: Calendar) -> date:
    while calendar.is_quiet(day := calendar.following(day)):
        day += _DAY
    return day
