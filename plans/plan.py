"""A plan (kế hoạch, công văn, chỉ thị) and its tasks (nhiệm vụ), as its file says them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from plans.rules import DueRule, Standing

_STANDING = Standing()


class Kind(StrEnum):
    """What a task asks for; decides its reminders and whether it can be late."""

    REPORT = "report"  # a unit sends something
    WORK = "work"  # the lead does something
    MILESTONE = "milestone"  # mốc: never overdue
    TARGET = "target"  # chỉ tiêu phấn đấu: never overdue or scored
    STANDING = "standing"  # thường xuyên: no deadline

    @property
    def can_be_late(self) -> bool:
        return self in (Kind.REPORT, Kind.WORK)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the document says it: the line of its text and the words."""

    line: int | None = None
    quote: str | None = None


_NOWHERE = Source()


@dataclass(frozen=True, slots=True)
class TaskOfficer:
    """Someone who is written to about one task, instead of the officers of the unit."""

    address: str
    unit: str | None = None  # of someone who has no post there; None: the owing units in which the address has one
    name: str | None = None  # of the same


@dataclass(frozen=True, slots=True)
class Task:
    """One line of a plan."""

    slug: str
    title: str
    kind: Kind
    owed_by: tuple[str, ...]  # units, audiences or groups; each unit owes one obligation per period
    due: DueRule = _STANDING
    product: str | None = None  # "báo cáo", "kế hoạch" …: chooses the verbs of mails and buttons
    coordinating: tuple[str, ...] = ()  # owe nothing; are told once and see it in their feed
    to: str | None = None  # the unit that receives it
    via: str | None = None  # the unit through which it goes
    strict: bool = False  # late after the last day itself, not after the lenient day
    policy: str | None = None  # a named policy of reminders instead of the kind's own
    officers: tuple[TaskOfficer, ...] = ()  # told instead of their units' officers
    collects: tuple[str, ...] = ()  # tasks (of this plan, or "plan/task") whose results this one sums up
    ahead: int | None = None  # working days before its own date by which it needs them; None: `plans.chains.AHEAD`
    section: str | None = None  # the heading it stands under in the document
    source: Source = _NOWHERE
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """An issued document that assigns work."""

    slug: str
    title: str
    issuer: str | None = None  # name as written, not necessarily a unit
    coordinator: str | None = None  # the unit that urges, records and reports
    number: str | None = None
    issued: date | None = None  # None while the document's date is blank
    until: date | None = None  # makes no deadlines after this day
    replaced_by: str | None = None
    revision: int | None = None  # what a downloaded file states; None where it states none
    tasks: tuple[Task, ...] = ()

    def task(self, slug: str) -> Task | None:
        return next((t for t in self.tasks if t.slug == slug), None)
