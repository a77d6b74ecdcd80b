"""The ledger: one row per (obligation, last day, stage, recipient), ever; and the messages that carry them.

States of a reminder: `waiting` (in no message yet), `queued`, `sent`, `failed`, `unknown`, and `superseded` with a
reason.
Everything here is set-based: no loop over units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, case, exists, func, literal, not_, or_, select, update

from plans.announcements import PREFIX, News
from store.absences import away
from store.database import insert_or_ignore
from store.obligations import OPEN, in_force
from store.people import waits_for_digest
from store.recipients import told
from store.schema import (
    coordinations,
    deadlines,
    dues,
    messages,
    obligations,
    plans,
    recipients,
    reminders,
    stage_moments,
    tasks,
)

KEY = ("obligation_id", "last_day", "stage", "person_id")
_UNDONE = ("reassigned", "date_changed", "cancelled", "untracked")  # why a row was dropped, where that can be undone

DIGEST, URGENT, UNRECORDED, MONDAY = "digest", "urgent", "unrecorded", "monday"
UNDELIVERABLE = "undeliverable"  # to coordinators, of other mail that failed
_OF_A_DAY = timedelta(hours=12)  # from the first working moment of a day past its last

_other, _later, _listed, _held = (reminders.alias(name) for name in ("other", "later", "listed", "held"))
_carrier, _this = messages.alias("carrier"), messages.alias("this")

LEDGER_KINDS = (DIGEST, URGENT, UNRECORDED)  # kinds of messages that carry reminders

COLUMNS = (
    "obligation_id",
    "last_day",
    "stage",
    "person_id",
    "for_unit_id",
    "due_id",
    "at",
    "position",
    "audience",
    "kind",
    "urgent",
    "state",
    "created_at",
    "instead_of",
)


def is_news(stage: Any) -> Any:
    """Whether a stage announces a change: it neither replaces a reminder nor is replaced by one."""
    return stage.startswith(PREFIX, autoescape=True)


def keeps(stage: Any) -> Any:
    """Whether a stage announces what everyone who knew otherwise must learn, whoever is away."""
    return or_(*(stage.startswith(n, autoescape=True) for n in (News.MOVED, News.CANCELLED, News.RESTORED, News.TAKEN)))


def lock_unsent(tx: Connection) -> None:
    """Let claims under way end and keep new ones off, until this transaction ends.

    On PostgreSQL a reminder could otherwise be put into, or taken out of, a message that another node is rendering.
    """
    unsent = select(messages.c.id).where(messages.c.state.in_(("queued", "sending"))).order_by(messages.c.id)
    tx.execute(unsent.with_for_update()).all()


def insert_due(tx: Connection, now: datetime) -> int:
    """A ledger row for every stage whose moment has come and everyone it concerns; returns how many are new.

    A row that was dropped for what has been undone since (`_UNDONE`) is taken up again; what was sent never is.
    """
    come = and_(stage_moments.c.at <= now, stage_moments.c.queued_at.is_(None))
    added = 0
    for query in (*_to_owing(now), _to_coordinator(now)):
        insert = insert_or_ignore(tx, reminders).from_select(list(COLUMNS), query.where(come))
        again = {name: insert.excluded[name] for name in COLUMNS if name not in (*KEY, "created_at")}
        statement = insert.on_conflict_do_update(
            index_elements=list(KEY),
            set_={**again, "reason": None, "message_id": None},
            where=and_(reminders.c.state == "superseded", reminders.c.reason.in_(_UNDONE)),
        )
        added += len(tx.execute(statement.returning(reminders.c.id)).all())
    # One person may serve several coordinating units: the same key twice in one statement.
    helping = insert_or_ignore(tx, reminders).from_select(list(COLUMNS), _to_coordinating(now).where(come))
    added += len(tx.execute(helping.on_conflict_do_nothing().returning(reminders.c.id)).all())
    tx.execute(update(stage_moments).where(come).values(queued_at=now))
    return added


def _rows(now: datetime, unit: Any, told_by: Table = recipients) -> Select[Any]:
    m = stage_moments.c
    return (
        select(
            obligations.c.id,
            dues.c.last_day,
            m.stage,
            told_by.c.person_id,
            unit,
            dues.c.id,
            m.at,
            m.position,
            m.audience,
            m.kind,
            m.urgent,
            literal("waiting"),
            literal(now, reminders.c.created_at.type),
            told_by.c.instead_of,
        )
        .select_from(stage_moments)
        .join(dues, dues.c.id == m.due_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .join(obligations, and_(in_force, obligations.c.variant == m.variant))
        .where(obligations.c.state.in_(OPEN), deadlines.c.tracked, deadlines.c.cancelled_at.is_(None))
    )


def _to_owing(now: datetime) -> list[Select[Any]]:
    unit = obligations.c.unit_id
    sources = told(deadlines.c.task_id, unit, stage_moments.c.audience)
    return [_rows(now, unit, s.table).join(s.table, s.on).where(not_(_spoken_for(s.table))) for s in sources]


def _spoken_for(told_by: Table) -> Any:
    """Whether the stage has been told to the absent one whose deputy this is, or to this one's deputy."""
    query = select(_other.c.id).where(
        _other.c.obligation_id == obligations.c.id,
        _other.c.last_day == dues.c.last_day,
        _other.c.stage == stage_moments.c.stage,
        _other.c.state.in_(("queued", "sent", "unknown")),
        or_(_other.c.person_id == told_by.c.instead_of, _other.c.instead_of == told_by.c.person_id),
    )
    return exists(query.correlate_except(_other))


