"""Pages by keyset: the next one begins after the last row of this, so that none costs more the further back it lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 10_000  # up to which rows are counted


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, in its order; `after` names the last of them for an address, None where no more follow."""

    rows: tuple[T, ...]
    after: str | None = None


def cut(found: Sequence[T], size: int, key: Callable[[T], tuple[object, ...]]) -> Page[T]:
    """The page of `size` rows at most, from one row more than fits where there are more."""
    rows = tuple(found[:size])
    return Page(rows, written(key(rows[-1])) if rows and len(found) > size else None)


def written(key: tuple[object, ...]) -> str:
    """A key of numbers, words and instants for an address: `20261205T170000.000000_12_345`."""
    return "_".join(_part(value) for value in key)


def _part(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y%m%dT%H%M%S.%f}"
    return str(value)


def read_key(text: str | None, numbers: int) -> tuple[datetime, list[int]] | None:
    """An instant and so many numbers, as `written` wrote them; None for anything else: the first page."""
    first, *rest = (text or "").split("_")
    try:
        moment = datetime.strptime(first, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
        found = [int(part) for part in rest]
    except ValueError:
        return None
    return (moment, found) if len(found) == numbers and all(0 <= n < 2**31 for n in found) else None


def read_number(text: str | None) -> int | None:
    """A number alone, as `written` wrote it; None for anything else: the first page."""
    found = int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 10 else -1
    return found if 0 <= found < 2**31 else None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; `more`: than `MOST`, beyond which nobody counts ("hơn 10.000")."""

    number: int
    more: bool = False

    @classmethod
    def of(cls, found: int) -> Count:
        return cls(min(found, MOST), found > MOST)
