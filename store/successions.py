"""Obligations that go on from units that ended, and what an ended unit's page and feed say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, and_, bindparam, case, exists, func, insert, or_, select, union, update

from plans.deadlines import Basis, DueDates
from plans.obligations import Obligation
from plans.plan import Kind
from plans.status import State
from plans.succession import NO_UNIT, Close, Holding, Merge, Pass, merged_into, successor_in
from store.moments import reopen_stages
from store.obligations import OPEN, closed_by_succession, first_with, obligations_query, read
from store.schema import deadlines, dues, obligations, passages, stage_moments, tasks, units
from store.settling import unsettle_of

_BATCH = 500
_homes = units.alias("homes")
_closed_so = and_(obligations.c.reason.is_not(None), obligations.c.state == State.CANCELLED.value, closed_by_succession)


def as_owed_at(tx: Connection, found: Sequence[Obligation], moment: datetime) -> list[Obligation]:
    """The same under the units that owed them at `moment`: what has passed on since had not yet."""
    owed_by: dict[int, tuple[str, str]] = {}
    query = (
        select(passages.c.obligation_id, units.c.slug, units.c.name)
        .join(units, units.c.id == passages.c.from_id)
        .where(passages.c.at > moment)
        .order_by(passages.c.id.desc())  # the first passage after the moment is read last
    )
    for obligation, slug, name in tx.execute(query):
        owed_by[obligation] = slug, name
    then = [replace(o, unit=owed_by[o.id][0], unit_name=owed_by[o.id][1]) if o.id in owed_by else o for o in found]
    return [replace(o, formerly=None) if o.formerly == o.unit_name else o for o in then]


def moving(tx: Connection, day: date) -> list[Holding]:
    """What succession has to decide of on `day`: the open obligations of ended units, and all it ever moved or closed.

    Left out is what asks for nothing any more: not tracked, or a milestone or target whose day is over.
    """
    over = select(units.c.id).where(units.c.until < day)
    # Three ways in, each by an index of its own: there may be millions of others.
    concerned = union(
        select(obligations.c.id).where(obligations.c.unit_id.in_(over), obligations.c.state.in_(OPEN)),
        select(passages.c.obligation_id),
        select(obligations.c.id).where(_closed_so),
    )
    lasting = [k.value for k in Kind if k.can_be_late]
    query = (
        select(
            obligations.c.id,
            obligations.c.deadline_id,
            obligations.c.state,
            obligations.c.reason,
            units.c.slug,
            _homes.c.slug.label("home"),
            dues.c.last_day,
        )
        .join(units, units.c.id == obligations.c.unit_id)
        .join(_homes, _homes.c.id == func.coalesce(first_with, obligations.c.unit_id))
        .join(dues, dues.c.id == obligations.c.due_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .where(
            obligations.c.id.in_(concerned),
            or_(obligations.c.state.in_(OPEN), _closed_so),
            deadlines.c.tracked,
            deadlines.c.cancelled_at.is_(None),
            or_(tasks.c.kind.in_(lasting), dues.c.last_day >= day),
        )
        .order_by(obligations.c.id)
        .with_for_update(of=obligations)
    )
    return [
        Holding(r.id, r.deadline_id, r.slug, r.home, State(r.state), r.reason, r.last_day) for r in tx.execute(query)
    ]


def undone(tx: Connection, numbers: Iterable[int], now: datetime) -> set[int]:
    """Those of these obligations that passed or closed later than `now`: the clock has been set back over it."""
    asked, found = sorted(set(numbers)), set()
    for start in range(0, len(asked), _BATCH):
        some = asked[start : start + _BATCH]
        passed = select(passages.c.obligation_id).where(passages.c.obligation_id.in_(some), passages.c.at > now)
        closed = select(obligations.c.id).where(obligations.c.id.in_(some), obligations.c.closed_at > now)
        found |= set(tx.scalars(union(passed, closed)))
    return found


def slots(
    tx: Connection, deadline_ids: Iterable[int], slugs: Iterable[str]
) -> dict[tuple[int, str], tuple[int, State]]:
    """(deadline, unit) → number and state of the obligation there."""
    numbers, named, found = sorted(set(deadline_ids)), sorted(set(slugs)), {}
    for start in range(0, len(numbers), _BATCH):
        query = (
            select(obligations.c.id, obligations.c.deadline_id, obligations.c.state, units.c.slug)
            .join(units, units.c.id == obligations.c.unit_id)
            .where(obligations.c.deadline_id.in_(numbers[start : start + _BATCH]), units.c.slug.in_(named))
            .order_by(obligations.c.id)
            .with_for_update(of=obligations)
        )
        for r in tx.execute(query):
            found[r.deadline_id, r.slug] = r.id, State(r.state)
    return found


def save_passes(tx: Connection, done: Sequence[Pass], ids: dict[str, int], now: datetime) -> None:
    """The same obligations, of other units; those that an earlier succession closed open again."""
    moved = [p for p in done if p.old != p.new]
    if moved:
        # In the order of the decision: a place is left before another takes it.
        to = update(obligations).where(obligations.c.id == bindparam("number")).values(unit_id=bindparam("to"))
        tx.execute(to, [{"number": p.obligation, "to": ids[p.new]} for p in moved])
        rows = [{"obligation_id": p.obligation, "from_id": ids[p.old], "to_id": ids[p.new], "at": now} for p in moved]
        tx.execute(insert(passages), rows)
    reopen(tx, [p.obligation for p in done])


def reopen(tx: Connection, numbers: Sequence[int]) -> None:
    """Raise their revision; what was closed is open again, or sent back for completion as it was."""
    sent_back = exists(
        select(dues.c.id)
        .where(dues.c.id == obligations.c.due_id, dues.c.basis == Basis.RESUBMISSION.value)
        .correlate(obligations)
    )
    again = case((sent_back, State.RETURNED.value), else_=State.OPEN.value)
    gone = obligations.c.state == State.CANCELLED.value
    values = {
        "state": case((gone, again), else_=obligations.c.state),
        "reason": case((gone, None), else_=obligations.c.reason),
        "closed_at": case((gone, None), else_=obligations.c.closed_at),
        "revision": obligations.c.revision + 1,
    }
    for start in range(0, len(numbers), _BATCH):
        some = obligations.c.id.in_(numbers[start : start + _BATCH])
        tx.execute(update(obligations).where(some).values(values))
        unsettle_of(tx, numbers[start : start + _BATCH])


def save_closures(tx: Connection, done: Sequence[Merge | Close], now: datetime) -> None:
    """Close what merged into a successor's own, or has nobody left; a successor's own that was cancelled revives."""
    if done:
        closing = (
            update(obligations)
            .where(obligations.c.id == bindparam("number"))
            .values(
                state=State.CANCELLED.value,
                late=None,
                received_on=None,
                closed_at=now,
                reason=bindparam("why"),
                revision=obligations.c.revision + 1,
            )
        )
        tx.execute(closing, [{"number": d.obligation, "why": reason_of(d)} for d in done])
    reopen(tx, [d.revives for d in done if isinstance(d, Merge) and d.revives is not None])


def reason_of(done: Merge | Close) -> str:
    """The reason kept with a closed obligation."""
    return merged_into(done.new) if isinstance(done, Merge) else NO_UNIT


def reopen_moments_of(tx: Connection, numbers: Sequence[int]) -> None:
    """Have the stages of these obligations queued again: whoever answers for them now is told of the latest."""
    own = stage_moments.c.audience.in_(("officers", "head"))
    for start in range(0, len(numbers), _BATCH):
        owed = select(obligations.c.due_id).where(obligations.c.id.in_(numbers[start : start + _BATCH]))
        reopen_stages(tx, stage_moments.c.due_id.in_(owed), own)


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Whose obligations no audience decides of: those taken over, and those that pass on when their unit ends."""

    holders: Mapping[int, AbstractSet[int]]  # deadline → units that owe it for another that ended
    ends: Mapping[int, date]  # unit → its last day
    passed: Mapping[int, AbstractSet[int]]  # deadline → units whose obligation has gone on to others

    def leaving(self, dates: DueDates, own: Mapping[int, DueDates]) -> set[int]:
        """The units that end before the last day of a deadline's dates, or of their `own`."""
        return {unit for unit, until in self.ends.items() if until < own.get(unit, dates).last_day}


