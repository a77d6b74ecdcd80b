"""Whether the stages of a policy make sense together: nobody is accused too early, and nobody is told twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from plans.files.reading import Reading
from plans.policies import AFTERNOON, MORNING, NEVER_LATE, RESUBMISSION, Anchor, Stage, To
from plans.problems import Place
from plans.rules import Count

EVENING = time(17)  # no mail leaves from this hour on
_OWING = (To.OFFICERS, To.HEAD)


@dataclass(frozen=True, slots=True)
class Placed:
    """A stage and where the file says it."""

    stage: Stage
    place: Place


def check_stages(policy: str, stages: Sequence[Placed], most: int | None, reading: Reading, place: Place) -> None:
    """Note every fault of one list of stages; `place` is that of the policy, or of the audience it is for."""
    for one in stages:
        _check_alone(policy, one, reading)
    _check_codes(stages, reading)
    _check_lists(stages, reading)
    _check_heads(stages, reading)
    _check_most(stages, most, reading)
    if all(one.stage.overdue for one in stages):
        reading.warning("policy.nothing_before", place, id=policy)


def _check_alone(policy: str, one: Placed, reading: Reading) -> None:
    stage, place = one.stage, one.place
    if stage.anchor is Anchor.SET and policy != RESUBMISSION.name:
        reading.error("policy.now_elsewhere", place)
    if stage.anchor is Anchor.OPENS and policy == RESUBMISSION.name:
        reading.error("policy.open_again", place)
    if stage.overdue and policy in NEVER_LATE:
        reading.error("policy.never_late", place, id=policy, stage=stage.code)
    if stage.overdue and stage.to is To.COORDINATING:
        reading.error("policy.coordinating_late", place, stage=stage.code)
    if stage.to is To.COORDINATOR and not stage.overdue:
        reading.error("policy.list_early", place, stage=stage.code)
    on_the_day = stage.anchor is Anchor.ACT_BY and not stage.offset
    if on_the_day and stage.at >= EVENING:
        reading.error("policy.too_late", place, time=_hour(stage.at), last=_hour(EVENING))
    elif not MORNING <= stage.at < EVENING:
        reading.warning("policy.outside_hours", place, time=_hour(stage.at), first=_hour(MORNING), last=_hour(EVENING))


def _check_codes(stages: Sequence[Placed], reading: Reading) -> None:
    """A stage's code is its place in the ledger: two of the same day for the same recipients would be one."""
    seen: dict[str, Place] = {}
    for one in stages:
        if first := seen.get(one.stage.code):
            reading.error("policy.same_stage", one.place, stage=one.stage.code, line=first.line)
        seen.setdefault(one.stage.code, one.place)


def _check_lists(stages: Sequence[Placed], reading: Reading) -> None:
    """The coordinator is asked what came in, and has an afternoon's notice, before a unit hears "chưa ghi nhận"."""
    lists = sorted((one for one in stages if one.stage.to is To.COORDINATOR), key=lambda one: _after(one.stage))
    for more in lists[1:]:
        reading.error("policy.lists", more.place, stage=more.stage.code, line=lists[0].place.line)
    mails = [one for one in stages if one.stage.overdue and one.stage.to in _OWING]
    for one in mails:
        if _after(one.stage) < (1, AFTERNOON):
            reading.error("policy.late_early", one.place, time=_hour(one.stage.at), first=_hour(AFTERNOON))
        elif lists and _after(one.stage) < _answered(lists[0].stage):
            days, at = _answered(lists[0].stage)
            reading.error("policy.before_list", one.place, stage=one.stage.code, day=f"T+{days}wd", first=_hour(at))
    if mails and not lists:
        first = min(mails, key=lambda one: _after(one.stage))
        reading.error("policy.list_missing", first.place, stage=first.stage.code)


def _after(stage: Stage) -> tuple[int, time]:
    return stage.offset, stage.at


def _answered(listed: Stage) -> tuple[int, time]:
    """The first afternoon after a list."""
    return (listed.offset if listed.at < AFTERNOON else listed.offset + 1), AFTERNOON


def _check_heads(stages: Sequence[Placed], reading: Reading) -> None:
    """A head hears of what the officers have been told, not the other way round."""
    for one in stages:
        if one.stage.to is not To.HEAD:
            continue
        told = [
            other
            for other in stages
            if other.stage.to is To.OFFICERS
            and other.stage.overdue is one.stage.overdue
            and _rank(other.stage) <= _rank(one.stage)
        ]
        if not told:
            reading.error("policy.head_first", one.place, stage=one.stage.code)


def _rank(stage: Stage) -> tuple[float, time]:
    """Where a stage stands among those of its side of the date; working days as the calendar days they usually take."""
    if stage.anchor in (Anchor.OPENS, Anchor.SET):
        return float("-inf"), stage.at
    days = float(stage.offset)
    return (days * 7 / 5 if stage.unit is Count.WORKDAYS else days), stage.at


def _check_most(stages: Sequence[Placed], most: int | None, reading: Reading) -> None:
    for to in To:
        mails = [one for one in stages if one.stage.to is to]
        if most is not None and len(mails) > most:
            reading.error("policy.most", mails[most].place, to=to.value, count=len(mails), most=most)


def _hour(at: time) -> str:
    return f"{at:%H:%M}"
