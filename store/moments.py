"""The moments at which reminders for a set of dates go out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, delete, select, update

from store.schema import deadlines, dues, obligations, stage_moments

_BATCH = 500
_Key = tuple[str, str]  # variant, stage


class Moment(Protocol):
    """A stage of a deadline at a moment (`notifications.stages.StageMoment`)."""

    @property
    def code(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def position(self) -> int: ...
    @property
    def to(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def urgent(self) -> bool: ...
    @property
    def variant(self) -> str: ...
    @property
    def early(self) -> bool: ...


def set_moments(tx: Connection, due_id: int, moments: Iterable[Moment]) -> None:
    """The moments at which reminders for these dates go out; those that stay as they were stay queued if they were."""
    wanted = _rows(due_id, moments)
    have = _moments_of(tx, [due_id])[due_id]
    if _plain(have) == wanted:
        return
    tx.execute(delete(stage_moments).where(_of(due_id)))
    rows = []
    for key, row in wanted.items():
        old = have.get(key)
        stays = old is not None and old["at"] == row["at"]
        queued_at, skipped = (old["queued_at"], old["skipped"]) if old is not None and stays else (None, False)
        rows.append({**row, "queued_at": queued_at, "skipped": skipped})
    if rows:
        tx.execute(stage_moments.insert(), rows)


def already_set(tx: Connection, wanted: Mapping[int, Iterable[Moment]]) -> set[int]:
    """Of these dues (→ the moments they are to have), those for which `set_moments` would write nothing."""
    have = _moments_of(tx, wanted)
    return {due_id for due_id, moments in wanted.items() if _plain(have[due_id]) == _rows(due_id, moments)}


def _rows(due_id: int, moments: Iterable[Moment]) -> dict[_Key, dict[str, Any]]:
    return {(m.variant, m.code): moment_columns(due_id, m) for m in moments}


def _moments_of(tx: Connection, due_ids: Iterable[int]) -> dict[int, dict[_Key, dict[str, Any]]]:
    """Due → (variant, stage) → its row."""
    numbers = sorted(due_ids)
    found: dict[int, dict[_Key, dict[str, Any]]] = {number: {} for number in numbers}
    for start in range(0, len(numbers), _BATCH):
        query = select(stage_moments).where(stage_moments.c.due_id.in_(numbers[start : start + _BATCH]))
        for row in tx.execute(query).mappings():
            found[row["due_id"]][row["variant"], row["stage"]] = dict(row)
    return found


def _plain(rows: Mapping[_Key, Mapping[str, Any]]) -> dict[_Key, dict[str, Any]]:
    """Rows without what has become of them."""
    return {key: {k: v for k, v in row.items() if k not in ("queued_at", "skipped")} for key, row in rows.items()}


def moment_columns(due_id: int, moment: Moment) -> dict[str, Any]:
    """The row of a stage that is still to be queued."""
    return {
        "due_id": due_id,
        "variant": moment.variant,
        "stage": moment.code,
        "at": moment.at,
        "position": moment.position,
        "audience": moment.to,
        "kind": moment.kind,
        "urgent": moment.urgent,
        "early": moment.early,
    }


def _of(due_id: int) -> ColumnElement[bool]:
    return stage_moments.c.due_id == due_id


def reopen_stages(tx: Connection, *which: ColumnElement[bool]) -> None:
    """Have stages queued again, but for those that were over when they came."""
    again = update(stage_moments).where(*which, stage_moments.c.queued_at.is_not(None), ~stage_moments.c.skipped)
    tx.execute(again.values(queued_at=None))


def reopen_moments_of_due(tx: Connection, due_id: int) -> None:
    """Have the stages of these dates queued again: others point to them now."""
    reopen_stages(tx, _of(due_id))


def reopen_moments(tx: Connection, deadline_id: int) -> None:
    """Have the stages of all dates of a deadline queued again for whoever is not in the ledger yet."""
    of = select(dues.c.id).where(dues.c.deadline_id == deadline_id)
    reopen_stages(tx, stage_moments.c.due_id.in_(of))


def reopen_moments_of_units(tx: Connection, unit_numbers: Iterable[int]) -> None:
    """The same for what these units still owe: whoever has become responsible is told of the latest stage."""
    owed = select(obligations.c.due_id).where(
        obligations.c.unit_id.in_(list(unit_numbers)), obligations.c.state.in_(("open", "returned"))
    )
    own = stage_moments.c.audience.in_(("officers", "head"))
    reopen_stages(tx, stage_moments.c.due_id.in_(owed), own)


def moments_between(tx: Connection, after: datetime, until: datetime) -> list[datetime]:
    """Every instant in (after, until] at which some stage of a tracked deadline comes, in order."""
    query = (
        select(stage_moments.c.at)
        .distinct()
        .join(dues, dues.c.id == stage_moments.c.due_id)
        .join(deadlines, deadlines.c.id == dues.c.deadline_id)
        .where(stage_moments.c.at > after, stage_moments.c.at <= until, deadlines.c.tracked)
    )
    return sorted(tx.scalars(query))
