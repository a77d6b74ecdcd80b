"""Doctor: what an operator should know before users notice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from actions.office import Office
from actions.workdays import awaited_year
from plans.access import Granted
from plans.people import posts_of
from plans.problems import Severity
from store.coordinating import uncoordinated
from store.leases import database_now, read_lease
from store.mail_log import count_by_state
from store.outbox import oldest_queued
from store.outlets import outlet_down
from store.plans import plan_slugs, plans_to_confirm
from store.policies import read_policies
from store.recipients import silent_units, unreachable_people
from store.units import read_roster

SILENT = timedelta(minutes=2)
STUCK = timedelta(hours=1)
_NONE = Granted()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `code` names its sentence (`doctor.<code>`); severity None means all is well."""

    code: str
    severity: Severity | None = None
    params: dict[str, object] = field(default_factory=dict)


def examine(
    tx: Connection, office: Office, now: datetime, lease_name: str, outlet_name: str, granted: Granted = _NONE
) -> list[Finding]:
    """Everything worth looking at, the well ones too; reads only."""
    return [
        _daemon(tx, lease_name),
        *_mail(tx, office, now, outlet_name),
        *_data(tx, office.today(now), granted),
        *_plans(tx, office, now),
        _workdays(office, now),
    ]


def _daemon(tx: Connection, lease_name: str) -> Finding:
    lease = read_lease(tx, lease_name)
    if lease is None:
        return Finding("daemon_never", Severity.WARNING)
    silent = database_now(tx) - lease.beat_at
    seconds = int(silent.total_seconds())
    if lease.released:
        return Finding("daemon_stopped", Severity.WARNING, {"seconds": seconds})
    if silent > SILENT:
        return Finding("daemon_silent", Severity.ERROR, {"seconds": seconds, "holder": lease.holder})
    return Finding("daemon_alive", None, {"seconds": seconds, "holder": lease.holder})


def _mail(tx: Connection, office: Office, now: datetime, outlet_name: str) -> list[Finding]:
    counts = count_by_state(tx)
    found = []
    down = outlet_down(tx, outlet_name)
    if down is not None:
        why = {"fault": down.fault, "reply": down.code, "answer": down.answer}
        found.append(
            Finding("mail_down", Severity.ERROR, {"n": counts.get("queued", 0), "since": down.down_since, **why})
        )
    if counts.get("failed"):
        found.append(Finding("mail_failed", Severity.ERROR, {"n": counts["failed"]}))
    if counts.get("unknown"):
        found.append(Finding("mail_unknown", Severity.WARNING, {"n": counts["unknown"]}))
    oldest = oldest_queued(tx)
    # Counted in time in which mail could have left.
    could_leave = office.is_working_moment(now) and office.is_working_moment(now - STUCK)
    # Why it waits while the outlet is down is said already.
    if down is None and oldest is not None and now - oldest > STUCK and could_leave:
        found.append(Finding("mail_stuck", Severity.ERROR, {"n": counts.get("queued", 0), "at": oldest}))
    return found or [Finding("mail_fine", None, {"sent": counts.get("sent", 0), "queued": counts.get("queued", 0)})]


def _data(tx: Connection, today: date, granted: Granted) -> list[Finding]:
    roster = read_roster(tx)
    if not roster.units:
        return [Finding("no_units", Severity.WARNING)]
    found = []
    if not plan_slugs(tx):
        found.append(Finding("no_plans", Severity.WARNING))
    mute = [s for s, u in roster.units.items() if not posts_of(u)]
    if mute:
        shown = ", ".join(mute[:10])
        found.append(Finding("unit_mute", Severity.WARNING, {"n": len(mute), "units": shown}))
    if granted.office and granted.office not in roster.units:
        found.append(Finding("office_unknown", Severity.WARNING, {"unit": granted.office}))
    failing = unreachable_people(tx)
    if failing:
        shown = ", ".join(p.address for p, _ in failing[:10])
        found.append(Finding("people_unreachable", Severity.WARNING, {"n": len(failing), "addresses": shown}))
    silent = silent_units(tx, today)
    if silent:
        shown = ", ".join(silent[:10])
        found.append(Finding("unit_unreachable", Severity.ERROR, {"n": len(silent), "units": shown}))
    return found or [Finding("data_fine", None, {"units": len(roster.units), "plans": len(plan_slugs(tx))})]


def _plans(tx: Connection, office: Office, now: datetime) -> list[Finding]:
    """Plans that nobody coordinates any more; in November, those that go on without an end."""
    today = office.today(now)
    findings = []
    if orphaned := uncoordinated(tx):
        named = ", ".join(plan.slug for plan in orphaned)
        findings.append(Finding("plans_uncoordinated", Severity.WARNING, {"plans": named}))
    late = {
        policy.name
        for policy in read_policies(tx)
        for stages in (policy.stages, *policy.variants.values())
        if not all(office.opens <= stage.at < office.closes for stage in stages)
    }
    if late:
        hours = {"first": f"{office.opens:%H:%M}", "last": f"{office.closes:%H:%M}"}
        shown: dict[str, object] = {"policies": ", ".join(sorted(late)), **hours}
        findings.append(Finding("stages_outside_hours", Severity.WARNING, shown))
    if found := plans_to_confirm(tx, today):
        named = ", ".join(plan.slug for plan in found)
        findings.append(Finding("plans_open_ended", Severity.WARNING, {"plans": named, "year": today.year + 1}))
    return findings


def _workdays(office: Office, now: datetime) -> Finding:
    awaited = awaited_year(office, now)
    if awaited is not None:
        return Finding("workdays_next_year", Severity.WARNING, {"year": awaited})
    return Finding("workdays_fine", None, {"year": office.today(now).year})
