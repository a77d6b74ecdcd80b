"""Announcements in the ledger: rows that wait for their person's next digest, or make one when their moment comes.

Set-based like the ledger itself; who is written to is read from the same derived recipients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    update,
)

from plans.announcements import PREFIX, News, news_of, stage_of
from store.absences import away
from store.database import insert_or_ignore
from store.ledger import COLUMNS, DIGEST, KEY, is_news, keeps
from store.ordered_joins import Unindexed
from store.recipients import Source, told
from store.schema import (
    deadlines,
    dues,
    messages,
    obligations,
    people,
    plans,
    reminders,
    stage_moments,
    tasks,
)

_waits, _before, _other = (reminders.alias(name) for name in ("waits", "before", "other"))
_carrier = messages.alias("carrier")

_BATCH = 500
_OPPOSITE = {News.TAKEN: News.GIVEN, News.GIVEN: News.TAKEN}


@dataclass(frozen=True, slots=True)
class Concerned:
    """An obligation to announce something of."""

    obligation: int
    at: datetime  # until then it may wait for a digest that is made anyway
    detail: Mapping[str, Any] | None = None  # what it was before
    person: int | None = None  # only this one
    others: frozenset[int] = frozenset()  # nobody of these


def announce(
    tx: Connection,
    news: News,
    concerned: Iterable[Concerned],
    now: datetime,
    *,
    persons: Sequence[int] | None = None,
    only_told: bool = False,
) -> int:
    """Ledger rows for whoever is written to about these obligations (`persons`: for these people instead).

    `only_told`: only for those who were sent something about it. Returns how many are new.
    """
    groups: dict[tuple[datetime, str, bool], list[Concerned]] = {}
    for one in concerned:
        detail = repr(sorted(one.detail.items())) if one.detail else ""
        groups.setdefault((one.at, detail, one.person is not None), []).append(one)
    added = 0
    for _, alike in sorted(groups.items(), key=lambda g: g[0]):
        for start in range(0, len(alike), _BATCH):
            for query in _rows(news, alike[start : start + _BATCH], now, persons, only_told=only_told):
                added += _add(tx, query, anew=True)
    return added


def _rows(
    news: News,
    alike: Sequence[Concerned],
    now: datetime,
    persons: Sequence[int] | None,
    *,
    only_told: bool,
) -> list[Select[Any]]:
    like, numbers = alike[0], sorted({one.obligation for one in alike})
    only = [(one.obligation, one.person) for one in alike if one.person is not None]
    others = [(one.obligation, other) for one in alike for other in sorted(one.others)]
    to_coordinator = news is News.ENDED
    unit = plans.c.acting_id if to_coordinator else obligations.c.unit_id
    chosen: list[tuple[Any, Any, Table, ColumnElement[bool]]]
    if persons is not None:
        chosen = [(people.c.id, null(), people, people.c.id.in_(list(persons)))]
    else:
        task = null() if to_coordinator else deadlines.c.task_id
        sources = told(task, unit, literal("officers"))
        chosen = [(s.table.c.person_id, s.table.c.instead_of, s.table, s.on) for s in sources]
        if only_told:  # who is away is told on return: the row waits
            chosen.append(
                (people.c.id, null(), people, _reached(people.c.id, as_officer=True) & away(people.c.id, now))
            )
    found = []
    for person, instead_of, table, on in chosen:
        query = (
            select(
                obligations.c.id,
                dues.c.last_day,
                literal(stage_of(news, now)),
                person,
                unit,
                dues.c.id,
                literal(like.at, reminders.c.at.type),
                literal(0),
                literal("coordinator" if to_coordinator else "officers"),
                literal(DIGEST),
                true() if news in (News.RESTORED, News.REFUSED) else false(),  # does not wait for tomorrow's digest
                literal("waiting"),
                literal(now, reminders.c.created_at.type),
                instead_of,
                literal(dict(like.detail) if like.detail else None, reminders.c.detail.type),
            )
            .select_from(obligations)
            .join(dues, dues.c.id == obligations.c.due_id)
            .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
            .join(tasks, tasks.c.id == deadlines.c.task_id)
            .join(plans, plans.c.id == tasks.c.plan_id)
            .join(table, on)
            .where(obligations.c.id.in_(list(numbers)), deadlines.c.tracked)
        )
        if news in _OPPOSITE:
            query = query.where(~_unsent(person, _OPPOSITE[news]))
        if only:
            query = query.where(tuple_(obligations.c.id, person).in_(only))
        if others:
            query = query.where(tuple_(obligations.c.id, person).not_in(others))
        found.append(query.where(or_(_knows(news, person), _knows(news, instead_of))) if only_told else query)
    return found


def _unsent(person: ColumnElement[int], news: News) -> ColumnElement[bool]:
    """Whether such an announcement is still to be made to a person: what was undone meanwhile is not told at all."""
    query = select(_waits.c.id).where(
        _waits.c.obligation_id == obligations.c.id,
        _waits.c.person_id == person,
        _waits.c.stage.startswith(news, autoescape=True),
        _waits.c.state.in_(("waiting", "queued")),
    )
    return exists(query.correlate_except(_waits))


def _knows(news: News, person: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a person was sent what the news corrects."""
    if news is not News.RESTORED:
        return _reached(person)
    ended = _last_reached(person, News.CANCELLED)
    return and_(ended.is_not(None), ended > func.coalesce(_last_reached(person, News.RESTORED), 0))