def _to_coordinator(now: datetime) -> Select[Any]:
    told_of = and_(recipients.c.unit_id == plans.c.acting_id, recipients.c.audience == "officers")
    return (
        _rows(now, plans.c.acting_id)
        .join(tasks, tasks.c.id == deadlines.c.task_id)
        .join(plans, plans.c.id == tasks.c.plan_id)
        .join(recipients, told_of)
        .where(stage_moments.c.audience == "coordinator")
    )


def _to_coordinating(now: datetime) -> Select[Any]:
    told_of = and_(recipients.c.unit_id == coordinations.c.unit_id, recipients.c.audience == "officers")
    return (
        _rows(now, coordinations.c.unit_id)
        .join(coordinations, coordinations.c.deadline_id == deadlines.c.id)
        .join(recipients, told_of)
        .where(stage_moments.c.audience == "coordinating")
    )


def overtaken() -> Any:
    """Whether the ledger holds a later stage of the same item, for the same dates and person."""
    newer = (
        select(_later.c.id)
        .where(
            _later.c.obligation_id == reminders.c.obligation_id,
            _later.c.person_id == reminders.c.person_id,
            _later.c.kind == reminders.c.kind,
            _later.c.due_id == reminders.c.due_id,
            _later.c.last_day == reminders.c.last_day,  # a corrected date begins anew
            not_(or_(is_news(_later.c.stage), is_news(reminders.c.stage))),
            or_(_later.c.at > reminders.c.at, and_(_later.c.at == reminders.c.at, _rank(_later) > _rank(reminders))),
        )
        .correlate(reminders)
    )
    return exists(newer)


def _rank(of: Any) -> Any:
    """Of two stages of one moment the higher counts; what a person owes before what the person only helps with."""
    return case((of.c.audience == "coordinating", -1), else_=of.c.position)


def supersede_older(tx: Connection) -> int:
    """Leave each person the latest stage of each open item; older ones not yet sent are recorded as superseded.

    What is in a message whose outcome is uncertain may have been read: that is decided when its turn comes.
    """
    untried = select(messages.c.id).where(messages.c.state == "queued", messages.c.uncertain.is_(False))
    unsent = or_(
        reminders.c.state == "waiting", and_(reminders.c.state == "queued", reminders.c.message_id.in_(untried))
    )
    changed = update(reminders).where(unsent, overtaken()).values(state="superseded", reason="later_stage")
    return len(tx.execute(changed.returning(reminders.c.id)).all())


