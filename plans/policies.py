"""Policies of reminders, as data: named lists of stages with a time of day; `notifications.stages` dates them.

A stage's code is part of the ledger's key: it says where the stage stands and for whom, never at what time of day, so
that a stage told at another hour is not told twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from types import MappingProxyType

from plans.audiences import Resolver
from plans.plan import Kind, Task
from plans.problems import Problem, UserError
from plans.rules import Count, MonthDay, Unit, recurs, rhythm

MORNING = time(8)
# Coordinators record receipts between the list of the morning and this hour; then the first overdue mail leaves.
AFTERNOON = time(14)


class Anchor(StrEnum):
    """The day a stage counts from."""

    OPENS = "opens"  # first day of the period in which the work is done
    ACT_BY = "act_by"  # before: reminders count strictly
    LATE_AFTER = "late_after"  # after: lateness counts leniently
    SET = "set"  # the day on which the date in force was set: an answer was sent back


class To(StrEnum):
    """Who is written to."""

    OFFICERS = "officers"
    HEAD = "head"
    COORDINATOR = "coordinator"
    COORDINATING = "coordinating"  # officers of the units that only help


class MessageKind(StrEnum):
    """Which mail a reminder goes into; one person gets one of a kind a day."""

    DIGEST = "digest"
    UNRECORDED = "unrecorded"  # the coordinator's list of the first overdue day


@dataclass(frozen=True, slots=True)
class Stage:
    """A moment relative to the due date (mốc nhắc)."""

    code: str
    anchor: Anchor
    offset: int = 0  # below 0: before the anchor
    unit: Count = Count.WORKDAYS
    at: time = MORNING  # local
    to: To = To.OFFICERS
    kind: MessageKind = MessageKind.DIGEST
    urgent: bool = False  # T0 or later: does not wait for the next digest when the day's has left

    @property
    def overdue(self) -> bool:
        return self.anchor is Anchor.LATE_AFTER


_SUFFIX = {To.HEAD: "-head", To.COORDINATING: "-with", To.COORDINATOR: "-list"}


def stage(
    anchor: Anchor,
    offset: int = 0,
    unit: Count = Count.WORKDAYS,
    at: time | None = None,
    to: To = To.OFFICERS,
    *,
    again: bool = False,
) -> Stage:
    """A stage with its code. `at` defaults to the morning, for overdue mail to the afternoon; `again`: of what was
    sent back.

    The coordinator gets lists, since a digest asks its reader to hand something in.
    """
    listed = to is To.COORDINATOR
    unit = unit if offset else Count.WORKDAYS  # nothing is counted
    days = f"{offset:+d}" + ("wd" if unit is Count.WORKDAYS else "") if offset else "0"
    code = {Anchor.OPENS: "open", Anchor.SET: "R-now"}.get(anchor, ("R" if again else "T") + days)
    return Stage(
        code=code + _SUFFIX.get(to, ""),
        anchor=anchor,
        offset=offset,
        unit=unit,
        at=at or (AFTERNOON if anchor is Anchor.LATE_AFTER and not listed else MORNING),
        to=to,
        kind=MessageKind.UNRECORDED if listed else MessageKind.DIGEST,
        urgent=anchor in (Anchor.LATE_AFTER, Anchor.SET) or (anchor is Anchor.ACT_BY and not offset),
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """A named list of stages."""

    name: str
    stages: tuple[Stage, ...]
    # Audience (unit, group) → the stages for its units instead; of several audiences of a unit the first counts.
    variants: Mapping[str, tuple[Stage, ...]] = field(default_factory=dict)
    most: int | None = None  # mails about one date that one kind of recipients may get; checked when a file is read

    def stages_of(self, variant: str) -> tuple[Stage, ...]:
        """The stages of a variant; the policy's own for '' and for an audience it has none of."""
        return self.variants.get(variant, self.stages)

    def variants_of(self, resolver: Resolver, on: date) -> dict[str, str]:
        """Unit → variant of every unit that has one on that day."""
        found: dict[str, str] = {}
        for audience in self.variants:
            for unit in resolver.resolve((audience,), on):
                found.setdefault(unit, audience)
        return found


@dataclass(frozen=True, slots=True)
class QuietDays:
    """Working days on which nobody is written to."""

    after_tet: bool = True  # the first one after Tết Nguyên đán
    days: tuple[date | MonthDay, ...] = ()

    def __contains__(self, day: date) -> bool:
        """Whether `day` is one of `days`; a 29/02 of every year is the last day of February."""
        return day in self.days or any(_is_on(one, day) for one in self.days if isinstance(one, MonthDay))


