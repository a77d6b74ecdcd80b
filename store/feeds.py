"""Feeds as rows: whose they are, the version of their address, and the version of their bytes.

A change touches the feeds that show it; their bytes are joined and bound afterwards (decision 0038).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, union, update

from plans.feeds import ALL_OWNER, FeedKind
from store.database import insert_or_ignore
from store.schema import deadlines, feed_reads, feed_tasks, feed_units, feeds, tasks

_MANY = 500  # things changed from which on all feeds that could show them are touched
_OBLIGED = (FeedKind.UNIT.value, FeedKind.PERSON.value)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed."""

    id: int
    owner: str
    kind: FeedKind
    subject_id: int | None
    name: str  # of whom or what it is; empty for the office's
    version: int
    revoked: bool
    revision: int  # raised by every change that may concern it
    etag: str | None  # of its bytes; None: changed since it was last bound
    last_etag: str | None
    modified: datetime | None
    touched_at: datetime

    def modified_with(self, tag: str) -> datetime:
        """Last-Modified where the bytes have this tag now: that of before for the same bytes, else a later second.

        An action notes its moment before it waits for its turn, and a clock may be set back: who asks by date alone
        would otherwise never hear of the change.
        """
        if self.modified is None:
            return self.touched_at
        if tag == self.last_etag:
            return self.modified
        return max(self.touched_at, self.modified.replace(microsecond=0) + timedelta(seconds=1))


_COLUMNS = (
    feeds.c.id,
    feeds.c.owner,
    feeds.c.kind,
    feeds.c.subject_id,
    feeds.c.name,
    feeds.c.version,
    feeds.c.revoked_at.is_not(None).label("revoked"),
    feeds.c.revision,
    feeds.c.etag,
    feeds.c.last_etag,
    feeds.c.modified,
    feeds.c.touched_at,
)


def _row(found: Sequence[object]) -> FeedRow:
    number, owner, kind, *rest = found
    return FeedRow(number, owner, FeedKind(str(kind)), *rest)  # type: ignore[arg-type]


def find_feed(tx: Connection, owner: str) -> FeedRow | None:
    """The feed that addresses name by `owner`, revoked or not."""
    found = tx.execute(select(*_COLUMNS).where(feeds.c.owner == owner)).first()
    return _row(found) if found else None


def list_feeds(tx: Connection) -> list[FeedRow]:
    """Every feed, by kind and in the order in which they were made; revoked ones too."""
    order = {kind: i for i, kind in enumerate(FeedKind)}
    found = map(_row, tx.execute(select(*_COLUMNS)))
    return sorted(found, key=lambda f: (order[f.kind], f.id))


def rotate(tx: Connection, owner: str, now: datetime) -> None:
    """Make the address known until now invalid; a revoked feed has an address again."""
    changed = update(feeds).where(feeds.c.owner == owner)
    tx.execute(
        changed.values(
            version=feeds.c.version + 1, revoked_at=None, revision=feeds.c.revision + 1, etag=None, touched_at=now
        )
    )


def revoke(tx: Connection, owner: str, now: datetime) -> None:
    """Take the address away; nobody gets another one until it is rotated."""
    gone = update(feeds).where(feeds.c.owner == owner, feeds.c.revoked_at.is_(None))
    tx.execute(gone.values(revoked_at=now, revision=feeds.c.revision + 1))


# -- touching --------------------------------------------------------------------------------------------------------


def touch(tx: Connection, ids: Iterable[int], now: datetime) -> None:
    """Note that the contents of these feeds may have changed."""
    numbers = sorted(set(ids))
    for start in range(0, len(numbers), _MANY):
        _touch(tx, feeds.c.id.in_(numbers[start : start + _MANY]), now)


def touch_all(tx: Connection, now: datetime, kinds: Collection[FeedKind] = ()) -> None:
    """The same of every feed, or of those of these kinds."""
    _touch(tx, feeds.c.kind.in_([k.value for k in kinds]) if kinds else None, now)


def touch_units(tx: Connection, units: Iterable[int], now: datetime) -> None:
    """The same of the feeds that show what these units owe or help with: their own, and those of their people."""
    numbers = set(units)
    if len(numbers) > _MANY:
        _touch(tx, feeds.c.kind.in_(_OBLIGED), now)
    elif numbers:
        of_people = union(
            select(feed_units.c.feed_id).where(feed_units.c.unit_id.in_(numbers), feed_units.c.role != "scope"),
            select(feed_tasks.c.feed_id).where(feed_tasks.c.unit_id.in_(numbers)),
        )
        own = and_(feeds.c.kind == FeedKind.UNIT.value, feeds.c.subject_id.in_(numbers))
        _touch(tx, or_(own, feeds.c.id.in_(of_people)), now)