NOTHING_INHERITED = Inheritance({}, {}, {})


def inheritance(tx: Connection) -> Inheritance:
    ends = select(units.c.id, units.c.until).where(units.c.until.is_not(None))
    return Inheritance(_holders(tx), {number: until for number, until in tx.execute(ends)}, _passed(tx))


def _passed(tx: Connection) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    query = select(obligations.c.deadline_id, passages.c.from_id).join(passages)
    for deadline_id, unit_id in tx.execute(query.where(passages.c.from_id != obligations.c.unit_id)):
        found.setdefault(deadline_id, set()).add(unit_id)
    return found


def _holders(tx: Connection) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    by_passage = select(obligations.c.deadline_id, obligations.c.unit_id).where(
        obligations.c.id.in_(select(passages.c.obligation_id))
    )
    for deadline_id, unit_id in tx.execute(by_passage):
        found.setdefault(deadline_id, set()).add(unit_id)
    ids = {slug: number for slug, number in tx.execute(select(units.c.slug, units.c.id))}
    for deadline_id, reason in tx.execute(select(obligations.c.deadline_id, obligations.c.reason).where(_closed_so)):
        if (slug := successor_in(reason)) in ids:
            found.setdefault(deadline_id, set()).add(ids[slug])
    return found


def ended_between(tx: Connection, first: date, last: date) -> set[int]:
    """The units whose last day is one of these, both included."""
    return set(tx.scalars(select(units.c.id).where(units.c.until.between(first, last))))


def gone_from(tx: Connection, slug: str) -> list[Obligation]:
    """What a unit owed that others have taken over since, or that closed with it."""
    number = select(units.c.id).where(units.c.slug == slug).scalar_subquery()
    passed = obligations.c.id.in_(select(passages.c.obligation_id).where(passages.c.from_id == number))
    elsewhere = and_(passed, obligations.c.unit_id != number)
    return read(tx, obligations_query().where(or_(elsewhere, and_(obligations.c.unit_id == number, _closed_so))))


@dataclass(frozen=True, slots=True)
class End:
    """A unit's last day and who comes after it."""

    until: date
    successors: tuple[str, ...]  # names
    revision: int


def end_of(tx: Connection, slug: str) -> End | None:
    """The end of a unit, ahead or past; None for one without."""
    row = tx.execute(select(units.c.until, units.c.successors, units.c.revision).where(units.c.slug == slug)).first()
    if row is None or row.until is None:
        return None
    names = {s: n for s, n in tx.execute(select(units.c.slug, units.c.name).where(units.c.slug.in_(row.successors)))}
    return End(row.until, tuple(names[s] for s in row.successors if s in names), row.revision)