def _last_reached(person: ColumnElement[int], news: News) -> ColumnElement[int]:
    """The number of the latest such announcement that a person was sent; NULL where there is none."""
    query = select(func.max(_before.c.id)).where(
        _before.c.obligation_id == obligations.c.id,
        _before.c.person_id == person,
        _before.c.stage.startswith(news, autoescape=True),
        _before.c.state.in_(("sent", "unknown")),
    )
    return query.correlate_except(_before).scalar_subquery()


def _reached(person: ColumnElement[int], *, as_officer: bool = False) -> ColumnElement[bool]:
    """Whether something about the obligation has reached, or may have reached, a person (for the unit that owes it)."""
    in_hand = and_(_before.c.state == "queued", or_(_carrier.c.state == "sending", _carrier.c.uncertain))
    query = (
        select(_before.c.id)
        .select_from(_before.outerjoin(_carrier, _carrier.c.id == _before.c.message_id))
        .where(
            _before.c.obligation_id == obligations.c.id,
            # An obligation has few reminders, a person any number: SQLite would look through those of the person.
            Unindexed(_before.c.person_id) == person,
            or_(_before.c.state.in_(("sent", "unknown")), in_hand),
        )
        .correlate_except(_before, _carrier)
    )
    if as_officer:
        query = query.where(_before.c.audience == "officers", _before.c.for_unit_id == obligations.c.unit_id)
    return exists(query)


def taken_since(tx: Connection, since: Mapping[int, datetime]) -> dict[int, frozenset[int]]:
    """Obligation → who was told, or is to be, since that moment of having taken it over for the unit that owes it."""
    found: dict[int, set[int]] = {}
    for some in _batches(since):
        query = (
            select(reminders.c.obligation_id, reminders.c.person_id, reminders.c.created_at)
            .join(obligations, obligations.c.id == reminders.c.obligation_id)
            .where(
                reminders.c.obligation_id.in_(some),
                reminders.c.for_unit_id == obligations.c.unit_id,
                reminders.c.stage.startswith(News.TAKEN, autoescape=True),
                reminders.c.state.in_(("waiting", "queued", "sent", "unknown")),
            )
        )
        for obligation, person, at in tx.execute(query):
            if at >= since[obligation]:
                found.setdefault(obligation, set()).add(person)
    return {obligation: frozenset(persons) for obligation, persons in found.items()}


def share(tx: Connection, now: datetime) -> int:
    """What waits for the return of somebody away is told to those who stand in meanwhile; returns how many are new."""
    added = 0
    for source in told(deadlines.c.task_id, reminders.c.for_unit_id, reminders.c.audience):
        t = source.table.c
        query = _copies(source, now).where(reminders.c.state == "waiting", t.instead_of == reminders.c.person_id)
        added += _add(tx, query)
    return added


