"""Obligations, and the dates on which they are judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select, update

from plans.collation import vietnamese
from plans.deadlines import Basis, DeadlineKey, DueDates
from plans.files.writing import task_from_mapping
from plans.obligations import Obligation
from plans.periods import Period
from plans.plan import Kind, Task
from plans.status import OPEN_STATES, State
from plans.succession import MERGED, NO_UNIT
from store.deadlines import dates_of, due_dates
from store.schema import (
    deadlines,
    dues,
    extensions,
    messages,
    obligations,
    passages,
    plans,
    reminders,
    tasks,
    units,
)
from store.settling import unsettle, unsettle_of

_coordinators = units.alias("coordinators")
_BATCH = 500
_formers = units.alias("formers")
# The unit before the first passage of an obligation.
first_with = (
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
# The dates that an obligation goes by. Their deadline is named too, because obligations are found by it.
in_force = and_(dues.c.id == obligations.c.due_id, dues.c.deadline_id == obligations.c.deadline_id)
_OVER = tuple(s.value for s in (State.CANCELLED, State.WAIVED, State.MISSING))
OPEN = tuple(s.value for s in OPEN_STATES)
_reason = case(
    (obligations.c.state.in_(_OVER), func.coalesce(obligations.c.reason, dues.c.reason)),
    else_=func.coalesce(dues.c.reason, obligations.c.reason),
)


@cache
def obligations_query() -> Select[Any]:
    """Obligations with all that lists and mails say of them; add conditions and further columns, then `read`."""
    return (
        select(
            obligations.c.id,
            plans.c.slug.label("plan"),
            tasks.c.slug.label("task"),
            deadlines.c.period,
            units.c.slug.label("unit"),
            units.c.name.label("unit_name"),
            tasks.c.title,
            tasks.c.kind,
            tasks.c.product,
            plans.c.number.label("document"),
            plans.c.title.label("plan_title"),
            tasks.c.quote,
            dues.c.stated,
            dues.c.operator,
            dues.c.last_day,
            dues.c.act_by,
            dues.c.late_on,
            dues.c.late_at,
            dues.c.at,
            dues.c.opens,
            dues.c.soon,
            dues.c.basis,
            obligations.c.state,
            obligations.c.late,
            obligations.c.received_on,
            deadlines.c.tracked,
            _coordinators.c.slug.label("coordinator"),
            _reason.label("reason"),
            obligations.c.revision,
            _formers.c.name.label("formerly"),
        )
        .select_from(obligations)
        .join(dues, in_force)
        .join(units, units.c.id == obligations.c.unit_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .outerjoin(_coordinators, _coordinators.c.id == plans.c.acting_id)
        .outerjoin(_formers, and_(_formers.c.id == first_with, _formers.c.id != obligations.c.unit_id))
    )


@cache
def own_query() -> Select[Any]:
    """Obligations with what differs between those of one deadline and its dates; `deadlines` and `plans` are joined."""
    return (
        select(
            obligations.c.id,
            obligations.c.due_id,
            units.c.slug.label("unit"),
            units.c.name.label("unit_name"),
            obligations.c.state,
            obligations.c.late,
            obligations.c.received_on,
            _reason.label("reason"),
            obligations.c.revision,
            _formers.c.name.label("formerly"),
        )
        .select_from(obligations)
        .join(dues, in_force)
        .join(units, units.c.id == obligations.c.unit_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .outerjoin(_formers, and_(_formers.c.id == first_with, _formers.c.id != obligations.c.unit_id))
    )


COLUMNS = 30  # of obligations_query
OWN = 10  # of own_query
OWN_FIELDS = ("id", "unit", "unit_name", "state", "late", "received_on", "reason", "revision", "formerly")


def obligation_of(row: Sequence[Any]) -> Obligation:
    """The value of the columns of `obligations_query`, in their order: by their names a wave takes twice as long."""
    (number, plan, task, period, unit, unit_name, title, kind, product, document, plan_title, quote,
     stated, operator, last_day, act_by, late_on, late_at, at, opens, soon, basis,
     state, late, received_on, tracked, coordinator, reason, revision, formerly) = row  # fmt: skip
    return Obligation(
        number,
        _key(plan, task, period),
        unit,
        unit_name,
        title,
        _kind(kind),
        product,
        document,
        plan_title,
        quote,
        due_dates(stated, operator, last_day, act_by, late_on, late_at, at, opens),
        soon,
        _basis(basis),
        _state(state),
        late,
        received_on,
        tracked,
        coordinator,
        reason,
        revision,
        formerly,
    )


def sister(one: Obligation, row: Sequence[Any]) -> Obligation:
    """The obligation of the columns of `own_query`; `one` is of the same deadline and dates."""
    number, _, unit, unit_name, state, late, received_on, reason, revision, formerly = row[:OWN]
    return Obligation(
        number,
        one.key,
        unit,
        unit_name,
        one.title,
        one.kind,
        one.product,
        one.document,
        one.plan_title,
        one.quote,
        one.dates,
        one.soon,
        one.basis,
        _state(state),
        late,
        received_on,
        one.tracked,
        one.coordinator,
        reason,
        revision,
        formerly,
    )


_kind, _basis, _state = lru_cache(Kind), lru_cache(Basis), lru_cache(State)


@lru_cache(1024)
def _key(plan: str, task: str, period: str) -> DeadlineKey:
    return DeadlineKey(plan, task, Period(period))


def read_each(tx: Connection, numbers: Iterable[int]) -> tuple[dict[int, Obligation], dict[int, Exception]]:
    """Number → obligation; and of those with a value that nobody could have written, why."""
    found: dict[int, Obligation] = {}
    unread: dict[int, Exception] = {}
    for some in batches(sorted(set(numbers))):
        for row in tx.execute(obligations_query().where(obligations.c.id.in_(some))):
            try:
                found[row.id] = obligation_of(row[:COLUMNS])
            except (ValueError, KeyError, TypeError) as error:
                unread[row.id] = error
    return found, unread


def read(tx: Connection, query: Select[Any]) -> list[Obligation]:
    """Ordered by `in_order`: the same on every engine."""
    return in_order(obligation_of(r[:COLUMNS]) for r in tx.execute(query))


def in_order(found: Iterable[Obligation]) -> list[Obligation]:
    """By last day, deadline and unit name."""
    return sorted(found, key=lambda o: (o.dates.last_day, o.key, vietnamese(o.unit_name), o.unit))


def by_ids(tx: Connection, numbers: Iterable[int], *, lock: bool = False) -> list[Obligation]:
    """Those of these numbers that are there; `lock` as in `of_deadline`."""
    query, found = obligations_query(), batches(sorted(set(numbers)))
    if lock:
        query = query.order_by(obligations.c.id).with_for_update(of=obligations)
    return in_order(o for some in found for o in read(tx, query.where(obligations.c.id.in_(some))))


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
    """What was late and not in at `moment`: open still, received after the local day `day`, or ended with its unit."""
    can_be_late = [k.value for k in Kind if k.can_be_late]
    came_later = obligations.c.state.in_((State.SUBMITTED.value, State.ACCEPTED.value)) & (
        obligations.c.received_on > day
    )
    ended_later = and_(
        obligations.c.state == State.CANCELLED.value, closed_by_succession, obligations.c.closed_at > moment
    )
    return read(
        tx,
        obligations_query().where(
            dues.c.late_at <= moment,
            deadlines.c.tracked,
            tasks.c.kind.in_(can_be_late),
            or_(obligations.c.state.in_(OPEN), came_later, ended_later),
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


def accepted_in(tx: Connection, deadline_ids: Iterable[int]) -> list[Obligation]:
    """What is confirmed in these deadlines."""
    accepted = obligations.c.state == State.ACCEPTED.value
    query = obligations_query().where(accepted)
    return in_order(o for some in batches(deadline_ids) for o in read(tx, query.where(deadlines.c.id.in_(some))))


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
    unsettle(tx, [due_id])
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
    for some in batches(numbers):
        changed = update(obligations).where(obligations.c.id.in_(some))
        tx.execute(changed.values(revision=obligations.c.revision + 1, **values))
        if state in OPEN_STATES:
            unsettle_of(tx, some)


def set_late(tx: Connection, numbers: Iterable[int], late: bool | None) -> None:
    """Another verdict on accepted obligations; nothing else of them changes."""
    changed = {"late": late, "revision": obligations.c.revision + 1}
    for some in batches(numbers):
        tx.execute(update(obligations).where(obligations.c.id.in_(some)).values(changed))


def set_due(tx: Connection, number: int, due_id: int) -> None:
    set_dues(tx, [number], due_id)


def set_dues(tx: Connection, numbers: Iterable[int], due_id: int) -> None:
    """Other dates in force for these obligations."""
    unsettle(tx, [due_id])
    changed = {"due_id": due_id, "revision": obligations.c.revision + 1}
    for some in batches(numbers):
        tx.execute(update(obligations).where(obligations.c.id.in_(some)).values(changed))


def deadline_id_of(tx: Connection, number: int) -> int:
    return int(tx.execute(select(obligations.c.deadline_id).where(obligations.c.id == number)).scalar_one())


def task_of_deadline(tx: Connection, deadline_id: int) -> Task:
    """The task a deadline is a turn of, as last loaded."""
    query = select(tasks.c.body).join(deadlines, deadlines.c.task_id == tasks.c.id)
    return task_from_mapping(tx.execute(query.where(deadlines.c.id == deadline_id)).scalar_one())


def judged_by(tx: Connection, number: int) -> DueDates:
    """As `judging_dates`, of one obligation."""
    return judging_dates(tx, [number])[number]


def judging_dates(tx: Connection, numbers: Iterable[int]) -> dict[int, DueDates]:
    """Obligation → the dates on which its lateness is judged.

    The later of the last extension's and those it had first: of the unit's own event, else of the rule. More time to
    complete what was sent back is no more time to have sent it.
    """
    of_rule = (
        select(dues.c.id)
        .where(dues.c.deadline_id == obligations.c.deadline_id, dues.c.basis == Basis.RULE.value)
        .correlate(obligations)
        .scalar_subquery()
    )
    first = select(obligations.c.id.label("obligation"), dues).join(
        dues, dues.c.id == func.coalesce(obligations.c.origin_id, of_rule)
    )
    granted = (
        select(extensions.c.obligation_id.label("obligation"), dues)
        .join(dues, dues.c.id == extensions.c.due_id)
        .where(dues.c.basis == Basis.EXTENSION.value)
        .order_by(extensions.c.id)
    )
    found: dict[int, DueDates] = {}
    shared: dict[int, DueDates] = {}  # all units of a deadline go by the same
    for some in batches(numbers):
        for r in tx.execute(first.where(obligations.c.id.in_(some))):
            if r.id not in shared:
                shared[r.id] = dates_of(r, with_steps=True)
            found[r.obligation] = shared[r.id]
        later = {r.obligation: r for r in tx.execute(granted.where(extensions.c.obligation_id.in_(some)))}
        for number, row in later.items():
            if row.late_at > found[number].late_at:
                found[number] = dates_of(row, with_steps=True)
    return found


def dates_of_open(tx: Connection, deadline_ids: Iterable[int]) -> dict[int, DueDates]:
    """Open obligation of these deadlines → the dates in force for it."""
    found: dict[int, DueDates] = {}
    for some in batches(deadline_ids):
        query = select(obligations.c.id.label("obligation"), dues).join(dues, dues.c.id == obligations.c.due_id)
        mine = query.where(obligations.c.deadline_id.in_(some), obligations.c.state.in_(OPEN))
        found |= {r.obligation: dates_of(r) for r in tx.execute(mine)}
    return found


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


def cancelled_in_deadline(tx: Connection, deadline_id: int) -> dict[int, tuple[int, datetime]]:
    """Unit number → number of a deadline's cancelled obligations, and when they were cancelled.

    What closed because its unit ended is left out.
    """
    query = select(obligations.c.unit_id, obligations.c.id, obligations.c.closed_at).where(
        obligations.c.deadline_id == deadline_id, obligations.c.state == State.CANCELLED.value, ~closed_by_succession
    )
    return {u: (i, at) for u, i, at in tx.execute(query.order_by(obligations.c.id).with_for_update())}


def last_obligation(tx: Connection) -> int:
    """The highest number so far: what is made later has a higher one."""
    return int(tx.scalar(select(func.max(obligations.c.id))) or 0)


def open_items(tx: Connection, unit_numbers: Iterable[int], task_numbers: Iterable[int]) -> list[tuple[int, int, int]]:
    """(number, task, unit) of every open obligation of these units or of these tasks, by number."""
    query = (
        select(obligations.c.id, deadlines.c.task_id, obligations.c.unit_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .where(obligations.c.state.in_(OPEN), deadlines.c.tracked)
    )
    units_of, tasks_of = sorted(set(unit_numbers)), sorted(set(task_numbers))
    found: set[tuple[int, int, int]] = set()
    for column, numbers in ((obligations.c.unit_id, units_of), (deadlines.c.task_id, tasks_of)):
        for start in range(0, len(numbers), 500):
            rows = tx.execute(query.where(column.in_(numbers[start : start + 500])))
            found |= {(o, t, u) for o, t, u in rows}
    return sorted(found)


def ids_of_units(tx: Connection, slugs: Iterable[str]) -> list[int]:
    """The numbers of all obligations of these units, and of those that have passed from them to others."""
    named = select(units.c.id).where(units.c.slug.in_(list(slugs)))
    passed = select(passages.c.obligation_id).where(passages.c.from_id.in_(named))
    query = select(obligations.c.id).where(or_(obligations.c.unit_id.in_(named), obligations.c.id.in_(passed)))
    return sorted(tx.scalars(query))


def closed_at(tx: Connection, numbers: Iterable[int]) -> dict[int, datetime]:
    """Obligation → when it was closed; those that are open are left out."""
    found: dict[int, datetime] = {}
    for some in batches(numbers):
        query = select(obligations.c.id, obligations.c.closed_at).where(obligations.c.id.in_(some))
        found |= {i: at for i, at in tx.execute(query.where(obligations.c.closed_at.is_not(None)))}
    return found


def last_reminders(tx: Connection, numbers: Iterable[int]) -> dict[int, datetime]:
    """Obligation → when its last reminder was sent."""
    found: dict[int, datetime] = {}
    for some in batches(numbers):
        query = (
            select(reminders.c.obligation_id, func.max(messages.c.sent_at))
            .join(messages, messages.c.id == reminders.c.message_id)
            .where(messages.c.state == "sent", reminders.c.obligation_id.in_(some))
            .group_by(reminders.c.obligation_id)
        )
        found.update((number, at) for number, at in tx.execute(query))
    return found


def batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    """A statement has room for so many numbers only."""
    found = list(numbers)
    return (found[start : start + _BATCH] for start in range(0, len(found), _BATCH))
