"""What units ask of the coordinator; one request of a kind about an obligation is open at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select, update

from plans.access import Rights
from plans.deadlines import DeadlineKey
from plans.paging import MOST, Page, cut, read_key
from plans.periods import Period
from plans.plan import Kind
from plans.requests import Request, RequestKind, RequestState
from store.database import insert_or_ignore
from store.obligations import OPEN, batches
from store.schema import deadlines, obligations, people, plans, requests, tasks, units

_coordinators = units.alias("coordinators")
_OPEN = RequestState.OPEN.value


def add_request(
    tx: Connection,
    kind: RequestKind,
    unit: str,
    person: int,
    now: datetime,
    *,
    obligation: int | None = None,
    asked_by: str | None = None,
    text: str | None = None,
    until: date | None = None,
    detail: dict[str, str] | None = None,
) -> int | None:
    """Its number; None where such a request is open already."""
    values = {
        "kind": kind.value,
        "unit_id": select(units.c.id).where(units.c.slug == unit).scalar_subquery(),
        "obligation_id": obligation,
        "person_id": person,
        "asked_at": now,
        "asked_by": asked_by,
        "text": text,
        "until": until,
        "detail": detail,
        "state": _OPEN,
    }
    added = insert_or_ignore(tx, requests).values(values).on_conflict_do_nothing()
    number: int | None = tx.scalar(added.returning(requests.c.id))
    return number


def open_requests(tx: Connection) -> list[Request]:
    """Those that wait for an answer, oldest first; of what is closed or handed in meanwhile none waits."""
    return _read(tx, _query().where(_waits()))


def waiting_page(tx: Connection, reader: Rights, *, size: int = 50, after: str | None = None) -> Page[Request]:
    """Those that wait for an answer of somebody who coordinates plans, oldest first; those of no task are for all."""
    mark = read_key(after, 1)
    found: list[int] = []
    for query in _waiting(reader):
        if mark is not None:
            query = query.where(requests.c.id > mark[1][0])
        found += tx.scalars(query.order_by(requests.c.id).limit(size + 1))
    of = {r.id: r for r in requests_of(tx, found)}
    return cut([of[number] for number in sorted(found)], size, lambda r: (r.asked_at, r.id))


def count_waiting_requests(tx: Connection, reader: Rights) -> int:
    """How many of them there are, up to `MOST` of a kind."""
    bounded = (select(func.count()).select_from(query.limit(MOST).subquery()) for query in _waiting(reader))
    return sum(tx.scalar(query) or 0 for query in bounded)


def _waiting(reader: Rights) -> list[Select[Any]]:
    """What is asked about tasks, and about contacts: an index of some rows each, which SQLite takes only if told so."""
    if not reader.may_change_plans:
        return []
    r = requests.c
    joined = (
        select(r.id)
        .select_from(requests)
        .outerjoin(obligations, obligations.c.id == r.obligation_id)
        .outerjoin(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .outerjoin(tasks, tasks.c.id == deadlines.c.task_id)
        .outerjoin(plans, plans.c.id == tasks.c.plan_id)
    )
    if not reader.reads_all:
        joined = joined.where(or_(plans.c.id.is_(None), plans.c.slug.in_(list(reader.coordinates))))
    is_open, contact = r.state == literal_column("'open'"), literal_column("'contact'", r.kind.type)
    return [
        joined.where(is_open, r.kind != contact, obligations.c.state.in_(OPEN), deadlines.c.tracked),
        joined.where(is_open, r.kind == contact),
    ]


def requests_of(tx: Connection, numbers: Iterable[int], *, lock: bool = False) -> list[Request]:
    """Those with these numbers; `lock` keeps others from answering them until the transaction ends."""
    query = _query().where(requests.c.id.in_(list(numbers)))
    return _read(tx, query.with_for_update(of=requests) if lock else query)


def all_requests(tx: Connection, *, obligation: int | None = None) -> list[Request]:
    """Answered ones too, oldest first; of one obligation where given."""
    query = _query() if obligation is None else _query().where(requests.c.obligation_id == obligation)
    return _read(tx, query)


def close_request(
    tx: Connection, number: int, state: RequestState, now: datetime, actor: str, reason: str | None
) -> bool:
    """Answer an open request; False where it has been answered."""
    return bool(_close(tx, requests.c.id == number, state, now, actor, reason))


def close_requests_of(
    tx: Connection,
    numbers: Sequence[int],
    kind: RequestKind,
    state: RequestState,
    now: datetime,
    actor: str,
    reason: str | None,
) -> list[int]:
    """Answer what is asked of these obligations; the numbers of the requests."""
    closed: list[int] = []
    for some in batches(sorted(set(numbers))):
        which = and_(requests.c.obligation_id.in_(some), requests.c.kind == kind.value)
        closed += _close(tx, which, state, now, actor, reason)
    return sorted(closed)


def _close(
    tx: Connection, which: ColumnElement[bool], state: RequestState, now: datetime, actor: str, reason: str | None
) -> list[int]:
    values = {"state": state.value, "decided_at": now, "decided_by": actor, "reason": reason}
    closed = update(requests).where(which, requests.c.state == _OPEN).values(values)
    return sorted(tx.scalars(closed.returning(requests.c.id)))


# When a later date was asked for an obligation, while that has no answer. Claims ask it of every reminder: SQLite goes
# by an index of some rows only where the statement itself says that it wants no others.
extension_asked = (
    select(func.max(requests.c.asked_at))
    .where(
        requests.c.obligation_id == obligations.c.id,
        requests.c.kind == RequestKind.EXTENSION.value,
        requests.c.state == literal_column("'open'"),
        requests.c.kind != literal_column("'contact'"),
    )
    .correlate(obligations)
    .scalar_subquery()
)


def _waits() -> ColumnElement[bool]:
    still = or_(requests.c.kind == RequestKind.CONTACT.value, and_(obligations.c.state.in_(OPEN), deadlines.c.tracked))
    return and_(requests.c.state == _OPEN, still)


def _query() -> Select[Any]:
    return (
        select(
            requests,
            units.c.slug.label("unit"),
            units.c.name.label("unit_name"),
            people.c.address,
            people.c.name.label("person"),
            plans.c.slug.label("plan"),
            tasks.c.slug.label("task"),
            tasks.c.title,
            tasks.c.kind.label("kind_of_task"),
            deadlines.c.period,
            _coordinators.c.slug.label("coordinator"),
        )
        .select_from(requests)
        .join(units, units.c.id == requests.c.unit_id)
        .join(people, people.c.id == requests.c.person_id)
        .outerjoin(obligations, obligations.c.id == requests.c.obligation_id)
        .outerjoin(deadlines, deadlines.c.id == obligations.c.deadline_id)
        .outerjoin(tasks, tasks.c.id == deadlines.c.task_id)
        .outerjoin(plans, plans.c.id == tasks.c.plan_id)
        .outerjoin(_coordinators, _coordinators.c.id == plans.c.acting_id)
        .order_by(requests.c.id)
    )


def _read(tx: Connection, query: Select[Any]) -> list[Request]:
    return [_request_of(row) for row in tx.execute(query)]


def _request_of(row: Any) -> Request:
    return Request(
        id=row.id,
        kind=RequestKind(row.kind),
        unit=row.unit,
        unit_name=row.unit_name,
        address=row.address,
        person=row.person,
        asked_at=row.asked_at,
        text=row.text,
        state=RequestState(row.state),
        asked_by=row.asked_by,
        obligation=row.obligation_id,
        key=DeadlineKey(row.plan, row.task, Period(row.period)) if row.plan else None,
        title=row.title,
        kind_of_task=Kind(row.kind_of_task) if row.kind_of_task else None,
        coordinator=row.coordinator,
        until=row.until,
        detail=dict(row.detail or {}),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
    )