def supersede_overdue(tx: Connection, now: datetime) -> int:
    """Drop what was to be said before the date, once it is late: it would say "chưa ghi nhận" ahead of its time.

    What follows is the first overdue stage, after the coordinator could record what came in; for work, the Monday page.
    """
    late = select(dues.c.id).where(
        dues.c.id == reminders.c.due_id, dues.c.late_at <= now, reminders.c.at < dues.c.late_at
    )
    lasting = and_(is_news(reminders.c.stage), not_(reminders.c.stage.startswith(News.NEW, autoescape=True)))
    before = and_(reminders.c.state == "waiting", not_(lasting))
    which = update(reminders).where(before, exists(late.correlate(reminders)))
    return len(tx.execute(which.values(state="superseded", reason="overdue_by_now").returning(reminders.c.id)).all())


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person's reminders that are in no message yet, and what this day's messages to that person are."""

    person: int
    kind: str
    at: datetime  # the latest moment among them
    urgent: bool  # some of them are T0 or later


def _before_the_list(afternoon: datetime, row: Any = reminders) -> Any:
    """Whether an overdue reminder comes before the coordinator had the list of its item, and an `afternoon` since.

    Nobody is told "chưa ghi nhận" while the one who records has not been asked what came in.
    """
    unread = or_(
        _listed.c.state.in_(("waiting", "queued")), and_(_listed.c.state == "sent", _carrier.c.sent_at >= afternoon)
    )
    query = (
        select(_listed.c.id)
        .outerjoin(_carrier, _carrier.c.id == _listed.c.message_id)
        .where(
            _listed.c.obligation_id == row.c.obligation_id,
            _listed.c.due_id == row.c.due_id,
            _listed.c.kind == UNRECORDED,
            _listed.c.at <= row.c.at,  # a quiet day can put both off to the same moment
            unread,
        )
        .correlate(row)
    )
    return and_(row.c.kind == DIGEST, not_(is_news(row.c.stage)), exists(query))


def _before_overdue_mail(now: datetime, afternoon: datetime) -> Any:
    """Whether news is of something late of which the reader's overdue mail has still to come today, or is held back.

    It goes along with that: neither ahead of what could be recorded, nor as a second mail of the day.
    """
    waits = (
        select(_held.c.id)
        .where(
            _held.c.obligation_id == reminders.c.obligation_id,
            _held.c.person_id == reminders.c.person_id,
            _held.c.state == "waiting",
            _before_the_list(afternoon, _held),
        )
        .correlate(reminders)
    )
    late = (
        select(dues.c.id)
        .select_from(dues)
        .join(obligations, obligations.c.due_id == dues.c.id)
        .where(obligations.c.id == reminders.c.obligation_id, dues.c.late_at <= now)
        .correlate(reminders)
    )
    coming = (
        select(stage_moments.c.due_id)
        .select_from(stage_moments)
        .join(dues, dues.c.id == stage_moments.c.due_id)
        .join(obligations, and_(obligations.c.due_id == dues.c.id, obligations.c.variant == stage_moments.c.variant))
        .where(
            obligations.c.id == reminders.c.obligation_id,
            stage_moments.c.queued_at.is_(None),
            stage_moments.c.audience == "officers",
            stage_moments.c.at >= dues.c.late_at,
            stage_moments.c.at <= now + _OF_A_DAY,
        )
        .correlate(reminders)
    )
    return and_(keeps(reminders.c.stage), exists(late), or_(exists(waits), exists(coming)))


def _not_written_to(now: datetime) -> Any:
    """Whether an announcement is for somebody away whom others stand in for, or are told instead of."""
    sources = told(deadlines.c.task_id, reminders.c.for_unit_id, reminders.c.audience)
    written = [
        exists(
            select(s.table.c.person_id)
            .select_from(obligations)
            .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
            .join(s.table, s.on)
            .where(obligations.c.id == reminders.c.obligation_id, s.table.c.person_id == reminders.c.person_id)
            .correlate(reminders)
        )
        for s in sources
    ]
    return and_(keeps(reminders.c.stage), away(reminders.c.person_id, now), not_(or_(*written)))


def _ready(now: datetime, afternoon: datetime | None, clock: time | None) -> Any:
    is_waiting = and_(reminders.c.state == "waiting", not_(_not_written_to(now)))
    if afternoon is not None:
        is_waiting = and_(is_waiting, not_(_before_the_list(afternoon)), not_(_before_overdue_mail(now, afternoon)))
    if clock is not None:
        is_waiting = and_(is_waiting, not_(and_(reminders.c.kind == DIGEST, waits_for_digest(clock))))
    return is_waiting


def waiting(
    tx: Connection, now: datetime, afternoon: datetime | None = None, clock: time | None = None
) -> list[Waiting]:
    """Who has reminders in no message yet whose moment has come, by person and kind.

    An announcement whose moment is still to come needs no message of its own, and a new task never does: `attach` lets
    them go along with others.
    `afternoon` is the latest moment at which overdue mail may leave: what was listed for the coordinator only since
    then is left out. `clock` is the local time: digests of people who want theirs later are left out. None: nothing
    is held back.
    """
    query = (
        select(
            reminders.c.person_id,
            reminders.c.kind,
            func.max(reminders.c.at),
            func.max(case((reminders.c.urgent, 1), else_=0)),
        )
        .where(
            _ready(now, afternoon, clock),
            reminders.c.at <= now,
            not_(reminders.c.stage.startswith(News.NEW, autoescape=True)),
        )
        .group_by(reminders.c.person_id, reminders.c.kind)
        .order_by(reminders.c.person_id, reminders.c.kind)
    )
    return [Waiting(p, k, at, bool(u)) for p, k, at, u in tx.execute(query)]


@dataclass(frozen=True, slots=True)
class DayMessage:
    """A message of the day, as far as the next one depends on it."""

    id: int
    person: int
    kind: str
    part: int
    state: str


def messages_of_day(tx: Connection, day: date) -> list[DayMessage]:
    """The day's messages; one whose outcome is uncertain carries nothing more and counts as `sending`."""
    state = case((messages.c.uncertain, "sending"), else_=messages.c.state).label("state")
    query = select(messages.c.id, messages.c.person_id, messages.c.kind, messages.c.part, state)
    rows = tx.execute(query.where(messages.c.local_day == day).order_by(messages.c.id))
    return [DayMessage(r.id, r.person_id, r.kind, r.part, r.state) for r in rows]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to queue."""

    person: int
    kind: str
    day: date
    part: int
    at: datetime
    ref: str  # Message-ID


def add_messages(tx: Connection, new: Sequence[NewMessage], now: datetime) -> dict[tuple[int, str, int], int]:
    """Queue messages, one per (person, kind, local day, part); returns the numbers of those that are new."""
    if not new:
        return {}
    rows = [
        {
            "person_id": n.person,
            "kind": n.kind,
            "local_day": n.day,
            "part": n.part,
            "state": "queued",
            "at": n.at,
            "next_at": now,
            "message_ref": n.ref,
        }
        for n in new
    ]
    statement = insert_or_ignore(tx, messages).on_conflict_do_nothing()
    key = (messages.c.person_id, messages.c.kind, messages.c.part, messages.c.id)
    return {(p, k, part): i for p, k, part, i in tx.execute(statement.returning(*key), rows)}


def supersede_monday(tx: Connection, day: date) -> int:
    """End unsent Monday pages of earlier weeks for whoever gets this week's: the newest says it all."""
    newer = select(_this.c.id).where(
        _this.c.person_id == messages.c.person_id, _this.c.kind == MONDAY, _this.c.local_day == day
    )
    earlier = and_(messages.c.kind == MONDAY, messages.c.local_day < day, messages.c.state == "queued")
    ended = {
        "state": case((messages.c.uncertain, "unknown"), else_="superseded"),
        "reason": "absorbed",
        "uncertain": False,
    }
    changed = update(messages).where(earlier, exists(newer.correlate(messages))).values(ended)
    return len(tx.execute(changed.returning(messages.c.id)).all())


