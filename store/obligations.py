"""Obligations, what units handed in, and later dates granted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select, update

from plans.collation import vietnamese
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.files.writing import task_from_mapping
from plans.obligations import Obligation, Submission
from plans.periods import Period
from plans.plan import Kind, Task
from plans.status import OPEN_STATES, State
from plans.succession import MERGED, NO_UNIT
from store.deadlines import dates_of
from store.schema import (
    deadlines,
    dues,
    extensions,
    messages,
    obligations,
    passages,
    plans,
    reminders,
    submissions,
    tasks,
    units,
)

_coordinators = units.alias("coordinators")
_formers = units.alias("formers")
# The unit before the first passage of an obligation.
_first_with = (
    select(passages.c.from_id)
    .where(passages.c.obligation_id == obligations.c.id)
    .order_by(passages.c.id)
    .limit(1)
    .correlate(obligations)
    .scalar_subquery()
)
# Why an obligation was closed that only succession opens again; elsewhere a NULL reason is no reason.
closed_by_succession = func.coalesce(obligations.c.reason, "").in_((NO_UNIT,)) | func.coalesce(
    obligations.c.reason, ""
).startswith(MERGED, autoescape=True)
_OVER = tuple(s.value for s in (State.CANCELLED, State.WAIVED, State.MISSING))
OPEN = tuple(s.value for s in OPEN_STATES)


def obligations_query() -> Select[Any]:
    """Obligations with all that lists and mails say of them; add conditions, then `read`."""
    return (
        select(
            obligations.c.id,
            obligations.c.state,
            obligations.c.late,
            obligations.c.received_on,
            obligations.c.revision,
            obligations.c.due_id,
            obligations.c.deadline_id,
            case(
                (obligations.c.state.in_(_OVER), func.coalesce(obligations.c.reason, dues.c.reason)),
                else_=func.coalesce(dues.c.reason, obligations.c.reason),
            ).label("reason"),
            units.c.slug.label("unit"),
            units.c.name.label("unit_name"),
            deadlines.c.period,
            deadlines.c.tracked,
            tasks.c.slug.label("task"),
            tasks.c.title,
            tasks.c.kind,
            tasks.c.product,
            tasks.c.quote,
            plans.c.slug.label("plan"),
            plans.c.number.label("document"),
            plans.c.title.label("plan_title"),
            _coordinators.c.slug.label("coordinator"),
            _formers.c.name.label("formerly"),
            *[c for c in dues.c if c.name not in ("id", "deadline_id", "steps", "reason")],
        )
        .select_from(obligations)
        .join(dues, dues.c.id == obligations.c.due_id)
        .join(units, units.c.id == obligations.c.unit_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .outerjoin(_coordinators, _coordinators.c.id == plans.c.coordinator_id)
        .outerjoin(_formers, and_(_formers.c.id == _first_with, _formers.c.id != obligations.c.unit_id))
    )


def obligation_of(row: Any) -> Obligation:
    """The value of one row of `obligations_query`."""
    return Obligation(
        id=row.id,
        key=DeadlineKey(row.plan, row.task, Period(row.period)),
        unit=row.unit,
        unit_name=row.unit_name,
        title=row.title,
        kind=Kind(row.kind),
        product=row.product,
        document=row.document,
        plan_title=row.plan_title,
        quote=row.quote,
        dates=dates_of(row),
        soon=row.soon,
        basis=Basis(row.basis),
        state=State(row.state),
        late=row.late,
        received_on=row.received_on,
        tracked=row.tracked,
        coordinator=row.coordinator,
        reason=row.reason,
        revision=row.revision,
        formerly=row.formerly,
    )


def read(tx: Connection, query: Select[Any]) -> list[Obligation]:
    """In the order of last day, deadline and unit name: the same on every engine."""
    found = [obligation_of(r) for r in tx.execute(query)]
    return sorted(found, key=lambda o: (o.dates.last_day, o.key, vietnamese(o.unit_name), o.unit))


def by_ids(tx: Connection, numbers: Iterable[int]) -> list[Obligation]:
    return read(tx, obligations_query().where(obligations.c.id.in_(list(numbers))))


def of_deadline(
    tx: Connection, key: DeadlineKey, slugs: Sequence[str] | None = None, *, lock: bool = False
) -> list[Obligation]:
    """The obligations of one deadline; of these units only, where given.

    `lock` keeps others from changing them until the transaction ends: what is decided from them stays true.
    """
    query = obligations_query().where(
        plans.c.slug == key.plan, tasks.c.slug == key.task, deadlines.c.period == key.period.key
    )
    if slugs is not None:
        query = query.where(units.c.slug.in_(slugs))
    if lock:
        query = query.order_by(obligations.c.id).with_for_update(of=obligations)
    return read(tx, query)


def of_unit(tx: Connection, slug: str) -> list[Obligation]:
    return read(tx, obligations_query().where(units.c.slug == slug, obligations.c.state != State.CANCELLED.value))


def of_plan(tx: Connection, slug: str, period: str | None = None, *, lock: bool = False) -> list[Obligation]:
    """The obligations of a plan, or of one of its periods; `lock` as in `of_deadline`."""
    query = obligations_query().where(plans.c.slug == slug)
    if period is not None:
        query = query.where(deadlines.c.period == period)
    if lock:
        query = query.order_by(obligations.c.id).with_for_update(of=obligations)
    return read(tx, query)


def overdue_at(tx: Connection, moment: datetime, day: date) -> list[Obligation]:
    """What was late and not in at `moment`: open still, or received after the local day `day`."""
    can_be_late = [k.value for k in Kind if k.can_be_late]
    came_later = obligations.c.state.in_((State.SUBMITTED.value, State.ACCEPTED.value)) & (
        obligations.c.received_on > day
    )
    return read(
        tx,
        obligations_query().where(
            dues.c.late_at <= moment,
            deadlines.c.tracked,
            tasks.c.kind.in_(can_be_late),
            or_(obligations.c.state.in_(OPEN), came_later),
        ),
    )


def due_between(tx: Connection, first: date, last: date) -> list[Obligation]:
    """Tracked open obligations whose act-by lies in [first, last]."""
    return read(
        tx,
        obligations_query().where(
            dues.c.act_by >= first, dues.c.act_by <= last, deadlines.c.tracked, obligations.c.state.in_(OPEN)
        ),
    )


def in_state(tx: Connection, state: State) -> list[Obligation]:
    return read(tx, obligations_query().where(obligations.c.state == state.value))


def count_states(tx: Connection) -> dict[State, int]:
    query = select(obligations.c.state, func.count()).join(deadlines).where(deadlines.c.tracked)
    return {State(s): n for s, n in tx.execute(query.group_by(obligations.c.state))}


def add_obligations(
    tx: Connection, deadline_id: int, due_id: int, unit_numbers: Iterable[int], variant: str = ""
) -> list[int]:
    """New open obligations; returns their numbers."""
    rows = [
        {"deadline_id": deadline_id, "unit_id": u, "due_id": due_id, "state": "open", "variant": variant}
        for u in unit_numbers
    ]
    if not rows:
        return []
    return list(tx.scalars(obligations.insert().returning(obligations.c.id), rows))


def set_state(
    tx: Connection,
    numbers: Sequence[int],
    state: State,
    *,
    late: bool | None = None,
    received_on: date | None = None,
    closed_at: datetime | None = None,
    reason: str | None = None,
) -> None:
    """What an act has made of these obligations; each revision rises."""
    values = {"state": state.value, "late": late, "received_on": received_on, "closed_at": closed_at, "reason": reason}
    for start in range(0, len(numbers), 500):
        some = obligations.c.id.in_(numbers[start : start + 500])
        tx.execute(update(obligations).where(some).values(revision=obligations.c.revision + 1, **values))


def set_late(tx: Connection, number: int, late: bool | None) -> None:
    """Another verdict on an accepted obligation; nothing else of it changes."""
    changed = {"late": late, "revision": obligations.c.revision + 1}
    tx.execute(update(obligations).where(obligations.c.id == number).values(changed))


def set_due(tx: Connection, number: int, due_id: int) -> None:
    changed = {"due_id": due_id, "revision": obligations.c.revision + 1}
    tx.execute(update(obligations).where(obligations.c.id == number).values(changed))


def due_id_of(tx: Connection, number: int) -> int:
    return int(tx.execute(select(obligations.c.due_id).where(obligations.c.id == number)).scalar_one())


def deadline_id_of(tx: Connection, number: int) -> int:
    return int(tx.execute(select(obligations.c.deadline_id).where(obligations.c.id == number)).scalar_one())


def task_of_deadline(tx: Connection, deadline_id: int) -> Task:
    """The task a deadline is a turn of, as last loaded."""
    query = select(tasks.c.body).join(deadlines, deadlines.c.task_id == tasks.c.id)
    return task_from_mapping(tx.execute(query.where(deadlines.c.id == deadline_id)).scalar_one())


def judged_by(tx: Connection, number: int) -> DueDates:
    """The dates on which lateness is judged: the later of the rule's and the last extension's; no resubmission's."""
    latest = (
        select(extensions.c.due_id)
        .where(extensions.c.obligation_id == number)
        .order_by(extensions.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    of_rule = (
        select(dues.c.id)
        .join(obligations, obligations.c.deadline_id == dues.c.deadline_id)
        .where(obligations.c.id == number, dues.c.basis == Basis.RULE.value)
        .scalar_subquery()
    )
    either = select(dues).where((dues.c.id == latest) | (dues.c.id == of_rule))
    row = tx.execute(either.order_by(dues.c.late_at.desc(), dues.c.id).limit(1)).one()
    return dates_of(row, with_steps=True)


def open_under(tx: Connection, due_id: int) -> list[int]:
    """The numbers of the open obligations for which these dates are in force."""
    query = select(obligations.c.id).where(obligations.c.due_id == due_id, obligations.c.state.in_(OPEN))
    return sorted(tx.scalars(query))


def release_extensions(tx: Connection, deadline_id: int, rule_due_id: int, last_day: date) -> None:
    """Give obligations whose extension ends before the rule's `last_day` the rule's dates again."""
    overtaken = select(dues.c.id).where(
        dues.c.deadline_id == deadline_id, dues.c.basis == Basis.EXTENSION.value, dues.c.last_day < last_day
    )
    values = {"due_id": rule_due_id, "revision": obligations.c.revision + 1}
    of_rule = obligations.c.origin_id.is_(None)
    tx.execute(update(obligations).where(obligations.c.due_id.in_(overtaken), of_rule).values(values))


def set_variant(tx: Connection, deadline_id: int, variant: str, unit_numbers: Iterable[int]) -> None:
    """Under which variant of its policy these units are reminded of a deadline."""
    mine = and_(obligations.c.deadline_id == deadline_id, obligations.c.variant != variant)
    which = and_(mine, obligations.c.unit_id.in_(list(unit_numbers)))
    tx.execute(update(obligations).where(which).values(variant=variant))


def open_in_deadline(tx: Connection, deadline_id: int, unit_numbers: Iterable[int] | None = None) -> list[int]:
    """The numbers of a deadline's open obligations; of these units only, where given."""
    query = select(obligations.c.id).where(obligations.c.deadline_id == deadline_id, obligations.c.state.in_(OPEN))
    if unit_numbers is not None:
        query = query.where(obligations.c.unit_id.in_(list(unit_numbers)))
    return list(tx.scalars(query.order_by(obligations.c.id).with_for_update()))


def ids_of_deadlines(tx: Connection, deadline_ids: Iterable[int]) -> list[int]:
    """The numbers of all obligations of some deadlines."""
    return sorted(tx.scalars(select(obligations.c.id).where(obligations.c.deadline_id.in_(list(deadline_ids)))))


def ids_of_deadline(tx: Connection, deadline_id: int) -> list[int]:
    """The numbers of all obligations of a deadline."""
    return sorted(tx.scalars(select(obligations.c.id).where(obligations.c.deadline_id == deadline_id)))


def first_obligations(tx: Connection, task_ids: Iterable[int], today: date) -> list[int]:
    """Of each unit that owes these tasks, the open tracked obligation that falls due first from `today` on."""
    ranked = (
        select(
            obligations.c.id,
            func.row_number()
            .over(
                partition_by=(deadlines.c.task_id, obligations.c.unit_id), order_by=(dues.c.last_day, obligations.c.id)
            )
            .label("rank"),
        )
        .join(dues, dues.c.id == obligations.c.due_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .where(
            deadlines.c.task_id.in_(list(task_ids)),
            deadlines.c.tracked,
            dues.c.last_day >= today,
            obligations.c.state.in_(OPEN),
        )
        .subquery()
    )
    return sorted(tx.scalars(select(ranked.c.id).where(ranked.c.rank == 1)))


def cancelled_in_deadline(tx: Connection, deadline_id: int, since: datetime | None = None) -> dict[int, int]:
    """Unit number → number of a deadline's cancelled obligations; of those cancelled `since` then, where given.

    What closed because its unit ended is left out.
    """
    query = select(obligations.c.unit_id, obligations.c.id).where(
        obligations.c.deadline_id == deadline_id, obligations.c.state == State.CANCELLED.value, ~closed_by_succession
    )
    if since is not None:
        query = query.where(obligations.c.closed_at >= since)
    return {u: i for u, i in tx.execute(query.order_by(obligations.c.id).with_for_update())}


def ids_of_units(tx: Connection, slugs: Iterable[str]) -> list[int]:
    """The numbers of all obligations of these units, and of those that have passed from them to others."""
    named = select(units.c.id).where(units.c.slug.in_(list(slugs)))
    passed = select(passages.c.obligation_id).where(passages.c.from_id.in_(named))
    query = select(obligations.c.id).where(or_(obligations.c.unit_id.in_(named), obligations.c.id.in_(passed)))
    return sorted(tx.scalars(query))


# -- submissions and extensions --------------------------------------------------------------------------------------


def add_submission(tx: Connection, submission: Submission, *, by_unit: bool, accepted_by: str | None) -> None:
    tx.execute(
        submissions.insert().values(
            obligation_id=submission.obligation,
            number=submission.number,
            received_on=submission.received_on,
            recorded_at=submission.recorded_at,
            recorded_by=submission.recorded_by,
            by_unit=by_unit,
            note=submission.note,
            accepted_at=submission.accepted_at,
            accepted_by=accepted_by,
        )
    )


def submissions_of(tx: Connection, number: int) -> list[Submission]:
    """What was handed in for an obligation, oldest first; voided ones left out."""
    query = select(submissions).where(submissions.c.obligation_id == number, submissions.c.void.is_(False))
    return [_submission_of(r) for r in tx.execute(query.order_by(submissions.c.id))]


def latest_submissions(tx: Connection, numbers: Iterable[int]) -> dict[int, Submission]:
    """Obligation → what was handed in for it last; voided ones left out."""
    query = select(submissions).where(submissions.c.obligation_id.in_(list(numbers)), submissions.c.void.is_(False))
    return {r.obligation_id: _submission_of(r) for r in tx.execute(query.order_by(submissions.c.id))}


def _submission_of(row: Any) -> Submission:
    return Submission(
        obligation=row.obligation_id,
        number=row.number,
        received_on=row.received_on,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        accepted_at=row.accepted_at,
        returned_at=row.returned_at,
        return_reason=row.return_reason,
        note=row.note,
    )


def mark_latest_submission(tx: Connection, number: int, **values: Any) -> None:
    """Set `accepted_…` or `returned_…` on the newest submission of an obligation."""
    newest = select(func.max(submissions.c.id)).where(submissions.c.obligation_id == number).scalar_subquery()
    tx.execute(update(submissions).where(submissions.c.id == newest).values(values))


def void_submissions(tx: Connection, number: int) -> None:
    """ "coi như chưa gửi": what was handed in before counts for nothing."""
    tx.execute(update(submissions).where(submissions.c.obligation_id == number).values(void=True))


def add_extension(
    tx: Connection, number: int, due_id: int, document: str | None, reason: str | None, now: datetime, actor: str
) -> None:
    """Record that an obligation's dates became those of `due_id`; the ones before stay named."""
    tx.execute(
        extensions.insert().values(
            obligation_id=number,
            due_id=due_id,
            previous_due_id=due_id_of(tx, number),
            document=document,
            reason=reason,
            granted_at=now,
            granted_by=actor,
        )
    )


def last_reminders(tx: Connection, numbers: Iterable[int]) -> dict[int, datetime]:
    """Obligation → when its last reminder was sent."""
    query = (
        select(reminders.c.obligation_id, func.max(messages.c.sent_at))
        .join(messages, messages.c.id == reminders.c.message_id)
        .where(messages.c.state == "sent", reminders.c.obligation_id.in_(list(numbers)))
        .group_by(reminders.c.obligation_id)
    )
    return {i: at for i, at in tx.execute(query)}
