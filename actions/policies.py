"""Policies taken up from files: saved, and the moments of all that they remind of set anew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from actions.office import Act, Office
from actions.redating import Moved, redate
from plans.audiences import Resolver
from plans.files.policy_file import PolicyFile
from plans.files.policy_writing import policy_mapping, quiet_mapping
from plans.files.references import check_policies
from plans.policies import Policy, PolicyBook, QuietDays, policy_of
from plans.problems import Problem
from plans.units import Roster
from store.forecast import moments_of_plan
from store.plans import plan_slugs, read_plan
from store.policies import last_days_of_task, save_policies, set_variants, skip_moments


@dataclass(frozen=True, slots=True)
class PolicyLoad:
    """What loading one policy did."""

    policy: str
    new: bool  # no policy had its name before
    stages: int
    tasks: int  # those that it reminds of


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What loading policies did."""

    policies: tuple[PolicyLoad, ...] = ()
    quiet: QuietDays | None = None  # None: as before
    dropped: int = 0  # mails to come that leave on another day or not at all
    added: int = 0  # mails on days that had none

    @property
    def empty(self) -> bool:
        return not self.policies and self.quiet is None


def checked(files: Sequence[PolicyFile], old: PolicyBook, roster: Roster) -> tuple[PolicyBook, list[Problem]]:
    """The policies in force with these files, and what is wrong with the audiences that they name."""
    book, problems = old, []
    for file in files:
        book = book.with_own(file.policies, file.quiet)
        problems += check_policies(file.policies, file.places, roster)
    return book, problems


def take_up(
    tx: Connection, office: Office, act: Act, old: PolicyBook, book: PolicyBook, roster: Roster
) -> PolicyChange:
    """Save the policies in force and set anew the moments of all dates that they change.

    What was sent is in the ledger and not sent again; what is still to come moves, and what would already have come is
    left out. `office` counts with the quiet days of `book`.
    """
    changed = [policy for policy in book if not _same(old.get(policy.name), policy)]
    quiet = book.quiet if book.quiet != old.quiet else None
    if not changed and quiet is None:
        return PolicyChange()
    before = _mails(tx, office, act.now)
    save_policies(tx, book)
    for policy in changed:
        act.note(tx, "load_policies", f"policies/{policy.name}", body=policy_mapping(policy))
    if quiet is not None:
        act.note(tx, "load_policies", "policies/quiet", body=quiet_mapping(quiet))
    used = _set_variants(tx, book, {policy.name for policy in changed}, Resolver(roster))
    skip_moments(tx, _new_in_the_past(redate(tx, office, office.calendar), act.now), act.now)
    after = _mails(tx, office, act.now)
    loads = [PolicyLoad(p.name, old.get(p.name) is None, len(p.stages), used.get(p.name, 0)) for p in changed]
    return PolicyChange(tuple(loads), quiet, _more(before, after), _more(after, before))


def _set_variants(tx: Connection, book: PolicyBook, changed: Collection[str], resolver: Resolver) -> Counter[str]:
    """Say of each unit under which variant it is reminded; returns how many tasks each changed policy reminds of."""
    used: Counter[str] = Counter()
    for slug in plan_slugs(tx):
        stored = read_plan(tx, slug)
        for task in stored.plan.tasks if stored else ():
            policy = policy_of(task, book)
            if stored is None or policy.name not in changed:
                continue
            used[policy.name] += 1
            for deadline_id, last_day in last_days_of_task(tx, stored.task_ids[task.slug]).items():
                set_variants(tx, deadline_id, policy.variants_of(resolver, last_day))
    return used


def _new_in_the_past(moved: Iterable[Moved], now: datetime) -> list[tuple[int, str]]:
    """(due, stage) of what these dates had no stage for before and is over: nobody is told it after the event."""
    return [
        (one.due, stage.code)
        for one in moved
        for stage in one.stages
        if stage.old is None and stage.new is not None and stage.new <= now
    ]


def _same(old: Policy | None, new: Policy) -> bool:
    """The order of audiences counts: of several the first does."""
    return old == new and old is not None and list(old.variants) == list(new.variants)


Mails = dict[tuple[date, str], set[int]]  # (local day, kind) → who gets one


def _mails(tx: Connection, office: Office, now: datetime) -> Mails:
    """Every mail to come, if nobody submits: what plans say on the same day is in the same one."""
    found: Mails = defaultdict(set)
    for slug in plan_slugs(tx):
        for which, people in mail_days(tx, office, now, slug).items():
            found[which] |= people
    return found


def _more(some: Mails, than: Mails) -> int:
    """How many mails there are in `some` that are not in the other."""
    return sum(len(people - than.get(which, set())) for which, people in some.items())


def mail_days(tx: Connection, office: Office, now: datetime, plan: str) -> Mails:
    """The mails that a plan's reminders will take; past stages go out next."""
    opening = office.next_working_moment(now)
    found: Mails = defaultdict(set)
    for (at, kind), people in moments_of_plan(tx, plan).items():
        found[office.today(max(at, opening)), kind] |= people
    return found