def readdress(tx: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Announcements that could not be delivered go to those who are written to now."""
    for source in told(deadlines.c.task_id, reminders.c.for_unit_id, literal("officers")):
        _add(tx, _copies(source, now).where(reminders.c.id.in_(list(numbers))))


def keep_for_return(tx: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Announcements dropped because their reader is away wait for the return."""
    which = and_(reminders.c.id.in_(list(numbers)), keeps(reminders.c.stage), away(reminders.c.person_id, now))
    tx.execute(update(reminders).where(which).values(state="waiting", reason=None, message_id=None))


def _copies(source: Source, now: datetime) -> Select[Any]:
    """Rows of the ledger like those announced already, for other people."""
    own = {
        "person_id": source.table.c.person_id,
        "state": literal("waiting"),
        "created_at": literal(now, reminders.c.created_at.type),
        "instead_of": source.table.c.instead_of,
    }
    return (
        select(*(own.get(name, reminders.c[name]) for name in (*COLUMNS, "detail")))
        .select_from(reminders)
        .join(obligations, obligations.c.id == reminders.c.obligation_id)
        .join(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .join(source.table, source.on)
        .where(keeps(reminders.c.stage))
    )


def _add(tx: Connection, query: Select[Any], *, anew: bool = False) -> int:
    """`anew`: also rows dropped for what has been undone since; a clock set back can announce in the same second."""
    names = [*COLUMNS, "detail"]
    insert = insert_or_ignore(tx, reminders).from_select(names, query)
    statement = insert.on_conflict_do_nothing()
    if anew:
        again = {name: insert.excluded[name] for name in names if name not in KEY}
        statement = insert.on_conflict_do_update(
            index_elements=list(KEY),
            set_={**again, "reason": None, "message_id": None},
            where=and_(reminders.c.state == "superseded", reminders.c.reason == "reassigned"),
        )
    return len(tx.execute(statement.returning(reminders.c.id)).all())


def next_stages(tx: Connection, numbers: Iterable[int]) -> dict[int, datetime]:
    """Obligation → the moment of the next stage that its officers are still to be told of."""
    found: dict[int, datetime] = {}
    for some in _batches(numbers):
        query = (
            select(obligations.c.id, func.min(stage_moments.c.at))
            .join(
                stage_moments,
                and_(
                    stage_moments.c.due_id == obligations.c.due_id,
                    stage_moments.c.variant == obligations.c.variant,
                ),
            )
            .where(
                obligations.c.id.in_(some), stage_moments.c.queued_at.is_(None), stage_moments.c.audience == "officers"
            )
            .group_by(obligations.c.id)
        )
        found |= {i: at for i, at in tx.execute(query)}
    return found


def take_back_moves(tx: Connection, numbers: Iterable[int]) -> dict[int, dict[int, Mapping[str, Any]]]:
    """Supersede what was to be said of earlier moves and has not left; obligation → person → what was last known."""
    known: dict[int, dict[int, Mapping[str, Any]]] = {}
    for some in _batches(numbers):
        untried = select(messages.c.id).where(messages.c.state == "queued", messages.c.uncertain.is_(False))
        unsent = or_(
            reminders.c.state == "waiting", and_(reminders.c.state == "queued", reminders.c.message_id.in_(untried))
        )
        which = and_(
            reminders.c.obligation_id.in_(some), reminders.c.stage.startswith(News.MOVED, autoescape=True), unsent
        )
        values = {"state": "superseded", "reason": "later_stage"}
        back = update(reminders).where(which).values(values)
        c = reminders.c
        rows = tx.execute(back.returning(c.id, c.obligation_id, c.person_id, c.detail)).all()
        for _, obligation, person, detail in sorted(rows, key=lambda r: r[0], reverse=True):
            known.setdefault(obligation, {})[person] = detail  # the oldest wins
    return known


def supersede_spoken_for(tx: Connection) -> int:
    """Drop "việc mới" where a reminder of the same item tells it anyway."""
    told = select(_other.c.id).where(
        _other.c.obligation_id == reminders.c.obligation_id,
        _other.c.person_id == reminders.c.person_id,
        ~is_news(_other.c.stage),
        _other.c.state != "superseded",
    )
    new = and_(reminders.c.state == "waiting", reminders.c.stage.startswith(News.NEW, autoescape=True))
    done = update(reminders).where(new, exists(told.correlate(reminders)))
    return len(tx.execute(done.values(state="superseded", reason="later_stage").returning(reminders.c.id)).all())


def _batches(numbers: Iterable[int]) -> Iterable[list[int]]:
    found = sorted(set(numbers))
    return (found[start : start + _BATCH] for start in range(0, len(found), _BATCH))


@dataclass(frozen=True, slots=True)
class Announced:
    """A person to whom an act announces something."""

    name: str
    address: str
    news: News
    number: int  # obligations


def last_announced(tx: Connection) -> int:
    """The number of the ledger's newest row."""
    return tx.scalar(select(func.max(reminders.c.id))) or 0


def announced_since(tx: Connection, last: int, now: datetime) -> tuple[Announced, ...]:
    """Whom an act at `now` tells what, by name and address; `last` is `last_announced` before it."""
    r = reminders.c
    mine = (r.id > last, r.created_at == now, r.stage.startswith(PREFIX, autoescape=True))
    query = select(people.c.name, people.c.address, r.stage, func.count()).join(people, people.c.id == r.person_id)
    found = tx.execute(query.where(*mine).group_by(people.c.name, people.c.address, r.stage))
    rows = [Announced(name, address, news, n) for name, address, stage, n in found if (news := news_of(stage))]
    return tuple(sorted(rows, key=lambda a: (a.name, a.address, a.news)))