def revive(tx: Connection, numbers: Sequence[int], at: datetime) -> None:
    """Use again messages of which nothing was ever sent, because all they held had been done by then."""
    if numbers:
        again = {"state": "queued", "reason": None, "at": at, "next_at": at}
        tx.execute(update(messages).where(messages.c.id.in_(list(numbers))).values(again))


def _carrier_of(day: date, kind: Any, urgent: Any) -> Any:
    """The person's unsent message of the day that may carry a reminder of this kind: a digest before an urgent one."""
    carries = or_(messages.c.kind == kind, and_(messages.c.kind == URGENT, kind == DIGEST, urgent))
    # Not a bare comparison: SQLite would look every queued message through, for every person, by the index on state.
    unsent = func.coalesce(messages.c.state, "") == "queued"
    return (
        select(func.min(messages.c.id))
        .where(
            messages.c.person_id == reminders.c.person_id,
            messages.c.local_day == day,
            unsent,
            messages.c.uncertain.is_(False),
            carries,
        )
        .correlate(reminders)
        .scalar_subquery()
    )


def attach(
    tx: Connection, day: date, now: datetime, afternoon: datetime | None = None, clock: time | None = None
) -> None:
    """Put every waiting reminder into the unsent message of the day that may carry it; the others go on waiting.

    `afternoon` and `clock` as in `waiting`.
    """
    carrier = _carrier_of(day, reminders.c.kind, reminders.c.urgent)
    statement = update(reminders).where(_ready(now, afternoon, clock), carrier.is_not(None))
    tx.execute(statement.values(state="queued", message_id=carrier))


def absorb(tx: Connection, day: date) -> int:
    """Move what unsent messages of earlier days hold into the person's unsent message of this day.

    The emptied ones are recorded as superseded. One whose outcome is uncertain is left alone: it may have arrived.
    """
    carrier = _carrier_of(day, reminders.c.kind, reminders.c.urgent)
    earlier = and_(messages.c.local_day < day, messages.c.state == "queued", messages.c.uncertain.is_(False))
    held = and_(reminders.c.state == "queued", reminders.c.message_id.in_(select(messages.c.id).where(earlier)))
    moved = update(reminders).where(held, carrier.is_not(None)).values(message_id=carrier)
    tx.execute(moved)
    kept = select(reminders.c.message_id).where(reminders.c.state == "queued", reminders.c.message_id.is_not(None))
    emptied = update(messages).where(earlier, messages.c.kind.in_(LEDGER_KINDS), messages.c.id.not_in(kept))
    return len(tx.execute(emptied.values(state="superseded", reason="absorbed").returning(messages.c.id)).all())
