"""Policies to the form of a policy file: as mappings for the store, as YAML for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plans.files.due_writing import written_day
from plans.files.stage_form import written_when
from plans.policies import MessageKind, Policy, QuietDays, Stage
from plans.rules import MonthDay


def policy_mapping(policy: Policy) -> dict[str, Any]:
    """One item of `policies`; a repeated stage is written out."""
    found: dict[str, Any] = {"id": policy.name, "stages": _stages(policy.stages)}
    if policy.most is not None:
        found["most"] = policy.most
    if policy.variants:
        found["for"] = [{"audience": a, "stages": _stages(stages)} for a, stages in policy.variants.items()]
    return found


def quiet_mapping(quiet: QuietDays) -> dict[str, Any]:
    """The value of `quiet`."""
    days = [f"{d.day:02}/{d.month:02}" if isinstance(d, MonthDay) else written_day(d) for d in quiet.days]
    return {"after_tet": quiet.after_tet, "days": days}


def _stages(stages: Iterable[Stage]) -> list[dict[str, Any]]:
    return [_stage(stage) for stage in stages]


def _stage(stage: Stage) -> dict[str, Any]:
    at = written_when(stage.anchor, stage.offset, stage.unit)
    found: dict[str, Any] = {"at": at, "time": f"{stage.at:%H:%M}", "to": stage.to.value}
    return {**found, "list": True} if stage.kind is MessageKind.UNRECORDED else found