def touch_deadlines(tx: Connection, changed: Iterable[tuple[int, int]], now: datetime) -> None:
    """The same of the feeds that show these events of deadlines, each as (deadline, scope)."""
    pairs = set(changed)
    touch(tx, {scope for _, scope in pairs if scope}, now)
    of_all = {deadline for deadline, scope in pairs if not scope}
    if len(of_all) > _MANY:
        _touch(tx, feeds.c.kind.in_((FeedKind.PLAN.value, FeedKind.ALL.value)), now)
    elif of_all:
        plans = select(tasks.c.plan_id).join(deadlines, deadlines.c.task_id == tasks.c.id)
        plan = and_(
            feeds.c.kind == FeedKind.PLAN.value, feeds.c.subject_id.in_(plans.where(deadlines.c.id.in_(of_all)))
        )
        _touch(tx, or_(plan, feeds.c.owner == ALL_OWNER), now)


def _touch(tx: Connection, which: ColumnElement[bool] | None, now: datetime) -> None:
    if tx.dialect.name != "sqlite":
        # Two actions that touch several feeds each, in whatever order, would wait for each other: one goes first.
        tx.execute(select(feeds.c.id).where(feeds.c.owner == ALL_OWNER).with_for_update()).all()
    touching = update(feeds).values(revision=feeds.c.revision + 1, etag=None, touched_at=now)
    tx.execute(touching if which is None else touching.where(which))


def unit_feeds(tx: Connection, numbers: Collection[int]) -> set[int]:
    """The feeds of these units."""
    mine = (feeds.c.kind == FeedKind.UNIT.value, feeds.c.subject_id.in_(list(numbers)))
    return set(tx.scalars(select(feeds.c.id).where(*mine)))


def subjects(tx: Connection, ids: Collection[int]) -> set[int]:
    """Whose these feeds are."""
    found = tx.scalars(select(feeds.c.subject_id).where(feeds.c.id.in_(list(ids))))
    return {number for number in found if number is not None}


def count_counting(tx: Connection) -> int:
    """How many feeds count the deadlines of some units."""
    counting = feeds.c.kind.in_([kind.value for kind in FeedKind if kind.counts])
    return int(tx.scalar(select(func.count()).select_from(feeds).where(counting)) or 0)


# -- binding ---------------------------------------------------------------------------------------------------------


def unbound(tx: Connection, limit: int) -> list[FeedRow]:
    """Feeds to be joined and bound, the first by number."""
    waiting = select(*_COLUMNS).where(feeds.c.etag.is_(None), feeds.c.revoked_at.is_(None))
    return [_row(found) for found in tx.execute(waiting.order_by(feeds.c.id).limit(limit))]


def count_unbound(tx: Connection) -> int:
    waiting = select(func.count()).select_from(feeds).where(feeds.c.etag.is_(None), feeds.c.revoked_at.is_(None))
    return int(tx.scalar(waiting) or 0)


def bind(tx: Connection, joined: Sequence[tuple[FeedRow, str]]) -> None:
    """Note the entity tags of these feeds' bytes; one that was touched meanwhile stays unbound.

    Bytes that are what they were before were last modified when they were before.
    """
    if not joined:
        return
    binding = (
        update(feeds)
        .where(feeds.c.id == bindparam("number"), feeds.c.revision == bindparam("at"))
        .values(
            etag=bindparam("tag"),
            last_etag=bindparam("tag"),
            modified=bindparam("dated"),
        )
    )
    tx.execute(
        binding,
        [
            {"number": feed.id, "at": feed.revision, "tag": tag, "dated": feed.modified_with(tag)}
            for feed, tag in joined
        ],
    )


@dataclass(frozen=True, slots=True)
class FeedsState:
    """Another one whenever any feed was made, touched, rotated or revoked."""

    feeds: int
    revisions: int


def feeds_state(tx: Connection) -> FeedsState:
    row = tx.execute(select(func.count(), func.coalesce(func.sum(feeds.c.revision), 0)).select_from(feeds)).one()
    return FeedsState(int(row[0]), int(row[1]))


# -- who fetches it --------------------------------------------------------------------------------------------------


def note_reads(tx: Connection, reads: Mapping[tuple[int, str], datetime]) -> None:
    """Note when (feed, kind of client) last fetched; an earlier moment than the one known changes nothing."""
    rows = [{"feed_id": feed, "client": client, "last_at": at} for (feed, client), at in sorted(reads.items())]
    if rows:
        insert = insert_or_ignore(tx, feed_reads)
        later = insert.excluded.last_at > feed_reads.c.last_at
        changed = {"last_at": insert.excluded.last_at}
        tx.execute(insert.on_conflict_do_update(index_elements=["feed_id", "client"], set_=changed, where=later), rows)


def reads_of(tx: Connection, feed_id: int) -> list[tuple[str, datetime]]:
    """(kind of client, when it last fetched), the latest first."""
    found = tx.execute(select(feed_reads.c.client, feed_reads.c.last_at).where(feed_reads.c.feed_id == feed_id))
    return sorted(((client, at) for client, at in found), key=lambda r: (r[1], r[0]), reverse=True)


def last_reads(tx: Connection) -> dict[int, tuple[str, datetime]]:
    """Feed → which kind of client fetched it last, and when."""
    found = tx.execute(select(feed_reads.c.feed_id, feed_reads.c.client, feed_reads.c.last_at))
    latest: dict[int, tuple[str, datetime]] = {}
    for feed, client, at in sorted(found, key=lambda r: (r.last_at, r.client)):
        latest[feed] = client, at
    return latest
