"""The installation's own policies of reminders, in the form of their file, and its quiet days beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, case, delete, literal, select, update

from plans.deadlines import Basis
from plans.files.policy_file import policy_from_mapping, quiet_from_mapping
from plans.files.policy_writing import policy_mapping, quiet_mapping
from plans.policies import PolicyBook, QuietDays
from store.database import insert_or_ignore
from store.schema import deadlines, dues, obligations, policies, stage_moments, units

_QUIET = "@quiet"  # no slug: no policy is called so


def read_policies(tx: Connection) -> PolicyBook:
    """The policies in force."""
    bodies = _bodies(tx)
    quiet = bodies.pop(_QUIET, None)
    own = {name: policy_from_mapping(bodies[name]) for name in sorted(bodies)}
    return PolicyBook(own, QuietDays() if quiet is None else quiet_from_mapping(quiet))


def save_policies(tx: Connection, book: PolicyBook) -> None:
    """Make `book` the policies in force; the revision of each that changes is raised."""
    wanted: dict[str, dict[str, Any]] = {name: policy_mapping(policy) for name, policy in book.own.items()}
    if book.quiet != QuietDays():
        wanted[_QUIET] = quiet_mapping(book.quiet)
    have = _bodies(tx)
    gone = have.keys() - wanted.keys()
    if gone:
        tx.execute(delete(policies).where(policies.c.name.in_(sorted(gone))))
    rows = [{"name": name, "body": wanted[name]} for name in sorted(wanted) if have.get(name) != wanted[name]]
    if rows:
        insert = insert_or_ignore(tx, policies)
        changed = {"body": insert.excluded.body, "revision": policies.c.revision + 1}
        tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=changed), rows)


def last_days_of_task(tx: Connection, task_id: int) -> dict[int, date]:
    """Deadline → its last day, of all deadlines of a task."""
    query = select(dues.c.deadline_id, dues.c.last_day).join(deadlines, deadlines.c.id == dues.c.deadline_id)
    of_rule = query.where(deadlines.c.task_id == task_id, dues.c.basis == Basis.RULE.value)
    return {deadline: day for deadline, day in tx.execute(of_rule.order_by(dues.c.deadline_id))}


def skip_moments(tx: Connection, stages: Iterable[tuple[int, str]], now: datetime) -> None:
    """Leave out these stages (due, code) of what is over.

    Not the coordinator's list: overdue mail that is still to come waits for it.
    """
    for due_id, code in stages:
        which = (stage_moments.c.due_id == due_id, stage_moments.c.stage == code)
        past = (stage_moments.c.at <= now, stage_moments.c.queued_at.is_(None))
        others = stage_moments.c.audience != "coordinator"
        tx.execute(update(stage_moments).where(*which, *past, others).values(queued_at=now, skipped=True))


def set_variants(tx: Connection, deadline_id: int, variants: Mapping[str, str]) -> None:
    """Under which variant of its policy each unit (slug) is reminded of a deadline; those not named, of its own."""
    by_variant: dict[str, list[str]] = {}
    for unit, variant in variants.items():
        by_variant.setdefault(variant, []).append(unit)
    of = select(units.c.slug).where(units.c.id == obligations.c.unit_id).scalar_subquery()
    whens = [(of.in_(slugs), literal(variant)) for variant, slugs in by_variant.items()]
    wanted = case(*whens, else_=literal("")) if whens else literal("")
    which = (obligations.c.deadline_id == deadline_id, obligations.c.variant != wanted)
    tx.execute(update(obligations).where(*which).values(variant=wanted))


def _bodies(tx: Connection) -> dict[str, dict[str, Any]]:
    return {name: body for name, body in tx.execute(select(policies.c.name, policies.c.body))}
