"""Policies of reminders, as data: named lists of stages with a time of day; `notifications.stages` dates them.

A stage's code is part of the ledger's key, so a code once used keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from types import MappingProxyType

from plans.plan import Kind, Task
from plans.problems import Problem, UserError
from plans.rules import Count, Unit

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


@dataclass(frozen=True, slots=True)
class Policy:
    """A named list of stages, the earliest first."""

    name: str
    stages: tuple[Stage, ...]


_OPEN = (Stage("open", Anchor.OPENS), Stage("open-with", Anchor.OPENS, to=To.COORDINATING))
_T_15 = Stage("T-15", Anchor.ACT_BY, -15, Count.DAYS)
_T_3 = Stage("T-3wd", Anchor.ACT_BY, -3)
_T_1 = Stage("T-1wd", Anchor.ACT_BY, -1)
_T0 = Stage("T0", Anchor.ACT_BY, urgent=True)
_T0_HEAD = Stage("T0-head", Anchor.ACT_BY, at=AFTERNOON, to=To.HEAD, urgent=True)


def _late(code: str, offset: int, to: To = To.OFFICERS) -> Stage:
    return Stage(code, Anchor.LATE_AFTER, offset, at=AFTERNOON, to=to, urgent=True)


_LIST = Stage("T+1wd-list", Anchor.LATE_AFTER, 1, to=To.COORDINATOR, kind=MessageKind.UNRECORDED, urgent=True)
_FIRST_LATE = (_LIST, _late("T+1wd", 1))
_LATE = (
    *_FIRST_LATE,
    _late("T+3wd", 3),
    _late("T+3wd-head", 3, To.HEAD),
    _late("T+8wd", 8),
    _late("T+8wd-head", 8, To.HEAD),
)

NONE = Policy("none", ())
RESUBMISSION = Policy(
    "resubmission",
    (
        Stage("R-now", Anchor.SET, urgent=True),
        Stage("R-1wd", Anchor.ACT_BY, -1),
        Stage("R0", Anchor.ACT_BY, urgent=True),
        _late("R+1wd", 1),
    ),
)
POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            Policy("report", (_T_15, _T_3, _T0, _T0_HEAD, *_LATE)),
            Policy("monthly", (_T_3, _T0, *_LATE)),
            Policy("weekly", (_T_1, *_FIRST_LATE)),
            Policy("work", (*_OPEN, _T_15, _T_3)),  # lateness goes to the lead's head on Mondays only
            Policy("milestone", (_T_15, _T0)),
            RESUBMISSION,
            NONE,
        )
    }
)
_OF_KIND = {Kind.WORK: "work", Kind.MILESTONE: "milestone", Kind.TARGET: "milestone", Kind.STANDING: "none"}


def policy_of(task: Task, length: Unit | None) -> Policy:
    """The policy that `task` names, or its kind's own; nothing after the date for what can't be late.

    `length` is the recurring rule's (`plans.rules.rhythm`). Raises UserError for a name that is no policy.
    """
    name = task.policy or _OF_KIND.get(task.kind) or ("monthly" if length is Unit.MONTH else "report")
    policy = POLICIES.get(name)
    if policy is None:
        raise UserError(Problem("policy.unknown", {"task": task.slug, "policy": name, "known": ", ".join(POLICIES)}))
    if task.kind.can_be_late:
        return policy
    return Policy(policy.name, tuple(stage for stage in policy.stages if stage.anchor is not Anchor.LATE_AFTER))
