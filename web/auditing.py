"""Entries of the audit trail in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from notifications.titles import title_of
from plans.deadlines import DeadlineKey
from plans.periods import Period
from plans.plan import Kind
from plans.words import Words
from store.marks import AuditEntry

_ORDER = (
    "number",
    "document",
    "received",
    "until",
    "old",
    "new",
    "old_act_by",
    "new_act_by",
    "period",
    "track_from",
    "asked_until",
    "passed",
    "merged",
    "declared_by",
    "note",
    "first",
    "last",
    "day",
    "year",
    "name",
    "source",
    "deputy",
    "from",
    "to",
    "given_by",
    "minutes",
    "digest_at",
    "upcoming",
    "state",
    "answer",
    "fields",
    "added",
    "changed",
    "removed",
)
_FLAGS = ("by_unit", "late", "void")
_MANY = 5  # of a list, how many are named
# What a subject begins with where it is no plan. A plan may be called so too, and is then seen by who reads all.
TOPICS = ("people", "person", "units", "workdays", "events", "feeds", "policies", "mail", "session", "token")


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as people read it."""

    at: datetime
    actor: str
    action: str
    unit: str | None  # slug; None where it concerns all
    said: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class About:
    """What an entry is about."""

    text: str
    path: str | None  # of its page
    unit: str | None  # slug; None where it concerns all


@dataclass(frozen=True, slots=True)
class Known:
    """What things are called today."""

    units: Mapping[str, str] = field(default_factory=dict)  # slug → name
    tasks: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # plan, task → title and kind
    plans: Mapping[str, str] = field(default_factory=dict)  # slug → number, or title


@dataclass(frozen=True, slots=True)
class Titled:
    """What a title is made of."""

    title: str
    kind: Kind
    key: DeadlineKey


def tell_entry(entry: AuditEntry, subject: str, words: Words, names: Mapping[str, str] | None = None) -> Told:
    """An entry under `subject`, a deadline's name; what follows it names the unit."""
    unit = entry.subject.removeprefix(subject).strip("/") or None
    action = words(f"audit.{entry.action}")
    said = tuple(_said(entry, words, names or {}))
    return Told(entry.at, tell_actor(entry.actor, words), action, unit, said, entry.reason)


def tell_actor(actor: str, words: Words) -> str:
    kind, _, address = actor.partition(":")
    return words(f"actor.{kind}", address=address) if words.has(f"actor.{kind}") else actor


def about(subject: str, words: Words, known: Known) -> About:
    """What a subject names: something of a plan, or of one of the topics."""
    first, _, rest = subject.partition("/")
    if first in TOPICS:
        return _topic(first, rest, words)
    parts = subject.split("/", 3)
    if first not in known.plans:
        return About(subject, None, None)
    if len(parts) == 1:
        return About(words("audit.about.plan", value=known.plans[first]), f"/plans/{quote(first)}", None)
    title, kind = known.tasks.get((parts[0], parts[1]), (parts[1], Kind.REPORT.value))
    if len(parts) == 2:
        return About(title, f"/plans/{quote(first)}", None)
    key = DeadlineKey(parts[0], parts[1], Period(parts[2]))
    text = title_of(Titled(title, Kind(kind), key), words)
    return About(text, quote(f"/deadlines/{key}"), parts[3] if len(parts) > 3 else None)


def _topic(topic: str, rest: str, words: Words) -> About:
    if topic == "mail" and not rest.isdecimal():
        return About(words("audit.about.mail.test"), None, None)
    path = {"workdays": f"/ngay-lam-viec?nam={rest[:4]}", "mail": f"/thu/{rest}"}.get(topic)
    return About(words(f"audit.about.{topic}", value=rest), path, None)


def _said(entry: AuditEntry, words: Words, names: Mapping[str, str]) -> Iterator[str]:
    detail = entry.detail
    for name in _ORDER:
        value = detail.get(name)
        if not value:
            continue
        code = next((c for c in (f"audit.said.{entry.action}.{name}", f"audit.said.{name}") if words.has(c)), None)
        if code is not None:
            yield words(code, value=_shown(name, value, words, names))
    for name in _FLAGS:
        if detail.get(name):
            yield words(f"audit.said.{name}")
    if entry.action == "workdays":
        yield words("audit.said.works" if detail.get("working") else "audit.said.rests")
    if entry.action == "event" and not detail.get("day"):
        yield words("audit.said.no_day")
    gone = detail.get("obligations") or detail.get("units")
    if gone:
        yield words("audit.said.obligations", value=len(gone))
    if detail.get("why"):
        yield words(f"audit.why.{detail['why']}")


def _shown(name: str, value: Any, words: Words, names: Mapping[str, str]) -> object:
    if name == "period":
        return words.period(Period(value)) or value
    if name == "upcoming":
        return words(f"audit.said.upcoming.{value}")
    if name == "minutes":
        return words.minutes(value)
    if name == "state":
        return words(f"mail_state.{value}")
    if isinstance(value, list):
        return _listed([str(v[0]) if isinstance(v, list) and v else str(v) for v in value])
    return names.get(value, value) if isinstance(value, str) else value


def _listed(values: Iterable[str]) -> str:
    found = list(values)
    return ", ".join(found[:_MANY]) + (f"… ({len(found)})" if len(found) > _MANY else "")