def _is_on(one: MonthDay, day: date) -> bool:
    if (one.month, one.day) == (day.month, day.day):
        return True
    return (one.month, one.day) == (2, 29) and (day.month, day.day) == (2, 28) and day.year % 4 != 0


_T_15 = stage(Anchor.ACT_BY, -15, Count.DAYS)
_T_3 = stage(Anchor.ACT_BY, -3)
_T0 = stage(Anchor.ACT_BY)
_T0_HEAD = stage(Anchor.ACT_BY, at=AFTERNOON, to=To.HEAD)


def _late(offset: int, to: To = To.OFFICERS, *, again: bool = False) -> Stage:
    return stage(Anchor.LATE_AFTER, offset, to=to, again=again)


_FIRST_LATE = (_late(1, To.COORDINATOR), _late(1))
_LATE = (*_FIRST_LATE, *(_late(days, to) for days in (3, 8) for to in (To.OFFICERS, To.HEAD)))

NONE = Policy("none", ())
RESUBMISSION = Policy(
    "resubmission",
    (
        stage(Anchor.SET),
        stage(Anchor.ACT_BY, -1, again=True),
        stage(Anchor.ACT_BY, again=True),
        _late(1, To.COORDINATOR, again=True),
        _late(1, again=True),
    ),
)
POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            Policy("report", (_T_15, _T_3, _T0, _T0_HEAD, *_LATE)),
            Policy("monthly", (_T_3, _T0, *_LATE)),
            Policy("weekly", (stage(Anchor.ACT_BY, -1), *_FIRST_LATE)),
            # Its lateness goes to the lead's head on Mondays only.
            Policy("work", (stage(Anchor.OPENS), stage(Anchor.OPENS, to=To.COORDINATING), _T_15, _T_3)),
            Policy("milestone", (_T_15, _T0)),
            Policy("review", (_T0,)),
            RESUBMISSION,
            NONE,
        )
    }
)
_OF_KIND = {Kind.WORK: "work", Kind.MILESTONE: "milestone", Kind.TARGET: "milestone"}
_OF_RHYTHM = {Unit.WEEK: "weekly", Unit.MONTH: "monthly"}
NEVER_LATE = ("milestone", "review")  # of kinds that can't be late


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """The policies of an installation: the program's, under its own of the same names and others."""

    own: Mapping[str, Policy] = field(default_factory=dict)
    quiet: QuietDays = QuietDays()

    def __iter__(self) -> Iterator[Policy]:
        """Every policy in force, the program's names first."""
        return iter({**POLICIES, **self.own}.values())

    def get(self, name: str) -> Policy | None:
        return self.own.get(name) or POLICIES.get(name)

    @property
    def for_tasks(self) -> tuple[str, ...]:
        """The names that a task may choose; what was sent back has reminders of its own whatever the task."""
        return tuple(policy.name for policy in self if policy.name != RESUBMISSION.name)

    @property
    def resubmission(self) -> Policy:
        return self.own.get(RESUBMISSION.name, RESUBMISSION)

    def with_own(self, policies: Iterable[Policy], quiet: QuietDays | None = None) -> PolicyBook:
        """The book after these have been taken up; one that says what the program's says is none of its own."""
        own = {**self.own, **{policy.name: policy for policy in policies}}
        kept = {name: policy for name, policy in own.items() if POLICIES.get(name) != policy}
        return PolicyBook(kept, self.quiet if quiet is None else quiet)


PROGRAMS = PolicyBook()


def policy_of(task: Task, book: PolicyBook) -> Policy:
    """The policy that `task` names, or its kind's own; nothing after the date for what can't be late.

    Raises UserError for a name that is no policy.
    """
    name = task.policy or _default(task)
    policy = book.get(name)
    if policy is None:
        known = ", ".join(book.for_tasks)
        raise UserError(Problem("policy.unknown", {"task": task.slug, "policy": name, "known": known}))
    return policy if task.kind.can_be_late else _in_time(policy)


def resubmission_of(policy: Policy, book: PolicyBook) -> Policy:
    """The reminders of what was sent back under `policy`: the same for every audience that has a variant of it."""
    again = book.resubmission
    return Policy(again.name, again.stages, dict.fromkeys(policy.variants, again.stages), again.most)


def _default(task: Task) -> str:
    if task.kind is Kind.STANDING:
        return "review" if recurs(task.due) else "none"
    length = rhythm(task.due)
    return _OF_KIND.get(task.kind) or (_OF_RHYTHM.get(length, "report") if length else "report")


def _in_time(policy: Policy) -> Policy:
    """A policy without what is told after the date."""

    def before(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        return tuple(one for one in stages if not one.overdue)

    variants = {audience: before(stages) for audience, stages in policy.variants.items()}
    return Policy(policy.name, before(policy.stages), variants, policy.most)
